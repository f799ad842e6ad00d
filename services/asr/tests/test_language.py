from pathlib import Path

import pytest
from parley_asr.language import model
from parley_asr.language.corpus import Speech, sentences_of
from parley_asr.language.lexicon import guess, phones_of, pronounce, read_dictionary
from parley_asr.language.words import ordinal, say_words, sentences, spoken

PHONES = set("AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH".split())  # noqa: SIM905
PHONES |= {"UW", "V", "W", "Y", "Z", "ZH"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Dr. Smith's office", "doctor smith's office"),
        ("from 8 am to 6:30 p.m.", "from eight a m to six thirty p m"),
        ("It costs $1,250.50", "it costs one thousand two hundred fifty dollars and fifty cents"),
        ("call 555-0142", "call five five five zero one four two"),
        ("May 23rd", "may twenty third"),
        ("100% sure", "one hundred percent sure"),
        ("Aetna & Cigna", "aetna and cigna"),
        ("at 14:05", "at two oh five"),
        ("2.5 hours", "two point five hours"),
        ("don’t", "don't"),
    ],
)
def test_text_becomes_spoken_words(written: str, said: str) -> None:
    assert " ".join(say_words(written)) == said


def test_numbers_are_said() -> None:
    assert [spoken(number) for number in (0, 13, 40, 99, 305, 12_034)] == [
        "zero",
        "thirteen",
        "forty",
        "ninety nine",
        "three hundred five",
        "twelve thousand thirty four",
    ]
    assert [ordinal(number) for number in (1, 12, 20, 23)] == ["first", "twelfth", "twentieth", "twenty third"]


def test_markdown_is_cut_into_sentences() -> None:
    said = [" ".join(words) for words in sentences("# Hours\n\nWe are open. *Always.* | Sunday | closed |")]
    assert said == ["hours", "we are open", "always", "sunday", "closed"]


def test_an_agents_words_are_in_its_sentences_and_the_same_each_time() -> None:
    speech = Speech(phrases=("book a visit",), knowledge=("Dr. Okafor is a pediatrician.",))
    said = sentences_of(speech)
    assert said == sentences_of(speech)
    assert said.count("book a visit") > said.count("doctor okafor is a pediatrician") > 0
    assert model.key_of(said) != model.key_of(sentences_of(Speech()))


def test_no_word_is_without_a_pronunciation() -> None:
    words = ["hello", "okafor", "xyzzy", "clinic's", "bcbs", "zwieback", "o'malley"]
    lines, guessed = pronounce(words, {"hello": ["HH AH L OW", "HH EH L OW"], "clinic": ["K L IH N IH K"]})
    said = {line.split()[0]: line.split()[1:] for line in lines}
    assert set(words) <= set(said)
    assert "hello(2)" in said
    assert guessed == 5
    assert all(phones and set(phones) <= PHONES for phones in said.values())


def test_guesses_come_close_to_the_dictionary() -> None:
    assert guess("saturday") == "S AE T ER D EY"
    assert phones_of("tʃˈɜːtʃ") == "CH ER CH"


def test_a_model_is_found_again_by_its_content(tmp_path: Path) -> None:
    said = ["hello there", "hello doctor okafor"]
    assert model.find(tmp_path, model.key_of(said)) is None
    built = model.build(tmp_path, said)
    assert (built.words, built.guessed) == (4, 1)
    found = model.find(tmp_path, model.key_of(said))
    assert found is not None
    assert found.dictionary == built.dictionary
    assert set(read_dictionary(built.dictionary)) == {"hello", "there", "doctor", "okafor"}
    assert "okafor" in built.language_model.with_name("model.lm").read_text()
    assert model.build(tmp_path, said) == found


def test_names_are_a_class_whose_words_stand_apart_from_those_of_the_text(tmp_path: Path) -> None:
    built = model.build(tmp_path, ["my name is [first] [last]", "on the first of may"])
    words = set(read_dictionary(built.dictionary))
    assert {"may", "maria/first", "james/first", "james/last"} <= words
    assert not words & {"[first]", "james"}
    classes = built.language_model.with_name("classes").read_text()
    assert "LMCLASS [first]" in classes
    assert str(built.language_model.with_name("model.lm").absolute()) in built.language_model.read_text()
