"""The receiving end of an RTP leg: jitter buffer, decoder and concealment in one, packets in, PCM16 mono 16 kHz out.

A channel calls `packet` for what comes from the network and hands every frame that it gives to its call; it asks
`frames` every 20 ms while the call lasts, for what is lost announces itself by nothing.
"""

from collections.abc import Callable, Iterator

from parley_audio.concealment import Concealer
from parley_audio.energy import rms
from parley_audio.formats import BYTES_PER_SAMPLE, SAMPLE_RATE, samples_of
from parley_audio.jitter import Gap, JitterBuffer

_QUIET = 100.0  # RMS in PCM16 steps (-50 dBFS)


class Reception:
    def __init__(self, clock_hz: int, decode: Callable[[bytes], bytes]) -> None:
        """`decode` gives PCM16 mono 16 kHz of one payload; a ValueError from it counts as a lost frame."""
        self.jitter = JitterBuffer(clock_hz)
        self.concealer = Concealer()
        self.undecodable = 0
        self._clock_hz = clock_hz
        self._decode = decode
        self._quiet = False

    def packet(self, seq: int, timestamp: int, payload: bytes, now: float) -> Iterator[bytes]:
        """Take a packet and give the frames that can be had by `now`."""
        self.jitter.push(seq, timestamp, payload, now)
        return self.frames(now)

    def frames(self, now: float) -> Iterator[bytes]:
        """The frames that can be had by `now`; mostly one or none, each as long as the sender's packets are."""
        while (frame := self.jitter.pull(now, quiet=self._quiet)) is not None:
            pcm = self._pcm(frame)
            self._quiet = self.jitter.surplus and rms(samples_of(pcm)) < _QUIET
            yield pcm

    def _pcm(self, frame: bytes | Gap) -> bytes:
        samples = self.jitter.frame * SAMPLE_RATE // self._clock_hz
        if frame is Gap.SILENCE:
            return bytes(samples * BYTES_PER_SAMPLE)
        if not isinstance(frame, Gap):
            try:
                return self.concealer.good(self._decode(frame))
            except ValueError:
                self.undecodable += 1
        return self.concealer.conceal(samples)
