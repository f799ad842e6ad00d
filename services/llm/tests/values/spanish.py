"""Spanish phrases with a known meaning, generated without the grammar's own tables; see `test_generated_phrases`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from parley_core.languages.phrases import listed

from .phrases import Templates

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
    Templates(
        plain=(
            "pues entonces {x}",
            "¿podemos decir {x}?",
            "estoy libre {x}",
            "¿está disponible {x}?",
            "{x} me encaja",
            "deme {x}",
            "¿podría venir {x}, por favor?",
            "había pensado en {x}",
            "lo más cómodo sería {x}",
            "{x}, si no le importa",
        ),
        corrected=(
            "{y}, ah no, {x}",
            "{y}, espere, no, {x}",
            "{y}, uy, {x}",
            "{y}, quería decir {x}",
            "no, no {y}, {x}",
            "dije {y} pero quería decir {x}",
            "{y}, que sea {x}",
            "{y}, o mejor dicho, {x}",
            "{y}, perdone, está mal, {x}",
            "{y}, rectifico, {x}",
        ),
        altered=(
            "no antes de {x}",
            "{x} es cuando viene mi madre",
            "{x} más o menos una hora",
            "excepto {x}",
            "{x} o cuando puedan",
            "{x} o más tarde",
            "ni {x} ni {y}",
            "tengo una cita {x}",
            "mi cita es {x}",
            "desde {x} hasta {y}",
            "cada semana {x}",
            "{x}, pero no estoy segura",
            "no sé si {x}",
            "una hora después de {x}",
        ),
        fillers=FILLERS,
    ),
)


# -- names ------------------------------------------------------------------------------------------------------------

_FIRST = listed("maría, josé luis, ana, pedro, lucía, ángel, julio, mateo, carmen, begoña, íñigo, jorge, sofía, raúl")
_LAST = listed(
    """garcía, lópez, de la cruz,
    muñoz, del río, fernández, ibáñez, romero, de los santos, vázquez, soto, peña, núñez"""
)
_LETTERS = dict(
    zip(
        "abcdefghijklmnñopqrstuvxyz",
        listed("a,be,ce,de,e,efe,ge,hache,i,jota,ka,ele,eme,ene,eñe,o,pe,cu,erre,ese,te,u,uve,equis,i griega,zeta"),
        strict=True,
    )
)
_BARE = str.maketrans("áéíóúü", "aeiouu")


def name(rng: Random) -> tuple[str, str]:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    second = f" {rng.choice([one for one in _LAST if ' ' not in one])}" if rng.random() < 0.3 else ""
    said = f"{first} {last}{second}"
    written = " ".join(part if part in ("de", "la", "los", "del") else part.capitalize() for part in said.split())
    if not second and " " not in last and rng.random() < 0.25:
        spelled = last.translate(_BARE)
        if rng.random() < 0.5:
            said += " " + " ".join(spelled)
        else:
            said += " " + " ".join(_LETTERS[letter] for letter in spelled)
    return said, written


# -- addresses, numbers, choices, phones ------------------------------------------------------------------------------

_HOSTS = ["gmail.com", "hotmail.es", "yahoo.com.mx", "mi-empresa.es", "ejemplo.org"]
_LOCALS = ["maria", "lopez", "ana", "jgarcia", "info", "pepe", "lucia"]
_SIGNS = {".": "punto", "-": "guion", "_": "guion bajo", "+": "más"}


def email(rng: Random) -> tuple[str, str]:
    local = rng.choice(_LOCALS)
    if rng.random() < 0.5:
        local += rng.choice("._-+") + rng.choice(_LOCALS)
    if rng.random() < 0.3:
        local += str(rng.randrange(10))
    host = rng.choice(_HOSTS)
    if rng.random() < 0.2:
        return f"{local}@{host}", f"{local}@{host}"
    spelled = rng.random() < 0.25
    said = "".join(f" {_SIGNS[one]} " if one in _SIGNS else f" {_TO_29[int(one)]} " if one.isdigit()
                   else f" {one} " if spelled else one for one in local)  # fmt: skip
    there = host.replace(".", " punto ").replace("-", " guion ")
    return f"{' '.join(said.split())} arroba {there}", f"{local}@{host}"


def number(rng: Random) -> tuple[str, str]:
    value = rng.choice(
        [rng.randrange(2, 30), rng.randrange(30, 100), rng.randrange(100, 1000), rng.randrange(1000, 20000)]
    )
    if rng.random() < 0.2:
        return rng.choice([str(value), f"{value:,}".replace(",", ".")]), str(value)
    return say(value), str(value)


CHOICES = ["pequeña", "extra pequeña", "grande", "extra grande", "mediana", "ventana", "pasillo"]


def choice(rng: Random) -> tuple[str, str]:
    value = rng.choice(CHOICES)
    return value, value


def phone(rng: Random) -> tuple[str, str]:
    digits = f"{rng.choice('6789')}{rng.randrange(10_000_000, 100_000_000)}"
    roll = rng.random()
    if roll < 0.2:
        return f"{digits[:3]} {digits[3:6]} {digits[6:]}", digits
    if roll < 0.5:  # three and pairs
        pairs = [digits[at : at + 2] for at in (3, 5, 7)]
        said = [_TO_29[int(one)] for one in digits[:3]]
        said += [say(int(pair)) if pair[0] != "0" else f"cero {_TO_29[int(pair[1])]}" for pair in pairs]
        return " ".join(said), digits
    said, at = [], 0
    while at < 9:
        if rng.random() < 0.4 and at < 8 and digits[at] == digits[at + 1]:
            said.append(f"doble {_TO_29[int(digits[at])]}")
            at += 2
            continue
        said.append(_TO_29[int(digits[at])])
        at += 1
    if rng.random() < 0.2:
        extension = rng.randrange(2, 99)
        return f"{' '.join(said)} extensión {say(extension)}", f"{digits};ext={extension}"
    if rng.random() < 0.2:
        return f"más treinta y cuatro {' '.join(said)}", f"+34{digits}"
    return " ".join(said), digits


NAMES = (
    Templates(
        plain=("{x}", "me llamo {x}", "mi nombre es {x}", "soy {x}", "{x} por favor", "sí, {x}", "a nombre de {x}"),
        corrected=("{y}, no, espera, {x}", "{y}, perdón, {x}", "no {y} sino {x}", "me llamo {y}, digo, {x}"),
        altered=("no soy {x}", "{x} o {y}", "{x} no", "la mujer de {x}", "{x} y {y}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=("habla {x}", "yo soy {x}", "es {x}", "{x}, gracias", "el nombre es {x}", "{x} al habla", "claro, {x}"),
        corrected=("{y}, me he equivocado, {x}", "{y}, mejor dicho {x}", "no es {y}, es {x}", "{y}, no no, {x}"),
        altered=("llamo por {x}", "cualquiera menos {x}", "mi madre se llama {x}", "{x} ya no", "antes {x} ahora {y}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "me llamo {x} gracias",
            "pues soy {x}",
            "apunte {x}",
            "a nombre de {x} por favor",
            "{x} es mi nombre",
        ),
        corrected=(
            "{y}, uy, {x}",
            "{y}, quería decir {x}",
            "soy {y}, perdón, {x}",
            "{y}, que sea {x}",
        ),
        altered=(
            "{x} es mi médico",
            "me recomendó {x}",
            "quiero hablar con {x}",
            "ni {x} ni {y}",
            "el hijo de {x}",
        ),
        fillers=FILLERS,
    ),
)
EMAILS = (
    Templates(
        plain=("{x}", "es {x}", "mi correo es {x}", "{x} por favor", "sí, {x}", "mi correo electrónico es {x}"),
        corrected=("{y}, no, espera, {x}", "{y}, perdón, {x}", "{y}, mejor {x}"),
        altered=("no es {x}", "{x} o {y}", "{x} no", "el de mi mujer es {x}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=("apunte {x}", "{x} todo junto", "pues {x}", "el correo es {x}", "escríbame a {x}", "{x} gracias"),
        corrected=("{y}, me equivoqué, {x}", "{y}, no no, {x}", "{y}, corrijo, {x}"),
        altered=("era {x} pero ya no", "{x} creo", "uno parecido a {x}", "ni {x} ni {y}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "sería {x}",
            "anote {x} por favor",
            "bueno, {x}",
            "la dirección es {x}",
            "{x} sin espacios",
        ),
        corrected=(
            "{y}, uy, {x}",
            "{y}, quería decir {x}",
            "{y}, espere, {x}",
        ),
        altered=(
            "{x} no, ese es viejo",
            "puede que sea {x}",
            "{x} o algo así",
            "mi hermano es {x}",
            "creo que era {x} pero no estoy seguro",
        ),
        fillers=FILLERS,
    ),
)
NUMBERS = (
    Templates(
        plain=("{x}", "{x} por favor", "somos {x}", "seremos {x}", "pues {x}", "{x} personas"),
        corrected=("{y}, no, espera, {x}", "{y}, perdón, {x}", "no {y} sino {x}", "{y}, mejor {x}"),
        altered=("menos de {x}", "{x} o {y}", "no {x}", "entre {x} y {y}", "el doble de {x}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=("para {x}", "sí, {x}", "vamos a ser {x}", "creo que {x}", "{x} en total", "unos {x}"),
        corrected=("{y}, digo {x}", "{y}, me equivoqué, {x}", "en vez de {y}, {x}", "{y}, no no, {x}"),
        altered=("más de {x}", "como mucho {x}", "{x} o más", "casi {x}", "ni {x} ni {y}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "serían {x}",
            "bueno, {x}",
            "quiero {x}",
            "con {x} está bien",
            "{x} personas por favor",
        ),
        corrected=(
            "{y}, uy, {x}",
            "{y}, quería decir {x}",
            "{y}, que sean {x}",
        ),
        altered=(
            "al menos {x}",
            "{x} como máximo",
            "alrededor de {x} o {y}",
            "{x} menos uno",
            "no más de {x}",
            "ni siquiera {x}",
            "{x} no",
        ),
        fillers=FILLERS,
    ),
)
CHOICE = (
    Templates(
        plain=("{x}", "la {x}", "{x} por favor", "quiero la {x}", "pues {x}", "mejor la {x}"),
        corrected=("{y}, no, espera, {x}", "la {y} no, la {x}", "no {y} sino {x}", "{y}, mejor {x}"),
        altered=("{x} o {y}", "no {x}", "cualquiera menos {x}", "{x} no"),
        fillers=FILLERS,
    ),
    Templates(
        plain=("deme la {x}", "prefiero {x}", "sí, {x}", "creo que {x}", "me quedo con la {x}"),
        corrected=("{y}, perdón, {x}", "en vez de {y}, {x}", "{y}, digo {x}", "{x} en lugar de {y}"),
        altered=("más que {x}", "ni {x} ni {y}", "todas excepto {x}", "ninguna {x}", "entre {x} y {y}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "para mí {x}",
            "la {x}, gracias",
            "bueno, {x}",
            "póngame la {x}",
            "elijo {x}",
        ),
        corrected=(
            "{y}, uy, {x}",
            "{y}, quería decir {x}",
            "{y}, que sea {x}",
        ),
        altered=(
            "{x} no me gusta",
            "todo menos {x}",
            "no sé si {x}",
            "{x} o la otra",
            "ni idea, ¿{x}?",
        ),
        fillers=FILLERS,
    ),
)
PHONES = (
    Templates(
        plain=("{x}", "es el {x}", "mi número es {x}", "mi teléfono es el {x}", "{x} gracias", "sí, {x}"),
        corrected=("{y}, no, espera, {x}", "{y}, perdón, {x}", "no {y} sino {x}"),
        altered=("no es {x}", "{x} o {y}", "{x} no", "no llame al {x}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=("apunte {x}", "el móvil es {x}", "pues {x}", "le doy el {x}", "{x} por favor"),
        corrected=("{y}, me equivoqué, {x}", "{y}, no no, {x}", "en vez de {y}, {x}"),
        altered=("antes era {x}", "{x} es el de mi mujer", "ni {x} ni {y}", "todo menos {x}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "llámeme al {x}",
            "bueno, {x}",
            "sería el {x}",
            "tome nota, {x}",
            "mi móvil es el {x}",
        ),
        corrected=(
            "{y}, uy, {x}",
            "{y}, quería decir {x}",
            "{y}, espere, {x}",
        ),
        altered=(
            "{x} no, ese no",
            "creo que es {x}, no estoy seguro",
            "{x} más o menos",
            "el de mi marido es {x}",
            "ya no es {x}",
        ),
        fillers=FILLERS,
    ),
)
ASKS = {
    "datetime": "¿Qué día y a qué hora le viene bien?",
    "person": "¿Me dice su nombre completo?",
    "email": "¿Cuál es su correo electrónico?",
    "number": "¿Cuántas personas son?",
    "choice": "¿Cuál prefiere?",
    "phone": "¿Y su número de teléfono?",
    "money": "¿Cuánto quiere pagar?",
    "yes_no": "¿Ha estado aquí antes?",
    "address": "¿Cuál es su dirección?",
    "spelled": "¿Me lo puede deletrear?",
    "membership": "¿Cuál es su número de socio?",
    "date_of_birth": "¿Cuál es su fecha de nacimiento?",
}
SAYS: dict[str, tuple[Callable[[Random], tuple[str, object]], tuple[Templates, ...]]] = {
    "person": (name, NAMES),
    "email": (email, EMAILS),
    "number": (number, NUMBERS),
    "choice": (choice, CHOICE),
    "phone": (phone, PHONES),
}
