"""Who answered: scripts of what is heard, and what is made of it."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.amd import AnswerDetector, AnsweredBy, Answering, AnswerTerms, listen
from parley_gateway.turns.state import State
from parley_gateway.turns.types import Then

from .scripted import CONFIG, Script, speech

GREETINGS = Path(__file__).with_name("greetings.txt")
FIRST_S, SPOKEN_WORD_S = 0.3, 0.38
WORDS_LATE = 2


def hear(*said: tuple[float, float, str], language: str = "en") -> tuple[AnswerDetector, float]:
    """Voice from and to, with its words; answered at 0. Returns the detector and when it had decided."""
    detector = listen(0.0, language)
    events: list[tuple[float, Callable[[AnswerDetector], AnswerDetector]]] = []
    for number, (start, end, text) in enumerate(said):
        events.append((start, partial(AnswerDetector.voice, at=start)))
        events.append((end, partial(AnswerDetector.quiet, last_sound=end)))
        events.append((end, partial(AnswerDetector.words, utterance=number, text=text)))
    now = 0.0
    while detector.detected is None and now < 30:
        if events and events[0][0] <= max(detector.due, now):
            now, step = events.pop(0)
            detector = step(detector)
        else:
            now = max(detector.due, now + 0.02)
            detector = detector.waited(now)
    return detector, now


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ([(0.5, 1.0, "hello")], AnsweredBy.HUMAN),
        ([(0.4, 1.6, "good morning this is Maria")], AnsweredBy.HUMAN),
        ([], AnsweredBy.HUMAN),
        ([(0.5, 0.9, "hello"), (2.0, 2.6, "who is there")], AnsweredBy.HUMAN),
        ([(0.3, 4.0, "hi you've reached Ann please leave a message after the tone")], AnsweredBy.MACHINE),
        ([(0.3, 6.5, "we are closed today our hours are nine to five on weekdays and ten to two")], AnsweredBy.MACHINE),
        ([(0.3, 3.9, "thank you for calling for sales press one")], AnsweredBy.IVR),
        ([(0.3, 3.0, "your call may be recorded")], AnsweredBy.IVR),
        ([(0.3, 3.5, "hi please state your name and why you are calling")], AnsweredBy.SCREENING),
        ([(0.3, 1.9, "who is calling please")], AnsweredBy.SCREENING),
    ],
)
def test_what_is_said_tells_who_it_is(said: list[tuple[float, float, str]], answer: AnsweredBy) -> None:
    detector, _ = hear(*said)
    assert detector.detected is not None
    assert detector.detected.answer is answer


@pytest.mark.parametrize(
    ("language", "text", "answer"),
    [
        ("en", "he is not available can I take a message", AnsweredBy.HUMAN),
        ("en", "she's in a meeting would you like to leave a message", AnsweredBy.HUMAN),
        ("en", "he's out at the moment I'll tell him you called", AnsweredBy.HUMAN),
        ("en", "Ann is away she is not available please leave a message after the tone", AnsweredBy.MACHINE),
        ("en", "I am not available please leave a message", AnsweredBy.MACHINE),
        ("es", "deje su mensaje después de la señal", AnsweredBy.MACHINE),
        ("es", "este es el buzón de voz de Ana", AnsweredBy.MACHINE),
        ("es", "para ventas pulse uno", AnsweredBy.IVR),
        ("es", "por favor diga su nombre y el motivo de su llamada", AnsweredBy.SCREENING),
        ("es", "no está en este momento ¿quiere dejar un recado?", AnsweredBy.HUMAN),
        ("es", "sí dígame", AnsweredBy.HUMAN),
        ("de", "bitte hinterlassen Sie eine Nachricht nach dem Signalton", AnsweredBy.MACHINE),
        ("de", "ich bin zurzeit nicht erreichbar", AnsweredBy.MACHINE),
        ("de", "für den Vertrieb drücken Sie die eins", AnsweredBy.IVR),
        ("de", "nennen Sie bitte Ihren Namen und den Grund Ihres Anrufs", AnsweredBy.SCREENING),
        ("de", "er ist gerade nicht da kann ich ihm etwas ausrichten", AnsweredBy.HUMAN),
        ("de", "Müller guten Tag", AnsweredBy.HUMAN),
        ("en", "she isn't in right now can I take a message", AnsweredBy.HUMAN),
        ("en", "sorry he just stepped out do you want to leave a message with me", AnsweredBy.HUMAN),
        ("en", "I'm afraid he's unavailable shall I have him call you back", AnsweredBy.HUMAN),
        ("en", "they are not here at the moment who should I say called", AnsweredBy.HUMAN),
        ("en", "he can't come to the phone right now can I help you", AnsweredBy.HUMAN),
        ("en", "Mister Miller is not available right now may I take your name", AnsweredBy.HUMAN),
        ("en", "you can leave a message with me if you like", AnsweredBy.HUMAN),
        ("en", "she's on the other line do you want to hold", AnsweredBy.HUMAN),
        ("en", "John can't come to the phone right now leave your name and number", AnsweredBy.MACHINE),
        ("en", "she is not available to take your call please record your message", AnsweredBy.MACHINE),
        ("en", "the person you are calling is not available please try again later", AnsweredBy.MACHINE),
        ("en", "hi this is Bob I am away from my desk leave me a message", AnsweredBy.MACHINE),
        ("en", "we are unable to take your call right now", AnsweredBy.MACHINE),
        ("de", "er ist nicht da kann ich etwas ausrichten", AnsweredBy.HUMAN),
        ("de", "Frau Meier ist gerade nicht erreichbar soll ich ihr etwas ausrichten", AnsweredBy.HUMAN),
        ("de", "mein Mann ist momentan nicht da worum geht es", AnsweredBy.HUMAN),
        ("de", "sie ist im Gespräch möchten Sie eine Nachricht hinterlassen", AnsweredBy.HUMAN),
        ("de", "der Chef ist nicht im Haus soll er Sie zurückrufen", AnsweredBy.HUMAN),
        ("de", "wir sind zurzeit nicht da hinterlassen Sie eine Nachricht nach dem Ton", AnsweredBy.MACHINE),
        ("de", "der Teilnehmer ist derzeit nicht erreichbar", AnsweredBy.MACHINE),
        ("es", "no está disponible quiere dejarle un mensaje", AnsweredBy.HUMAN),
        ("es", "él no se encuentra le puedo tomar un recado", AnsweredBy.HUMAN),
        ("es", "ahora no puede ponerse quiere que le diga algo", AnsweredBy.HUMAN),
        ("es", "la señora no está le dejo yo el recado", AnsweredBy.HUMAN),
        ("es", "ha salido de parte de quién", AnsweredBy.HUMAN),
        ("es", "no podemos atender su llamada deje su mensaje después del tono", AnsweredBy.MACHINE),
        ("es", "el número que ha marcado no está disponible en este momento", AnsweredBy.MACHINE),
        ("fr", "veuillez laisser un message please leave a message", AnsweredBy.HUMAN),
    ],
)
def test_words_of_machines_and_of_people_are_the_languages_own(language: str, text: str, answer: AnsweredBy) -> None:
    detector, _ = hear((0.3, 2.3, text), language=language)
    assert detector.detected is not None
    assert detector.detected.answer is answer


def test_a_person_who_takes_a_message_may_speak_long() -> None:
    detector = listen(0.0).voice(0.3).words(0, "good morning Miller's office she is not available just now can I take")
    assert detector.waited(5.0).detected is None
    assert detector.waited(5.0).due > 5.0
    assert detector.quiet(6.0).waited(7.3).detected is not None


def test_a_person_is_answered_soon_after_hello() -> None:
    _, decided = hear((0.5, 1.0, "hello"))
    assert decided == pytest.approx(1.6)


def test_a_long_voice_is_a_machine_before_it_ends() -> None:
    detector, decided = hear((0.5, 30.0, ""))
    assert detector.detected is not None
    assert detector.detected.answer is AnsweredBy.MACHINE
    assert decided == pytest.approx(6.5)


def test_a_person_that_beeps_was_a_machine_and_never_the_other_way_round() -> None:
    detector, _ = hear((0.5, 1.0, "hello"))
    machine = detector.beep()
    assert machine.detected is not None
    assert machine.detected.answer is AnsweredBy.MACHINE
    assert machine.voice(3.0).quiet(3.2).waited(9.0).detected == machine.detected


TERMS = AnswerTerms(voicemail="Please call us back.", on_ivr="hang_up", screening="This is the clinic.")


def stage(terms: AnswerTerms = TERMS) -> Script:
    """An outgoing call that has just been answered."""
    return Script(state=State(CONFIG, answering=Answering(terms)))


def said(script: Script) -> list[str]:
    return [one.text for one in script.done if isinstance(one, cmd.SayFirst)]


def ended(script: Script) -> list[str]:
    return [one.reason for one in script.done if isinstance(one, cmd.HangUp)]


def words(at: float, text: str, utterance: int = 1) -> tuple[float, ev.Event]:
    return at, ev.FinalTranscript(utterance, text)


def test_the_conversation_begins_once_a_person_waits() -> None:
    script = stage().run(*speech(0.5, 1.0), words(1.5, "hello"))
    script.until(3.0)
    assert [(one.answer, one.converse) for one in script.done if isinstance(one, cmd.Answered)] == [("human", True)]
    assert script.state.answering is None
    assert not said(script)


def test_the_message_is_left_after_the_beep_and_then_the_line() -> None:
    greeting = "please leave a message after the tone"
    script = stage().run(*speech(0.5, 4.0), words(4.4, greeting), *speech(4.6, 6.0), (6.8, ev.BeepHeard()))
    assert said(script) == ["Please call us back."]
    assert not ended(script)
    script.feed(9.0, ev.ReplyFinished(0, Then.LISTEN))
    assert ended(script) == ["voicemail_left"]


def test_a_machine_without_a_beep_is_spoken_to_after_a_silence() -> None:
    script = stage().run(*speech(0.5, 4.0), words(4.4, "please leave a message"))
    script.until(6.0)
    assert not said(script)
    script.until(8.0)
    assert said(script) == ["Please call us back."]


def test_nothing_is_left_where_there_is_nothing_to_leave() -> None:
    script = stage(AnswerTerms(voicemail="", on_ivr="hang_up", screening=""))
    script.run(*speech(0.5, 4.0), words(4.4, "please leave a message"))
    assert ended(script) == ["machine"]


@pytest.mark.parametrize(("on_ivr", "reasons"), [("hang_up", ["ivr"]), ("converse", [])])
def test_a_menu_is_left_or_talked_to(on_ivr: Literal["hang_up", "converse"], reasons: list[str]) -> None:
    script = stage(AnswerTerms(voicemail="", on_ivr=on_ivr, screening=""))
    script.run(*speech(0.5, 3.0), words(3.4, "for sales press one"))
    assert ended(script) == reasons
    assert (script.state.answering is None) is (on_ivr == "converse")


def test_a_screening_assistant_is_told_who_calls_and_the_person_is_greeted() -> None:
    script = stage().run(*speech(0.5, 3.0), words(3.4, "please state your name"))
    assert said(script) == ["This is the clinic."]
    script.run((6.0, ev.ReplyFinished(0, Then.LISTEN)), *speech(9.0, 9.5), words(10.0, "hello", 2))
    script.until(12.0)
    answers = [(one.answer, one.converse) for one in script.done if isinstance(one, cmd.Answered)]
    assert answers == [("screening", False), ("human", True)]
    assert said(script) == ["This is the clinic."]


def test_a_callee_who_hangs_up_ends_it() -> None:
    script = stage().run((1.0, ev.LegLost()))
    assert ended(script) == ["callee_hung_up"]


def follow(words: list[str]) -> AnswerDetector:
    """A greeting at a speaker's pace, with interim texts that come late."""
    detector = listen(0.0).voice(FIRST_S)
    for number in range(1, len(words) + 1):
        now = FIRST_S + number * SPOKEN_WORD_S
        known = max(0, number - WORDS_LATE)
        detector = detector.words(1, " ".join(words[:known])).waited(now)
    ended = FIRST_S + len(words) * SPOKEN_WORD_S
    detector = detector.quiet(ended).words(1, " ".join(words))
    return detector.waited(ended + 0.6).waited(ended + 1.2)


def test_of_a_hundred_greetings_at_most_one_in_twenty_is_taken_for_another_kind() -> None:
    """The patterns were written with these words in view."""
    wrong = []
    lines = [line for line in GREETINGS.read_text("utf-8").splitlines() if line.startswith("[")]
    for line in lines:
        kind, _, text = line[1:].partition("] ")
        wanted = AnsweredBy.MACHINE if kind == "notice" else AnsweredBy(kind)
        detected = follow(re.sub(r"[.,?]", "", text.lower()).split()).detected
        if detected is None or detected.answer is not wanted:
            wrong.append(f"{line}: {detected}")
    assert len(lines) > 100
    assert len(wrong) <= len(lines) / 20, wrong
