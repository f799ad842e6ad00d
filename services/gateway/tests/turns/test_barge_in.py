"""Barge-in by script: what lowers the agent's voice, what silences it, what lets it go on."""

import pytest
from parley_core.agents import AgentDocument, TurnSettings
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.barge_in import is_backchannel, is_echo, is_for_another, is_laughter
from parley_gateway.turns.machine import Phase
from parley_gateway.turns.types import CommitReason, Sound, Timer

from .scripted import SPEAKING, Script, speaking, speech


def test_the_first_voice_lowers_the_agent_and_a_word_silences_it() -> None:
    made = speaking().run((1.04, ev.VoiceStarted(1.0)))
    assert made.decided(cmd.Duck) == [cmd.Duck(down=True)]
    assert made.state.phase is Phase.SPEAKING
    made.run((1.2, ev.InterimTranscript(1, "wait")))
    assert made.decided(cmd.Interrupt) == [cmd.Interrupt(0, "wait")]


@pytest.mark.parametrize("heard", ["mhm", "uh huh", "uh", ""])
def test_a_backchannel_or_nothing_lets_the_agent_come_back_up(heard: str) -> None:
    made = speaking().run(*speech(1.0, 1.2), (1.8, ev.FinalTranscript(1, heard)))
    assert made.decided(cmd.Duck) == [cmd.Duck(down=True), cmd.Duck(down=False)]
    assert not made.decided(cmd.Interrupt)
    assert not made.committed


def test_voice_without_a_word_lowers_the_agent_only_for_a_while() -> None:
    made = speaking(barge_in_s=9.0).run((1.04, ev.VoiceStarted(1.0)))
    made.until(2.3)
    assert made.decided(cmd.Duck) == [cmd.Duck(down=True), cmd.Duck(down=False)]
    assert not made.decided(cmd.Interrupt)


def test_long_voice_does_not_interrupt_where_the_recogniser_gives_words_as_they_come() -> None:
    made = speaking(barge_in_s=0.25)
    made.run((0.64, ev.VoiceStarted(0.6)), (0.75, ev.InterimTranscript(1, "mhm")), (0.84, ev.VoiceEnded(0.8)))
    made.run((1.4, ev.FinalTranscript(1, "mhm")))
    made.run((2.04, ev.VoiceStarted(2.0)))
    made.until(3.0)
    assert not made.decided(cmd.Interrupt)


def test_a_final_text_interrupts_where_no_partial_came() -> None:
    made = speaking().run(*speech(1.0, 1.5), (2.0, ev.FinalTranscript(1, "stop please")))
    assert made.decided(cmd.Interrupt) == [cmd.Interrupt(0, "stop please")]


def test_the_first_words_interrupt_though_the_caller_speaks_on() -> None:
    made = speaking().run(*speech(1.0, 1.3), (1.9, ev.VoiceStarted(1.9)), (2.0, ev.FinalTranscript(1, "wait")))
    assert made.decided(cmd.Interrupt) == [cmd.Interrupt(0, "wait")]
    assert not made.committed
    made.run((2.6, ev.VoiceEnded(2.5)), (3.2, ev.FinalTranscript(2, "is it open on sunday")))
    made.until(5.0)
    assert made.committed == [(1, "wait is it open on sunday")]


def test_a_first_word_that_is_a_backchannel_waits_for_what_follows() -> None:
    made = speaking().run(*speech(1.0, 1.3), (1.9, ev.VoiceStarted(1.9)), (2.0, ev.FinalTranscript(1, "mhm")))
    assert not made.decided(cmd.Interrupt)


@pytest.mark.parametrize("heard", ["hold on a second", "just a minute please", "i'm on the phone", "shh quiet"])
def test_who_asks_for_a_moment_gets_it(heard: str) -> None:
    made = speaking().run((1.0, ev.ReplyFinished(0)), *speech(2.0, 3.0), (3.4, ev.FinalTranscript(1, heard)))
    made.until(3.0 + 2.5 * SPEAKING.silence_prompt_s)
    assert not made.committed
    assert not made.decided(cmd.SilencePrompt)
    made.until(3.0 + 4 * SPEAKING.silence_prompt_s)
    assert made.decided(cmd.SilencePrompt)


def test_an_agent_that_is_asked_to_wait_stops_and_takes_the_question_that_follows() -> None:
    made = speaking().run(*speech(1.0, 1.8), (2.0, ev.FinalTranscript(1, "hold on")))
    assert made.decided(cmd.Interrupt)
    made.run(*speech(2.1, 3.5), (3.9, ev.FinalTranscript(2, "is it open on sunday")))
    made.until(6.0)
    assert made.committed == [(1, "hold on is it open on sunday")]


def test_a_voice_in_the_background_is_no_turn_after_an_answer_and_the_second_one_is() -> None:
    made = speaking().run((1.0, ev.ReplyFinished(0)), (1.5, ev.Typed("when are you open")))
    made.run((2.0, ev.ReplyStarted(1)), (2.0, ev.SentenceStarted(1, uninterruptible=False)), (4.0, ev.ReplyFinished(1)))
    made.run(*speech(5.0, 6.0), (6.6, ev.FinalTranscript(1, "is dinner ready", "", 20.0)))
    made.until(8.0)
    assert len(made.committed) == 1
    made.run(*speech(9.0, 10.0), (10.6, ev.FinalTranscript(2, "and on sunday", "", 20.0)))
    made.until(12.0)
    assert made.committed[-1] == (2, "and on sunday")


def test_a_quiet_answer_to_a_question_is_a_turn() -> None:
    made = speaking().run((1.0, ev.ReplyFinished(0)), (1.5, ev.Typed("book a table")))
    made.run((2.0, ev.ReplyStarted(1)), (2.0, ev.SentenceStarted(1, uninterruptible=False, question=True)))
    made.run((4.0, ev.ReplyFinished(1)), *speech(5.0, 6.0), (6.6, ev.FinalTranscript(1, "for four", "", 20.0)))
    made.until(8.0)
    assert made.committed[-1] == (2, "for four")


@pytest.mark.parametrize("heard", ["ha ha ha", "ta-ta-ta", "tap tap"])
def test_laughter_is_neither_an_interruption_nor_a_turn(heard: str) -> None:
    made = speaking().run(*speech(1.0, 1.8), (2.4, ev.FinalTranscript(1, heard)), (4.0, ev.ReplyFinished(0)))
    made.run(*speech(5.0, 5.8), (6.4, ev.FinalTranscript(2, heard)))
    made.until(9.0)
    assert not made.decided(cmd.Interrupt)
    assert not made.committed


@pytest.mark.parametrize("heard", ["no no", "two two", "bye bye"])
def test_words_that_are_said_twice_are_words(heard: str) -> None:
    assert not is_laughter(heard, "en-US")


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "give me a moment", True),
        ("en", "okay hold on please", True),
        ("en", "give me an appointment", False),
        ("en", "wait what", False),
        ("en", "yes please", False),
        ("en", "just", False),
        ("es", "espera un momento", True),
        ("es", "sí por favor", False),
        ("de", "einen moment bitte", True),
        ("de", "ja bitte", False),
    ],
)
def test_asking_for_a_moment_is_known_and_nothing_beside_it(language: str, text: str, expected: bool) -> None:
    assert is_for_another(text, language) is expected


def test_a_protected_sentence_is_neither_lowered_nor_lost_and_the_words_over_it_follow() -> None:
    made = speaking(uninterruptible_now=True).run(*speech(1.0, 1.5), (1.3, ev.InterimTranscript(1, "I want")))
    made = made.run((2.0, ev.FinalTranscript(1, "I want to book an appointment")))
    assert not made.decided(cmd.Duck)
    assert not made.decided(cmd.Interrupt)
    made.run((4.0, ev.ReplyFinished(0)))
    assert made.committed == [(1, "I want to book an appointment")]


def test_the_agents_own_words_do_not_interrupt_it_and_are_no_turn() -> None:
    playing = "Hello, this is Riverside Clinic. How can I help you?"
    made = speaking().run(
        (1.04, ev.VoiceStarted(1.0)),
        (1.3, ev.InterimTranscript(1, "this is riverside", playing)),
        (2.0, ev.VoiceEnded(1.9)),
        (2.5, ev.FinalTranscript(1, "this is riverside clinic how", playing)),
    )
    assert not made.decided(cmd.Interrupt)
    assert made.decided(cmd.Duck)[-1] == cmd.Duck(down=False)
    made.until(9.0)
    assert not made.committed


def test_an_echo_whose_text_comes_after_the_agents_last_word_is_no_turn() -> None:
    made = speaking().run(*speech(1.0, 1.9), (2.0, ev.ReplyFinished(0)))
    made.run((2.4, ev.FinalTranscript(1, "how can i help you", "How can I help you?")))
    made.until(5.0)
    assert not made.committed


def test_the_callers_words_interrupt_also_where_some_are_the_agents() -> None:
    made = speaking().run(
        (1.04, ev.VoiceStarted(1.0)), (1.3, ev.InterimTranscript(1, "help I need a doctor", "How can I help you?"))
    )
    assert made.decided(cmd.Interrupt)


def test_talk_in_the_background_does_not_interrupt() -> None:
    made = speaking().run(
        (1.04, ev.VoiceStarted(1.0)),
        (1.3, ev.InterimTranscript(1, "did you see the game", "", 20.0)),
        (2.0, ev.VoiceEnded(1.9)),
        (2.5, ev.FinalTranscript(1, "did you see the game", "", 20.0)),
    )
    assert not made.decided(cmd.Interrupt)
    assert not made.committed


def test_a_quiet_answer_is_a_turn_where_the_agent_is_silent() -> None:
    made = Script().run(*speech(1.0, 2.0), (2.6, ev.FinalTranscript(1, "yes please", "", 20.0)))
    assert made.committed == [(1, "yes please")]


def test_an_interruption_by_nothing_resumes_by_itself() -> None:
    made = speaking(barge_in_s=0.25).run((1.04, ev.VoiceStarted(1.0)))
    made.run((1.5, ev.VoiceEnded(1.45)), (2.0, ev.FinalTranscript(1, "")))
    assert made.decided(cmd.Interrupt) == [cmd.Interrupt(0, "")]
    assert made.decided(cmd.Commit) == [cmd.Commit(1, "", (), CommitReason.RESUME, 2.0)]


def test_an_interruption_whose_words_were_none_after_all_resumes_too() -> None:
    made = speaking().run((1.04, ev.VoiceStarted(1.0)), (1.2, ev.InterimTranscript(1, "the")))
    made.run((1.5, ev.VoiceEnded(1.45)), (2.0, ev.FinalTranscript(1, "")))
    (commit,) = made.decided(cmd.Commit)
    assert isinstance(commit, cmd.Commit)
    assert commit.reason is CommitReason.RESUME


def test_an_interruption_that_was_meant_does_not_resume() -> None:
    made = speaking(barge_in_s=0.25).run((1.04, ev.VoiceStarted(1.0)))
    made.run((1.8, ev.VoiceEnded(1.7)), (2.3, ev.FinalTranscript(1, "stop it please")))
    made.run(*speech(2.4, 2.5), (3.1, ev.FinalTranscript(2, "")))
    assert made.committed == [(1, "stop it please")]


def test_the_voice_is_up_again_for_the_next_reply() -> None:
    made = speaking().run((1.04, ev.VoiceStarted(1.0)), (1.2, ev.InterimTranscript(1, "wait")))
    assert not made.state.ducked
    assert Timer.DUCK not in made.timers


@pytest.mark.parametrize(
    ("text", "playing", "echo"),
    [
        ("help you", "How can I help you?", True),
        ("how can i", "How can I help you?", True),
        ("no", "How can I help you?", False),
        ("how can he help you", "How can I help you?", True),
        ("you help", "How can I help you?", False),
        ("anything", "", False),
    ],
)
def test_echo_is_what_is_being_said_in_its_order(text: str, playing: str, echo: bool) -> None:
    assert is_echo(text, playing) is echo


def test_a_greeting_that_begins_before_the_call_stands_is_lowered_and_protected_like_any_other() -> None:
    early = [(0.1, ev.ReplyStarted(0)), (0.1, ev.SentenceStarted(0, uninterruptible=True)), (0.5, ev.Start(True))]
    made = Script(config=SPEAKING).run(*early, (1.04, ev.VoiceStarted(1.0)), (1.3, ev.InterimTranscript(1, "I want")))
    assert made.state.phase is Phase.SPEAKING
    assert not made.decided(cmd.Interrupt)
    made.run((1.5, ev.SentenceStarted(0, uninterruptible=False)), (1.6, ev.InterimTranscript(1, "I want a")))
    assert made.decided(cmd.Interrupt) == [cmd.Interrupt(0, "I want a")]


def test_an_echo_is_neither_an_interruption_nor_a_turn_whatever_its_words() -> None:
    made = speaking().run((1.04, ev.VoiceStarted(1.0)), (1.2, ev.SoundJudged(1, Sound.ECHO)))
    made.run((1.3, ev.InterimTranscript(1, "the fifth")))
    assert not made.decided(cmd.Interrupt)
    made.run((2.0, ev.VoiceEnded(1.9)), (2.5, ev.FinalTranscript(1, "the fifth on")))
    assert made.decided(cmd.Duck)[-1] == cmd.Duck(down=False)
    made.until(9.0)
    assert not made.committed


def test_an_echo_whose_text_comes_seconds_later_is_still_one() -> None:
    made = speaking().run(*speech(1.0, 1.9), (2.1, ev.SoundJudged(1, Sound.ECHO)), (2.2, ev.ReplyFinished(0)))
    made.run((5.2, ev.InterimTranscript(1, "and the clinic")), (5.4, ev.FinalTranscript(1, "and the clinic thank you")))
    assert not made.decided(cmd.Interrupt)
    made.until(9.0)
    assert not made.committed


def test_an_echo_for_which_no_word_has_come_does_not_interrupt_however_long_it_lasts() -> None:
    made = speaking(barge_in_s=0.25).run((1.04, ev.VoiceStarted(1.0)), (1.2, ev.SoundJudged(1, Sound.ECHO)))
    made.until(2.4)
    assert not made.decided(cmd.Interrupt)


def test_a_voice_without_words_interrupts_once_it_is_no_echo_any_more() -> None:
    made = speaking(barge_in_s=0.25).run((1.04, ev.VoiceStarted(1.0)), (1.2, ev.SoundJudged(1, Sound.ECHO)))
    made.run((1.45, ev.SoundJudged(1, Sound.CALLER)))
    made.until(2.4)
    assert made.decided(cmd.Interrupt)


OFFERED = [
    ("en", "friday", "Monday or Tuesday or Friday at ten thirty?"),
    ("en", "monday", "Would you like Monday or Tuesday?"),
    ("en", "the blue one", "Do you want the red one or the blue one?"),
    ("en", "no", "So that is a no, right?"),
    ("en", "maria lopez", "Is that for Maria Lopez?"),
    ("en", "seven three one", "Did you say seven three one?"),
    ("en", "ten thirty", "Shall I put you down for nine fifteen or ten thirty?"),
    ("es", "el martes", "¿Prefiere el lunes o el martes?"),
    ("es", "sí", "¿Es un sí o un no?"),
    ("es", "cinco cinco dos", "¿Ha dicho cinco cinco dos?"),
    ("es", "carmen ruiz", "¿Está a nombre de Carmen Ruiz?"),
    ("es", "por la tarde", "¿Le viene mejor por la mañana o por la tarde?"),
    ("de", "dienstag", "Passt Ihnen Montag oder Dienstag besser?"),
    ("de", "nein", "Heißt das ja oder nein?"),
    ("de", "vier zwei", "War das die vier zwei?"),
    ("de", "frau weber", "Spreche ich mit Frau Weber?"),
    ("de", "am nachmittag", "Lieber am Vormittag oder am Nachmittag?"),
]


@pytest.mark.parametrize(("language", "text", "asked"), OFFERED)
def test_an_answer_in_the_words_that_are_being_said_is_the_callers(language: str, text: str, asked: str) -> None:
    for sound in (Sound.UNKNOWN, Sound.CALLER):
        made = speaking(language=language).run((1.04, ev.VoiceStarted(1.0)), (1.2, ev.SoundJudged(1, sound)))
        made.run((1.3, ev.InterimTranscript(1, text, asked)), (1.66, ev.VoiceEnded(1.6)))
        assert made.decided(cmd.Interrupt)
        made.run((2.0, ev.FinalTranscript(1, text, asked)))
        made.until(6.0)
        assert [one for _, one in made.committed] == [text]


@pytest.mark.parametrize(
    ("language", "text", "playing"),
    [
        ("en", "do you accept blue cross insurance", "I am the automated assistant, and this call is recorded."),
        ("en", "where can i park my car", "On Saturday we are open from nine to one."),
        ("es", "aceptan ustedes mi seguro médico", "El sábado abrimos de nueve a una."),
        ("de", "nehmen sie auch neue patienten an", "Am Samstag haben wir von neun bis eins geöffnet."),
    ],
)
def test_a_question_in_other_words_is_the_callers_though_it_sounds_like_the_agent(
    language: str, text: str, playing: str
) -> None:
    """Two voices may be alike, and the words have interrupted before the sound was judged."""
    made = speaking(language=language).run((1.04, ev.VoiceStarted(1.0)))
    made.run((1.8, ev.InterimTranscript(1, " ".join(text.split()[:3]), playing)))
    assert made.decided(cmd.Interrupt)
    made.run(
        (3.0, ev.VoiceEnded(2.9)), (3.1, ev.SoundJudged(1, Sound.ECHO)), (3.5, ev.FinalTranscript(1, text, playing))
    )
    made.until(7.0)
    assert [said for _, said in made.committed] == [text]


@pytest.mark.parametrize(("language", "text", "asked"), OFFERED)
def test_the_same_words_with_the_sound_of_the_agent_are_an_echo(language: str, text: str, asked: str) -> None:
    made = speaking(language=language).run((1.04, ev.VoiceStarted(1.0)), (1.2, ev.SoundJudged(1, Sound.ECHO)))
    made.run((1.3, ev.InterimTranscript(1, text, asked)), (1.66, ev.VoiceEnded(1.6)))
    made.run((2.0, ev.FinalTranscript(1, text, asked)), (2.4, ev.ReplyFinished(0)))
    made.until(6.0)
    assert not made.decided(cmd.Interrupt)
    assert not made.committed


@pytest.mark.parametrize(
    ("language", "text", "playing"),
    [
        ("en", "help you", "How can I help you?"),
        ("en", "friday at ten", "You are booked for Friday at ten. Goodbye."),
        ("en", "monday or tuesday", "Would you like Monday or Tuesday?"),
        ("es", "ayudarle", "¿En qué puedo ayudarle?"),
        ("de", "für sie tun", "Was kann ich für Sie tun?"),
    ],
)
def test_by_words_alone_what_answers_nothing_is_an_echo(language: str, text: str, playing: str) -> None:
    assert is_echo(text, playing, Sound.UNKNOWN, language)
    assert not is_echo(text, playing, Sound.CALLER, language)


@pytest.mark.parametrize(("language", "text"), [("en", "okay"), ("en", "yeah"), ("es", "sí"), ("de", "ja")])
def test_a_yes_over_the_end_of_a_question_is_its_answer_although_listeners_say_it_too(language: str, text: str) -> None:
    made = speaking(language=language, backchannels=agent_in(language).backchannels)
    made.run((1.0, ev.SentenceStarted(0, uninterruptible=False, question=True)), *speech(1.5, 1.7))
    made.run((2.1, ev.FinalTranscript(1, text)))
    assert not made.decided(cmd.Interrupt)
    made.run((2.5, ev.ReplyFinished(0)))
    made.until(4.0)
    assert made.committed == [(1, text)]


def test_a_yes_long_before_the_end_of_a_question_or_before_a_statement_is_none() -> None:
    made = speaking(backchannels=agent_in("en").backchannels)
    made.run((1.0, ev.SentenceStarted(0, uninterruptible=False, question=True)), *speech(1.5, 1.7))
    made.run((2.1, ev.FinalTranscript(1, "yeah")), (4.5, ev.ReplyFinished(0)))
    made.until(8.0)
    assert not made.committed
    made = speaking(backchannels=agent_in("en").backchannels)
    made.run((1.0, ev.SentenceStarted(0, uninterruptible=False, question=True)), *speech(1.5, 1.7))
    made.run((2.1, ev.FinalTranscript(1, "yeah")), (2.2, ev.SentenceStarted(0, uninterruptible=False)))
    made.run((3.0, ev.ReplyFinished(0)))
    made.until(8.0)
    assert not made.committed


SOUNDS = {
    "en": [
        "mhm", "Mm-hmm.", "mm hmm", "mmhmm", "mmhm", "Mmm-hmm", "mhmm", "hmm", "Hm.", "mm", "Mmm", "uh-huh", "Uh huh.",
        "uhhuh", "uh-huh uh-huh", "ah", "Aha!", "oh", "Ohhh", "okay", "Okay okay", "right, right",
        "yeah mhm", "mm-hmm okay", "Right. Uh-huh.", "All right.", "I see.", "got it",
    ],
    "es": ["mhm", "Mm-hm.", "ajá", "Aja", "ajam", "ujum", "uhum", "sí sí", "vale vale", "de acuerdo", "ah", "Mjm",
           "Entiendo.", "Muy bien."],
    "de": ["mhm", "Mm-hm.", "hm", "Hmm", "aha", "ach so", "ja ja", "genau", "Mh.", "ah ja", "oh", "gut, gut",
           "Achso.", "Alles klar.", "Stimmt."],
}  # fmt: skip
WORDS = {
    "en": ["uh-uh", "mhm but", "um wait", "no", "hm what", "oh no", "friday", "humming"],
    "es": ["mhm pero", "no", "eh espere", "ajá y el precio", "viernes"],
    "de": ["mhm aber", "nein", "hm was", "ach so und wann", "Freitag"],
}


def every(texts: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language, some in texts.items() for text in some]


def agent_in(language: str) -> AgentDocument:
    return AgentDocument(agent="clinic", language=language, first_speaker="caller").spoken_in(language)


@pytest.mark.parametrize(("language", "text"), every(SOUNDS))
def test_a_listeners_sound_is_known_in_any_recognisers_spelling(language: str, text: str) -> None:
    assert is_backchannel(text, agent_in(language).backchannels)


@pytest.mark.parametrize(("language", "text"), every(WORDS))
def test_a_word_beside_a_sound_is_the_callers(language: str, text: str) -> None:
    assert not is_backchannel(text, agent_in(language).backchannels)


def test_a_document_may_choose_the_words_and_keeps_the_sounds() -> None:
    turns = TurnSettings(backchannels=["indeed"])
    agent = AgentDocument(agent="clinic", first_speaker="caller", turns=turns).spoken_in("en")
    assert is_backchannel("Indeed, mm-hmm", agent.backchannels)
    assert not is_backchannel("okay", agent.backchannels)
