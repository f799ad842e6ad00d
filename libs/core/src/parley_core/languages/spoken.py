"""How written figures are read out in each language: dates, clock times, money, addresses, abbreviations.

`parley_tts.text` reads texts out with these; numbers themselves are left to the speech engine, which knows them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from parley_core.languages.phrases import listed
from parley_core.languages.registry import primary

Money = tuple[str, str, str, str]  # one, several; of the hundredth: one, several


def _mapping(text: str) -> dict[str, str]:
    """ "a: b | c: d" as a mapping; the abbreviations of a language."""
    return {left.strip(): right.strip() for left, _, right in (part.partition(":") for part in text.split("|"))}


def _plain_day(day: int, before: str) -> str:
    return str(day)


def _plain_clock(hour: int, minute: int, half_day: bool) -> str:
    return f"{hour} {minute:02d}" if minute else str(hour)


@dataclass(frozen=True, slots=True)
class SpokenForms:
    months: tuple[str, ...] = ()
    day_first: bool = True  # 11/12/2026 is the eleventh
    date: str = "{day} {month} {year}"
    day: Callable[[int, str], str] = _plain_day  # a day of a month, behind this word
    dates_behind: frozenset[str] = frozenset()  # behind these words "11/25" is a date
    clock: Callable[[int, int, bool], str] = _plain_clock  # hour, minute, whether a half of the day follows
    hour_word: str = ""  # follows a clock time, and is said with it
    half_days: Mapping[str, str] = field(default_factory=dict)  # "a", "p"; without: the letters
    money: Mapping[str, Money] = field(default_factory=dict)  # by symbol and by code
    money_and: str = " "
    decimal_comma: bool = True
    to: str = ""  # between the ends of a range
    percent: str = ""
    number: str = ""  # "#4"
    symbols: Mapping[str, str] = field(default_factory=dict)  # within addresses
    words: Mapping[str, str] = field(default_factory=dict)  # whole tokens, in lower case
    before_names: Mapping[str, str] = field(default_factory=dict)  # those that mean something else before a name
    days: Mapping[str, str] = field(default_factory=dict)  # abbreviations of weekdays
    units: Mapping[str, str] = field(default_factory=dict)  # behind a number


def _english_day(day: int, before: str) -> str:
    suffix = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _english_clock(hour: int, minute: int, half_day: bool) -> str:
    if minute:
        return f"{hour} oh {minute}" if minute < 10 else f"{hour} {minute}"
    if half_day:
        return str(hour)
    return f"{hour} hundred" if hour > 12 or hour == 0 else f"{hour} o'clock"


_GERMAN_DAYS = listed(
    "ersten, zweiten, dritten, vierten, fünften, sechsten, siebten, achten, neunten, zehnten, elften, zwölften"
)
_GERMAN_TEENS = listed("drei, vier, fünf, sech, sieb, acht, neun")
_GERMAN_ONES = ("", *listed("einund, zweiund, dreiund, vierund, fünfund, sechsund, siebenund, achtund, neunund"))
_GERMAN_OBLIQUE = frozenset(["am", "vom", "zum", "bis", "den", "dem", "ab", "seit", "im"])


def _german_day(day: int, before: str) -> str:
    if day <= 12:
        said = _GERMAN_DAYS[day - 1]
    elif day < 20:
        said = f"{_GERMAN_TEENS[day - 13]}{'s' if day == 16 else ''}zehnten".replace("sechszehn", "sechzehn")
    else:
        said = f"{_GERMAN_ONES[day % 10]}{'zwanzig' if day < 30 else 'dreißig'}sten"
    return (
        said if before in _GERMAN_OBLIQUE else said.removesuffix("n") + ("" if before in ("der", "die", "das") else "r")
    )


_ENGLISH = SpokenForms(
    months=listed("January, February, March, April, May, June, July, August, September, October, November, December"),
    day_first=False,
    date="{month} {day}, {year}",
    day=_english_day,
    dates_behind=frozenset(listed("on, by, until, till, from, to, before, after, since, and, or, through")),
    clock=_english_clock,
    money={
        "$": ("dollar", "dollars", "cent", "cents"),
        "€": ("euro", "euros", "cent", "cents"),
        "£": ("pound", "pounds", "penny", "pence"),
        "usd": ("dollar", "dollars", "cent", "cents"),
        "eur": ("euro", "euros", "cent", "cents"),
        "gbp": ("pound", "pounds", "penny", "pence"),
    },
    money_and=" and ",
    decimal_comma=False,
    to="to",
    percent="percent",
    number="number",
    symbols={".": "dot", "@": "at", "-": "dash", "_": "underscore", "+": "plus", "/": "slash"},
    words=_mapping(
        """
        mr.: mister | mrs.: missus | ms.: miz | dr.: drive. | st.: street. | ft.: feet | prof.: professor |
        e.g.: for example | i.e.: that is | etc.: et cetera | vs.: versus | approx.: approximately |
        appt.: appointment | ave.: avenue | blvd.: boulevard | rd.: road | apt.: apartment | ext.: extension |
        dept.: department | no.: number | &: and | +: plus | =: equals | @: at | 24/7: 24 7 | w/: with |
        w/o: without | jr.: junior
        """
    ),
    before_names={"dr.": "doctor", "st.": "saint", "mt.": "mount", "ft.": "fort"},
    days=_mapping(
        """
        mon: Monday | tue: Tuesday | tues: Tuesday | wed: Wednesday | thu: Thursday | thur: Thursday |
        thurs: Thursday | fri: Friday | sat: Saturday | sun: Sunday
        """
    ),
    units=_mapping(
        """
        km: kilometers | mi: miles | kg: kilograms | lb: pounds | lbs: pounds | oz: ounces | cm: centimeters |
        mm: millimeters | ft: feet | min: minutes | mins: minutes | hr: hours | hrs: hours | sec: seconds |
        mph: miles per hour
        """
    ),
)

_GERMAN = SpokenForms(
    months=listed("Januar, Februar, März, April, Mai, Juni, Juli, August, September, Oktober, November, Dezember"),
    date="{day} {month} {year}",
    day=_german_day,
    dates_behind=frozenset(["am", "vom", "zum", "bis", "den", "dem", "ab", "seit"]),
    clock=lambda hour, minute, half_day: f"{hour} Uhr {minute}" if minute else f"{hour} Uhr",
    hour_word="uhr",
    money={
        "€": ("Euro", "Euro", "Cent", "Cent"),
        "eur": ("Euro", "Euro", "Cent", "Cent"),
        "$": ("Dollar", "Dollar", "Cent", "Cent"),
        "£": ("Pfund", "Pfund", "Penny", "Pence"),
        "chf": ("Franken", "Franken", "Rappen", "Rappen"),
    },
    to="bis",
    percent="Prozent",
    number="Nummer",
    symbols={".": "Punkt", "@": "ät", "-": "Bindestrich", "_": "Unterstrich", "+": "plus", "/": "Schrägstrich"},
    words=_mapping(
        """
        z.b.: zum Beispiel | d.h.: das heißt | usw.: und so weiter | bzw.: beziehungsweise | ca.: circa |
        dr.: Doktor | prof.: Professor | str.: Straße | nr.: Nummer | tel.: Telefon | evtl.: eventuell |
        ggf.: gegebenenfalls | inkl.: inklusive | zzgl.: zuzüglich | hr.: Herr | fr.: Frau | &: und |
        +: plus | =: gleich
        """
    ),
    days=_mapping(
        """
        mo: Montag | di: Dienstag | mi: Mittwoch | do: Donnerstag | fr: Freitag | sa: Samstag | so: Sonntag
        """
    ),
    units=_mapping(
        """
        km: Kilometer | kg: Kilogramm | cm: Zentimeter | mm: Millimeter | min: Minuten | std: Stunden |
        h: Stunden
        """
    ),
)

_SPANISH = SpokenForms(
    months=listed(
        "enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre"
    ),
    date="{day} de {month} de {year}",
    day=lambda day, before: "primero" if day == 1 else str(day),
    dates_behind=frozenset(["el", "del", "al", "hasta", "desde"]),
    clock=lambda hour, minute, half_day: f"{hour} y {minute}" if minute else str(hour),
    hour_word="h",
    half_days={"a": "de la mañana", "p": "de la tarde"},
    money={
        "$": ("dólar", "dólares", "centavo", "centavos"),
        "€": ("euro", "euros", "céntimo", "céntimos"),
        "eur": ("euro", "euros", "céntimo", "céntimos"),
        "usd": ("dólar", "dólares", "centavo", "centavos"),
        "£": ("libra", "libras", "penique", "peniques"),
    },
    money_and=" con ",
    to="a",
    percent="por ciento",
    number="número",
    symbols={".": "punto", "@": "arroba", "-": "guion", "_": "guion bajo", "+": "más", "/": "barra"},
    words=_mapping(
        """
        sr.: señor | sra.: señora | srta.: señorita | dr.: doctor | dra.: doctora | ud.: usted |
        uds.: ustedes | av.: avenida | avda.: avenida | c/: calle | núm.: número | nº: número |
        p.ej.: por ejemplo | etc.: etcétera | tel.: teléfono | aprox.: aproximadamente | &: y | +: más |
        =: igual a
        """
    ),
    days=_mapping(
        """
        lun: lunes | mar: martes | mié: miércoles | jue: jueves | vie: viernes | sáb: sábado | dom: domingo
        """
    ),
    units=_mapping("km: kilómetros | kg: kilos | cm: centímetros | min: minutos"),
)

_FRENCH = SpokenForms(
    months=listed("janvier, février, mars, avril, mai, juin, juillet, août, septembre, octobre, novembre, décembre"),
    day=lambda day, before: "premier" if day == 1 else str(day),
    dates_behind=frozenset(["le", "du", "au", "jusqu'au", "dès"]),
    clock=lambda hour, minute, half_day: f"{hour} heures {minute}" if minute else f"{hour} heures",
    hour_word="heures",
    money={
        "€": ("euro", "euros", "centime", "centimes"),
        "eur": ("euro", "euros", "centime", "centimes"),
        "$": ("dollar", "dollars", "cent", "cents"),
        "£": ("livre", "livres", "penny", "pence"),
    },
    to="à",
    percent="pour cent",
    number="numéro",
    symbols={".": "point", "@": "arobase", "-": "tiret", "_": "tiret bas", "+": "plus", "/": "barre oblique"},
    words=_mapping(
        """
        m.: monsieur | mme: madame | mlle: mademoiselle | dr: docteur | dr.: docteur | av.: avenue |
        bd: boulevard | n°: numéro | p.ex.: par exemple | etc.: et cetera | tél.: téléphone | &: et |
        +: plus | =: égale
        """
    ),
    days=_mapping(
        """
        lun: lundi | mar: mardi | mer: mercredi | jeu: jeudi | ven: vendredi | sam: samedi | dim: dimanche
        """
    ),
    units=_mapping("km: kilomètres | kg: kilos | cm: centimètres | min: minutes"),
)

_ITALIAN = SpokenForms(
    months=tuple(
        [
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ]
    ),
    day=lambda day, before: "primo" if day == 1 else str(day),
    dates_behind=frozenset(["il", "del", "dal", "al", "entro"]),
    clock=lambda hour, minute, half_day: f"{hour} e {minute}" if minute else str(hour),
    money={"€": ("euro", "euro", "centesimo", "centesimi"), "$": ("dollaro", "dollari", "centesimo", "centesimi")},
    money_and=" e ",
    to="a",
    percent="per cento",
    number="numero",
    symbols={".": "punto", "@": "chiocciola", "-": "trattino", "_": "trattino basso", "+": "più", "/": "barra"},
    words=_mapping(
        """
        sig.: signor | sig.ra: signora | dott.: dottor | dott.ssa: dottoressa | dr.: dottor | n.: numero |
        ecc.: eccetera | tel.: telefono | &: e
        """
    ),
)

_PORTUGUESE = SpokenForms(
    months=listed(
        "janeiro, fevereiro, março, abril, maio, junho, julho, agosto, setembro, outubro, novembro, dezembro"
    ),
    date="{day} de {month} de {year}",
    day=lambda day, before: "primeiro" if day == 1 else str(day),
    dates_behind=frozenset(["dia", "no", "do", "até", "de"]),
    clock=lambda hour, minute, half_day: f"{hour} e {minute}" if minute else f"{hour} horas",
    hour_word="horas",
    money={
        "€": ("euro", "euros", "cêntimo", "cêntimos"),
        "$": ("dólar", "dólares", "centavo", "centavos"),
        "r$": ("real", "reais", "centavo", "centavos"),
    },
    money_and=" e ",
    to="a",
    percent="por cento",
    number="número",
    symbols={".": "ponto", "@": "arroba", "-": "hífen", "_": "sublinhado", "+": "mais", "/": "barra"},
    words=_mapping(
        """
        sr.: senhor | sra.: senhora | dr.: doutor | dra.: doutora | av.: avenida | nº: número |
        etc.: et cetera | &: e
        """
    ),
)

_DUTCH = SpokenForms(
    months=listed("januari, februari, maart, april, mei, juni, juli, augustus, september, oktober, november, december"),
    dates_behind=frozenset(["op", "van", "tot", "vanaf", "sinds"]),
    clock=lambda hour, minute, half_day: f"{hour} uur {minute}" if minute else f"{hour} uur",
    hour_word="uur",
    money={"€": ("euro", "euro", "cent", "cent"), "$": ("dollar", "dollar", "cent", "cent")},
    to="tot",
    percent="procent",
    number="nummer",
    symbols={".": "punt", "@": "at", "-": "streepje", "_": "laag streepje", "+": "plus", "/": "schuine streep"},
    words=_mapping(
        """
        dhr.: de heer | mevr.: mevrouw | dr.: dokter | bijv.: bijvoorbeeld | enz.: enzovoort | nr.: nummer |
        &: en
        """
    ),
)

_FORMS = {
    "en": _ENGLISH,
    "de": _GERMAN,
    "es": _SPANISH,
    "fr": _FRENCH,
    "it": _ITALIAN,
    "pt": _PORTUGUESE,
    "nl": _DUTCH,
}
_DAY_FIRST_ENGLISH = frozenset(["gb", "au", "nz", "ie", "in", "za"])


def spoken_forms(language: str) -> SpokenForms:
    """Those of a BCP 47 tag ("": English). A language without any gets empty ones: nothing of it is rewritten."""
    return _FORMS.get(primary(language or "en"), SpokenForms())


def day_first(language: str) -> bool:
    """Whether 3/4/2026 is the third of April."""
    _, _, region = language.lower().partition("-")
    return spoken_forms(language).day_first or region in _DAY_FIRST_ENGLISH
