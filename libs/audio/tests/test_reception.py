from parley_audio.energy import rms
from parley_audio.formats import FRAME_BYTES, FRAME_SAMPLES, samples_of, silence
from parley_audio.g711 import mulaw_decode, mulaw_encode
from parley_audio.reception import Reception

TONE = samples_of(bytes(range(1, 161)) * 4).tobytes()


def decode(payload: bytes) -> bytes:
    if not payload:
        raise ValueError("nothing to decode")
    return mulaw_decode(payload)


def test_packets_become_frames_and_what_is_lost_or_cannot_be_decoded_is_concealed() -> None:
    reception = Reception(16_000, decode)
    payload = mulaw_encode(TONE)
    heard: list[bytes] = []
    for number in range(20):
        now = number * 0.02
        if number == 7:
            heard += reception.frames(now)
        else:
            heard += reception.packet(number, number * FRAME_SAMPLES, b"" if number == 12 else payload, now)
    heard += reception.frames(0.4)
    assert [len(frame) for frame in heard] == [FRAME_BYTES] * 20
    assert reception.concealer.concealed == 2
    assert reception.jitter.counters.lost == reception.undecodable == 1
    assert all(rms(samples_of(frame)) > 0 for frame in heard)


def test_a_stalled_callers_time_goes_on_in_silence() -> None:
    reception = Reception(16_000, decode)
    list(reception.packet(0, 0, mulaw_encode(TONE), 0.0))
    heard = [frame for tick in range(1, 26) for frame in reception.frames(tick * 0.02)]
    assert set(heard) == {silence(20)}
    assert len(heard) in (19, 20, 21)


def test_silence_that_a_stall_added_is_taken_back_from_the_callers_own() -> None:
    reception = Reception(16_000, decode)
    payload, quiet = mulaw_encode(TONE), mulaw_encode(silence(20))
    heard = list(reception.packet(0, 0, payload, 0.0))
    for tick in range(1, 100):
        now = tick * 0.02
        heard += reception.frames(now)
        came = range(1, 21) if tick == 20 else [tick] if tick > 20 else []
        for number in came:
            heard += reception.packet(number, number * FRAME_SAMPLES, payload if number < 40 else quiet, now)
    assert reception.jitter.counters.shrunk > 10
    assert len(heard) in (99, 100, 101)
    assert sum(rms(samples_of(frame)) > 100 for frame in heard) == 40
