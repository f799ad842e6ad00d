import pytest
from parley_rag import words


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("are you open on saturday", {5}),
        ("Monday to Friday", {0, 1, 2, 3, 4}),
        ("from Friday through Monday", {4, 5, 6, 0}),
        ("on weekdays", {0, 1, 2, 3, 4}),
        ("the weekend", {5, 6}),
        ("Mondays and Thursday's", {0, 3}),
        ("the sun sat down", set()),
    ],
)
def test_days_are_read_as_names_ranges_and_groups(text: str, days: set[int]) -> None:
    assert words.read(text).days == days


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("within 24 hours", {24}),
        ("twenty four River Street", {24}),
        ("one hundred and twenty dollars", {120}),
        ("three hundred dollars", {300}),
        ("at ten thirty", {10, 30}),
        ("which one", set()),
    ],
)
def test_numbers_are_read_from_digits_and_words(text: str, numbers: set[int]) -> None:
    assert words.read(text).numbers == numbers


def test_names_are_what_is_only_ever_written_with_a_capital() -> None:
    names = words.names_of(["We accept Aetna and Blue Cross.", "Doctor Chen is here on Monday.", "The sky is blue."])
    assert names == {"aetna", "cross", "chen"}
    assert words.read("do you take aetna's plan", names).names == {"aetna"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("parking", "park"),
        ("children", "kids"),
        ("prices", "cost"),
        ("cancelled", "canceling"),
        ("appointments", "visit"),
        ("insurance", "insurances"),
        ("vaccinations", "vaccine"),
        ("dr", "doctors"),
        ("closed", "open"),
        ("located", "address"),
    ],
)
def test_words_that_ask_for_the_same_meet(one: str, other: str) -> None:
    assert words.stem(one) == words.stem(other)


def test_neighbours_make_the_word_that_a_recogniser_split() -> None:
    assert ("wheel", "chair", "wheelchair") in words.read("wheel chair").pairs


def test_how_much_asks_for_a_price() -> None:
    assert words.stem("costs") in words.read("how much is it").stems


def test_open_questions_are_told_from_others() -> None:
    assert words.read("um so which plans do you take").open
    assert not words.read("do you take aetna").open


def test_denials_are_seen() -> None:
    assert words.read("We don't").denies
    assert words.read("We do not").denies
    assert not words.read("We do").denies
