"""Documents of questions and answers: the answer is what is said, under the question as its heading."""

import pytest
from parley_rag.answering import candidates_of
from parley_rag.chunking import parts_of
from parley_rag.parsing.formats import IN_PROCESS
from parley_rag.ports import Chunk

PARKING, CARDS = "Do you have parking?", "Do you take cards?"
BEHIND, YES = "There are ten places behind the house.", "We take all of them."


def parts(text: str, media_type: str = "text/markdown") -> list[tuple[str, str]]:
    return [(one.section, one.text) for one in parts_of(IN_PROCESS[media_type](text.encode()).blocks, max_chars=480)]


@pytest.mark.parametrize(
    "text",
    [
        f"Q: {PARKING}\nA: {BEHIND}\n\nQ: {CARDS}\nA: {YES}\n",
        f"Q: {PARKING}\n\nA: {BEHIND}\n\nQ: {CARDS}\n\nA: {YES}\n",
        f"Q: {PARKING} A: {BEHIND} Q: {CARDS} A: {YES}",
        f"Question: {PARKING}\nAnswer: {BEHIND}\n\nQuestion: {CARDS}\nAnswer: {YES}\n",
        f"Question 1: {PARKING}\nAnswer 1: {BEHIND}\n\nQuestion 2: {CARDS}\nAnswer 2: {YES}\n",
        f"**Q:** {PARKING}\n**A:** {BEHIND}\n\n**Q:** {CARDS}\n**A:** {YES}\n",
        f"**Q: {PARKING}**\n\nA: {BEHIND}\n\n**Q: {CARDS}**\n\nA: {YES}\n",
        f"1. Q: {PARKING} A: {BEHIND}\n2. Q: {CARDS} A: {YES}\n",
        f"- q: {PARKING} a: {BEHIND}\n- q: {CARDS} a: {YES}\n",
        f"F: {PARKING}\nA: {BEHIND}\n\nF: {CARDS}\nA: {YES}\n",
        f"Frage: {PARKING}\nAntwort: {BEHIND}\n\nFrage: {CARDS}\nAntwort: {YES}\n",
        f"P: {PARKING}\nR: {BEHIND}\n\nP: {CARDS}\nR: {YES}\n",
        f"Pregunta: {PARKING}\nRespuesta: {BEHIND}\n\nPregunta: {CARDS}\nRespuesta: {YES}\n",
        f"## {PARKING}\n\n{BEHIND}\n\n## {CARDS}\n\n{YES}\n",
        f"**{PARKING}**\n\n{BEHIND}\n\n**{CARDS}**\n\n{YES}\n",
        f"**{PARKING}** {BEHIND}\n\n**{CARDS}** {YES}\n",
        f"{PARKING}\n\n{BEHIND}\n\n{CARDS}\n\n{YES}\n",
        f"| Question | Answer |\n|---|---|\n| {PARKING} | {BEHIND} |\n| {CARDS} | {YES} |\n",
        f"| Frage | Antwort |\n|---|---|\n| {PARKING} | {BEHIND} |\n| {CARDS} | {YES} |\n",
        f"| Topic | What we say |\n|---|---|\n| {PARKING} | {BEHIND} |\n| {CARDS} | {YES} |\n",
    ],
)
def test_every_form_of_questions_and_answers_gives_the_same_sections(text: str) -> None:
    assert parts(text) == [(PARKING, BEHIND), (CARDS, YES)]


def test_the_same_in_a_plain_text() -> None:
    assert parts(f"Q: {PARKING}\nA: {BEHIND}\n\nQ: {CARDS}\nA: {YES}\n", "text/plain") == [
        (PARKING, BEHIND),
        (CARDS, YES),
    ]


def test_a_question_stands_under_the_documents_heading_and_ends_with_its_answer() -> None:
    found = parts(f"# House\n\nQ: {PARKING}\nA: {BEHIND}\n\nWe open at nine.\n")
    assert found == [(f"House > {PARKING}", BEHIND), ("House", "We open at nine.")]


@pytest.mark.parametrize(
    "text",
    [
        "Vitamin A: good for the eyes. Plan P: the second one.",
        "Our grades are A: good and B: fair.",
        "Questions? We are glad to help. Any others? Call us.",
        "Where do we stand?",
        "Ask Q for it. A. Smith will answer.",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert parts(text) == [("", text)]


def test_a_question_is_no_candidate_for_an_answer() -> None:
    chunk = Chunk("c", "d", "", 0, f"{PARKING} {BEHIND}", (), "", "")
    assert [one.text for one in candidates_of([chunk])] == [BEHIND]
