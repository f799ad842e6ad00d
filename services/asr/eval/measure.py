"""Measures recognition on synthetic callers: `python services/asr/eval/measure.py [AGENT.yaml] [--voices a,b]`.

Prints what was misheard, then word error rate and real-time factor per voice. Each voice is one call: what the
recogniser learns of a speaker in one utterance helps it in the next. Most sentences are not among the agent's phrases.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parley_asr.language.words import say_words, sentences
from parley_asr.providers.base import Recogniser
from parley_asr.providers.decoder_pool import DecoderPool
from parley_asr.providers.pocketsphinx import PocketSphinxProvider
from parley_asr.speech import speech_of
from parley_core.agents import AgentDocument, load_agent
from voices import VOICES, Speaker

SENTENCES = Path(__file__).with_name("sentences.txt").read_text("utf-8").splitlines()
CHUNK_BYTES = 3200
DECODE_TIMEOUT_S = 60.0


@dataclass(slots=True)
class Score:
    errors: int = 0
    words: int = 0
    decoding_s: float = 0.0
    audio_s: float = 0.0

    @property
    def word_error_rate(self) -> float:
        return self.errors / max(self.words, 1)

    @property
    def real_time_factor(self) -> float:
        return self.decoding_s / max(self.audio_s, 1e-9)


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Least number of words to change, add and leave out (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for at, word in enumerate(said, 1):
        diagonal, row[0] = row[0], at
        for column, other in enumerate(heard, 1):
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other))
    return row[-1]


def read_agent(path: Path) -> AgentDocument:
    """Read a document with the sentences of its knowledge files, as publishing does."""
    document = load_agent(path)
    corpus = [
        " ".join(words) for name in document.knowledge for words in sentences((path.parent / name).read_text("utf-8"))
    ]
    return document.model_copy(update={"speech_corpus": corpus})


async def measure(recogniser: Recogniser, speaker: Speaker, voice: str, texts: Sequence[str], *, show: bool) -> Score:
    """Speak the texts one after the other, as one call."""
    score = Score()
    for text in texts:
        pcm, said = speaker.say(text, voice), say_words(text)
        started = time.perf_counter()
        stream = await recogniser.open_stream()
        for at in range(0, len(pcm), CHUNK_BYTES):
            await stream.accept(pcm[at : at + CHUNK_BYTES])
        heard = (await stream.finish()).text.split()
        score.decoding_s += time.perf_counter() - started
        score.audio_s += len(pcm) / 32_000
        errors = word_errors(said, heard)
        score.errors += errors
        score.words += len(said)
        if show and errors:
            sys.stdout.write(f"{voice}: {' '.join(said)}\n{' ' * len(voice)}  {' '.join(heard)}\n")
    return score


async def run(agent: Path, voices: Sequence[str]) -> None:
    speaker = Speaker()
    pool = DecoderPool(1, timeout_s=DECODE_TIMEOUT_S)
    await pool.start()
    with tempfile.TemporaryDirectory() as models:
        provider = PocketSphinxProvider(pool, Path(models))
        for voice in voices:
            recogniser = await provider.open(speech_of(read_agent(agent)), "en")
            score = await measure(recogniser, speaker, voice, SENTENCES, show=True)
            await recogniser.close()
            sys.stdout.write(
                f"== {voice}: word error rate {score.word_error_rate:.3f} of {score.words} words, "
                f"real-time factor {score.real_time_factor:.3f}\n"
            )
    await provider.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure recognition on synthetic callers")
    parser.add_argument("agent", nargs="?", default="examples/clinic/agent.yaml", type=Path)
    parser.add_argument("--voices", default=",".join(VOICES))
    given = parser.parse_args()
    asyncio.run(run(given.agent, given.voices.split(",")))
