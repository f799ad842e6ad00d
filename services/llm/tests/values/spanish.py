"""Spanish phrases with a known meaning, generated without the grammar's own tables; see `test_generated_phrases`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from parley_core.languages.phrases import listed

from .phrases import Templates

ASKS = {"datetime": "¿Qué día y a qué hora le viene bien?"}
CHOICES: list[str] = []
FILLERS = ("eh", "em", "mmm")
WEEKDAYS = listed("lunes, martes, miércoles, jueves, viernes, sábado, domingo")
MONTHS = listed("enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre")
_TO_29 = listed(
    """cero, uno, dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, once, doce, trece, catorce, quince,
    dieciséis, diecisiete, dieciocho, diecinueve, veinte, veintiuno, veintidós, veintitrés, veinticuatro,
    veinticinco, veintiséis, veintisiete, veintiocho, veintinueve"""
)
_TENS = {3: "treinta", 4: "cuarenta", 5: "cincuenta", 6: "sesenta", 7: "setenta", 8: "ochenta", 9: "noventa"}
_HUNDREDS = {1: "ciento", 5: "quinientos", 7: "setecientos", 9: "novecientos"}


def say(number: int) -> str:
    if number < 30:
        return _TO_29[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f" y {_TO_29[ones]}" if ones else "")
    if number == 100:
        return "cien"
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_HUNDREDS.get(hundreds, _TO_29[hundreds] + 'cientos')}{' ' + say(rest) if rest else ''}"
    thousands, rest = divmod(number, 1000)
    return f"{say(thousands) + ' ' if thousands > 1 else ''}mil{' ' + say(rest) if rest else ''}"


@dataclass(frozen=True)
class Moments:
    """Days and times relative to a moment."""

    now: datetime

    def __call__(self, rng: Random) -> tuple[str, tuple[date, time]]:
        ahead = rng.choice([1, 2, 3, 4, 5, 6, 7, 9, 12, 14, 20, 21, 28, 35, 60, 150, 400])
        day = self.now.date() + timedelta(days=ahead)
        at = time(rng.randrange(7, 19), rng.choice([0, 0, 0, 15, 30, 45, 10, 5, 25, 40]))
        said_day, said_at = rng.choice(self.days(day)), rng.choice(self.times(at))
        return (f"{said_day} {said_at}" if rng.random() < 0.75 else f"{said_at} {said_day}"), (day, at)

    def days(self, day: date) -> list[str]:
        ahead = (day - self.now.date()).days
        number = "uno" if day.day == 1 else say(day.day)
        month, weekday = MONTHS[day.month - 1], WEEKDAYS[day.weekday()]
        ways = [
            f"el {number} de {month} de {day.year}",
            f"el {day.day} de {month} del {say(day.year)}",
            f"el {day:%d/%m/%Y}",
        ]
        if ahead < 360:
            ways += [f"el {number} de {month}", f"el {weekday} {number} de {month}", f"el {day.day} de {month}"]
            ways += [f"el día {number} de {month}", f"el {weekday} {day.day} de {month}"]
        if day.day == 1 and ahead < 360:
            ways += [f"el primero de {month}"]
        if ahead <= 7:
            ways += [f"el {weekday}", f"el {weekday} que viene", f"el próximo {weekday}", f"este {weekday}"][:3]
        if ahead <= 27:
            ways += [f"el {weekday} {number}", f"el día {number}", f"el {day.day}"]
        if ahead == 1:
            ways += ["mañana", "mañana", f"mañana {weekday}"]
        if ahead == 2:
            ways += ["pasado mañana"]
        if ahead < 60 and ahead not in (8, 15):
            ways += [f"dentro de {say(ahead) if ahead > 1 else 'un'} {'días' if ahead > 1 else 'día'}"]
        if ahead % 7 == 0 and 7 <= ahead < 70:
            ways += [f"{lead} {'una semana' if ahead == 7 else f'{say(ahead // 7)} semanas'}"
                     for lead in ("en", "dentro de")]  # fmt: skip
        return ways

    def times(self, at: time) -> list[str]:
        hour, minute = at.hour % 12 or 12, at.minute
        article = "a la una" if hour == 1 else f"a las {say(hour)}"
        following = hour % 12 + 1
        nearly = "a la una" if following == 1 else f"a las {say(following)}"
        part = "de la mañana" if at.hour < 12 else "de la tarde"
        if at.hour == 12:
            part = "del mediodía"
        ways = [f"a las {at:%H:%M}"]
        if minute == 0:
            ways += [article, article, f"{article} {part}", f"{article} en punto", f"a las {at.hour} horas"]
        else:
            ways += [f"{article} y {say(minute)}", f"{article} y {say(minute)} {part}"]
        if minute >= 10:
            ways += [f"{article} {say(minute)} {part}"]
        if minute == 30:
            ways += [f"{article} y media", f"{article} y media {part}"]
        if minute == 15:
            ways += [f"{article} y cuarto", f"{article} y cuarto {part}"]
        if minute == 45 and at.hour not in (6,):
            ways += [f"{nearly} menos cuarto"]
        if minute == 40 and at.hour not in (6,):
            ways += [f"{nearly} menos veinte"]
        return ways


MOMENTS = (
    Templates(
        plain=(
            "{x}",
            "{x} por favor",
            "quisiera {x}",
            "me gustaría ir {x}",
            "¿podría ser {x}?",
            "¿tienen algo {x}?",
            "¿qué tal {x}?",
            "{x} estaría bien",
            "pues {x}",
            "{x} si puede ser",
            "vale, {x} me va bien",
            "quiero una cita para {x}",
        ),
        corrected=(
            "{y}, no, espera, {x}",
            "{y}, perdón, {x}",
            "{y}, digo {x}",
            "{y} no {x}",
            "{y}, mejor {x}",
            "no {y} sino {x}",
            "{y}, no, perdón, quería decir {x}",
            "{y}, mejor que sea {x}",
            "{y} o mejor {x}",
            "quisiera {y}, no, mejor {x} por favor",
        ),
        altered=(
            "antes de {x}",
            "{x} o {y}",
            "{x}, no, espere",
            "cualquier hora después de {x}",
            "todos los días menos {x}",
            "el día antes de {x}",
            "dos horas antes de {x}",
            "estuve ahí {x} y me dolió",
            "tres semanas antes de {x}",
        ),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "sí, {x}, gracias",
            "preferiría {x}",
            "¿hay algo libre {x}?",
            "quizás {x}",
            "{x} suena bien",
            "necesito cita {x}",
            "nos gustaría {x}",
            "apúnteme {x}",
            "{x} me viene perfecto",
            "bueno, creo que {x}",
            "¿me puede dar hora {x}?",
            "yo diría que {x}",
        ),
        corrected=(
            "{y}, ay no, {x}",
            "{y}, un momento, {x}",
            "{y}, disculpe, {x}",
            "{y}, corrijo, {x}",
            "en vez de {y}, {x}",
            "{y}, me he equivocado, {x}",
            "{y} no puedo, pero {x} sí",
            "{y}, perdone, quise decir {x}",
            "{x} en lugar de {y}",
            "{y}, no no, {x}",
            "{y}, cámbielo a {x}",
            "{y}, o sea, {x}",
        ),
        altered=(
            "cualquier cosa menos {x}",
            "entre {x} y {y}",
            "hasta {x}",
            "{x} a menos que tengan {y}",
            "{x} como muy tarde",
            "a partir de {x}",
            "mi hijo nació {x}",
            "{x} no me viene bien",
            "o {x} o {y}",
            "no más tarde de {x}",
            "{x}, olvídelo",
            "la semana antes de {x}",
            "{x} no puedo",
        ),
        fillers=FILLERS,
    ),
)

SAYS: dict[str, tuple[Callable[[Random], tuple[str, object]], tuple[Templates, ...]]] = {}
