"""Whether what the caller's line carries is the agent's own voice that comes back through loudspeaker and microphone.

Words alone do not show it: a recogniser gets much of a faint echo wrong, and a caller who chooses among what the agent
offers says the agent's words. So the sound of the line is compared with what was played: an echo is a copy of it, later
by the way there and back. A room smears the waveform, and a line that stutters moves it; the rise and fall of the bands
of speech stays. Computed only when it is asked for, 2 to 6 ms; `call.caller_side` asks while the sound is at hand.
"""

from collections import deque
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from parley_audio.formats import SAMPLE_RATE, samples_of

from parley_gateway.listening.bands import WINDOW, band_shares, movement
from parley_gateway.turns.types import Sound

KEPT_S = 3.2
LATEST_S = 1.0  # from the gateway's schedule to the microphone and back: the longest delay that is looked for
COMPARED_S = 0.8  # of the line at once
PART_S = 0.4
LEAST_S = 0.25  # shorter sounds are compared with what is before them
_JUDGED_S = 1.6  # at the end of an utterance
_LOUD = 0.3  # of the loudest part; softer ones are gaps and fading
_LEAST_PART_S = 0.32
_SHORTEST_S = 0.15  # of a word
_QUIET = 1.0  # RMS, PCM16 steps: nothing

_LEAST_SPREAD = 0.1  # mean square of a share's changes, in natural logarithms; speech has some 1

_Frames = deque[tuple[float, bytes | memoryview]]
_Floats = NDArray[np.float32]


class Echo:
    """One call's. Times are of the scheduler; audio is PCM16 16 kHz."""

    def __init__(self) -> None:
        self._played: _Frames = deque()
        self._line: _Frames = deque()

    def played(self, frame: bytes | memoryview, heard_at: float) -> None:
        """The agent's audio as it is sent. The hot path."""
        _keep(self._played, frame, heard_at)

    def taken_back(self, since: float) -> None:
        """What was to be heard from `since` on never is."""
        while self._played and self._played[-1][0] >= since:
            self._played.pop()
        if self._played:
            at, frame = self._played[-1]
            self._played[-1] = (at, frame[: round((since - at) * SAMPLE_RATE) * 2])

    def line(self, frame: bytes | memoryview, at: float) -> None:
        """The caller's audio as it comes. The hot path."""
        _keep(self._line, frame, at)

    def judge(self, since: float, until: float) -> Sound:
        """Say whose voice the line carried between two times. The caller's over an echo is the caller's."""
        if not self._played or self._played[-1][0] < min(since, until - LEAST_S) - LATEST_S:
            return Sound.UNKNOWN
        if until - since < LEAST_S:
            # Mostly what is before it: like an echo it may be, but shows no other voice.
            sound = self._alike(until - LEAST_S, until)
            return Sound.UNKNOWN if sound is Sound.CALLER and until - since < _SHORTEST_S else sound
        if until - since <= COMPARED_S + 0.02 and self._alike(since, until) is Sound.ECHO:
            return Sound.ECHO
        return self._judged(max(since, until - _JUDGED_S), until)

    def movement(self, since: float, until: float) -> float:
        """How much the sound of the line moves between two times; see `bands.movement`. Some 0.2 ms."""
        return movement(_between(self._line, max(since, until - _JUDGED_S), until))

    def _judged(self, since: float, until: float) -> Sound:
        """By parts: a line that stutters changes its delay, and an utterance may hold both voices."""
        count = max(1, round((until - since) / PART_S))
        edges = [since + (until - since) * number / count for number in range(count + 1)]
        parts = [(_rms(_between(self._line, start, end)), start, end) for start, end in pairwise(edges)]
        loudest = max(loudness for loudness, _, _ in parts)
        sounds = {self._alike(start, end) for loudness, start, end in parts if loudness >= _LOUD * loudest}
        return next((sound for sound in (Sound.CALLER, Sound.ECHO) if sound in sounds), Sound.UNKNOWN)

    def _alike(self, since: float, until: float) -> Sound:
        line = _between(self._line, since, until)
        played = _between(self._played, since - LATEST_S, until)
        if len(line) < 2 * WINDOW or _rms(line) < _QUIET or _rms(played) < _QUIET:
            return Sound.UNKNOWN
        length_s = until - since
        wave, bands = _waveforms_alike(line, played), _bands_alike(line, played)
        if wave >= _wave_of_echo(length_s) or bands >= _bands_of_echo(length_s):
            return Sound.ECHO
        if wave < 0.75 * _wave_of_echo(length_s) and bands < _bands_of_caller(length_s):
            return Sound.CALLER
        return Sound.UNKNOWN


# Correlations at the likeliest delay, measured with a margin on five voices in three languages, each with nine callers.
# An echo's waveform is near 0.9 in a quiet room, 0.5 over a line that stutters, 0.3 with 300 ms of reverberation, where
# its bands stay above 0.65; two speakers of one voice reach less, the less the longer they speak.


def _wave_of_echo(length_s: float) -> float:
    return 0.3 + 0.07 / length_s


def _bands_of_echo(length_s: float) -> float:
    return 0.53 + 0.095 / length_s


def _bands_of_caller(length_s: float) -> float:
    return 0.45 if length_s >= _LEAST_PART_S else 0.38


def _keep(frames: _Frames, frame: bytes | memoryview, at: float) -> None:
    frames.append((at, frame))
    while frames[0][0] < at - KEPT_S:
        frames.popleft()


def _between(frames: _Frames, start: float, end: float) -> _Floats:
    whole = np.zeros(int((end - start) * SAMPLE_RATE), np.float32)
    written = 0
    for at, frame in frames:
        samples = samples_of(frame)
        first = round((at - start) * SAMPLE_RATE)
        if abs(first - written) < SAMPLE_RATE // 20:
            first = written  # frames come with jitter and were made without
        begin, stop = max(first, 0), min(first + len(samples), len(whole))
        if begin < stop:
            whole[begin:stop] = samples[begin - first : stop - first]
        written = first + len(samples)
    return whole


def _waveforms_alike(line: _Floats, played: _Floats) -> float:
    """The highest normalised correlation of the line with what was played at any delay."""
    energy = float(np.dot(line, line))
    # No shorter than what was played: the delays that are kept do not wrap round then.
    size = 1 << (len(played) - 1).bit_length()
    product = np.fft.rfft(played, size) * np.conj(np.fft.rfft(line, size))
    matched = np.fft.irfft(product, size)[: len(played) - len(line) + 1]
    squares = np.concatenate(([0.0], np.cumsum(played.astype(np.float64) ** 2)))
    energies = squares[len(line) :] - squares[: len(squares) - len(line)]
    loud = energies > 0.01 * float(energies.max(initial=0.0))
    if not loud.any():
        return 0.0
    return float((np.abs(matched[loud]) / np.sqrt(energies[loud] * energy)).max())


def _bands_alike(line: _Floats, played: _Floats) -> float:
    """The same of the bands over time: of each band's share in a frame's power, as a change from the band's mean."""
    heard, said = band_shares(line), band_shares(played)
    heard -= heard.mean(axis=0)
    said -= said.mean(axis=0)
    delayed = np.lib.stride_tricks.sliding_window_view(said, len(heard), axis=0)  # delay, band, time
    products = np.einsum("dbt,tb->d", delayed, heard)
    spreads = np.einsum("dbt,dbt->d", delayed, delayed) - len(heard) * np.square(delayed.mean(axis=2)).sum(axis=1)
    least = _LEAST_SPREAD * heard.size  # what hardly changes is silence or a tone, and like anything
    powers = np.maximum(spreads, least) * max(float(np.square(heard).sum()), least)
    return float((products / np.sqrt(powers)).max())


def _rms(samples: _Floats) -> float:
    return float(np.sqrt(np.dot(samples, samples) / len(samples)))
