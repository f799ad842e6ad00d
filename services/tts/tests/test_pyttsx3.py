import pytest
from parley_core.errors import Unavailable
from parley_tts.providers.base import SpeechRequest
from parley_tts.providers.pyttsx3 import Pyttsx3Provider

pytestmark = pytest.mark.outside


async def test_a_child_that_dies_is_an_error_and_never_a_hang() -> None:
    provider = Pyttsx3Provider(child=("-c", "import sys; sys.stdin.readline()"))
    await provider.start()
    with pytest.raises(Unavailable):
        await anext(provider.synthesise(SpeechRequest("Hello.")))
    await provider.close()


async def test_a_child_that_died_is_replaced() -> None:
    provider = Pyttsx3Provider()
    await provider.start()
    await anext(provider.synthesise(SpeechRequest("Hello.")))
    assert provider._process is not None
    provider._process.kill()
    await provider._process.wait()
    assert (await anext(provider.synthesise(SpeechRequest("Hello.")))).words
    await provider.close()
