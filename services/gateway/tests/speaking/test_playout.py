"""Playout on a clock that the test moves."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from parley.v1 import events_pb2, live_pb2
from parley_gateway.speaking.playout import Playout
from parley_gateway.speaking.sentence import Sentence
from parley_testing.moved_clock import MovedClock
from parley_testing.workers import WORD_MS, spoken_audio


@dataclass
class Ear:
    """Keeps what it is told."""

    clock: MovedClock
    frames: list[tuple[float, float, bytes]] = field(default_factory=list)  # sent at, heard at
    started: list[float] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)
    uninterruptible_now: list[bool] = field(default_factory=list)
    heard: list[tuple[int, str, bool]] = field(default_factory=list)
    starving: int = 0
    ended: list[tuple[int, int]] = field(default_factory=list)
    takes_back: bool = False
    taken_back: list[float] = field(default_factory=list)

    def send_frame(self, frame: bytes | memoryview, heard_at: float) -> None:
        self.frames.append((self.clock.now, heard_at, bytes(frame)))

    def take_back(self, since: float) -> bool:
        if self.takes_back:
            self.taken_back.append(since)
            self._drop(since)
        return self.takes_back

    def _drop(self, since: float) -> None:
        self.frames = [(sent, at, frame[: max(0, round((since - at) * 32000))]) for sent, at, frame in self.frames]
        self.frames = [one for one in self.frames if one[2]]

    def fall_silent(self, now: float) -> None:
        self.taken_back.append(now)
        self._drop(now)

    def voice_started(self, sentence: Sentence, arrived: float) -> None:
        self.started.append(self.clock.now)

    def sentence_started(self, sentence: Sentence) -> None:
        self.sentences.append(sentence.number)
        self.uninterruptible_now.append(sentence.uninterruptible)

    def sentence_heard(self, sentence: Sentence, text: str, *, complete: bool, start: float, end: float) -> None:
        assert start <= end
        self.heard.append((sentence.number, text, complete))

    def starved(self, turn: int) -> None:
        self.starving += 1

    def finished(self, turn: int, then: int) -> None:
        self.ended.append((turn, then))

    @property
    def seconds(self) -> float:
        return sum(len(frame) for _, _, frame in self.frames) / 32_000


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def ear(clock: MovedClock) -> Ear:
    return Ear(clock)


@pytest.fixture
def playout(clock: MovedClock, ear: Ear) -> Playout:
    return Playout(clock, ear)


def say(playout: Playout, number: int, text: str, *, turn: int = 1, take: int = 0, chunks: int | None = None) -> None:
    message = live_pb2.Say(turn=turn, sentence=number, take=take, text=text)
    playout.expect(message)
    for audio in spoken_audio(message)[:chunks]:
        playout.add(audio)


def test_the_first_frame_goes_out_at_once_and_a_few_follow(playout: Playout, ear: Ear) -> None:
    say(playout, 0, "hello you", chunks=1)
    assert [sent for sent, _, _ in ear.frames] == [100.0] * 4
    assert [heard for _, heard, _ in ear.frames] == pytest.approx([100.0, 100.02, 100.04, 100.06])


def test_frames_keep_an_absolute_schedule(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    say(playout, 0, "one two three four five")
    clock.advance(2)
    heard = [at for _, at, _ in ear.frames]
    assert heard == pytest.approx([100 + 0.02 * number for number in range(50)])
    assert all(at - sent <= 0.0611 for sent, at, _ in ear.frames)
    assert all(len(frame) == 640 for _, _, frame in ear.frames)


def test_sentences_follow_each_other_without_a_gap_and_are_told_when_heard(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    say(playout, 0, "one two")
    say(playout, 1, "three")
    playout.end(1, 2, events_pb2.AFTER_REPLY_LISTEN)
    clock.advance(0.39)
    assert ear.heard == []
    clock.advance(0.02)
    assert ear.heard == [(0, "one two", True)]
    clock.advance(0.2)
    assert ear.heard == [(0, "one two", True), (1, "three", True)]
    assert ear.ended == [(1, events_pb2.AFTER_REPLY_LISTEN)]
    assert len(ear.started) == 1
    assert ear.starving == 0
    gaps = [round(after - before, 6) for (_, before, _), (_, after, _) in pairwise(ear.frames)]
    assert set(gaps) == {0.02}


def test_audio_that_comes_in_the_wrong_order_of_sentences_is_played_in_the_right_one(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    for number, text in ((0, "a"), (1, "b")):
        playout.expect(live_pb2.Say(turn=1, sentence=number, text=text))
    say(playout, 1, "b")
    assert ear.frames == []
    say(playout, 0, "a")
    clock.advance(1)
    assert [number for number, _, _ in ear.heard] == [0, 1]


def test_a_gap_in_the_audio_is_told_and_the_voice_starts_again(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    audio = spoken_audio(live_pb2.Say(turn=1, sentence=0, text="one two"))
    for part in audio[:2]:
        playout.add(part)
    clock.advance(1)
    assert ear.starving == 1
    for part in audio[2:]:
        playout.add(part)
    assert ear.started == [100.0, 101.0]
    clock.advance(1)
    assert ear.heard == [(0, "one two", True)]


@pytest.mark.parametrize(("after", "text"), [(0.1, ""), (0.205, "one"), (0.395, "one"), (0.402, "one two")])
def test_a_cut_tells_the_words_heard_to_their_end(
    playout: Playout, ear: Ear, clock: MovedClock, after: float, text: str
) -> None:
    say(playout, 0, "one two three")
    clock.advance(after)
    sent = len(ear.frames)
    playout.cut(1)
    assert ear.heard == [(0, text, False)]
    clock.advance(5)
    assert len(ear.frames) == sent


def test_nothing_of_a_cut_turn_is_played_whenever_it_comes(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    say(playout, 0, "one", chunks=1)
    playout.cut(1)
    sent = len(ear.frames)
    say(playout, 0, "one")
    say(playout, 1, "two")
    say(playout, 0, "older", turn=0)
    playout.end(1, 2, events_pb2.AFTER_REPLY_LISTEN)
    clock.advance(5)
    assert len(ear.frames) == sent
    assert ear.ended == []
    say(playout, 0, "next", turn=2)
    assert len(ear.frames) > sent


def test_a_cut_between_two_sentences_keeps_the_whole_first_one(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    say(playout, 0, "one")
    say(playout, 1, "two three")
    clock.advance(0.45)
    playout.cut(1)
    assert ear.heard == [(0, "one", True), (1, "two", False)] or ear.heard == [(0, "one", True), (1, "", False)]
    assert ear.heard[0] == (0, "one", True)


def test_a_lost_speech_service_leaves_what_was_heard_and_its_successor_says_the_rest(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    say(playout, 0, "one two three", chunks=3)
    say(playout, 1, "four", chunks=1)
    playout.end(1, 2, events_pb2.AFTER_REPLY_LISTEN)
    clock.advance(0.1)
    playout.speech_lost()
    clock.advance(1)
    assert ear.heard == [(0, "one", False)]
    assert ear.starving == 1
    say(playout, 0, "two three", take=1)
    say(playout, 1, "four", take=1)
    clock.advance(2)
    assert ear.heard == [(0, "one", False), (0, "two three", True), (1, "four", True)]
    assert ear.ended == [(1, events_pb2.AFTER_REPLY_LISTEN)]


def test_an_older_take_is_dropped(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    say(playout, 0, "new words", take=1, chunks=2)
    say(playout, 0, "old words", take=0)
    clock.advance(2)
    assert playout.dropped == 4
    assert ear.seconds == pytest.approx(0.2)


def test_other_words_of_a_worker_that_was_taken_for_lost_do_not_stand_for_what_is_played(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    say(playout, 0, "that is all")
    say(playout, 0, "so they come")
    playout.end(1, 1, events_pb2.AFTER_REPLY_LISTEN)
    clock.advance(2)
    assert ear.heard == [(0, "that is all", True)]


def test_repeated_audio_is_played_once(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    audio = spoken_audio(live_pb2.Say(turn=1, sentence=0, text="one"))
    for part in (audio[0], audio[0], audio[1], audio[1]):
        playout.add(part)
    clock.advance(1)
    assert ear.seconds == pytest.approx(0.2)


def test_a_reply_of_no_sentence_ends_at_once(playout: Playout, ear: Ear) -> None:
    playout.end(1, 0, events_pb2.AFTER_REPLY_HANG_UP)
    assert ear.ended == [(1, events_pb2.AFTER_REPLY_HANG_UP)]


def test_chunks_of_odd_lengths_make_whole_frames(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    for seq in range(10):
        playout.add(live_pb2.AudioOut(turn=1, sentence=0, seq=seq, pcm=bytes(1000), last=seq == 9))
    clock.advance(1)
    assert [len(frame) for _, _, frame in ear.frames[:-1]] == [640] * 15
    assert ear.seconds == pytest.approx(10_000 / 32_000)


def loudest(frame: bytes) -> int:
    return max(abs(int.from_bytes(frame[at : at + 2], "little", signed=True)) for at in range(0, len(frame), 2))


def test_a_ducked_voice_is_a_quarter_as_loud_from_the_next_frame_on_and_comes_back(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    say(playout, 0, "one two three four five")
    clock.advance(0.3)
    before = len(ear.frames)
    playout.duck(down=True)
    clock.advance(0.2)
    ducked = [loudest(frame) for _, _, frame in ear.frames[before + 1 :]]
    assert max(ducked) == pytest.approx(loudest(ear.frames[0][2]) / 4, rel=0.02)
    before = len(ear.frames)
    playout.duck(down=False)
    clock.advance(2)
    assert loudest(ear.frames[before + 1][2]) == loudest(ear.frames[0][2])
    assert ear.heard == [(0, "one two three four five", True)]


def test_a_client_that_takes_back_what_is_ahead_hears_it_lowered_from_that_moment_on(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    ear.takes_back = True
    say(playout, 0, "one two three four five")
    clock.advance(0.333)
    playout.duck(down=True)
    assert ear.taken_back == [clock.now]
    heard = [(at, frame) for _, at, frame in ear.frames]
    # Not a sample is missing or comes twice.
    for (at, frame), (following, _) in pairwise(heard):
        assert following == pytest.approx(at + len(frame) / 32000, abs=1e-6)
    lowered = [loudest(frame) for at, frame in heard if at > clock.now + 0.01]
    assert len(lowered) >= 2
    assert max(lowered) == pytest.approx(loudest(heard[0][1]) / 4, rel=0.02)
    clock.advance(3)
    assert ear.seconds == pytest.approx(5 * WORD_MS / 1000)
    assert ear.heard == [(0, "one two three four five", True)]


def test_nothing_is_taken_back_from_an_ear_that_has_heard_everything(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    ear.takes_back = True
    say(playout, 0, "one")
    clock.advance(2)
    playout.duck(down=True)
    assert ear.taken_back == []


def test_a_cut_brings_the_voice_back_up_for_the_next_turn(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    say(playout, 0, "one two three")
    playout.duck(down=True)
    clock.advance(0.3)
    playout.cut(1)
    before = len(ear.frames)
    say(playout, 0, "four", turn=2)
    assert loudest(ear.frames[before][2]) == loudest(ear.frames[0][2])


def test_what_is_held_is_heard_from_the_moment_of_its_release(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    playout.hold(1)
    say(playout, 0, "one two")
    playout.end(1, 1, events_pb2.AFTER_REPLY_LISTEN)
    clock.advance(1)
    assert ear.frames == []
    assert ear.ended == []
    playout.release()
    assert ear.frames[0][0] == 101.0
    clock.advance(1)
    assert ear.heard == [(0, "one two", True)]
    assert ear.ended == [(1, events_pb2.AFTER_REPLY_LISTEN)]


def test_what_is_held_and_dropped_is_never_heard(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    playout.hold(1)
    say(playout, 0, "one two")
    playout.end(1, 1, events_pb2.AFTER_REPLY_LISTEN)
    playout.drop_held()
    say(playout, 0, "three")
    playout.end(1, 1, events_pb2.AFTER_REPLY_LISTEN)
    clock.advance(1)
    assert ear.heard == [(0, "three", True)]


def test_the_words_in_the_callers_ear_are_known_until_a_moment_after(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    assert playout.recent_text(clock.now) == ""
    say(playout, 0, "one two")
    assert playout.recent_text(clock.now) == "one two"
    clock.advance(1.5)
    assert playout.recent_text(clock.now) == "one two"
    clock.advance(1)
    assert playout.recent_text(clock.now) == ""


def test_a_sentence_whose_audio_comes_before_it_is_protected_once_it_is_known(playout: Playout, ear: Ear) -> None:
    sentence = live_pb2.Say(turn=1, text="one two", uninterruptible=True)
    for audio in spoken_audio(sentence):
        playout.add(audio)
    assert ear.uninterruptible_now == [False]
    playout.expect(sentence)
    assert ear.uninterruptible_now == [False, True]


def test_what_an_utterance_may_echo_is_all_that_was_said_since_it_began(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    began = clock.time()
    say(playout, 0, "one two")
    say(playout, 1, "three four")
    say(playout, 2, "five six seven eight nine ten")
    clock.advance(4)
    assert playout.recent_text(began) == "one two three four five six seven eight nine ten"
    assert "one" not in playout.recent_text(clock.now)


def test_an_ear_that_is_behind_has_heard_less_and_is_waited_for() -> None:
    clock = MovedClock()
    ear = Ear(clock)
    playout = Playout(clock, ear, ear_delay=lambda: 0.3)
    for turn in (1, 2):
        say = live_pb2.Say(turn=turn, text="one two three")
        playout.expect(say)
        playout.end(turn, 1, events_pb2.AFTER_REPLY_LISTEN)
        for audio in spoken_audio(say):
            playout.add(audio)
        clock.advance(0.75)
        if turn == 1:
            assert not ear.ended
            clock.advance(0.2)
            assert ear.heard == [(0, "one two three", True)]
            assert ear.ended == [(1, events_pb2.AFTER_REPLY_LISTEN)]
    playout.cut(2)
    assert ear.heard[1:] == [(0, "one two", False)]


def test_a_halted_voice_falls_silent_and_goes_on_with_the_word_that_was_cut(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    say(playout, 0, "one two three")
    playout.end(1, 1, events_pb2.AFTER_REPLY_LISTEN)
    clock.advance(0.3)  # in the middle of "two"
    playout.halt()
    assert ear.seconds == pytest.approx(0.3, abs=0.002)
    clock.advance(0.4)
    assert ear.seconds == pytest.approx(0.3, abs=0.002)
    assert playout.speaking
    playout.go_on()
    clock.advance(1)
    assert ear.seconds == pytest.approx(0.3 + 0.4, abs=0.002)  # "two three"
    assert ear.heard == [(0, "one two three", True)]
    assert ear.ended == [(1, events_pb2.AFTER_REPLY_LISTEN)]
    assert len(ear.started) == 1


def test_what_is_cut_while_halted_was_heard_up_to_the_word_before(
    playout: Playout, ear: Ear, clock: MovedClock
) -> None:
    say(playout, 0, "one two three")
    clock.advance(0.5)
    playout.halt()
    clock.advance(0.4)
    playout.cut(1)
    assert ear.heard == [(0, "one two", False)]
    sent = len(ear.frames)
    playout.go_on()
    clock.advance(2)
    assert len(ear.frames) == sent


@pytest.mark.parametrize("after", [0.12, 0.16, 0.199, 0.2, 0.21, 0.25])
def test_a_halt_around_the_end_of_a_sentence_loses_no_word(
    playout: Playout, ear: Ear, clock: MovedClock, after: float
) -> None:
    say(playout, 0, "one")
    say(playout, 1, "two three")
    playout.end(1, 2, events_pb2.AFTER_REPLY_LISTEN)
    clock.advance(after)
    playout.halt()
    clock.advance(0.5)
    assert not ear.ended
    playout.go_on()
    clock.advance(2)
    assert [number for number, _, complete in ear.heard if complete] == [0, 1]
    assert [text for _, text, _ in ear.heard] == ["one", "two three"]
    assert 0.6 - 0.002 <= ear.seconds <= 0.8  # at most one word twice
    assert ear.ended == [(1, events_pb2.AFTER_REPLY_LISTEN)]


def test_audio_that_comes_during_a_halt_is_kept(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    audio = spoken_audio(live_pb2.Say(turn=1, sentence=0, text="one two three"))
    for part in audio[:3]:
        playout.add(part)
    clock.advance(0.1)
    playout.halt()
    for part in audio[3:]:
        playout.add(part)
    clock.advance(0.5)
    assert ear.seconds == pytest.approx(0.1, abs=0.002)
    playout.go_on()
    clock.advance(2)
    assert ear.seconds == pytest.approx(0.1 + 0.6, abs=0.002)


def test_a_line_that_is_silent_is_not_halted(playout: Playout, ear: Ear, clock: MovedClock) -> None:
    playout.halt()
    say(playout, 0, "one")
    clock.advance(1)
    assert ear.heard == [(0, "one", True)]
