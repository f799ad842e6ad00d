"""Names out of an agent's texts, and nothing else."""

from parley_asr.language.corpus import Speech
from parley_asr.providers.whisper.hot_words import MAX_WORDS, hot_words

CLINIC = Speech(
    phrases=("do you accept blue cross insurance",),
    asks=("What day would you like?", "Riverside Family Clinic"),
    knowledge=(
        "Dr. Okafor sees children on Monday",
        "We accept Blue Cross and Aetna",
        "Blue Cross pays for most visits",
        "What day you come is up to you",
        "We are open when others are closed",
    ),
)


def test_names_are_found_most_frequent_first() -> None:
    found = hot_words(CLINIC, "en-US").split(", ")
    assert found[0] == "Blue Cross"
    assert {"Dr. Okafor", "Aetna", "Riverside Family Clinic"} <= set(found)


def test_everyday_words_and_days_are_left_out() -> None:
    words = hot_words(CLINIC, "en-US").replace(",", "").split()
    assert not {"What", "Monday", "We", "day"} & set(words)


def test_in_german_nouns_are_no_names() -> None:
    speech = Speech(knowledge=("Der Termin ist bei Anna Schmidt", "die Praxis ist offen", "der Arzt kommt um neun"))
    assert hot_words(speech, "de-DE") == "Anna Schmidt"


def test_the_list_is_bounded() -> None:
    speech = Speech(knowledge=tuple(f"we know Mister{chr(97 + at % 26)}{chr(97 + at // 26)} well" for at in range(200)))
    assert len(hot_words(speech, "en").split(", ")) == MAX_WORDS
    assert hot_words(Speech(), "en") == ""
