"""German phrases with a known meaning, generated without the grammar's own tables; see `test_generated_phrases`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from parley_core.languages.phrases import listed

from .phrases import Templates

FILLERS = ("äh", "ähm", "hm")
WEEKDAYS = listed("Montag, Dienstag, Mittwoch, Donnerstag, Freitag, Samstag, Sonntag")
MONTHS = listed("Januar, Februar, März, April, Mai, Juni, Juli, August, September, Oktober, November, Dezember")
_TO_19 = listed(
    """null, eins, zwei, drei, vier, fünf, sechs, sieben, acht, neun, zehn, elf, zwölf, dreizehn, vierzehn, fünfzehn,
    sechzehn, siebzehn, achtzehn, neunzehn"""
)
_TENS = {2: "zwanzig", 3: "dreißig", 4: "vierzig", 5: "fünfzig", 6: "sechzig", 7: "siebzig", 8: "achtzig", 9: "neunzig"}


def say(number: int) -> str:
    if number < 20:
        return _TO_19[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return (f"{'ein' if ones == 1 else _TO_19[ones]}und" if ones else "") + _TENS[tens]
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{'ein' if hundreds == 1 else _TO_19[hundreds]}hundert{say(rest) if rest else ''}"
    thousands, rest = divmod(number, 1000)
    return f"{'ein' if thousands == 1 else say(thousands)}tausend{say(rest) if rest else ''}"


def ordinal(number: int, ending: str = "n") -> str:
    stem = {1: "erste", 3: "dritte", 7: "siebte", 8: "achte"}.get(number)
    return (stem or f"{say(number)}{'te' if number < 20 else 'ste'}") + ending


@dataclass(frozen=True)
class Moments:
    """Days and times relative to a moment."""

    now: datetime

    def __call__(self, rng: Random) -> tuple[str, tuple[date, time]]:
        ahead = rng.choice([1, 2, 3, 4, 5, 6, 7, 9, 12, 14, 20, 21, 28, 35, 60, 150, 400])
        day = self.now.date() + timedelta(days=ahead)
        at = time(rng.randrange(7, 19), rng.choice([0, 0, 0, 15, 30, 45, 10, 5, 25, 35, 50]))
        said_day, said_at = rng.choice(self.days(day)), rng.choice(self.times(at))
        return (f"{said_day} {said_at}" if rng.random() < 0.75 else f"{said_at} {said_day}"), (day, at)

    def days(self, day: date) -> list[str]:
        ahead = (day - self.now.date()).days
        month, weekday, number = MONTHS[day.month - 1], WEEKDAYS[day.weekday()], ordinal(day.day)
        ways = [f"am {number} {month} {say(day.year)}", f"am {day.day}. {month} {day.year}", f"am {day:%d.%m.%Y}"]
        if ahead < 360:
            ways += [f"am {number} {month}", f"am {weekday}, den {number} {month}", f"am {day.day}. {month}"]
            ways += [
                f"{weekday}, den {day.day}. {month}",
                f"am {number} {ordinal(day.month)}",
                f"am {day.day}.{day.month}.",
            ]
        if ahead <= 7:
            ways += [f"am {weekday}", f"kommenden {weekday}", f"diesen {weekday}"][: 3 if ahead < 7 else 2]
        if ahead <= 27:
            ways += [f"{weekday} den {number}", f"am {number}", f"{weekday}, der {ordinal(day.day, '')}"]
        if ahead == 1:
            ways += ["morgen", "morgen", f"morgen, {weekday}"]
        if ahead == 2:
            ways += ["übermorgen"]
        if ahead < 60 and ahead != 8:
            ways += [f"in {say(ahead) if ahead > 1 else 'einem'} {'Tagen' if ahead > 1 else 'Tag'}"]
        if ahead % 7 == 0 and 7 <= ahead < 70:
            ways += ["in einer Woche" if ahead == 7 else f"in {say(ahead // 7)} Wochen"]
        return ways

    def times(self, at: time) -> list[str]:
        hour, minute = at.hour % 12 or 12, at.minute
        said = "ein" if hour == 1 else say(hour)
        following = say(hour % 12 + 1)
        full = "ein" if at.hour == 1 else say(at.hour)
        part = "vormittags" if 8 <= at.hour < 12 else "morgens" if at.hour < 8 else "nachmittags"
        if at.hour == 12:
            part = "mittags"
        if at.hour == 18:
            part = "abends"
        ways = [f"um {at:%H:%M} Uhr", f"um {at.hour}.{minute:02d} Uhr"]
        if minute == 0:
            ways += [
                f"um {say(hour)}",
                f"um {said} Uhr",
                f"um {said} Uhr {part}",
                f"um {full} Uhr",
                f"um {at.hour} Uhr",
            ]
        else:
            ways += [f"um {full} Uhr {say(minute)}", f"um {said} Uhr {say(minute)} {part}"]
        if at.hour in (6, 18):
            return ways
        if minute == 30:
            ways += [f"um halb {following}", f"um halb {following}"]
        if minute == 15:
            ways += [f"um Viertel nach {say(hour)}"]
        if minute == 45:
            ways += [f"um Viertel vor {following}", f"um dreiviertel {following}"]
        if minute in (5, 10):
            ways += [f"um {say(minute)} nach {say(hour)}"]
        if minute == 25:
            ways += [f"um fünf vor halb {following}"]
        if minute == 35:
            ways += [f"um fünf nach halb {following}"]
        if minute == 50:
            ways += [f"um zehn vor {following}"]
        return ways


MOMENTS = (
    Templates(
        plain=(
            "{x}",
            "{x} bitte",
            "ich hätte gern {x}",
            "ich möchte {x} kommen",
            "ginge es {x}?",
            "haben Sie {x} etwas frei?",
            "wie wäre es {x}?",
            "{x} wäre gut",
            "also {x}",
            "{x}, wenn es geht",
            "okay, {x} passt mir",
            "ich brauche einen Termin {x}",
        ),
        corrected=(
            "{y}, nein, warte, {x}",
            "{y}, Entschuldigung, {x}",
            "{y}, ich meine {x}",
            "{y} nein {x}",
            "{y}, lieber {x}",
            "nicht {y}, sondern {x}",
            "{y}, Moment, doch {x}",
            "{y} oder besser {x}",
            "ich hätte gern {y}, nein, doch lieber {x} bitte",
        ),
        altered=(
            "vor {x}",
            "{x} oder {y}",
            "nicht {x}",
            "{x}, nein, warten Sie",
            "irgendwann nach {x}",
            "jeden Tag außer {x}",
            "am Tag vor {x}",
            "zwei Stunden vor {x}",
            "ich war {x} da und es tat weh",
        ),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "ja, {x}, danke",
            "am liebsten {x}",
            "gibt es {x} noch was?",
            "vielleicht {x}",
            "{x} klingt gut",
            "ich bräuchte {x} einen Termin",
            "wir würden gern {x} kommen",
            "tragen Sie mich {x} ein",
            "{x} passt mir perfekt",
            "na ja, ich denke {x}",
            "können Sie mir {x} etwas anbieten?",
            "ich würde sagen {x}",
        ),
        corrected=(
            "{y}, ach nein, {x}",
            "{y}, einen Moment, {x}",
            "{y}, Verzeihung, {x}",
            "{y}, Korrektur, {x}",
            "statt {y} {x}",
            "{y}, ich habe mich vertan, {x}",
            "{y} kann ich nicht, aber {x}",
            "{y}, Quatsch, ich meinte {x}",
            "{x} anstatt {y}",
            "{y}, nein nein, {x}",
            "{y}, machen Sie daraus {x}",
            "{y}, oder nein, {x}",
        ),
        altered=(
            "alles außer {x}",
            "zwischen {x} und {y}",
            "bis {x}",
            "{x}, es sei denn Sie haben {y}",
            "spätestens {x}",
            "ab {x}",
            "mein Sohn wurde {x} geboren",
            "{x} passt mir nicht",
            "entweder {x} oder {y}",
            "nicht später als {x}",
            "{x}, vergessen Sie es",
            "in der Woche vor {x}",
            "{x} kann ich nicht",
        ),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "na dann {x}",
            "sagen wir {x}",
            "ich bin {x} frei",
            "ist {x} verfügbar?",
            "{x} würde gehen",
            "geben Sie mir {x}",
            "könnte ich {x} kommen?",
            "ich hatte an {x} gedacht",
            "mir wäre {x} am liebsten",
            "{x}, wenn es Ihnen passt",
        ),
        corrected=(
            "{y}, ach nee, {x}",
            "{y}, warten Sie, nein, {x}",
            "{y}, halt, {x}",
            "{y}, ich wollte sagen {x}",
            "nein, nicht {y}, {x}",
            "ich sagte {y}, aber ich meinte {x}",
            "{y}, eher {x}",
            "{y}, besser gesagt {x}",
            "{y}, Entschuldigung, das war falsch, {x}",
            "{y}, ich korrigiere, {x}",
        ),
        altered=(
            "nicht vor {x}",
            "{x} kommt meine Mutter",
            "{x} plus minus eine Stunde",
            "außer {x}",
            "{x} oder wann es geht",
            "{x} oder später",
            "weder {x} noch {y}",
            "ich habe {x} einen Termin",
            "mein Termin ist {x}",
            "von {x} bis {y}",
            "jede Woche {x}",
            "{x}, aber ich bin nicht sicher",
            "ich weiß nicht ob {x}",
            "eine Stunde nach {x}",
        ),
        fillers=FILLERS,
    ),
)

# -- names ------------------------------------------------------------------------------------------------------------

_FIRST = listed("Anna, Jürgen, Maria, Hans, Günther, Sophie, Jörg, Käthe, Lukas, Renate, Björn, Petra, Emil, Theodor")
_LAST = listed(
    """
    Müller, Weiß, Schröder, von Berg, Lüdenscheidt, Groß, van der Meer, Schmidt, Köhler, Bauer, Kowalski, Jäger,
    Straub
    """
)
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        listed("a,be,ce,de,e,ef,ge,ha,i,jot,ka,el,em,en,o,pe,ku,er,es,te,u,vau,we,ix,ypsilon,zet"),
        strict=True,
    )
)
_TABLE = dict(
    zip(
        "abcdefghijklmnoprstuvwz",
        listed(
            """Anton, Berta, Cäsar, Dora, Emil, Friedrich, Gustav, Heinrich, Ida, Julius, Kaufmann, Ludwig, Martha,
            Nordpol, Otto, Paula, Richard, Samuel, Theodor, Ulrich, Viktor, Wilhelm, Zeppelin"""
        ),
        strict=True,
    )
)


def name(rng: Random) -> tuple[str, str]:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    said = f"{first} {last}"
    if " " not in last and last.isascii() and rng.random() < 0.4:
        letters = last.lower()
        ways = [" ".join(letters), " ".join(_LETTERS[one] for one in letters)]
        ways += [" ".join(f"{one} wie {_TABLE[one]}" for one in letters)]
        return f"{said} {rng.choice(ways)}", said
    return said, said


# -- addresses, numbers, choices, phones ------------------------------------------------------------------------------

_HOSTS = ["gmail.com", "web.de", "t-online.de", "meine-firma.de", "beispiel.org", "gmx.net"]
_LOCALS = ["maria", "mueller", "anna", "hschmidt", "info", "jupp", "kontakt"]
_SIGNS = {".": "Punkt", "-": "Bindestrich", "_": "Unterstrich", "+": "Plus"}


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
    said = "".join(f" {_SIGNS[one]} " if one in _SIGNS else f" {_TO_19[int(one)]} " if one.isdigit()
                   else f" {one} " if spelled else one for one in local)  # fmt: skip
    dash = rng.choice(["Minus", "Bindestrich"])
    there = host.replace(".", " Punkt ").replace("-", f" {dash} ")
    return f"{' '.join(said.split())} {rng.choice(['at', 'ät', 'Klammeraffe'])} {there}", f"{local}@{host}"


def number(rng: Random) -> tuple[str, str]:
    value = rng.choice(
        [rng.randrange(2, 30), rng.randrange(30, 100), rng.randrange(100, 1000), rng.randrange(1000, 20000)]
    )
    if rng.random() < 0.2:
        return rng.choice([str(value), f"{value:,}".replace(",", ".")]), str(value)
    return say(value), str(value)


CHOICES = ["klein", "extra klein", "groß", "extra groß", "mittel", "Fenster", "Gang"]


def choice(rng: Random) -> tuple[str, str]:
    value = rng.choice(CHOICES)
    return value, value


def phone(rng: Random) -> tuple[str, str]:
    digits = f"0{rng.choice(['151', '171', '30', '89'])}{rng.randrange(2_000_000, 9_999_999)}"
    roll = rng.random()
    if roll < 0.2:
        return f"{digits[:4]} {digits[4:7]} {digits[7:]}", digits
    if roll < 0.5:  # the code by figures, then pairs
        rest = digits[4:]
        said = [_TO_19[int(one)] for one in digits[: 4 + len(rest) % 2]]
        for at in range(len(rest) % 2, len(rest), 2):
            pair = rest[at : at + 2]
            said.append(say(int(pair)) if pair[0] != "0" else f"null {_TO_19[int(pair[1])]}")
        return " ".join(said), digits
    said, at = [], 0
    while at < len(digits):
        if rng.random() < 0.4 and at + 1 < len(digits) and digits[at] == digits[at + 1]:
            said.append(rng.choice(["doppel", "zweimal die "]) + _TO_19[int(digits[at])])
            at += 2
            continue
        said.append("zwo" if digits[at] == "2" and rng.random() < 0.5 else _TO_19[int(digits[at])])
        at += 1
    if rng.random() < 0.2:
        extension = rng.randrange(2, 99)
        return f"{' '.join(said)} Durchwahl {say(extension)}", f"{digits};ext={extension}"
    if rng.random() < 0.2:
        return f"plus neunundvierzig {' '.join(said[1:])}", f"+49{digits[1:]}"
    return " ".join(said), digits


NAMES = (
    Templates(
        plain=("{x}", "ich heiße {x}", "mein Name ist {x}", "ich bin {x}", "{x} bitte", "ja, {x}", "auf den Namen {x}"),
        corrected=(
            "{y}, nein, warte, {x}",
            "{y}, Entschuldigung, {x}",
            "nicht {y}, sondern {x}",
            "ich heiße {y}, ich meine {x}",
        ),
        altered=("ich bin nicht {x}", "{x} oder {y}", "{x} nicht", "die Frau von {x}", "{x} und {y}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "hier ist {x}",
            "hier spricht {x}",
            "das ist {x}",
            "{x}, danke",
            "der Name ist {x}",
            "{x} am Apparat",
            "klar, {x}",
        ),
        corrected=(
            "{y}, ich habe mich vertan, {x}",
            "{y}, besser gesagt {x}",
            "{y}, nein nein, {x}",
            "{y}, Korrektur, {x}",
        ),
        altered=(
            "ich rufe für {x} an",
            "alle außer {x}",
            "meine Mutter heißt {x}",
            "{x} nicht mehr",
            "früher {x} jetzt {y}",
        ),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "ich heiße {x}, danke",
            "also ich bin {x}",
            "notieren Sie {x}",
            "auf den Namen {x} bitte",
            "{x} ist mein Name",
        ),
        corrected=(
            "{y}, halt, {x}",
            "{y}, ich wollte sagen {x}",
            "ich bin {y}, Entschuldigung, {x}",
            "{y}, Quatsch, {x}",
        ),
        altered=(
            "{x} ist mein Arzt",
            "{x} hat mich empfohlen",
            "ich möchte mit {x} sprechen",
            "weder {x} noch {y}",
            "der Sohn von {x}",
        ),
        fillers=FILLERS,
    ),
)
EMAILS = (
    Templates(
        plain=("{x}", "das ist {x}", "meine E-Mail ist {x}", "{x} bitte", "ja, {x}", "meine Mailadresse lautet {x}"),
        corrected=("{y}, nein, warte, {x}", "{y}, Entschuldigung, {x}", "{y}, lieber {x}"),
        altered=("nicht {x}", "{x} oder {y}", "{x}, nein", "die von meiner Frau ist {x}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "notieren Sie {x}",
            "{x} alles zusammen",
            "also {x}",
            "die Adresse ist {x}",
            "schreiben Sie an {x}",
            "{x} danke",
        ),
        corrected=("{y}, ich habe mich vertan, {x}", "{y}, nein nein, {x}", "{y}, Korrektur, {x}"),
        altered=("früher war es {x}", "{x} glaube ich nicht", "so ähnlich wie {x}", "weder {x} noch {y}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "das wäre {x}",
            "schreiben Sie bitte an {x}",
            "gut, {x}",
            "die Mail ist {x}",
            "{x} ohne Leerzeichen",
        ),
        corrected=(
            "{y}, halt, {x}",
            "{y}, ich wollte sagen {x}",
            "{y}, warten Sie, {x}",
        ),
        altered=(
            "{x}, nein, die ist alt",
            "vielleicht war es {x}",
            "{x} oder so ähnlich",
            "mein Bruder hat {x}",
            "ich glaube es war {x}, aber ich bin nicht sicher",
        ),
        fillers=FILLERS,
    ),
)
NUMBERS = (
    Templates(
        plain=("{x}", "{x} bitte", "wir sind {x}", "also {x}", "{x} Personen", "ich glaube {x}"),
        corrected=("{y}, nein, warte, {x}", "{y}, Entschuldigung, {x}", "nicht {y}, sondern {x}", "{y}, lieber {x}"),
        altered=("weniger als {x}", "{x} oder {y}", "nicht {x}", "zwischen {x} und {y}", "doppelt {x}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=("für {x}", "ja, {x}", "wir werden {x} sein", "{x} insgesamt", "vielleicht {x}", "genau {x}"),
        corrected=("{y}, ich meine {x}", "{y}, ich habe mich vertan, {x}", "statt {y} {x}", "{y}, nein nein, {x}"),
        altered=("mehr als {x}", "höchstens {x}", "{x} oder mehr", "fast {x}", "weder {x} noch {y}", "über {x}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "das wären {x}",
            "gut, {x}",
            "ich möchte {x}",
            "{x} wäre gut",
            "{x} Leute bitte",
        ),
        corrected=(
            "{y}, halt, {x}",
            "{y}, ich wollte sagen {x}",
            "{y}, Quatsch, {x}",
        ),
        altered=(
            "mindestens {x}",
            "maximal {x}",
            "etwa {x} oder {y}",
            "{x} minus eins",
            "nicht mehr als {x}",
            "nicht einmal {x}",
            "{x} nicht",
        ),
        fillers=FILLERS,
    ),
)
CHOICE = (
    Templates(
        plain=("{x}", "das {x}", "{x} bitte", "ich nehme {x}", "also {x}", "lieber {x}"),
        corrected=("{y}, nein, warte, {x}", "nicht {y}, sondern {x}", "{y}, besser {x}", "{y}, doch {x}"),
        altered=("{x} oder {y}", "nicht {x}", "alles außer {x}", "{x}, nein"),
        fillers=FILLERS,
    ),
    Templates(
        plain=("geben Sie mir {x}", "ich bevorzuge {x}", "ja, {x}", "ich denke {x}", "dann nehme ich {x}"),
        corrected=("{y}, Verzeihung, {x}", "statt {y} {x}", "{y}, ich meine {x}", "{x} anstatt {y}"),
        altered=("mehr als {x}", "weder {x} noch {y}", "alle bis auf {x}", "kein {x}", "zwischen {x} und {y}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "für mich {x}",
            "{x}, danke",
            "gut, {x}",
            "geben Sie mir bitte {x}",
            "ich wähle {x}",
        ),
        corrected=(
            "{y}, halt, {x}",
            "{y}, ich wollte sagen {x}",
            "{y}, Quatsch, {x}",
        ),
        altered=(
            "{x} gefällt mir nicht",
            "alles bis auf {x}",
            "ich weiß nicht ob {x}",
            "{x} oder das andere",
            "keine Ahnung, {x}?",
        ),
        fillers=FILLERS,
    ),
)
PHONES = (
    Templates(
        plain=(
            "{x}",
            "das ist die {x}",
            "meine Nummer ist {x}",
            "meine Telefonnummer ist die {x}",
            "{x} danke",
            "ja, {x}",
        ),
        corrected=("{y}, nein, warte, {x}", "{y}, Entschuldigung, {x}", "nicht {y}, sondern {x}"),
        altered=("nicht {x}", "{x} oder {y}", "{x}, nein", "rufen Sie nicht {x} an"),
        fillers=FILLERS,
    ),
    Templates(
        plain=("notieren Sie {x}", "das Handy ist {x}", "also {x}", "ich gebe Ihnen die {x}", "{x} bitte"),
        corrected=("{y}, ich habe mich vertan, {x}", "{y}, nein nein, {x}", "statt {y} {x}"),
        altered=("früher war es {x}", "{x} ist die von meiner Frau", "weder {x} noch {y}", "alles außer {x}"),
        fillers=FILLERS,
    ),
    Templates(
        plain=(
            "rufen Sie mich an unter {x}",
            "gut, {x}",
            "das wäre die {x}",
            "mein Handy hat die {x}",
            "notieren Sie bitte {x}",
        ),
        corrected=(
            "{y}, halt, {x}",
            "{y}, ich wollte sagen {x}",
            "{y}, warten Sie, {x}",
        ),
        altered=(
            "{x}, nein, die nicht",
            "ich glaube es ist {x}, ich bin nicht sicher",
            "{x} oder so",
            "die von meinem Mann ist {x}",
            "{x} ist es nicht mehr",
        ),
        fillers=FILLERS,
    ),
)
ASKS = {
    "datetime": "An welchem Tag und um wie viel Uhr?",
    "person": "Wie ist Ihr vollständiger Name?",
    "email": "Wie lautet Ihre E-Mail-Adresse?",
    "number": "Wie viele Personen sind Sie?",
    "choice": "Welche möchten Sie?",
    "phone": "Und Ihre Telefonnummer?",
    "money": "Wie viel möchten Sie zahlen?",
    "yes_no": "Waren Sie schon einmal bei uns?",
    "address": "Wie lautet Ihre Adresse?",
    "spelled": "Können Sie das buchstabieren?",
    "membership": "Wie ist Ihre Mitgliedsnummer?",
    "date_of_birth": "Wann sind Sie geboren?",
}
SAYS: dict[str, tuple[Callable[[Random], tuple[str, object]], tuple[Templates, ...]]] = {
    "person": (name, NAMES),
    "email": (email, EMAILS),
    "number": (number, NUMBERS),
    "choice": (choice, CHOICE),
    "phone": (phone, PHONES),
}
