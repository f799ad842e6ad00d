"""Where a caller's samples lie on the gateway's clock. Positions are samples since the call's start.

A client's audio arrives late by the network and in bursts; the frames that came quickest show when the others were
really due. A client that pauses its stream (a muted page, a suspended laptop) leaves a gap, which counts as silence.
"""

from parley_audio.formats import FRAME_SAMPLES, SAMPLE_RATE

_GAP_S = 0.4  # no frame for so long, and behind by so much: the stream was paused
_DRIFT_S = 2e-5  # per frame: the most by which two clocks' crystals and a lasting delay are followed


class CallerClock:
    def __init__(self, started: float) -> None:
        self._started = started
        self._skew = 0.0  # by how much the quickest frame was later (or, below 0, earlier) than its position says
        self._last = started
        self.position: int | None = None  # of the next sample; None before the first

    def arrived(self, samples: int, now: float) -> int:
        """Note that samples are about to be taken in; returns how many samples of silence precede them."""
        if self.position is None:
            self.position = max(0, int((now - self._started) * SAMPLE_RATE) - samples)
            self._skew = self._lag(samples, now)
            self._last = now
            return 0
        lag = self._lag(samples, now) - self._skew
        paused, self._last = now - self._last > _GAP_S, now
        if paused and lag > _GAP_S:
            return int(lag * SAMPLE_RATE) // FRAME_SAMPLES * FRAME_SAMPLES
        self._skew += lag if lag < 0 else min(lag, _DRIFT_S)
        return 0

    def advance(self, samples: int) -> int:
        """Count samples in; returns the position of the first."""
        position = self.position or 0
        self.position = position + samples
        return position

    def time_of(self, position: int) -> float:
        """When the sample at a position was due at the gateway."""
        return self._started + position / SAMPLE_RATE + self._skew

    def position_of(self, time: float) -> int:
        return max(0, int((time - self._started - self._skew) * SAMPLE_RATE))

    def _lag(self, samples: int, now: float) -> float:
        return now - self._started - ((self.position or 0) + samples) / SAMPLE_RATE
