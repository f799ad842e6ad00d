"""G.722: what is spoken comes out as it went in, and nonsense is refused."""

import numpy as np
import pytest
from parley_audio.formats import FRAME_BYTES, SAMPLE_RATE, samples_of
from parley_audio.g722 import G722


def test_wideband_speech_survives() -> None:
    at = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tones = 8000 * np.sin(2 * np.pi * 440 * at) + 4000 * np.sin(2 * np.pi * 5000 * at)
    pcm = tones.astype("<i2").tobytes()
    codec = G722()
    payloads = [codec.encode(pcm[start : start + FRAME_BYTES]) for start in range(0, len(pcm), FRAME_BYTES)]
    assert {len(one) for one in payloads} == {160}
    heard = samples_of(b"".join(codec.decode(one) for one in payloads)).astype(float)
    assert len(heard) == SAMPLE_RATE
    lag = 22  # samples, both ways
    likeness = np.corrcoef(tones[1000:12_000], heard[1000 + lag : 12_000 + lag])[0, 1]
    assert likeness > 0.99


@pytest.mark.parametrize("payload", [b"", bytes(2000)])
def test_what_is_no_payload_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError):
        G722().decode(payload)


def test_a_short_frame_is_filled_up() -> None:
    assert len(G722().encode(bytes(100))) == 160
