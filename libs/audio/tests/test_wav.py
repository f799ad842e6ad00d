from pathlib import Path

import pytest
from parley_audio.formats import silence
from parley_audio.wav import WavWriter, read_wav, wav_bytes


def test_what_was_written_is_read(tmp_path: Path) -> None:
    writer = WavWriter(tmp_path / "call.wav", channels=2)
    writer.write(b"\x01\x00\x02\x00" * 100)
    writer.write(b"\x03\x00\x04\x00" * 60)
    writer.close()
    wav = read_wav(tmp_path / "call.wav")
    assert (wav.sample_rate_hz, wav.channels, wav.duration_ms) == (16_000, 2, 10)
    assert wav.channel(0) == b"\x01\x00" * 100 + b"\x03\x00" * 60
    assert wav.channel(1) == b"\x02\x00" * 100 + b"\x04\x00" * 60


def test_stereo_of_another_rate_becomes_mono_16k() -> None:
    wav = read_wav(wav_bytes(b"\x00\x10\x00\x20" * 4800, sample_rate_hz=48_000, channels=2))
    mono = wav.mono_16k()
    assert abs(len(mono) // 2 - 1600) <= 1
    assert abs(int.from_bytes(mono[1600:1602], "little") - 0x1800) < 20


@pytest.mark.parametrize("content", [b"", b"not a wav file at all", wav_bytes(silence(20))[:20]])
def test_what_is_no_wav_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a PCM WAV"):
        read_wav(content)


def test_eight_bit_samples_are_refused() -> None:
    content = bytearray(wav_bytes(silence(20)))
    content[34:36] = (8).to_bytes(2, "little")
    with pytest.raises(ValueError, match="8 bit"):
        read_wav(bytes(content))
