"""Recognition stays as good as it was, on a few of the sentences that eval/ measures in full."""

from pathlib import Path
from typing import Any

import measure
from parley_asr.providers.decoder_pool import DecoderPool
from parley_asr.providers.pocketsphinx import PocketSphinxProvider
from parley_asr.speech import speech_of

AGENT = Path(__file__).parents[3] / "examples" / "clinic" / "agent.yaml"


async def test_the_sentences_of_the_demo_call_are_heard(models: Path, speaker: Any) -> None:
    pool = DecoderPool(1, timeout_s=20)
    await pool.start()
    provider = PocketSphinxProvider(pool, models)
    recogniser = await provider.open(speech_of(measure.read_agent(AGENT)), "en-US")
    score = await measure.measure(recogniser, speaker, "en-us", measure.SENTENCES[:7], show=True)
    await provider.close()
    assert score.words == 55
    assert score.word_error_rate <= 0.12


def test_word_errors_are_the_least_number_of_changes() -> None:
    assert measure.word_errors(["a", "b", "c"], ["a", "x", "c", "d"]) == 2
    assert measure.word_errors(["a"], []) == 1
