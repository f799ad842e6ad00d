"""G.711 against Python's own, where it still has one, and what codecs promise."""

import zlib

import numpy as np
import pytest
from parley_audio import codecs, g711
from parley_audio.formats import FRAME_BYTES, pcm_of, samples_of

EVERY_CODE = bytes(range(256))
MULAW_CRC, ALAW_CRC = 0x0C847A9F, 0x9D764657
EVERY_SAMPLE = np.arange(-32768, 32768).astype("<i2").tobytes()


def test_g711_decodes_to_the_recommendation_s_values() -> None:
    """ITU-T G.711's tables 1a and 2a, at their ends and by checksum (which Python 3.11's audioop gives as well)."""
    mulaw, alaw = samples_of(g711.mulaw_decode(EVERY_CODE)), samples_of(g711.alaw_decode(EVERY_CODE))
    assert (mulaw[0x00], mulaw[0x7F], mulaw[0x80], mulaw[0xFF]) == (-32_124, 0, 32_124, 0)
    assert (alaw[0x2A], alaw[0x55], alaw[0xAA], alaw[0xD5]) == (-32_256, -8, 32_256, 8)
    assert zlib.crc32(mulaw.tobytes()) == MULAW_CRC
    assert zlib.crc32(alaw.tobytes()) == ALAW_CRC


@pytest.mark.parametrize("law", ["mulaw", "alaw"])
def test_g711_comes_back_within_half_a_step(law: str) -> None:
    encode, decode = getattr(g711, f"{law}_encode"), getattr(g711, f"{law}_decode")
    values = np.unique(samples_of(decode(EVERY_CODE)).astype(np.int32))
    back = samples_of(decode(encode(EVERY_SAMPLE))).astype(np.int32)
    nearest = np.abs(values[None, :] - samples_of(EVERY_SAMPLE).astype(np.int32)[::97, None]).min(axis=1)
    assert (np.abs(back - samples_of(EVERY_SAMPLE))[::97] == nearest).all()


@pytest.mark.parametrize(("law", "silence"), [("mulaw", g711.MULAW_SILENCE), ("alaw", g711.ALAW_SILENCE)])
def test_silence_has_its_code(law: str, silence: int) -> None:
    assert getattr(g711, f"{law}_encode")(bytes(2)) == bytes([silence])


@pytest.mark.parametrize(
    "codec", [codecs.pcmu(), codecs.pcma(), codecs.l16(24_000), codecs.l16(8000, big_endian=True), codecs.l16(16_000)]
)
def test_a_tone_survives_the_codec(codec: codecs.Codec) -> None:
    tone = pcm_of(0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000))
    frames = [tone[at : at + FRAME_BYTES] for at in range(0, len(tone), FRAME_BYTES)]
    back = samples_of(b"".join(codec.decode(codec.encode(frame)) for frame in frames))
    spectrum = np.abs(np.fft.rfft(back[4000:12_000] * np.hanning(8000)))
    assert abs(int(spectrum.argmax()) * 2 - 440) <= 2
    assert len(back) == 1.0 * 16_000


def test_an_odd_payload_is_refused() -> None:
    with pytest.raises(ValueError, match="16-bit"):
        codecs.l16(16_000).decode(b"123")


def test_a_framer_gives_equal_frames_and_keeps_the_rest() -> None:
    framer = codecs.Framer(4)
    assert framer.push(b"ab") == []
    assert framer.push(b"cdefg") == [b"abcd"]
    assert framer.push(b"h") == [b"efgh"]
    assert framer.push(b"ijkl") == [b"ijkl"]
