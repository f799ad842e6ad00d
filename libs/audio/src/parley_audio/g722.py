"""G.722 by FFmpeg, through PyAV: 64 kb/s payloads to and from PCM16 mono 16 kHz. One object for each call.

Source: ITU-T G.722; RFC 3551 §4.5.2 for the RTP clock, which says 8000 for what is 16 kHz.
"""

from typing import Literal

import av
from av import AudioFrame, CodecContext, Packet
from av.audio.codeccontext import AudioCodecContext

from parley_audio.formats import BYTES_PER_SAMPLE, FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE

CLOCK_HZ = 8000  # of RTP timestamps
_MAX_PAYLOAD = 960  # 120 ms


class G722:
    """A `codecs.Codec`."""

    name = "G722"
    rate_hz = SAMPLE_RATE

    def __init__(self) -> None:
        self._decoder = _context("r")
        self._encoder = _context("w")
        self._pts = 0

    def decode(self, payload: bytes | memoryview) -> bytes:
        if not 0 < len(payload) <= _MAX_PAYLOAD:
            raise ValueError(f"{len(payload)} bytes are no G.722 payload")
        try:
            frames = self._decoder.decode(Packet(bytes(payload)))
        except av.FFmpegError as error:
            raise ValueError(f"not G.722: {error.strerror}") from None
        return b"".join(bytes(frame.planes[0])[: frame.samples * BYTES_PER_SAMPLE] for frame in frames)

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


def _context(mode: Literal["r", "w"]) -> AudioCodecContext:
    context = CodecContext.create("g722", mode)
    context.format = "s16"
    context.layout = "mono"
    context.sample_rate = SAMPLE_RATE
    if mode == "w":
        context.bit_rate = 64_000
    context.open()
    return context
