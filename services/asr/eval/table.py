"""Measures recognition as a table: `make eval-asr`, or `python services/asr/eval/table.py --help`.

Speaks sentences.txt with the voices of `speakers.py`, over clean lines, telephone lines and noise, and prints the share
of misheard words by voice and line, of misheard names, and what was made of sounds in which nobody speaks. Settings are
chosen on the half `tuning` with the voices heart and slt; the half `held` is spoken by the others.
"""

import argparse
import asyncio
import re
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from measure import word_errors
from parley_asr.language.corpus import Speech
from parley_asr.language.words import say_words
from parley_asr.providers.base import Final, RecogniserProvider, RecogniserRequest
from parley_asr.providers.registry import build_registry
from parley_asr.providers.whisper.decoder import WhisperDecoder
from parley_asr.providers.whisper.provider import WhisperProvider
from parley_asr.settings import AsrSettings
from parley_asr.speech import speech_of
from parley_core.agents import AgentDocument, load_agent
from parley_local.seed import sentences_of
from speakers import Samples, Speaker, no_speech, noisy, pcm, seed_of, speakers, telephone, utterance

EXAMPLES = Path(__file__).parents[3] / "examples"
SENTENCES = Path(__file__).with_name("sentences.txt")
TUNING_VOICES = ("heart", "slt")
WEIGHTS = Path("var/models")
PATIENCE_S = 120.0
NOISES_DB = {"noise 15 dB": 15, "noise 5 dB": 5}  # so far is the noise below the speech
LINES = ("clean", "telephone", *NOISES_DB)
CHUNK_BYTES = 3200
# The agents' names, as they are said.
NAMES = frozenset(
    say_words(
        "Chen Patel Ruiz Riverside Clinic Aetna Cigna Blue Cross United Healthcare Medicare Medicaid Harbour Bistro"
    )
)
_SAME = {"ok": "okay", "o": "oh", "mr": "mister", "harbor": "harbour"}


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    agent: str


@dataclass(slots=True)
class Score:
    errors: int = 0
    words: int = 0
    names_right: int = 0
    names: int = 0
    cpu_s: float = 0.0
    audio_s: float = 0.0
    finals_s: list[float] = field(default_factory=list)

    @property
    def word_error_rate(self) -> float:
        return self.errors / max(self.words, 1)


def read_sentences(half: str) -> list[Sentence]:
    found: list[Sentence] = []
    section = ""
    for line in SENTENCES.read_text("utf-8").splitlines():
        if line.startswith("== "):
            section = line[3:]
        elif line and not line.startswith("#") and section == half:
            agent, _, text = re.match(r"(?:\[(\w+)\])?( ?)(.*)", line).groups()  # type: ignore[union-attr]
            found.append(Sentence(text, agent or ""))
    return found


def published(path: Path) -> AgentDocument:
    """The document with the sentences of its knowledge files, as they are written: that is where names come from."""
    document = load_agent(path)
    corpus = [one for name in document.knowledge for one in sentences_of((path.parent / name).read_text("utf-8"))]
    return document.model_copy(update={"speech_corpus": corpus})


def voices(half: str) -> list[Speaker]:
    return [one for one in speakers() if (one.name in TUNING_VOICES) == (half == "tuning")]


def line_of(samples: Samples, line: str, seed: int) -> Samples:
    if line == "telephone":
        return telephone(samples)
    if line in NOISES_DB:
        return noisy(samples, NOISES_DB[line], ("pink", "traffic")[seed % 2], seed)
    return samples


def normal(words: Sequence[str]) -> list[str]:
    return [_SAME.get(word, word) for word in words]


class Listener:
    """Hears one recording after the other with a provider, and knows what it cost."""

    def __init__(self, provider: RecogniserProvider) -> None:
        self._provider = provider
        self._speeches = {"": Speech()} | {
            name: speech_of(published(EXAMPLES / name / "agent.yaml")) for name in ("clinic", "bistro")
        }

    async def hear(self, sound: bytes, agent: str, score: Score) -> Final:
        recogniser = await self._provider.open(RecogniserRequest(self._speeches[agent], "en-US"))
        before, last = self._cpu_s(), 0.0
        stream = await recogniser.open_stream()
        for at in range(0, len(sound), CHUNK_BYTES):
            await stream.accept(sound[at : at + CHUNK_BYTES])
        last = time.perf_counter()
        final = await stream.finish()
        score.finals_s.append(time.perf_counter() - last)
        score.cpu_s += self._cpu_s() - before
        score.audio_s += len(sound) / 32_000
        await recogniser.close()
        return final

    def _cpu_s(self) -> float:
        children = psutil.Process().children(recursive=True)
        return sum(used.user + used.system for used in (child.cpu_times() for child in children))


async def run(
    provider: RecogniserProvider, half: str, lines: Sequence[str], every: int, *, agents: bool, show: bool
) -> None:
    listener = Listener(provider)
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    sentences = [one for one in read_sentences(half) if one.agent or not agents][::every]
    for speaker in voices(half):
        for sentence in sentences:
            spoken = utterance(speaker, sentence.text)
            said = normal(say_words(sentence.text))
            for line in lines:
                score = scores[speaker.name, line]
                sound = pcm(line_of(spoken, line, seed_of(sentence.text + speaker.name)))
                heard = normal((await listener.hear(sound, sentence.agent, score)).text.split())
                errors = word_errors(said, heard)
                score.errors += errors
                score.words += len(said)
                if sentence.agent:
                    wanted = [word for word in said if word in NAMES]
                    score.names += len(wanted)
                    score.names_right += sum(word in heard for word in wanted)
                if errors and show:
                    print(f"{speaker.name}, {line}: {' '.join(said)} -> {' '.join(heard)}")
    print(f"\nProvider {provider.name} ({provider.model}), half '{half}', {len(sentences)} sentences\n")
    _print(scores, lines)
    made = {name: (await listener.hear(pcm(sound), "", Score())).text for name, sound in no_speech().items()}
    wrong = {name: text for name, text in made.items() if text}
    print(f"\nSounds in which nobody speaks: text from {len(wrong)} of {len(made)} {wrong or ''}")


def _print(scores: dict[tuple[str, str], Score], lines: Sequence[str]) -> None:
    names = list(dict.fromkeys(voice for voice, _ in scores))
    print(f"| words misheard | {' | '.join(lines)} |\n|{'---|' * (len(lines) + 1)}")
    for voice in names:
        cells = (f"{scores[voice, line].word_error_rate * 100:.1f} %" for line in lines)
        print(f"| {voice} | {' | '.join(cells)} |")
    whole = [
        sum(scores[voice, line].errors for voice in names) / sum(scores[voice, line].words for voice in names)
        for line in lines
    ]
    print(f"| **all** | {' | '.join(f'**{one * 100:.1f} %**' for one in whole)} |")
    every = scores.values()
    finals = sorted(took for score in every for took in score.finals_s)
    right, of = sum(score.names_right for score in every), sum(score.names for score in every)
    cpu_s, audio_s = sum(score.cpu_s for score in every), sum(score.audio_s for score in every)
    print(
        f"\nNames of the agents right: {right} of {of} ({right / max(of, 1) * 100:.0f} %). "
        f"CPU {cpu_s / audio_s:.3f} s per second of audio, {cpu_s / len(finals):.2f} s per utterance. "
        f"Final text after the last audio: {statistics.median(finals) * 1000:.0f} ms (median), "
        f"{finals[int(len(finals) * 0.95)] * 1000:.0f} ms (95 %)."
    )


@asynccontextmanager
async def recogniser(name: str) -> AsyncIterator[RecogniserProvider]:
    if name == "whisper":
        # Behind everything else on a busy machine a decode may take long.
        provider = WhisperProvider(
            WhisperDecoder(WEIGHTS, threads=1, timeout_s=PATIENCE_S, shared=False), interims=False
        )
        await provider.start()
        try:
            yield provider
        finally:
            await provider.close()
        return
    async with build_registry(AsrSettings(provider=name, decoders=1)) as registry:
        yield await registry.get(name)


async def main(given: argparse.Namespace) -> None:
    missing = {"slt", "rms", "awb"} - {one.name for one in speakers()}
    if missing:
        print(f"without {', '.join(sorted(missing))}: flite is not installed", file=sys.stderr)
    async with recogniser(given.provider) as provider:
        await run(provider, given.half, given.lines.split(","), given.every, agents=given.agents, show=given.show)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure recognition on synthetic callers, as a table")
    parser.add_argument("--half", choices=("tuning", "held"), default="held")
    parser.add_argument("--provider", default="whisper")
    parser.add_argument("--lines", default=",".join(LINES))
    parser.add_argument("--every", type=int, default=1, help="Only every Nth sentence")
    parser.add_argument("--agents", action="store_true", help="Only sentences that are said to the example agents")
    parser.add_argument("--show", action="store_true", help="Print what was misheard; not for the held half")
    asyncio.run(main(parser.parse_args()))
