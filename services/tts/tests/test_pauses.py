"""Silence between sentences; the clock stands still unless a test moves it."""

from dataclasses import dataclass

import numpy as np
import pytest
from parley_tts.pauses import Pauses, pause_ms
from parley_tts.providers.base import SAMPLES_PER_MS, SpeechChunk, SpokenWord
from parley_tts.shaping import LEAD_MS, Shape, Shaper

SHAPE = Shape(gap_ms=40)
KEPT_MS = SHAPE.gap_ms + LEAD_MS


@dataclass
class Still:
    at: float = 100.0

    def monotonic(self) -> float:
        return self.at

    def time_us(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("We open at nine.", 250, 400),
        ("Wir öffnen um neun!", 250, 400),
        ("Which day suits you?", 250, 400),
        ('She said "nine."', 250, 400),
        ("九時です。", 250, 400),
        ("You can come on Monday,", 100, 200),
        ("These are free:", 200, 280),
        ("a text that was cut where it has no mark", 50, 120),
    ],
)
def test_a_pause_fits_the_mark_that_a_sentence_ends_in(text: str, least: int, most: int) -> None:
    assert least <= pause_ms(text) <= most


def test_nothing_stands_before_the_first_sentence_of_a_turn() -> None:
    pauses = Pauses(Still(), SHAPE)
    assert pauses.before(1, 0) == 0
    pauses.said(1, 0, "Hello.", began=100.0, length_ms=700)
    assert pauses.before(2, 0) == 0
    assert pauses.before(1, 0) == 0  # the same one again, as after an interruption


def test_the_next_sentence_waits_as_long_as_the_last_ones_mark_asks() -> None:
    pauses = Pauses(Still(), SHAPE)
    pauses.said(1, 0, "Hello.", began=100.0, length_ms=700)
    assert pauses.before(1, 1) == pause_ms("Hello.") - KEPT_MS
    pauses.said(1, 1, "First,", began=100.1, length_ms=500)
    assert pauses.before(1, 2) == pause_ms("First,") - KEPT_MS


def test_what_the_listener_has_waited_already_counts_as_pause() -> None:
    clock = Still()
    pauses = Pauses(clock, SHAPE)
    pauses.said(1, 0, "Hello.", began=100.0, length_ms=700)
    pauses.said(1, 1, "Good day.", began=100.1, length_ms=500)  # heard from 100.7 to 101.2
    clock.at = 101.3
    assert pauses.before(1, 2) == pause_ms("Good day.") - KEPT_MS - 100
    clock.at = 105.0
    assert pauses.before(1, 2) == 0


def test_a_pause_stands_in_front_of_the_sound_and_moves_the_words() -> None:
    shaper = Shaper(Shape(gap_ms=0))
    shaper.pause_ms = 270
    sound = np.full(200 * SAMPLES_PER_MS, 5000, np.int16)
    spoken = SpeechChunk(
        np.concatenate([np.zeros(300 * SAMPLES_PER_MS, np.int16), sound]), (SpokenWord(0, "yes", 300, 500),)
    )
    chunks = [*shaper.push(spoken), *shaper.finish()]
    pcm = np.concatenate([chunk.pcm for chunk in chunks])
    assert int(np.flatnonzero(pcm)[0]) == (270 + LEAD_MS) * SAMPLES_PER_MS
    words = [word for chunk in chunks for word in chunk.words]
    assert [(word.start_ms, word.end_ms) for word in words] == [(270 + LEAD_MS, 470 + LEAD_MS)]
