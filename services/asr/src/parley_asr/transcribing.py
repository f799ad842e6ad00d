"""Whole recordings to text: cut at silence, each piece recognised by itself. `rpc.py` calls it."""

import numpy as np
from parley_core.errors import BadInput, TimedOut, Unavailable

from parley_asr.providers.base import Final, HeardWord, Recogniser

RATE = 16_000
MAX_S = 600
CHUNK_BYTES = RATE // 5 * 2  # 200 ms
FRAME = RATE // 50  # 20 ms
SILENCE_FRAMES = 25  # half a second between two pieces
MARGIN_FRAMES = 15  # kept around a piece
MIN_FRAMES = 5  # a shorter sound is no word
MAX_FRAMES = 50 * 20  # a piece is cut at its quietest place past 20 s
SPEECH_OVER_FLOOR = 4.0  # amplitude
QUIETEST_SPEECH = 60.0  # root mean square of 16-bit samples
TRIES = 3


def check(pcm: bytes) -> None:
    """Raise BadInput for audio that is not accepted."""
    if not pcm:
        raise BadInput("pcm", "is empty")
    if len(pcm) % 2:
        raise BadInput("pcm", "has an odd number of bytes; it must be 16-bit samples, one channel, 16 kHz")
    if len(pcm) > MAX_S * RATE * 2:
        raise BadInput("pcm", f"is {len(pcm) / RATE / 2:.0f} s long; at most {MAX_S} s are accepted")


def pieces(pcm: bytes) -> list[tuple[int, int]]:
    """Return where someone speaks, as pairs of sample positions, in order and apart from each other."""
    samples = np.frombuffer(pcm, np.int16)
    count = len(samples) // FRAME
    if count == 0:
        return []
    frames = samples[: count * FRAME].reshape(count, FRAME).astype(np.float32)
    loudness = np.sqrt(np.mean(frames * frames, axis=1))
    floor = float(np.percentile(loudness, 10))
    voiced = np.flatnonzero(loudness > max(floor * SPEECH_OVER_FLOOR, QUIETEST_SPEECH))
    if len(voiced) == 0:
        # One level throughout: without a pause to compare with, loud enough audio counts as speech.
        if floor <= QUIETEST_SPEECH:
            return []
        voiced = np.arange(count)
    breaks = np.flatnonzero(np.diff(voiced) > SILENCE_FRAMES)
    starts = [int(voiced[0]), *(int(voiced[at + 1]) for at in breaks)]
    ends = [*(int(voiced[at]) for at in breaks), int(voiced[-1])]
    found: list[tuple[int, int]] = []
    after = 0
    for start, end in zip(starts, ends, strict=True):
        if end - start + 1 < MIN_FRAMES:
            continue
        first, last = max(start - MARGIN_FRAMES, after), min(end + MARGIN_FRAMES + 1, count)
        while last - first > MAX_FRAMES:
            quiet = first + MAX_FRAMES // 2
            cut = quiet + int(np.argmin(loudness[quiet : first + MAX_FRAMES]))
            found.append((first * FRAME, cut * FRAME))
            first = cut
        found.append((first * FRAME, last * FRAME))
        after = last
    return found


async def transcribe(recogniser: Recogniser, pcm: bytes) -> Final:
    """Recognise a recording; word times count from its first sample."""
    words: list[HeardWord] = []
    for start, end in pieces(pcm):
        offset_ms = start * 1000 // RATE
        final = await _recognise(recogniser, pcm[start * 2 : end * 2])
        words.extend(
            HeardWord(word.text, offset_ms + word.start_ms, offset_ms + word.end_ms, word.confidence)
            for word in final.words
        )
    if not words:
        return Final()
    return Final(tuple(words), sum(word.confidence for word in words) / len(words))


async def _recognise(recogniser: Recogniser, pcm: bytes) -> Final:
    for attempt in range(TRIES):
        try:
            stream = await recogniser.open_stream()
            for at in range(0, len(pcm), CHUNK_BYTES):
                await stream.accept(pcm[at : at + CHUNK_BYTES])
            return await stream.finish()
        except (Unavailable, TimedOut):
            if attempt == TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")
