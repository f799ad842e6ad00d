"""Yielding by sound, by script: when the agent falls silent before a word has come, and when it goes on."""

import pytest
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.machine import Phase
from parley_gateway.turns.types import Sound

from .scripted import Script, speaking, speech


def spoken_over(made: Script, start: float, *, movement: float = 0.9, sound: Sound = Sound.CALLER) -> Script:
    """The caller's voice since `start`, and what its sound shows after 0.2 s."""
    judged = ev.SoundJudged(made.state.newest_utterance + 1, sound, movement)
    return made.run((start + 0.04, ev.VoiceStarted(start)), (start + 0.2, judged))


def halts(made: Script) -> list[cmd.Command]:
    return [one for one in made.done if isinstance(one, cmd.Halt | cmd.GoOn | cmd.Interrupt)]


def test_a_voice_that_sounds_like_speech_silences_the_agent_before_a_word_of_it_comes() -> None:
    made = spoken_over(speaking(), 1.0)
    assert halts(made) == [cmd.Halt()]
    assert made.state.phase is Phase.SPEAKING
    made.run((1.5, ev.InterimTranscript(1, "what about")))
    assert halts(made) == [cmd.Halt(), cmd.Interrupt(0, "what about")]
    made.until(3.0)
    assert halts(made)[2:] == []


@pytest.mark.parametrize(
    ("movement", "sound", "below_db"),
    [
        (0.2, Sound.CALLER, 0.0),  # a hum, a cough, laughter
        (0.9, Sound.ECHO, 0.0),
        (0.9, Sound.UNKNOWN, 0.0),
        (0.9, Sound.CALLER, 12.0),  # somebody else in the room
        (0.9, Sound.CALLER, 6.0),  # or the caller, turned away: words will show
    ],
)
def test_other_sounds_only_lower_the_agents_voice(movement: float, sound: Sound, below_db: float) -> None:
    made = speaking(barge_in_s=9.0)
    made.run((1.04, ev.VoiceStarted(1.0)), (1.2, ev.SoundJudged(1, sound, movement, below_db)))
    made.until(3.0)
    assert halts(made) == []


def test_a_voice_of_a_moment_is_not_judged_yet() -> None:
    made = speaking().run((1.04, ev.VoiceStarted(1.0)), (1.1, ev.SoundJudged(1, Sound.CALLER, 0.9)))
    assert halts(made) == []


def test_a_protected_sentence_is_not_halted() -> None:
    assert halts(spoken_over(speaking(uninterruptible_now=True), 1.0)) == []


def test_after_a_short_sound_without_a_word_the_agent_goes_on_by_itself_within_half_a_second() -> None:
    made = spoken_over(speaking(), 1.0).run((1.42, ev.VoiceEnded(1.35)))
    made.until(1.2 + 0.49)
    assert halts(made) == [cmd.Halt(), cmd.GoOn()]
    made.run((1.9, ev.FinalTranscript(1, "okay")))
    assert not made.committed
    assert made.state.phase is Phase.SPEAKING


def test_a_backchannel_that_has_ended_lets_the_agent_go_on_at_once() -> None:
    made = spoken_over(speaking(), 1.0).run((1.35, ev.VoiceEnded(1.3)), (1.4, ev.InterimTranscript(1, "okay")))
    assert halts(made) == [cmd.Halt(), cmd.GoOn()]


def test_a_voice_that_goes_on_keeps_the_agent_silent_and_becomes_a_turn_though_no_interim_text_came() -> None:
    made = spoken_over(speaking(barge_in_s=9.0), 1.0)
    made.run((2.84, ev.VoiceEnded(2.8)), (3.0, ev.FinalTranscript(1, "are you open on sunday")))
    assert halts(made) == [cmd.Halt(), cmd.Interrupt(0, "are you open on sunday")]
    made.until(5.0)
    assert made.committed == [(1, "are you open on sunday")]


def test_words_that_come_after_the_agent_went_on_silence_it_again() -> None:
    made = spoken_over(speaking(), 1.0).run((1.42, ev.VoiceEnded(1.35)), (1.9, ev.FinalTranscript(1, "stop")))
    assert halts(made) == [cmd.Halt(), cmd.GoOn(), cmd.Interrupt(0, "stop")]


def test_a_voice_silences_the_agent_only_once_without_words_until_it_begins_again() -> None:
    made = spoken_over(speaking(), 1.0).run((1.3, ev.VoiceEnded(1.25)))
    made.until(1.7)
    assert halts(made) == [cmd.Halt(), cmd.GoOn()]
    made.run((1.71, ev.SoundJudged(1, Sound.CALLER, 0.9)))
    assert halts(made) == [cmd.Halt(), cmd.GoOn()]
    made.run((1.74, ev.VoiceStarted(1.72)), (1.9, ev.SoundJudged(1, Sound.CALLER, 0.9)))
    assert halts(made) == [cmd.Halt(), cmd.GoOn(), cmd.Halt()]


def test_a_sound_that_shows_neither_is_the_callers_where_their_level_is_known_and_no_echo_was_heard() -> None:
    made = speaking().run((0.7, ev.ReplyFinished(0)), *speech(1.0, 2.0), (2.2, ev.FinalTranscript(1, "is it open")))
    made.until(3.0)
    made.run((3.1, ev.ReplyStarted(1)), (3.1, ev.SentenceStarted(1, uninterruptible=False)))
    assert halts(spoken_over(made, 4.0, sound=Sound.UNKNOWN)) == [cmd.Halt()]


def test_on_a_line_with_echo_it_is_not() -> None:
    made = speaking().run((0.7, ev.ReplyFinished(0)), *speech(1.0, 2.0), (2.2, ev.FinalTranscript(1, "is it open")))
    made.until(3.0)
    made.run((3.1, ev.ReplyStarted(1)), (3.1, ev.SentenceStarted(1, uninterruptible=False)))
    made.run(*speech(4.0, 4.5), (4.6, ev.SoundJudged(2, Sound.ECHO)), (5.0, ev.FinalTranscript(2, "")))
    assert halts(spoken_over(made, 6.0, sound=Sound.UNKNOWN)) == []


def test_an_agent_that_begins_while_the_caller_speaks_falls_silent_again() -> None:
    made = Script(agent_first=True).run((0.44, ev.VoiceStarted(0.4)), (0.5, ev.ReplyStarted(0)))
    made.run((0.5, ev.SentenceStarted(0, uninterruptible=False)), (0.66, ev.SoundJudged(1, Sound.CALLER, 0.9)))
    assert halts(made) == [cmd.Halt()]


def test_a_noise_that_never_ends_does_not_keep_the_agent_silent() -> None:
    made = spoken_over(speaking(max_utterance_s=60.0, barge_in_s=9.0), 1.0)
    made.until(8.0)
    assert halts(made)[:2] == [cmd.Halt(), cmd.GoOn()]


def test_a_lost_connection_during_a_halt_interrupts() -> None:
    made = spoken_over(speaking(), 1.0).run((1.3, ev.LegLost()))
    made.until(4.0)
    assert halts(made) == [cmd.Halt(), cmd.Interrupt(0, "")]


@pytest.mark.parametrize("heard", ["i hope", "here", "a home"])
def test_words_that_a_recogniser_makes_of_a_hum_or_of_laughter_neither_stop_the_agent_nor_are_a_turn(
    heard: str,
) -> None:
    made = speaking().run((1.04, ev.VoiceStarted(1.0)), (1.5, ev.SoundJudged(1, Sound.CALLER, 0.3)))
    made.run((1.55, ev.InterimTranscript(1, heard)), (1.66, ev.VoiceEnded(1.6)), (2.0, ev.FinalTranscript(1, heard)))
    made.until(4.0)
    assert halts(made) == []
    assert not made.committed


@pytest.mark.parametrize("heard", ["no", "wait", "what", "hold on"])
def test_a_short_word_that_says_what_it_means_is_believed_however_even_it_sounds(heard: str) -> None:
    made = speaking().run((1.04, ev.VoiceStarted(1.0)), (1.3, ev.SoundJudged(1, Sound.CALLER, 0.3)))
    made.run((1.36, ev.VoiceEnded(1.3)), (1.8, ev.FinalTranscript(1, heard)))
    assert halts(made) == [cmd.Interrupt(0, heard)]


def test_words_are_believed_once_the_sound_was_articulated() -> None:
    made = spoken_over(speaking(), 1.0).run((1.4, ev.SoundJudged(1, Sound.CALLER, 0.3)))
    made.run((1.5, ev.InterimTranscript(1, "the other")))
    assert halts(made) == [cmd.Halt(), cmd.Interrupt(0, "the other")]
