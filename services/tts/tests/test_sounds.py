"""IPA to the alphabets of the engines, and that both engines say the agent's pronunciations."""

from pathlib import Path

import numpy as np
import pytest
from parley_tts.providers.base import Pcm, SpeechProvider, SpeechRequest
from parley_tts.providers.espeak import EspeakProvider
from parley_tts.providers.hibari import HibariProvider
from parley_tts.sounds import LETTERS, espeak, misaki


@pytest.mark.parametrize(
    ("ipa", "in_misaki", "in_espeak"),
    [
        ("wɪn", "ˈwɪn", "'wIn"),
        ("ʃɪˈvɔːn", "ʃɪˈvɔn", "SI'vO:n"),
        ("ˈdʒeɪkəb", "ˈʤAkəb", "'dZeIk@b"),
        ("ˈtʃoʊ.ski", "ˈʧOski", "'tSoUski"),
        ("ˈhɑːrbər", "ˈhɑɹbəɹ", "'hA:rb@r"),
        ("kwɪˈnoʊə!?", "kwɪˈnOə", "kwI'noU@"),
    ],
)
def test_ipa_becomes_each_engines_alphabet(ipa: str, in_misaki: str, in_espeak: str) -> None:
    assert (misaki(ipa), espeak(ipa)) == (in_misaki, in_espeak)


def test_every_letter_has_a_name() -> None:
    assert sorted(LETTERS) == [chr(code) for code in range(ord("A"), ord("Z") + 1)]


@pytest.mark.parametrize("make", [lambda: HibariProvider(Path("/no/folder")), EspeakProvider])
async def test_a_word_sounds_as_the_agent_writes_it(make: "type[SpeechProvider]") -> None:
    provider = make()
    await provider.start()

    async def speak(text: str, how: dict[str, str] | None = None) -> tuple[Pcm, list[str]]:
        request = SpeechRequest(text, pronunciations=how or {})
        chunks = [chunk async for chunk in provider.synthesise(request)]
        return np.concatenate([one.pcm for one in chunks]), [word.text for one in chunks for word in one.words]

    try:
        plain, _ = await speak("Ask Doctor Nguyen today.")
        ipa, words = await speak("Ask Doctor Nguyen today.", {"Nguyen": "/wɪn/"})
        spelled, _ = await speak("Ask Doctor Nguyen today.", {"nguyen": "win"})
        assert words == ["Ask", "Doctor", "Nguyen", "today."]
        assert not np.array_equal(plain, ipa)
        assert abs(len(ipa) - len(spelled)) < 0.1 * len(ipa)  # both say "win"
        assert len(plain) > len(ipa)  # "en-goo-yen"
        _, several = await speak("Welcome to Harbour Bistro, hello.", {"Harbour Bistro": "/ˈhɑːrbər ˈbiːstroʊ/"})
        assert several == ["Welcome", "to", "Harbour", "Bistro,", "hello."]
    finally:
        await provider.close()
