"""Who answered: scripts of what is heard, and what is made of it."""

import pytest
from parley_gateway.answering import Answer, AnswerDetector, MessageMoment


def listen(*said: tuple[float, float, str]) -> tuple[AnswerDetector, float]:
    """Voice from and to, with its words; answered at 0. Returns the detector and when it had decided."""
    detector = AnswerDetector(0.0)
    now = 0.0

    def until(at: float) -> bool:
        nonlocal now
        while detector.detected is None and detector.due <= at:
            now = max(now, detector.due)
            before = detector.due
            if detector.waited(now) is None and detector.due <= before:
                detector.due = before + 0.5
        now = at if detector.detected is None else now
        return detector.detected is not None

    for number, (start, end, text) in enumerate(said):
        if until(start) or detector.voice(start) or until(end):
            break
        detector.quiet(end)
        if detector.words(number, text):
            now = end
            break
    until(20.0)
    return detector, now


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ([(0.5, 1.0, "hello")], Answer.HUMAN),
        ([(0.4, 1.6, "good morning this is Maria")], Answer.HUMAN),
        ([], Answer.HUMAN),
        ([(0.5, 0.9, "hello"), (2.0, 2.6, "who is there")], Answer.HUMAN),
        ([(0.3, 4.0, "hi you've reached Ann please leave a message after the tone")], Answer.MACHINE),
        ([(0.3, 6.5, "we are closed today our hours are nine to five on weekdays and ten to two")], Answer.MACHINE),
        ([(0.3, 3.9, "thank you for calling for sales press one")], Answer.IVR),
        ([(0.3, 3.0, "your call may be recorded")], Answer.IVR),
        ([(0.3, 3.5, "hi please state your name and why you are calling")], Answer.SCREENING),
        ([(0.3, 1.9, "who is calling please")], Answer.SCREENING),
    ],
)
def test_what_is_said_tells_who_it_is(said: list[tuple[float, float, str]], answer: Answer) -> None:
    detector, _ = listen(*said)
    assert detector.detected is not None
    assert detector.detected.answer is answer


def test_a_person_is_answered_soon_after_hello() -> None:
    _, decided = listen((0.5, 1.0, "hello"))
    assert decided == pytest.approx(1.6)


def test_a_long_voice_is_a_machine_before_it_ends() -> None:
    detector, decided = listen((0.5, 30.0, ""))
    assert detector.detected is not None
    assert detector.detected.answer is Answer.MACHINE
    assert decided == pytest.approx(5.0)


def test_a_person_that_beeps_was_a_machine_and_never_the_other_way_round() -> None:
    detector, _ = listen((0.5, 1.0, "hello"))
    assert detector.beep() == detector.detected
    assert detector.detected is not None
    assert detector.detected.answer is Answer.MACHINE
    detector.voice(3.0)
    detector.quiet(3.2)
    assert detector.waited(9.0) == detector.detected


def test_the_message_is_left_after_the_beep_or_a_long_quiet() -> None:
    moment = MessageMoment(10.0)
    moment.voice()
    assert moment.due == 55.0
    moment.quiet(20.0)
    assert moment.due == 22.5
    moment.voice()
    moment.beep(24.0)
    assert moment.due == 24.0
