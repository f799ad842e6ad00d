"""WAV files: reading what callers and tests bring, writing recordings as they grow."""

import io
import struct
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from parley_audio.formats import SAMPLE_RATE
from parley_audio.resample import resample

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


@dataclass(frozen=True, slots=True)
class Wav:
    pcm: bytes  # PCM16, channels interleaved
    sample_rate_hz: int
    channels: int

    @property
    def duration_ms(self) -> int:
        return len(self.pcm) * 1000 // (2 * self.channels * self.sample_rate_hz)

    def channel(self, number: int) -> bytes:
        """One channel's samples."""
        return bytes(np.frombuffer(self.pcm, dtype="<i2").reshape(-1, self.channels)[:, number].tobytes())

    def mono_16k(self) -> bytes:
        """All channels mixed into Parley's own format."""
        mixed = np.frombuffer(self.pcm, dtype="<i2").reshape(-1, self.channels).mean(axis=1).astype("<i2").tobytes()
        return resample(mixed, self.sample_rate_hz, SAMPLE_RATE)


def read_wav(source: bytes | Path) -> Wav:
    """Read PCM16 WAV. Raises ValueError that says what it is instead."""
    try:
        with wave.open(io.BytesIO(source) if isinstance(source, bytes) else str(source), "rb") as file:
            if file.getsampwidth() != 2:
                raise ValueError(f"samples of {8 * file.getsampwidth()} bit; 16 bit are needed")
            if not 1 <= file.getnchannels() <= 8:
                raise ValueError(f"{file.getnchannels()} channels")
            return Wav(file.readframes(file.getnframes()), file.getframerate(), file.getnchannels())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"not a PCM WAV file: {error}") from None


def wav_header(data_bytes: int, *, sample_rate_hz: int = SAMPLE_RATE, channels: int = 1) -> bytes:
    """The 44 bytes in front of PCM16 samples."""
    frame = 2 * channels
    return _HEADER.pack(
        b"RIFF", 36 + data_bytes, b"WAVE", b"fmt ", 16, 1, channels, sample_rate_hz, sample_rate_hz * frame, frame, 16,
        b"data", data_bytes,
    )  # fmt: skip


def wav_bytes(pcm: bytes, *, sample_rate_hz: int = SAMPLE_RATE, channels: int = 1) -> bytes:
    return wav_header(len(pcm), sample_rate_hz=sample_rate_hz, channels=channels) + pcm


class WavWriter:
    """Writes a WAV file that grows; `close` puts its length into the header. Blocks: use it off the loop."""

    def __init__(self, path: Path, *, sample_rate_hz: int = SAMPLE_RATE, channels: int = 1) -> None:
        self._rate = sample_rate_hz
        self._channels = channels
        self._file: BinaryIO = path.open("wb")
        self._file.write(wav_header(0, sample_rate_hz=sample_rate_hz, channels=channels))
        self.data_bytes = 0

    def write(self, pcm: bytes) -> None:
        self._file.write(pcm)
        self.data_bytes += len(pcm)

    def close(self) -> None:
        if self._file.closed:
            return
        try:
            self._file.seek(0)
            self._file.write(wav_header(self.data_bytes, sample_rate_hz=self._rate, channels=self._channels))
        finally:
            self._file.close()
