"""Spanish numbers, days and times. Templates are written without accents, as they are asked."""

import re

from parley_core.languages.phrases import listed, words
from parley_core.languages.value_words import Calendar, Numbers

_SMALL = listed(
    """cero, uno, dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, once, doce, trece, catorce, quince,
    dieciséis, diecisiete, dieciocho, diecinueve, veinte, veintiuno, veintidós, veintitrés, veinticuatro,
    veinticinco, veintiséis, veintisiete, veintiocho, veintinueve"""
)
_TENS = listed("cero, diez, veinte, treinta, cuarenta, cincuenta, sesenta, setenta, ochenta, noventa")
_HUNDREDS = listed(
    "ciento, doscientos, trescientos, cuatrocientos, quinientos, seiscientos, setecientos, ochocientos, novecientos"
)
_ONE = {"un": 1, "una": 1, "uno": 1}


def _values() -> dict[str, int]:
    below: dict[str, int] = (
        {word: value for value, word in enumerate(_SMALL)} | _ONE | {"veintiún": 21, "veintiuna": 21}
    )
    for ten in range(3, 10):
        below[_TENS[ten]] = 10 * ten
        below |= {f"{_TENS[ten]} y {word}": 10 * ten + value for word, value in below.items() if 1 <= value <= 9}
    found = dict(below) | {"cien": 100, "ciento": 100}
    for hundred, word in enumerate(_HUNDREDS, start=1):
        for form in {word, word.replace("os", "as")} - {"cientas"}:
            found |= {form: 100 * hundred} | {f"{form} {small}": 100 * hundred + value
                                              for small, value in below.items() if value}  # fmt: skip
    return found


NUMBERS = Numbers(
    ones=_SMALL[:20],
    tens=_TENS,
    hundred="cien",
    thousand="mil",
    values=_values(),
    articles=words("un una"),
    ordinals={1: "primero"},
    ordinal_forms={"primero": 1, "primer": 1},
    ordinal_figure=re.compile(r"(\d{1,2})(?:º|°|o|ro|er)"),
    figures={word: str(value) for value, word in enumerate(_SMALL[:10])} | {"un": "1", "una": "1"},
    plus=words("mas plus"),
    minus=words("negativo"),
    point=words("coma punto"),
    decimal_comma=True,
    and_half=listed("y medio, y media"),
    repeats={"doble": 2, "triple": 3, "dos veces": 2, "tres veces": 3},
    fillers=words("eh em mmm y luego despues el es la pues con"),
    between=words("guion espacio prefijo numero telefono movil celular fijo tel raya"),
    extension=re.compile(r"\b(?:y (?:la )?|con )?(?:extension|ext|interno|anexo)(?: numero)?(?: es)?(?: la)?\b"),
    counts={"una docena": "12", "media docena": "6", "un par": "2", "un par de": "2", "una pareja": "2"},
)

# What follows a number says that it is no day of the month.
_NO_DAY = r"(?! (?:de la (?:manana|tarde|noche|madrugada)|y |menos |am\b|pm\b|horas|en punto|del mediodia))"
_MONTH = r"(?: (?P<this_month>de este mes)| (?P<next_month>del? (?:mes que viene|proximo mes|mes proximo)))?"
_NEXT_WEEK = r"(?P<next_week>semana que viene|proxima semana|semana proxima|semana entrante)"
_AT = r"(?:(?:a|sobre|hacia|para|como a|como|a eso de|alrededor de|tipo) )?las? "
_END = r"(?:(?: en punto| horas?)?(?: (?:de|por|en|a) la <part>| del <part>)?|(?: (?P<half>am|pm))?)"

CALENDAR = Calendar(
    weekdays=listed("lunes, martes, miércoles, jueves, viernes, sábado, domingo"),
    weekday_forms={"lun": 0, "mie": 2, "jue": 3, "vie": 4, "sab": 5, "dom": 6},
    months=listed(
        "enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre"
    ),
    month_forms={"setiembre": 9},
    named_days={"hoy": 0, "mañana": 1, "pasado mañana": 2, "ayer": -1, "anteayer": -2, "antes de ayer": -2},
    day_parts={
        "mañana": "morning", "madrugada": "morning", "mediodía": "afternoon", "tarde": "afternoon", "noche": "evening",
    },
    part_hours={"mañana": (1, 12), "madrugada": (0, 6), "mediodía": (12, 15), "tarde": (12, 21), "noche": (19, 23)},
    noon=words("mediodía"),
    units={"día": 1, "días": 1, "semana": 7, "semanas": 7, "mes": 0, "meses": 0},
    idioms={8: 7, 15: 14},
    choices={
        "primero": 0, "primera": 0, "primer": 0, "segundo": 1, "segunda": 1, "tercero": 2, "tercera": 2, "tercer": 2,
        "cuarto": 3, "cuarta": 3, "último": -1, "última": -1,
    },
    counted=words("personas persona comensales adultos niños opción hueco hora horas minutos minuto de veces y"),
    templates=(
        r"(?:(?:para )?(?:el|este) )?(?:<weekday> )?(?:el )?(?:dia )?<day>(?: del?| del mes de)? <month>"
        r"(?: del?(?: ano)? <year>| <year>)?",
        rf"(?:(?:para )?(?:el|este) )?<weekday>(?: el)?(?: dia)? <day>{_NO_DAY}{_MONTH}",
        rf"(?:para )?(?:el |el dia |dia )<day>{_NO_DAY}{_MONTH}",
        r"(?:(?:para )?(?:el|(?P<this>este)) )?<weekday>(?: (?:que viene|proximo|de esta semana))?",
        r"(?:(?:para )?(?:el|este) )?proximo <weekday>",
        rf"(?:(?:para )?el )?<weekday> (?:de )?(?:la )?{_NEXT_WEEK}",
        r"(?:el )?<weekday> (?P<past>pasado)",
        r"el (?P<past>pasado) <weekday>",
        r"<named>(?: (?:el )?<weekday>)?",
        r"(?:el )?<weekday> <named>",
        r"(?:(?:dentro de|en|de aqui a) )<count> <unit>",
        r"(?:de )?<named> en <count> <unit>",
        r"<count> <unit> (?:a partir|a contar|contando) (?:de|desde) <named>",
        r"(?:el )?<weekday> (?P<unclear>dentro de|en) <count> <unit>",
        rf"(?:para )?(?:la )?{_NEXT_WEEK}",
        rf"{_AT}<hour>{_END}",
        rf"{_AT}<hour> (?:(?P<p30>y media)|(?P<p15>y cuarto)|(?P<m15>menos cuarto)|y <plus>(?: minutos)?|"
        rf"menos <minus>(?: minutos)?){_END}",
        rf"{_AT}<hour> (?P<plus>[1-5]\d){_END}",
        rf"{_AT}<hour> (?:con|cero) <plus>{_END}",
        rf"(?:{_AT})?<clock>(?: h)?{_END}",
        r"(?P<hour>1[3-9]|2[0-3]) horas(?: y <plus>)?",
        rf"<hour> (?:(?P<p30>y media)|(?P<p15>y cuarto)|(?P<m15>menos cuarto)|menos <minus>){_END}",
        r"<hour> (?:en punto|(?:en punto )?de la <part>|(?P<half>am|pm))",
        r"(?:al |a |el )?<noon>",
        r"(?:a )?(?:la )?(?P<midnight>medianoche)",
        r"(?:por|en|de|a) la <part>",
        r"(?P<today>esta) <part>",
    ),
)  # fmt: skip
