"""Measures recognition on synthetic callers: `python services/asr/eval/measure.py [AGENT.yaml] [--voices a,b]`.

Speaks the calls of calls.txt at 130 to 175 words per minute and prints what was misheard, then word error rate,
real-time factor and the time to the final text per voice. Each call has one recogniser: what it learns of a speaker in
one utterance helps it in the next. Most sentences are not among the agent's phrases.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parley_asr.language.words import say_words, sentences
from parley_asr.providers.base import Recogniser, RecogniserRequest
from parley_asr.providers.pocketsphinx import PocketSphinxProvider
from parley_asr.speech import speech_of
from parley_core.agents import AgentDocument, load_agent
from voices import VOICES, Speaker

CALLS = [call.splitlines() for call in Path(__file__).with_name("calls.txt").read_text("utf-8").strip().split("\n\n")]
PACES = (150, 150, 165, 175, 130)  # words per minute, one for each call in turn
CHUNK_BYTES = 3200
DECODE_TIMEOUT_S = 60.0


@dataclass(slots=True)
class Score:
    errors: int = 0
    words: int = 0
    decoding_s: float = 0.0
    audio_s: float = 0.0
    finals_s: list[float] = field(default_factory=list)  # from the last audio to the final text

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


async def measure(
    recogniser: Recogniser, speaker: Speaker, voice: str, texts: Sequence[str], *, words_per_minute: int, score: Score
) -> list[str]:
    """Speak the texts one after the other, as one call; return what was said and heard where they differ."""
    misheard: list[str] = []
    for text in texts:
        said, heard = say_words(text), []
        for pcm in speaker.utterances(text, voice, words_per_minute=words_per_minute):
            started = time.perf_counter()
            stream = await recogniser.open_stream()
            for at in range(0, len(pcm), CHUNK_BYTES):
                last = time.perf_counter()
                await stream.accept(pcm[at : at + CHUNK_BYTES])
            heard += (await stream.finish()).text.split()
            ended = time.perf_counter()
            score.finals_s.append(ended - last)
            score.decoding_s += ended - started
            score.audio_s += len(pcm) / 32_000
        errors = word_errors(said, heard)
        score.errors += errors
        score.words += len(said)
        if errors:
            misheard.append(f"{voice} {words_per_minute}: {' '.join(said)} -> {' '.join(heard)}")
    return misheard


async def run(agent: Path, voices: Sequence[str]) -> None:
    speaker = Speaker()
    speech = speech_of(read_agent(agent))
    with tempfile.TemporaryDirectory() as models:
        provider = PocketSphinxProvider(Path(models), decoders=1, decode_timeout_s=DECODE_TIMEOUT_S)
        await provider.start()
        for voice in voices:
            score = Score()
            for at, call in enumerate(CALLS):
                recogniser = await provider.open(RecogniserRequest(speech, "en"))
                pace = PACES[at % len(PACES)]
                for line in await measure(recogniser, speaker, voice, call, words_per_minute=pace, score=score):
                    sys.stdout.write(line + "\n")
                await recogniser.close()
            sys.stdout.write(
                f"== {voice}: word error rate {score.word_error_rate:.3f} of {score.words} words, real-time factor "
                f"{score.real_time_factor:.3f}, final text after {statistics.median(score.finals_s) * 1000:.0f} ms\n"
            )
    await provider.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure recognition on synthetic callers")
    parser.add_argument("agent", nargs="?", default="examples/clinic/agent.yaml", type=Path)
    parser.add_argument("--voices", default=",".join(VOICES))
    given = parser.parse_args()
    asyncio.run(run(given.agent, given.voices.split(",")))
