"""Money, yes and no, addresses, codes and birthdays with a known meaning, generated in three languages without the
readers' own tables; see `test_generated_phrases`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from parley_core.languages.phrases import listed
from parley_llm.providers.rule_based.spoken import say_number, say_ordinal

from . import german, spanish
from .phrases import Templates, say_whole

Say = Callable[[Random], tuple[str, object]]
KINDS = ("money", "yes_no", "address", "spelled", "membership", "date_of_birth")
LETTERS = "abcdefghijklmnprstuvwxyz"  # no "o": beside figures it may be a zero
WORDS = listed("kowalski, nguyen, smythe, okafor, lindqvist, brandt, marek, duarte, ibarra, weiss, hughes, vasquez")


@dataclass(frozen=True)
class Speech:
    """How a language says the parts."""

    number: Callable[[int], str]
    digit: Callable[[int], str]
    money: tuple[tuple[str, str, str], ...]  # the unit, the hundredth, the ISO code
    joins: tuple[str, ...]
    birthday: Callable[[date, Random], str]
    letter: Callable[[str, Random], str]
    address: Callable[[Random, "Speech"], tuple[str, str]]
    yes: tuple[str, ...]
    no: tuple[str, ...]
    sign: Callable[[int, int], str]  # an amount with a sign


def money(speech: Speech) -> Say:
    def say(rng: Random) -> tuple[str, object]:
        units = rng.choice([rng.randrange(2, 30), rng.randrange(30, 1000), rng.randrange(1000, 9000)])
        cents = rng.choice([0, 0, rng.randrange(10, 100), rng.randrange(10, 100), rng.randrange(2, 10)])
        unit, hundredth, code = rng.choice(speech.money)
        if rng.random() < 0.25:
            return speech.sign(units, cents), f"{units}.{cents:02d} {speech.money[0][2]}"
        said = f"{speech.number(units)} {unit}"
        if cents:
            join = rng.choice(["", *speech.joins])
            behind = hundredth if cents < 10 or rng.random() < 0.6 else ""
            said = " ".join(f"{said} {join} {speech.number(cents)} {behind}".split())
        return said, f"{units}.{cents:02d} {code}"

    return say


def yes_no(speech: Speech) -> Say:
    def say(rng: Random) -> tuple[str, object]:
        return (rng.choice(speech.yes), "yes") if rng.random() < 0.5 else (rng.choice(speech.no), "no")

    return say


def spelled(speech: Speech) -> Say:
    def say(rng: Random) -> tuple[str, object]:
        word = rng.choice(WORDS)
        said = " ".join(speech.letter(one, rng) for one in word)
        return (f"{word} {said}" if rng.random() < 0.2 else said), word.upper()

    return say


def membership(speech: Speech) -> Say:
    def say(rng: Random) -> tuple[str, object]:
        front = "".join(rng.choice(LETTERS) for _ in range(rng.choice([0, 1, 2])))
        figures = "".join(str(rng.randrange(10)) for _ in range(rng.choice([5, 6, 8])))
        code = f"{front}{figures}".upper()
        roll = rng.random()
        if roll < 0.2 and front:
            return rng.choice([code, f"{front.upper()}-{figures}", f"{front.upper()} {figures}"]), code
        said = [speech.letter(one, rng) for one in front]
        at = 0
        while at < len(figures):
            if roll > 0.7 and at + 1 < len(figures) and figures[at] not in "01" and figures[at + 1] != "0":
                said.append(speech.number(int(figures[at : at + 2])))
                at += 2
                continue
            said.append(speech.digit(int(figures[at])))
            at += 1
        return " ".join(said), code

    return say


def birthday(speech: Speech) -> Say:
    def say(rng: Random) -> tuple[str, object]:
        day = date(1932, 1, 1) + timedelta(days=rng.randrange(365 * 85))
        return speech.birthday(day, rng), day.isoformat()

    return say


def address(speech: Speech) -> Say:
    return lambda rng: speech.address(rng, speech)


def says(speech: Speech, templates: dict[str, tuple[Templates, ...]]) -> dict[str, tuple[Say, tuple[Templates, ...]]]:
    makers = {
        "money": money,
        "yes_no": yes_no,
        "address": address,
        "spelled": spelled,
        "membership": membership,
        "date_of_birth": birthday,
    }
    return {kind: (makers[kind](speech), templates[kind]) for kind in KINDS}


def _capitals(text: str) -> str:
    return " ".join(word[0].upper() + word[1:] for word in text.split())


# -- English ----------------------------------------------------------------------------------------------------------

_ALPHABET = {word[0]: word for word in listed(
    """alpha, bravo, charlie, delta, echo, foxtrot, golf, hotel, india, juliet, kilo, lima, mike, november, oscar, papa,
    quebec, romeo, sierra, tango, uniform, victor, whiskey, yankee, zulu"""
)}  # fmt: skip


def _english_letter(letter: str, rng: Random) -> str:
    roll = rng.random()
    if roll < 0.15 and letter in _ALPHABET:
        return f"{letter} as in {_ALPHABET[letter]}"
    return letter


def _english_birthday(day: date, rng: Random) -> str:
    month, ordinal = f"{day:%B}".lower(), say_ordinal(day.day)
    short = day.year % 100
    if day.year >= 2000:
        year = rng.choice([f"two thousand and {say_number(short)}" if short else "two thousand", str(day.year)])
    else:
        year = rng.choice(
            [f"nineteen {say_number(short) if short >= 10 else 'oh ' + say_number(short)}", str(day.year)]
        )
        if short >= 27:
            year = rng.choice([year, say_number(short)])
    ways = [f"{month} {ordinal} {year}", f"the {ordinal} of {month} {year}", f"{ordinal} of {month}, {year}"]
    if day.day > 12:
        ways += [f"{day.month}/{day.day}/{day.year}", f"{day.day}/{day.month}/{day.year}"]
    return rng.choice([*ways, day.isoformat()])


def _english_address(rng: Random, speech: Speech) -> tuple[str, str]:
    number = rng.choice([rng.randrange(1, 100), rng.randrange(100, 1000), rng.randrange(1000, 9999)])
    name = rng.choice(listed("main, elm, washington, fifth, old mill, saint james, sunset, martin luther king"))
    kind = rng.choice(listed("street, avenue, road, lane, court, boulevard, drive"))
    town = rng.choice(listed("springfield, new york, san jose, boston, portland oregon"))
    code = f"{rng.randrange(10000, 99999)}"
    written = rng.random() < 0.4
    digits = " ".join(speech.digit(int(one)) for one in str(number))
    house = str(number) if written else rng.choice([say_whole(number, joined=True), digits])
    postal = code if written else " ".join(speech.digit(int(one)) for one in code)
    comma = "," if rng.random() < 0.5 else ""
    with_code = rng.random() < 0.5
    said = f"{house} {name} {kind}{comma} {town}{' ' + postal if with_code else ''}"
    return (
        said,
        f"{number} {_capitals(name)} {_capitals(kind)}{comma} {_capitals(town)}{' ' + code if with_code else ''}",
    )


ENGLISH = Speech(
    number=lambda value: say_whole(value, joined=False) if value else "zero",
    digit=lambda value: say_number(value),
    money=(("dollars", "cents", "USD"), ("euros", "cents", "EUR"), ("pounds", "pence", "GBP")),
    joins=("and",),
    birthday=_english_birthday,
    letter=_english_letter,
    address=_english_address,
    yes=("yes", "yes please", "yeah", "sure", "that's right", "yes i do", "of course", "absolutely", "yep", "i do"),
    no=("no", "no thanks", "nope", "not really", "no i don't", "no thank you", "i don't", "certainly not"),
    sign=lambda units, cents: f"${units:,}.{cents:02d}" if cents else f"${units:,}",
)


# -- Spanish ----------------------------------------------------------------------------------------------------------

_SPANISH_LETTERS = {"b": "be", "c": "ce", "f": "efe", "g": "ge", "h": "hache", "j": "jota", "k": "ka", "l": "ele",
                    "m": "eme", "n": "ene", "p": "pe", "q": "cu", "r": "erre", "s": "ese", "t": "te", "v": "uve",
                    "w": "uve doble", "x": "equis", "y": "i griega", "z": "zeta", "d": "de"}  # fmt: skip


def _spanish_birthday(day: date, rng: Random) -> str:
    number = "uno" if day.day == 1 else spanish.say(day.day)
    month = spanish.MONTHS[day.month - 1]
    year = rng.choice([spanish.say(day.year), str(day.year)])
    ways = [
        f"el {number} de {month} de {year}",
        f"{number} de {month} del {year}",
        f"el {day.day} de {month} de {year}",
    ]
    return rng.choice([*ways, f"{day:%d/%m/%Y}", f"{day.day}-{day.month}-{day.year}"])


def _spanish_address(rng: Random, speech: Speech) -> tuple[str, str]:
    kind = rng.choice(listed("calle, avenida, plaza, paseo"))
    name = rng.choice(listed("mayor, de américa, san juan, del prado, cervantes, de la constitución"))
    number, code = rng.randrange(1, 300), f"{rng.randrange(10000, 52999)}"
    town = rng.choice(listed("madrid, san sebastián, sevilla, las palmas"))
    written = rng.random() < 0.5
    house = str(number) if written else speech.number(number)
    postal = code if written else " ".join(speech.digit(int(one)) for one in code)
    with_code = rng.random() < 0.4
    said = f"{kind} {name} {house},{' ' + postal if with_code else ''} {town}"
    return said, f"{_capitals(kind)} {_capitals(name)} {number},{' ' + code if with_code else ''} {_capitals(town)}"


SPANISH = Speech(
    number=spanish.say,
    digit=spanish.say,
    money=(("euros", "céntimos", "EUR"), ("dólares", "centavos", "USD"), ("pesos", "centavos", "MXN")),
    joins=("con",),
    birthday=_spanish_birthday,
    letter=lambda letter, rng: letter if rng.random() < 0.5 else _SPANISH_LETTERS.get(letter, letter),
    address=_spanish_address,
    yes=("sí", "sí, por favor", "claro", "por supuesto", "claro que sí", "así es", "vale", "desde luego"),
    no=("no", "no, gracias", "para nada", "claro que no", "nunca", "mejor no", "de ninguna manera"),
    sign=lambda units, cents: f"{units},{cents:02d} €" if cents else f"{units} €",
)


# -- German -----------------------------------------------------------------------------------------------------------

_GERMAN_LETTERS = {"b": "be", "c": "ce", "d": "de", "f": "ef", "g": "ge", "h": "ha", "j": "jot", "k": "ka", "l": "el",
                   "m": "em", "n": "en", "p": "pe", "q": "ku", "r": "er", "s": "es", "t": "te", "v": "vau", "w": "we",
                   "x": "ix", "y": "ypsilon", "z": "zett"}  # fmt: skip


def _german_year(year: int) -> str:
    century, short = divmod(year, 100)
    if year >= 2000:
        return "zweitausend" + (german.say(short) if short else "")
    return f"{german.say(century)}hundert" + (german.say(short) if short else "")


def _german_birthday(day: date, rng: Random) -> str:
    ordinal, month = german.ordinal(day.day, ""), german.MONTHS[day.month - 1]
    year = rng.choice([_german_year(day.year), str(day.year)])
    ways = [f"am {ordinal}n {month} {year}", f"der {ordinal} {month} {year}", f"{day.day}. {month} {day.year}"]
    return rng.choice([*ways, f"{day:%d.%m.%Y}", f"{day.day}.{day.month}.{day.year}"])


def _german_address(rng: Random, speech: Speech) -> tuple[str, str]:
    street = rng.choice(listed("hauptstraße, lindenweg, am alten markt, kaiserallee, lange gasse, schillerplatz"))
    number, code = rng.randrange(1, 200), f"{rng.randrange(10000, 99999)}"
    town = rng.choice(listed("berlin, bad homburg, köln, frankfurt am main"))
    written = rng.random() < 0.5
    house = str(number) if written else speech.number(number)
    postal = code if written else " ".join(speech.digit(int(one)) for one in code)
    with_code = rng.random() < 0.5
    said = f"{street} {house},{' ' + postal if with_code else ''} {town}"
    return said, f"{_capitals(street)} {number},{' ' + code if with_code else ''} {_capitals(town)}"


GERMAN = Speech(
    number=german.say,
    digit=german.say,
    money=(("euro", "cent", "EUR"), ("franken", "rappen", "CHF"), ("dollar", "cent", "USD")),
    joins=("und",),
    birthday=_german_birthday,
    letter=lambda letter, rng: letter if rng.random() < 0.5 else _GERMAN_LETTERS.get(letter, letter),
    address=_german_address,
    yes=(
        "ja",
        "ja bitte",
        "ja, gerne",
        "natürlich",
        "klar",
        "auf jeden fall",
        "das stimmt",
        "genau",
        "selbstverständlich",
    ),
    no=("nein", "nein danke", "nee", "auf keinen fall", "lieber nicht", "natürlich nicht", "überhaupt nicht"),
    sign=lambda units, cents: f"{units},{cents:02d} €" if cents else f"{units} €",
)
