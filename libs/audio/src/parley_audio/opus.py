"""Opus (RFC 6716) by libopus, through PyAV: payloads to and from PCM16 mono 16 kHz. One object for each call.

Encoding is mono, at 32 kb/s or less, from 16 kHz as it is. Decoding is at 48 kHz, all that FFmpeg's wrapper offers, and
resampled by FFmpeg, which costs a tenth of what our own filter does from 48 kHz. libopus's own concealment and its
redundancy for lost frames cannot be reached through FFmpeg when decoding; what we send carries that redundancy.
"""

import fractions
from typing import Literal

import av
from av import AudioFrame, AudioResampler, CodecContext, Packet
from av.audio.codeccontext import AudioCodecContext

from parley_audio.formats import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE

CLOCK_HZ = 48_000  # of RTP timestamps, whatever is coded
_BIT_RATE = 32_000
_OPTIONS = {
    "application": "voip",
    "compression_level": "1",  # a third of level 10's time; level 0 codes voices audibly worse
    "fec": "1",
    "packet_loss": "5",
}


class Opus:
    """A `codecs.Codec` for frames of up to 20 ms."""

    name = "opus"
    rate_hz = CLOCK_HZ

    def __init__(self) -> None:
        self._decoder = _context("r", CLOCK_HZ)
        self._resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        self._encoder = _context("w", SAMPLE_RATE)
        self._encoder.bit_rate = _BIT_RATE
        self._encoder.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self._encoder.options = _OPTIONS
        self._pts = 0

    def decode(self, payload: bytes | memoryview) -> bytes:
        try:
            parts = [
                bytes(resampled.planes[0])[: resampled.samples * 2]
                for frame in self._decoder.decode(Packet(bytes(payload)))
                for resampled in self._resampler.resample(frame)
            ]
        except av.FFmpegError as error:
            raise ValueError(f"not Opus: {error.strerror}") from None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def encode(self, pcm: bytes | memoryview) -> bytes:
        """The payload of one frame; one shorter than 20 ms is filled up with silence."""
        if len(pcm) != FRAME_BYTES:
            pcm = bytes(pcm[:FRAME_BYTES]).ljust(FRAME_BYTES, b"\0")
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(bytes(pcm))
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._pts
        self._pts += FRAME_SAMPLES
        return b"".join(bytes(packet) for packet in self._encoder.encode(frame))


def _context(mode: Literal["r", "w"], rate_hz: int) -> AudioCodecContext:
    context = CodecContext.create("libopus", mode)
    context.format = "s16"
    context.layout = "mono"
    context.sample_rate = rate_hz
    return context
