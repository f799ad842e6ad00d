"""Turn logic with scripted events: each script is a list of (time, event) and what must be decided then."""

from dataclasses import replace
from typing import get_args

import pytest
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.barge_in import is_backchannel
from parley_gateway.turns.dictation import Expects
from parley_gateway.turns.machine import HANDLERS, Phase, advance
from parley_gateway.turns.types import CommitReason, Then, Timer

from .scripted import CONFIG, Script, answered, speech


def test_a_turn_is_committed_when_paused_and_heard() -> None:
    script = Script().run(*speech(1.0, 2.0), (2.55, ev.FinalTranscript(1, "hello there")))
    assert script.decided(cmd.OpenUtterance) == [cmd.OpenUtterance(1, 1.0)]
    assert script.decided(cmd.PauseUtterance) == [cmd.PauseUtterance(1, 2.0)]
    assert script.decided(cmd.Commit) == [cmd.Commit(1, "hello there", (1,), CommitReason.PAUSE, 2.0)]
    assert script.state.phase is Phase.COMMITTED


def test_the_pause_counts_from_the_last_sound_and_not_from_its_discovery() -> None:
    script = Script().run(*speech(1.0, 2.0))
    assert script.timers[Timer.PAUSE] == pytest.approx(2.5)
    script.until(2.499)
    assert not script.decided(cmd.PauseUtterance)
    script.until(2.5)
    assert script.decided(cmd.PauseUtterance)


def test_voice_within_the_pause_goes_on_with_the_same_utterance() -> None:
    script = Script().run(*speech(1.0, 2.0), *speech(2.3, 3.0), (3.6, ev.FinalTranscript(1, "a and b")))
    assert len(script.decided(cmd.OpenUtterance)) == 1
    assert script.committed == [(1, "a and b")]


def test_voice_after_the_pause_and_before_the_text_joins_both_utterances_in_one_turn() -> None:
    script = Script().run(
        *speech(1.0, 2.0), (2.6, ev.VoiceStarted(2.58)), (2.65, ev.FinalTranscript(1, "my number is"))
    )
    assert not script.committed
    script.run((3.06, ev.VoiceEnded(3.0)), (3.6, ev.FinalTranscript(2, "five five five")))
    assert not script.committed  # it is being dictated
    script.until(5.5)
    assert script.committed == [(1, "my number is five five five")]
    assert script.decided(cmd.Commit)[0].utterances == (1, 2)  # type: ignore[union-attr]


def test_an_utterance_without_words_is_nothing() -> None:
    script = Script().run(*speech(1.0, 1.1), (1.7, ev.FinalTranscript(1, " ")))
    assert not script.committed
    assert script.state.phase is Phase.IDLE
    assert Timer.SILENCE in script.timers


def test_speaking_over_the_agent_for_long_enough_interrupts_it() -> None:
    script = Script(agent_first=True).run((0.5, ev.ReplyStarted(0)), (1.04, ev.VoiceStarted(1.0)))
    script.until(1.24)
    assert not script.decided(cmd.Interrupt)
    script.until(1.26)
    assert script.decided(cmd.Interrupt) == [cmd.Interrupt(0, "")]
    assert script.state.phase is Phase.LISTENING


def test_a_short_sound_over_the_agent_does_not_interrupt() -> None:
    script = Script(agent_first=True).run((0.5, ev.ReplyStarted(0)), (1.04, ev.VoiceStarted(1.0)))
    script.run((1.2, ev.VoiceEnded(1.12)), (1.8, ev.FinalTranscript(1, "")))
    assert not script.decided(cmd.Interrupt)
    assert script.state.phase is Phase.SPEAKING


@pytest.mark.parametrize(("text", "interrupts"), [("mhm", False), ("okay", False), ("uh huh", False), ("wait", True)])
def test_a_partial_interrupts_when_it_is_no_backchannel(text: str, interrupts: bool) -> None:
    config = replace(CONFIG, barge_in_s=5.0)
    script = Script(agent_first=True, config=config).run(
        (0.5, ev.ReplyStarted(0)), (1.04, ev.VoiceStarted(1.0)), (1.2, ev.InterimTranscript(1, text))
    )
    assert bool(script.decided(cmd.Interrupt)) is interrupts


def test_a_backchannel_over_the_agent_is_no_turn() -> None:
    script = Script(agent_first=True, config=replace(CONFIG, barge_in_s=5.0)).run(
        (0.5, ev.ReplyStarted(0)), *speech(1.0, 1.2), (1.8, ev.FinalTranscript(1, "Mhm."))
    )
    assert not script.committed
    assert not script.decided(cmd.Interrupt)


def test_a_backchannel_as_an_answer_is_a_turn() -> None:
    script = Script().run(*speech(1.0, 1.2), (1.8, ev.FinalTranscript(1, "okay")))
    assert script.committed == [(1, "okay")]


def test_a_protected_sentence_is_not_interrupted_and_what_was_said_over_it_follows() -> None:
    script = Script(agent_first=True).run(
        (0.5, ev.ReplyStarted(0)), (0.5, ev.SentenceStarted(0, uninterruptible=True)),
        *speech(1.0, 2.0), (2.6, ev.FinalTranscript(1, "I want to book it")),
    )  # fmt: skip
    assert not script.decided(cmd.Interrupt)
    assert not script.committed
    script.feed(4.0, ev.SentenceStarted(0, uninterruptible=False))
    assert script.decided(cmd.Interrupt) == [cmd.Interrupt(0, "I want to book it")]
    assert script.committed == [(1, "I want to book it")]


def test_words_after_the_commit_and_before_the_reply_make_a_new_turn() -> None:
    script = Script().run(*speech(1.0, 2.0), (2.55, ev.FinalTranscript(1, "I want to book it")))
    script.run(*speech(2.7, 3.5), (4.1, ev.FinalTranscript(2, "for tuesday")))
    assert script.decided(cmd.Interrupt) == [cmd.Interrupt(1, "for tuesday")]
    assert script.committed == [(1, "I want to book it"), (2, "for tuesday")]


@pytest.mark.parametrize(
    ("language", "answer", "more"),
    [
        ("en", "yes", "that's right"),
        ("en", "Yes.", "Please."),
        ("en", "no", "that's wrong"),
        ("es", "sí", "correcto"),
        ("de", "ja", "das stimmt"),
    ],
)
def test_the_second_half_of_a_yes_neither_cuts_its_reply_nor_makes_a_turn(
    language: str, answer: str, more: str
) -> None:
    # Voice alone does not interrupt where the recogniser gives words as they come.
    script = Script(config=replace(CONFIG, language=language, barge_in_s=1.0))
    script.run(*speech(1.0, 1.3), (1.9, ev.FinalTranscript(1, answer)))
    assert script.committed == [(1, answer)]
    script.run((2.0, ev.ReplyStarted(1)), (2.0, ev.SentenceStarted(1, uninterruptible=False)))
    script.run((2.24, ev.VoiceStarted(2.2)), (2.5, ev.InterimTranscript(2, more.split()[0])), (2.8, ev.VoiceEnded(2.7)))
    script.run((3.3, ev.FinalTranscript(2, more)), (5.0, ev.ReplyFinished(1)))
    script.until(8.0)
    assert not script.decided(cmd.Interrupt)
    assert script.committed == [(1, answer)]


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        ("yes", "no sorry friday"),
        ("yes", "but make it friday"),
        ("yes", "what time is that"),
        ("monday", "that's right"),
        ("no", "yes"),
    ],
)
def test_what_says_more_than_the_answer_is_a_turn(answer: str, more: str) -> None:
    script = Script().run(*speech(1.0, 1.3), (1.9, ev.FinalTranscript(1, answer)))
    script.run((2.0, ev.ReplyStarted(1)), (2.0, ev.SentenceStarted(1, uninterruptible=False)))
    script.run((2.24, ev.VoiceStarted(2.2)), (2.8, ev.VoiceEnded(2.7)), (3.3, ev.FinalTranscript(2, more)))
    script.until(8.0)
    assert script.committed == [(1, answer), (2, more)]


def test_the_same_words_later_are_a_turn() -> None:
    script = Script().run(*speech(1.0, 1.3), (1.9, ev.FinalTranscript(1, "yes")))
    script.run((2.0, ev.ReplyStarted(1)), (2.0, ev.SentenceStarted(1, uninterruptible=False)))
    script.run(*speech(4.0, 4.5), (5.0, ev.FinalTranscript(2, "that's right")))
    script.until(8.0)
    assert script.committed == [(1, "yes"), (2, "that's right")]


def test_noise_before_the_reply_does_not_cancel_it() -> None:
    script = Script().run(*speech(1.0, 2.0), (2.55, ev.FinalTranscript(1, "hello")), *speech(2.7, 3.0))
    script.feed(3.6, ev.FinalTranscript(2, ""))
    assert not script.decided(cmd.Interrupt)
    assert script.state.phase is Phase.COMMITTED


def test_what_an_interrupted_turn_still_reports_changes_nothing() -> None:
    script = Script(agent_first=True).run((0.5, ev.ReplyStarted(0)), (1.04, ev.VoiceStarted(1.0)))
    script.run((1.5, ev.VoiceEnded(1.45)), (2.0, ev.FinalTranscript(1, "stop")))
    state = script.state
    for event in (ev.ReplyStarted(0), ev.SentenceStarted(0, uninterruptible=True), ev.ReplyFinished(0)):
        script.feed(2.1, event)
    assert script.state == state


def test_silence_is_prompted_twice_and_then_hung_up_on() -> None:
    script = Script()
    script.until(12.0)
    assert script.decided(cmd.SilencePrompt) == [cmd.SilencePrompt(0, 1)]
    script.run(*answered(12.3, 0, 13.0))
    script.until(25.0)
    script.run(*answered(25.3, 0, 26.0))
    assert script.decided(cmd.SilencePrompt) == [cmd.SilencePrompt(0, 1), cmd.SilencePrompt(0, 2)]
    script.until(38.0)
    assert script.decided(cmd.HangUp) == [cmd.HangUp(0, "silence")]


def test_a_turn_makes_the_count_of_silences_begin_anew() -> None:
    script = Script()
    script.until(12.0)
    script.run(
        *answered(12.3, 0, 13.0), *speech(14.0, 15.0), (15.6, ev.FinalTranscript(1, "yes")), *answered(16.0, 1, 17.0)
    )
    script.until(29.0)
    assert script.decided(cmd.SilencePrompt) == [cmd.SilencePrompt(0, 1), cmd.SilencePrompt(1, 1)]


def test_a_prompt_after_an_interruption_has_a_turn_that_may_be_heard() -> None:
    script = Script(agent_first=True).run((0.5, ev.ReplyStarted(0)), (1.04, ev.VoiceStarted(1.0)))
    script.feed(2.0, ev.VoiceCut())
    script.run((2.5, ev.VoiceEnded(2.4)), (3.0, ev.FinalTranscript(1, "")))
    script.until(15.0)
    assert script.decided(cmd.Interrupt) == [cmd.Interrupt(0, "")]
    assert script.decided(cmd.SilencePrompt) == [cmd.SilencePrompt(1, 1)]


def test_the_call_ends_at_its_time_limit_even_in_a_protected_sentence() -> None:
    script = Script(config=replace(CONFIG, max_call_s=10), agent_first=True).run(
        (0.5, ev.ReplyStarted(0)), (0.5, ev.SentenceStarted(0, uninterruptible=True))
    )
    script.until(10.0)
    assert script.done[-2:] == [cmd.Interrupt(0, ""), cmd.HangUp(1, "time_limit")]


def test_an_overdue_text_costs_the_recogniser_its_call_and_at_last_the_caller_is_asked_again() -> None:
    script = Script().run(*speech(1.0, 2.0))
    script.until(2.5 + 4.0)
    assert script.decided(cmd.WorkerStalled) == [cmd.WorkerStalled("asr")]
    script.run((6.6, ev.WorkerLost("asr")), (7.0, ev.WorkerReplaced("asr")), (7.2, ev.FinalTranscript(1, "hello")))
    assert script.committed == [(1, "hello")]

    script = Script().run(*speech(1.0, 2.0))
    script.until(2.5 + 3 * 4.0)
    assert script.decided(cmd.FailTurn) == [cmd.FailTurn(0, "asr")]
    assert script.decided(cmd.CancelUtterance) == [cmd.CancelUtterance(1)]


def test_an_overdue_reply_costs_its_worker_then_is_apologised_for_then_ends_the_call() -> None:
    script = Script().run(*speech(1.0, 2.0), (2.5, ev.FinalTranscript(1, "hello")))
    script.until(60.0)
    assert script.decided(cmd.WorkerStalled) == [cmd.WorkerStalled("reply")]
    assert script.decided(cmd.FailTurn) == [cmd.FailTurn(1, "llm")]
    assert script.decided(cmd.HangUp) == [cmd.HangUp(1, "agent_failed")]


def test_a_gap_in_the_reply_is_watched() -> None:
    script = Script(agent_first=True).run((0.5, ev.ReplyStarted(0)), (2.0, ev.ReplyStarved(0)))
    assert script.timers[Timer.REPLY] == pytest.approx(14.0)
    script.feed(3.0, ev.ReplyStarted(0))
    assert Timer.REPLY not in script.timers


@pytest.mark.parametrize(
    ("keys", "until", "text"),
    [([(1.0, "1"), (1.5, "2")], 3.5, "12"), ([(1.0, "4"), (1.2, "2#")], 1.2, "42"), ([(1.0, "#")], 9.0, "")],
)
def test_digits_are_a_turn_after_a_wait_or_the_hash_key(keys: list[tuple[float, str]], until: float, text: str) -> None:
    script = Script()
    for at, digits in keys:
        script.feed(at, ev.Digits(digits))
    script.until(until)
    assert script.committed == ([(1, text)] if text else [])


def test_digits_interrupt_the_agent() -> None:
    script = Script(agent_first=True).run((0.5, ev.ReplyStarted(0)), (1.0, ev.Digits("1#")))
    assert script.decided(cmd.Interrupt) == [cmd.Interrupt(0, "")]
    assert script.committed == [(1, "1")]


@pytest.mark.parametrize("keys", [["#"], ["#", "#"], ["##"]])
def test_a_lone_hash_is_no_answer_and_cuts_nobody_off(keys: list[str]) -> None:
    script = Script(agent_first=True).run((0.5, ev.ReplyStarted(0)))
    for number, digits in enumerate(keys):
        script.feed(1.0 + number / 10, ev.Digits(digits))
    assert not script.decided(cmd.Interrupt)
    assert not script.committed
    script.feed(3.0, ev.ReplyFinished(0))
    assert Timer.SILENCE in script.timers


def test_a_lone_hash_in_a_silence_does_not_lengthen_it() -> None:
    script = Script(agent_first=True).run((0.5, ev.ReplyStarted(0)), (2.0, ev.ReplyFinished(0)))
    due = script.timers[Timer.SILENCE]
    script.feed(3.0, ev.Digits("#"))
    assert script.timers[Timer.SILENCE] == due


@pytest.mark.parametrize(
    ("keys", "words", "text"),
    [
        ([(2.55, "12"), (3.0, "34#")], (2.6, "it is"), "it is 1234"),
        ([(2.1, "12"), (3.0, "34")], (2.6, "it is"), "it is 1234"),
        ([(2.1, "1#")], (2.6, "it is"), "it is 1"),
        ([(0.5, "12"), (2.2, "3")], (2.6, "please"), "123 please"),
        ([(2.1, "1#")], (2.6, ""), "1"),
    ],
)
def test_keys_and_words_of_one_answer_are_one_turn(
    keys: list[tuple[float, str]], words: tuple[float, str], text: str
) -> None:
    keyed = [(at, ev.Digits(digits)) for at, digits in keys]
    heard = (words[0], ev.FinalTranscript(1, words[1]))
    script = Script().run(*sorted([*speech(1.0, 2.0), *keyed, heard], key=lambda one: one[0]))
    script.until(12.0)
    assert script.committed == [(1, text)]


@pytest.mark.parametrize("interruptible", [True, False])
@pytest.mark.parametrize(
    ("keys", "text"), [([(1.2, "12"), (2.6, "34#")], "1234 is it"), ([(2.2, "12"), (3.0, "34#")], "is it 1234")]
)
def test_keys_and_words_over_the_agent_are_one_turn(
    interruptible: bool, keys: list[tuple[float, str]], text: str
) -> None:
    spoken = [*speech(1.4, 2.0), (2.7, ev.FinalTranscript(1, "is it")), (4.0, ev.ReplyFinished(0))]
    events = sorted([*spoken, *((at, ev.Digits(digits)) for at, digits in keys)], key=lambda one: one[0])
    script = Script(agent_first=True).run(
        (0.5, ev.ReplyStarted(0)), (0.5, ev.SentenceStarted(0, uninterruptible=not interruptible)), *events
    )
    script.until(12.0)
    assert script.committed == [(1, text)]
    assert bool(script.decided(cmd.Interrupt)) is interruptible


def test_typed_text_is_a_turn_at_once_but_waits_for_a_protected_sentence() -> None:
    assert Script().run((1.0, ev.Typed(" book it "))).committed == [(1, "book it")]
    assert Script().run((1.0, ev.Typed("  "))).committed == []
    script = Script(agent_first=True).run(
        (0.5, ev.ReplyStarted(0)), (0.5, ev.SentenceStarted(0, uninterruptible=True)), (1.0, ev.Typed("book it"))
    )
    assert not script.committed
    script.feed(2.0, ev.ReplyFinished(0))
    assert script.committed == [(1, "book it")]


def test_an_utterance_without_end_is_cut_into_pieces() -> None:
    script = Script().run((1.04, ev.VoiceStarted(1.0)))
    script.until(31.1)
    assert [one.number for one in script.decided(cmd.OpenUtterance)] == [1, 2]  # type: ignore[union-attr]
    script.run((31.2, ev.FinalTranscript(1, "blah")), (33.0, ev.VoiceEnded(32.9)), (33.5, ev.FinalTranscript(2, "end")))
    assert script.committed == [(1, "blah end")]


@pytest.mark.parametrize(("then", "reason"), [(Then.HANG_UP, "agent_hung_up"), (Then.HAND_OFF, "handed_off")])
def test_what_follows_the_reply_happens_when_it_was_heard(then: Then, reason: str) -> None:
    script = Script(agent_first=True).run((0.5, ev.ReplyStarted(0)), (2.0, ev.ReplyFinished(0, then)))
    assert script.decided(cmd.HangUp) == [cmd.HangUp(0, reason)]
    assert advance(script.state, ev.Typed("hello?"), 3.0) == (script.state, [])


def test_backchannels_are_known_by_their_words() -> None:
    known = frozenset({"mhm", "uh huh", "okay"})
    assert is_backchannel("Mhm, okay!", known)
    assert is_backchannel("Uh huh.", known)
    assert is_backchannel("", known)
    assert not is_backchannel("okay but", known)


def test_a_step_that_asks_for_digits_hears_no_words() -> None:
    script = Script().run((0.5, ev.Expected(Expects.NUMBER, digits_only=True)))
    script.run(*speech(1.0, 2.0), (2.6, ev.FinalTranscript(1, "one two three")))
    script.until(4.0)
    assert not script.committed
    script.run((5.0, ev.Digits("12")), (5.5, ev.Digits("3#")))
    assert script.committed == [(1, "123")]
    script.run(*answered(6.0, 1, 7.0), *speech(8.0, 9.0), (9.6, ev.FinalTranscript(2, "thank you")))
    assert script.committed[1:] == [(2, "thank you")]


def test_digits_without_an_end_digit_are_a_turn_after_the_time_out_counted_from_the_last() -> None:
    script = Script().run((1.0, ev.Digits("1")), (2.5, ev.Digits("2")))
    script.until(4.4)
    assert not script.committed
    script.until(4.5)
    assert script.committed == [(1, "12")]


def test_a_goodbye_is_heard_to_its_end_before_the_call_ends() -> None:
    script = Script().run((1.0, ev.Typed("that was all")), (1.5, ev.ReplyStarted(1)))
    script.until(3.0)
    assert not script.decided(cmd.HangUp)
    script.feed(3.5, ev.ReplyFinished(1, Then.HANG_UP))
    assert script.decided(cmd.HangUp) == [cmd.HangUp(1, "agent_hung_up")]


def test_the_time_limit_is_warned_of_when_nobody_speaks_and_then_ends_the_call() -> None:
    script = Script(config=replace(CONFIG, max_call_s=60, warning_s=20, silence_prompt_s=500))
    script.run((38.04, ev.VoiceStarted(38.0)))
    script.until(41.0)
    assert not script.decided(cmd.Warn)
    script.run((41.2, ev.VoiceEnded(41.0)), (41.6, ev.FinalTranscript(1, "and so on")), *answered(42.2, 1, 44.0))
    script.until(44.6)
    assert script.decided(cmd.Warn) == [cmd.Warn(1)]
    script.run(*answered(45.0, 1, 47.0))
    script.until(60.0)
    assert script.decided(cmd.Warn) == [cmd.Warn(1)]
    assert script.decided(cmd.HangUp) == [cmd.HangUp(1, "time_limit")]


def test_everything_that_can_happen_has_a_handler() -> None:
    assert set(HANDLERS) == set(get_args(ev.Event))


def test_a_beep_in_the_middle_of_a_conversation_changes_nothing() -> None:
    script = Script().run(*speech(1.0, 2.0), (2.55, ev.FinalTranscript(1, "hello there")))
    before, done = script.state, list(script.done)
    script.feed(2.6, ev.BeepHeard())
    assert (script.state, script.done) == (before, done)
