import numpy as np
import pytest
from parley_rag.embeddings.multilingual_e5 import MultilingualE5

PASSAGES = [
    "Swimming lessons for children begin on the first of March and cost ninety euros.",
    "The sauna is closed for repairs until further notice.",
    "Lost keys are kept at the front desk for a month.",
]
QUESTIONS = {
    "how much are swimming lessons": 0,
    "cuánto cuestan las clases de natación para niños": 0,
    "wann ist die sauna wieder offen": 1,
    "le sauna est ouvert": 1,
    "ho perso le chiavi": 2,
    "onde estão as chaves perdidas": 2,
}


@pytest.fixture(scope="module")
def e5() -> MultilingualE5:
    return MultilingualE5()


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_in_any_language_is_nearest_to_its_passage(e5: MultilingualE5, question: str) -> None:
    near = e5.passages(PASSAGES) @ e5.queries([question])[0]
    assert int(np.argmax(near)) == QUESTIONS[question]


def test_vectors_have_length_one_and_do_not_depend_on_their_neighbours(e5: MultilingualE5) -> None:
    together = e5.passages([*PASSAGES, ""])
    assert together.shape == (4, 384)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(4), abs=1e-4)
    for at, text in enumerate(PASSAGES):
        assert e5.passages([text])[0] @ together[at] > 0.999


def test_any_text_of_a_document_can_be_embedded(e5: MultilingualE5) -> None:
    rows = e5.passages(["half of a pair \ud83d", "ends \0 here", "word " * 4000, "\u200b"])
    assert np.isfinite(rows).all()
    assert not e5.passages([]).size
