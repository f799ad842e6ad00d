"""The caller's microphone and line, frame by frame: what sounds there is mixed and sent as a telephone would.

`caller` has one per call. It is the "regular" set of τ-voice's effects: background noise at 15 dB with a drift of 3 dB,
and lost frames in bursts (Gilbert-Elliott, 1 %); telephone quality is 300 to 3400 Hz, 8 kHz, µ-law.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from parley_audio.codecs import pcmu
from parley_audio.formats import FRAME_BYTES, FRAME_SAMPLES

from parley_evaluation.recording import RATE
from parley_evaluation.sounds import Chance, Samples, background, drift

FRAME_S = FRAME_SAMPLES / RATE
_HEADROOM = 0.9
_NOISE_S = 40.0  # then it begins again
_LOST_SHARE, _LOST_S = 0.01, 0.1
_TAPS = 127


@dataclass(frozen=True, slots=True)
class LineConditions:
    """What a call's line is like. `echo_db`: how far below itself the agent's voice comes back; None: not at all."""

    telephone: bool = True
    noise: str = ""  # a kind of `sounds.background`; "": none
    noise_db: float = 15.0  # below speech
    drift_db: float = 3.0
    lossy: bool = False
    echo_db: float | None = None
    level_db: float = 0.0  # of the caller's own voice


CONTROL = LineConditions()


@dataclass(slots=True)
class _Playing:
    start: int  # frame
    samples: Samples


@dataclass(slots=True)
class Line:
    conditions: LineConditions
    chance: Chance
    frames: int = 0  # that were sent
    _playing: list[_Playing] = field(default_factory=list)
    _noise: Samples = field(init=False)
    _losing: bool = False
    _sent: Callable[[Samples], bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._sent = _Telephone().push if self.conditions.telephone else _pcm
        self._noise = np.zeros(0)
        if self.conditions.noise:
            level = 10 ** (-self.conditions.noise_db / 20)
            made = background(self.conditions.noise, _NOISE_S, self.chance)
            self._noise = made * level * drift(_NOISE_S, self.conditions.drift_db, self.chance)

    def play(self, samples: Samples) -> float:
        """Begin a sound with the next frame; returns when that is, in seconds of the line."""
        self._playing.append(_Playing(self.frames, samples))
        return self.frames * FRAME_S

    def frame(self, echo: Samples) -> bytes:
        """The next 20 ms; `echo`: the agent's voice as it is in the room."""
        mixed = self._sounds()
        if len(self._noise):
            at = self.frames * FRAME_SAMPLES % (len(self._noise) - FRAME_SAMPLES)
            mixed += self._noise[at : at + FRAME_SAMPLES]
        if self.conditions.echo_db is not None:
            mixed += echo * 10 ** (self.conditions.echo_db / 20)
        self.frames += 1
        sent = self._sent(np.clip(mixed * _HEADROOM, -1, 1))
        return bytes(len(sent)) if self._lost() else sent

    def _sounds(self) -> Samples:
        mixed = np.zeros(FRAME_SAMPLES)
        for one in self._playing:
            at = (self.frames - one.start) * FRAME_SAMPLES
            part = one.samples[at : at + FRAME_SAMPLES]
            mixed[: len(part)] += part
        self._playing = [
            one for one in self._playing if (self.frames + 1 - one.start) * FRAME_SAMPLES < len(one.samples)
        ]
        return mixed

    def _lost(self) -> bool:
        if not self.conditions.lossy:
            return False
        ends = FRAME_S / _LOST_S
        begins = ends * _LOST_SHARE / (1 - _LOST_SHARE)
        self._losing = self.chance.random() >= ends if self._losing else self.chance.random() < begins
        return self._losing


class _Telephone:
    """300 to 3400 Hz, 8 kHz, µ-law, and back to 16 kHz PCM16; some 25 ms later, as a telephone's own buffers are."""

    def __init__(self) -> None:
        self._taps = _taps(300, 3400)
        self._tail = np.zeros(_TAPS - 1)
        self._codec = pcmu()
        self._ready = bytearray(FRAME_BYTES)  # the resampler gives its first samples late

    def push(self, samples: Samples) -> bytes:
        whole = np.concatenate([self._tail, samples])
        self._tail = whole[len(whole) - (_TAPS - 1) :]
        narrow = np.convolve(whole, self._taps, "valid")
        self._ready += self._codec.decode(self._codec.encode(_pcm(narrow)))
        frame = bytes(self._ready[:FRAME_BYTES])
        del self._ready[:FRAME_BYTES]
        return frame.ljust(FRAME_BYTES, b"\0")


def _taps(low_hz: float, high_hz: float) -> Samples:
    """A windowed-sinc band-pass."""
    at = np.arange(_TAPS) - (_TAPS - 1) / 2
    high = 2 * high_hz / RATE * np.sinc(2 * high_hz / RATE * at)
    low = 2 * low_hz / RATE * np.sinc(2 * low_hz / RATE * at)
    return np.asarray((high - low) * np.blackman(_TAPS))


def _pcm(samples: Samples) -> bytes:
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
