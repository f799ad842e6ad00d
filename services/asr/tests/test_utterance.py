import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_asr.utterance import MAX_AHEAD, Utterance
from parley_core.errors import BadInput


def frame(seq: int) -> bytes:
    return seq.to_bytes(2, "little") * 320


def add(utterance: Utterance, seq: int) -> None:
    utterance.add(seq, start_ms=500 + 20 * seq, pcm=frame(seq))


@given(st.integers(1, 20), st.randoms(use_true_random=False))
def test_any_order_with_repeats_gives_the_audio_in_order(count: int, chance: random.Random) -> None:
    utterance = Utterance(1)
    order = [*range(count), *chance.choices(range(count), k=5)]
    chance.shuffle(order)
    taken = b""
    for seq in order:
        add(utterance, seq)
        taken += utterance.take()
    utterance.pause(messages=count, speech_end_ms=0)
    assert taken == b"".join(map(frame, range(count)))
    assert utterance.complete
    assert utterance.duplicates == 5
    assert (utterance.start_ms, utterance.end_ms) == (500, 500 + 20 * count)


def test_it_is_not_complete_before_all_announced_audio_is_here() -> None:
    utterance = Utterance(1)
    add(utterance, 0)
    utterance.pause(messages=2, speech_end_ms=0)
    assert not utterance.complete
    add(utterance, 1)
    assert utterance.complete


def test_missing_audio_is_silence_of_its_length() -> None:
    utterance = Utterance(1)
    for seq in (0, 3):
        add(utterance, seq)
    utterance.pause(messages=5, speech_end_ms=0)
    utterance.end_here()
    assert utterance.complete
    assert utterance.take() == frame(0) + bytes(1280) + frame(3)
    assert utterance.lost == 3


def test_a_gap_is_given_up_when_much_waits_behind_it() -> None:
    utterance = Utterance(1)
    for seq in range(1, MAX_AHEAD + 2):
        add(utterance, seq)
    assert utterance.take().startswith(frame(1))


def test_everything_can_be_taken_again() -> None:
    utterance = Utterance(1)
    for seq in range(3):
        add(utterance, seq)
    first = utterance.take(640) + utterance.take()
    utterance.rewind()
    assert utterance.take() == first


def test_audio_beyond_the_limit_is_counted_and_left_out() -> None:
    utterance = Utterance(1, max_ms=100)
    for seq in range(10):
        add(utterance, seq)
    utterance.pause(messages=10, speech_end_ms=0)
    assert utterance.complete
    assert (utterance.duration_ms, utterance.lost) == (100, 5)


@pytest.mark.parametrize("pcm", [b"", b"x", bytes(40_000)])
def test_impossible_audio_is_refused(pcm: bytes) -> None:
    with pytest.raises(BadInput):
        Utterance(1).add(0, start_ms=0, pcm=pcm)
