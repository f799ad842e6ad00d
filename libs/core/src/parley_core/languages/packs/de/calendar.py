"""German numbers, days and times. Templates are written without accents, as they are asked."""

import re

from parley_core.languages.phrases import MadeWhenAsked, listed, words
from parley_core.languages.value_words import Calendar, Numbers

_ONES = listed(
    """null, eins, zwei, drei, vier, fünf, sechs, sieben, acht, neun, zehn, elf, zwölf, dreizehn, vierzehn, fünfzehn,
    sechzehn, siebzehn, achtzehn, neunzehn"""
)
_TENS = listed("null, zehn, zwanzig, dreißig, vierzig, fünfzig, sechzig, siebzig, achtzig, neunzig")
_ARTICLES = words("ein eine einen einem einer")
_SPELLINGS = str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae", "ß": "ss"})


def below_hundred() -> dict[str, int]:
    found: dict[str, int] = {word: value for value, word in enumerate(_ONES)} | {"zwo": 2}
    for ten in range(2, 10):
        found[_TENS[ten]] = 10 * ten
        for value, word in [(1, "ein"), (2, "zwo"), *((value, _ONES[value]) for value in range(2, 10))]:
            found |= {f"{word}und{_TENS[ten]}": 10 * ten + value, f"{word} und {_TENS[ten]}": 10 * ten + value}
    return found


def _values() -> dict[str, int]:
    small = below_hundred()
    found = dict(small) | dict.fromkeys(_ARTICLES, 1)
    for hundred in range(1, 20):  # years are said in hundreds: "neunzehnhundert"
        for lead in {1: ("", "ein", "ein "), 10: ()}.get(hundred, (_ONES[hundred], f"{_ONES[hundred]} ")):
            for rest, value in [("", 0), *small.items()]:
                if value or not rest:
                    found |= {f"{lead}hundert{join}{rest}": 100 * hundred + value for join in ("", "und", " ", " und ")}
    return found | {word.translate(_SPELLINGS): value for word, value in found.items()}


_STEMS = {1: "erste", 3: "dritte", 7: "siebte", 8: "achte"} | {
    value: f"{word}te" for value, word in enumerate(_ONES) if value in (2, 4, 5, 6, *range(9, 20))
}
_STEMS |= {value: f"{word}ste" for word, value in below_hundred().items() if 20 <= value <= 31 and " " not in word}

NUMBERS = Numbers(
    ones=_ONES,
    tens=_TENS,
    hundred="hundert",
    thousand="tausend",
    glued=True,
    values=MadeWhenAsked(lambda: {" ".join(phrase.split()): value for phrase, value in _values().items()}),
    articles=_ARTICLES,
    ordinals={value: stem for value, stem in _STEMS.items()},
    ordinal_forms={f"{stem}{ending}": value for value, stem in _STEMS.items() for ending in ("", "r", "n", "s", "m")},
    figures={f"{lead}{word}": str(value) * times for lead, times in (("doppel", 2), ("dreifach", 3))
             for value, word in enumerate(_ONES[:10])},
    repeats={"doppel": 2, "doppelt": 2, "zweimal": 2, "zweimal die": 2, "zwei mal": 2, "zwei mal die": 2,
             "dreimal": 3, "dreimal die": 3, "drei mal": 3, "drei mal die": 3},
    plus=words("plus"),
    minus=words("minus"),
    point=words("komma punkt"),
    decimal_comma=True,
    and_half=listed("einhalb, und ein halb"),
    fillers=words("ah ahm hm und dann die das ist also ja ganz"),
    between=words(
        """strich bindestrich schragstrich leerzeichen vorwahl nummer telefon telefonnummer handy handynummer mobil
        mobilnummer"""
    ),
    extension=re.compile(
        r"\b(?:und |mit )?(?:der |die )?(?:durchwahl|nebenstelle|apparat)(?: nummer)?(?: ist)?(?: die)?\b"
    ),
    counts={"ein dutzend": "12", "ein halbes dutzend": "6", "anderthalb": "1.5"}
    | {f"{word}einhalb": f"{value}.5" for value, word in enumerate(("", "ein", *_ONES[2:10])) if value},
)  # fmt: skip

_ON = r"(?:(?:am|an dem|den|der|dem|zum|auf den|fur den|fur|vom|diesen|kommenden|am kommenden|den kommenden) )?"
_THE = r"(?:am|der|den|dem|zum|auf den|fur den)"
_MONTH = r"(?: (?P<this_month>(?:diesen|dieses) monats)| (?P<next_month>(?:nachsten|kommenden) monats))?(?! uhr)"
_NEXT_WEEK = r"(?P<next_week>(?:nachste|kommende)[rn]? woche)"
_AT_LEAST = r"(?:um|gegen|so um|so gegen|etwa um|ungefahr um|circa um|zirka um|schon um|erst um|auf) "
_AT = rf"(?:{_AT_LEAST})?"
_END = r"(?: (?:am |in der )?(?!morgen\b)<part>| am (?P<part_>morgen))?"

CALENDAR = Calendar(
    weekdays=listed("montag, dienstag, mittwoch, donnerstag, freitag, samstag, sonntag"),
    weekday_forms={"sonnabend": 5},
    months=listed("januar, februar, märz, april, mai, juni, juli, august, september, oktober, november, dezember"),
    month_forms={"jänner": 1, "feber": 2, "maerz": 3, "juno": 6, "julei": 7},
    named_days={"heute": 0, "morgen": 1, "übermorgen": 2, "uebermorgen": 2, "gestern": -1, "vorgestern": -2},
    day_parts={
        "früh": "morning", "morgen": "morning", "morgens": "morning", "vormittag": "morning", "vormittags": "morning",
        "mittag": "afternoon", "mittags": "afternoon", "nachmittag": "afternoon", "nachmittags": "afternoon",
        "abend": "evening", "abends": "evening", "nacht": "evening", "nachts": "evening",
    },
    part_hours={
        "früh": (4, 11), "morgen": (4, 11), "morgens": (4, 11), "vormittag": (7, 12), "vormittags": (7, 12),
        "mittag": (11, 14), "mittags": (11, 14), "nachmittag": (12, 18), "nachmittags": (12, 18),
        "abend": (17, 23), "abends": (17, 23), "nacht": (21, 5), "nachts": (21, 5),
    },
    units={"tag": 1, "tage": 1, "tagen": 1, "woche": 7, "wochen": 7, "monat": 0, "monate": 0, "monaten": 0},
    idioms={8: 7},
    choices={
        "erste": 0, "ersten": 0, "erster": 0, "erstes": 0, "frühere": 0, "früheren": 0, "zweite": 1, "zweiten": 1,
        "zweiter": 1, "zweites": 1, "dritte": 2, "dritten": 2, "dritter": 2, "letzte": -1, "letzten": -1,
        "spätere": -1, "späteren": -1,
    },
    counted=words("personen leute gaste mal person stunden stunde minuten minute erwachsene kinder vorschlag option"),
    templates=(
        rf"{_ON}(?:<weekday>(?: de[rnm])? )?<day> <month>(?: <year>)?",
        rf"{_ON}(?:<weekday>(?: de[rnm])? )?<ordinal> (?P<month_number>\d{{1,2}}th)(?: <year>)?",
        rf"{_ON}<weekday>(?: de[rnm])? <ordinal>{_MONTH}",
        rf"{_ON}<weekday> de[rnm] <day>{_MONTH}",
        rf"{_THE} <ordinal>{_MONTH}",
        rf"(?:am|den|zum) <day>{_MONTH}(?! (?:\d|vor|nach))",
        rf"{_ON}<weekday>",
        r"(?:(?:am|den|fur) )?(?P<next>nachsten) <weekday>",
        rf"{_ON}<weekday> (?:in )?(?:der )?{_NEXT_WEEK}",
        rf"{_NEXT_WEEK} (?:am )?<weekday>",
        r"diese woche (?:am )?<weekday>",
        rf"{_ON}<weekday> dieser woche",
        r"(?:am |den )?(?P<past>letzten|vergangenen) <weekday>",
        r"(?:fur |ab )?<named>(?: <weekday>)?",
        r"(?:<named> )?in <count> <unit>",
        rf"{_ON}<weekday> in <count> <unit>",
        rf"(?:in der )?{_NEXT_WEEK}",
        rf"{_ON}<weekday>(?: am)? <part>",
        r"<named>(?: am| in der)? <part>",
        r"(?:am|in der|zum) <part>",
        r"(?P<part>morgens|vormittags|nachmittags|abends)",
        rf"{_AT}<hour> uhr(?: (?:und )?<plus>)?(?: minuten)?{_END}",
        rf"{_AT_LEAST}<hour>{_END}(?! (?!01 )\d)",
        rf"{_AT_LEAST}<hour> (?P<plus>[1-5]\d){_END}",
        rf"{_AT}(?:(?P<m30>halb)|(?P<p15>viertel nach)|(?P<m15>viertel vor|dreiviertel)) <hour>(?: uhr)?{_END}",
        rf"{_AT}(?P<m45>viertel)(?P<unclear_time>) <hour>(?: uhr)?{_END}",
        rf"{_AT}(?P<plus>5|10|20|25)(?: minuten)? nach <hour>(?: uhr)?{_END}",
        rf"{_AT}(?P<minus>5|10|20|25)(?: minuten)? vor <hour>(?: uhr)?{_END}",
        rf"{_AT}(?:(?P<plus>5|10) nach|(?P<minus>5|10) vor) (?P<m30>halb) <hour>(?: uhr)?{_END}",
        rf"{_AT}<clock>(?: uhr)?{_END}",
        rf"{_AT}punkt <hour>(?: uhr)?{_END}",
        r"<hour> (?P<part>morgens|vormittags|mittags|nachmittags|abends|nachts|fruh)",
        r"(?:um )?(?P<midnight>mitternacht)",
    ),
)  # fmt: skip
