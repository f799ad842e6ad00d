from collections.abc import Sequence

import numpy as np
import pytest
from parley_rag import answering
from parley_rag.answering import NO_ANSWER, Answer, Candidate
from parley_rag.embeddings.base import Floats
from parley_rag.embeddings.minilm import DIMENSION
from parley_rag.ports import PUBLIC, Chunk


def found(text: str, *, document: str = "faq.md", section: str = "Clinic > Hours", ordinal: int = 0) -> Chunk:
    return Chunk(f"{document}-{ordinal}", document, section, ordinal, text, (PUBLIC,), "", "h")


def row(cosine: float, other: int) -> Floats:
    """A vector of length one with this cosine to the question, which is the first axis."""
    vector = np.zeros(DIMENSION, dtype=np.float32)
    vector[0], vector[other] = cosine, (1 - cosine**2) ** 0.5
    return vector


def choose(question: str, candidates: Sequence[Candidate], meanings: Sequence[float], *, sentences: int = 2) -> Answer:
    rows = np.stack([row(cosine, at + 1) for at, cosine in enumerate(meanings)])
    return answering.answer(
        question, candidates, question_vector=row(1.0, 1), alone=rows, in_context=rows, max_sentences=sentences
    )


def test_nothing_found_is_no_answer() -> None:
    assert answering.candidates_of([]) == []
    nothing = np.empty((0, DIMENSION), dtype=np.float32)
    answer = answering.answer(
        "hello", [], question_vector=row(1, 1), alone=nothing, in_context=nothing, max_sentences=2
    )
    assert answer == NO_ANSWER


def test_a_sentence_that_two_chunks_share_is_weighed_once() -> None:
    hits = [found("We open early. We close late."), found("We close late. Come by.", ordinal=1)]
    candidates = answering.candidates_of(hits)
    assert [(one.text, one.hit) for one in candidates] == [
        ("We open early.", 0),
        ("We close late.", 0),
        ("Come by.", 1),
    ]
    assert candidates[0].in_context == "Hours. We open early."


def test_the_day_of_the_question_must_be_the_day_of_the_answer() -> None:
    candidates = answering.candidates_of([found("On Saturday we open at nine. On Sunday we open at ten.")])
    assert choose("when do you open on sunday", candidates, [0.9, 0.6]).text == "On Sunday we open at ten."


def test_a_range_of_days_holds_the_days_inside_it() -> None:
    candidates = answering.candidates_of([found("We are open Monday to Friday. On Saturday we open at nine.")])
    assert choose("are you open wednesday", candidates, [0.6, 0.7]).text == "We are open Monday to Friday."


def test_a_name_of_the_question_must_be_in_the_answer() -> None:
    candidates = answering.candidates_of(
        [found("You can see Doctor Chen early.", section=""), found("You can see Doctor Ruiz late.", section="")]
    )
    assert "Ruiz" in choose("when can i see ruiz", candidates, [0.8, 0.6], sentences=1).text


def test_a_denial_does_not_answer_an_open_question() -> None:
    candidates = answering.candidates_of(
        [found("We do not accept other plans.", section="Plans"), found("We accept these plans.", section="Plans")]
    )
    assert choose("which plans do you accept", candidates, [0.72, 0.70], sentences=1).text == "We accept these plans."


def test_two_sentences_are_said_in_the_order_of_the_document() -> None:
    candidates = answering.candidates_of([found("Call the pharmacy. They ask us for the refill.", section="Refill")])
    answer = choose("how do i get a refill", candidates, [0.70, 0.72])
    assert answer.text == "Call the pharmacy. They ask us for the refill."
    assert answer.hits == (0,)


def test_a_sentence_under_another_heading_is_not_added() -> None:
    hits = [
        found("Refills take two days.", section="Refill"),
        found("Refills cost nothing.", section="Prices", ordinal=1),
    ]
    assert choose("refills", answering.candidates_of(hits), [0.8, 0.8]).text == "Refills take two days."


def test_a_repetition_is_not_said() -> None:
    candidates = answering.candidates_of([found("We take Aetna plans. Yes, we take Aetna plans.", section="Plans")])
    same = np.stack([row(0.8, 1), row(0.8, 1)])
    answer = answering.answer(
        "do you take aetna", candidates, question_vector=row(1, 1), alone=same, in_context=same, max_sentences=2
    )
    assert answer.text == "We take Aetna plans."


def test_what_has_nothing_to_do_with_the_question_is_not_said() -> None:
    answer = choose("who won the game", answering.candidates_of([found("Parking is free.", section="Parking")]), [0.05])
    assert answer.text == ""
    assert answer.hits == ()
    assert answer.confidence < 0.05


@pytest.mark.parametrize("meaning", [-1.0, 0.0, 1.0])
def test_confidence_stays_between_zero_and_one(meaning: float) -> None:
    answer = choose("parking", answering.candidates_of([found("Parking is free.", section="Parking")]), [meaning])
    assert 0 <= answer.confidence <= 1
