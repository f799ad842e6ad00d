import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parley_llm.sentences import HARD_CHARS, LONG_CHARS, SentenceCutter, cut

PIECES = st.sampled_from(
    [
        "Dr. ",
        "Smith ",
        "at 10.30",
        ". ",
        "! ",
        "? ",
        "e.g. ",
        "Yes. ",
        "No.",
        "\n",
        "1. ",
        "2. ",
        "hello ",
        "world",
        ", ",
        "; ",
        "...",
        "…",
        "a.m. ",
        "p.m.",
        " The ",
        '"Really?" ',
        "x" * 90,
        " ",
        "I ",
        "U.S. ",
        "J. ",
        "12,500 ",
        "(ok) ",
        "。",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=12), max_size=30).map("".join)


def squeezed(text: str) -> str:
    return "".join(text.split())


def in_chunks(text: str, sizes: list[int]) -> list[str]:
    cutter = SentenceCutter()
    found: list[str] = []
    at = 0
    for size in sizes:
        found += cutter.feed(text[at : at + size])
        at += size
    return found + cutter.feed(text[at:]) + cutter.flush()


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.lists(st.integers(0, 9), max_size=60))
def test_nothing_is_lost_and_cuts_do_not_depend_on_chunks(text, sizes):
    sentences = in_chunks(text, sizes)
    assert squeezed("".join(sentences)) == squeezed(text)
    assert sentences == cut(text)
    assert all(sentence.strip() == sentence and sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there. How are you today?", ["Hello there.", "How are you today?"]),
        ("Dr. Smith is in at 10.30 today. Come by.", ["Dr. Smith is in at 10.30 today.", "Come by."]),
        ("Bring papers, e.g. your card. Thanks a lot.", ["Bring papers, e.g. your card.", "Thanks a lot."]),
        ("We open at 9 a.m. on Monday. Come then.", ["We open at 9 a.m. on Monday.", "Come then."]),
        ("We close at 5 p.m. You can come before.", ["We close at 5 p.m.", "You can come before."]),
        ("Yes. We are open on Saturday.", ["Yes. We are open on Saturday."]),
        ("Ask for J. Brown at the desk. He knows.", ["Ask for J. Brown at the desk.", "He knows."]),
        ("That was you and I. Then we left again.", ["That was you and I.", "Then we left again."]),
        ("It costs $12.50. Is that all right?", ["It costs $12.50.", "Is that all right?"]),
        ("Please bring:\n1. Your card\n2. A photo", ["Please bring:", "1. Your card", "2. A photo"]),
        ('She said "Come in." Then she left.', ['She said "Come in."', "Then she left."]),
        ("Well... I am not sure about it.", ["Well... I am not sure about it."]),
        ("no punctuation at all", ["no punctuation at all"]),
        ("   ", []),
    ],
)
def test_cuts_where_a_speaker_would_breathe(text, expected):
    assert cut(text) == expected


def test_the_first_sentence_comes_with_the_next_token():
    cutter = SentenceCutter()
    assert cutter.feed("We are open today.") == []
    assert cutter.feed(" ") == ["We are open today."]


def test_long_sentences_are_cut_at_a_clause_and_endless_ones_at_a_space():
    clause = "word " * (LONG_CHARS // 5) + "here, and then it goes on and on"
    assert len(cut(clause)) == 2
    endless = "word " * HARD_CHARS
    assert all(len(sentence) <= HARD_CHARS + 10 for sentence in cut(endless))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "de-DE",
            "Der Termin ist am 3. Mai um 9.30 Uhr. Passt das?",
            ["Der Termin ist am 3. Mai um 9.30 Uhr.", "Passt das?"],
        ),
        ("de-DE", "Wir öffnen morgens um 9. Danach sind wir da.", ["Wir öffnen morgens um 9.", "Danach sind wir da."]),
        ("de-DE", "Die Praxis ist im 2. Stock. Bitte klingeln.", ["Die Praxis ist im 2. Stock.", "Bitte klingeln."]),
        ("de-DE", "Bringen Sie z. B. die Karte mit. Danke sehr.", ["Bringen Sie z. B. die Karte mit.", "Danke sehr."]),
        ("de-DE", "Fragen Sie Fr. Dr. Maier bzw. den Empfang.", ["Fragen Sie Fr. Dr. Maier bzw. den Empfang."]),
        ("de-DE", "Wir haben Brot, Eier usw. Kommen Sie vorbei.", ["Wir haben Brot, Eier usw.", "Kommen Sie vorbei."]),
        (
            "es-MX",
            "La Dra. Ruiz atiende en la Av. Juárez. ¿Le sirve?",
            ["La Dra. Ruiz atiende en la Av. Juárez.", "¿Le sirve?"],
        ),
        (
            "es-MX",
            "Abrimos a las 9. Cerramos a las 5 p. m. todos los días.",
            ["Abrimos a las 9.", "Cerramos a las 5 p. m. todos los días."],
        ),
        (
            "fr-FR",
            "M. Dupont et Mme. Durand sont là. Entrez donc.",
            ["M. Dupont et Mme. Durand sont là.", "Entrez donc."],
        ),
        ("nl-NL", "Bel dhr. Jansen op nr. 5. Hij helpt u graag.", ["Bel dhr. Jansen op nr. 5.", "Hij helpt u graag."]),
        ("hi-IN", "हम नौ बजे खुलते हैं।आप आ सकते हैं।", ["हम नौ बजे खुलते हैं।", "आप आ सकते हैं।"]),
        (
            "da-DK",
            "Aftalen er den 3. maj klokken ni. Passer det?",
            ["Aftalen er den 3. maj klokken ni.", "Passer det?"],
        ),
        ("en-US", "Dr. Chen is in at 9. Come by then.", ["Dr. Chen is in at 9.", "Come by then."]),
    ],
)
def test_a_full_stop_is_judged_in_the_language_of_the_text(language: str, text: str, expected: list[str]) -> None:
    assert cut(text, language) == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["am 3. ", "Mai ", "um 9. ", "Danach ", "z. B. ", "usw. ", "heute. ", "Dr. ", "Wir "]),
        max_size=12,
    ).map("".join),
    st.lists(st.integers(0, 9), max_size=40),
)
def test_german_cuts_do_not_depend_on_chunks(text: str, sizes: list[int]) -> None:
    cutter = SentenceCutter("de-DE")
    found: list[str] = []
    at = 0
    for size in sizes:
        found += cutter.feed(text[at : at + size])
        at += size
    assert found + cutter.feed(text[at:]) + cutter.flush() == cut(text, "de-DE")
