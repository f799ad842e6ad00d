"""What stands around the values of `details`, by language and kind. The first set was at hand while the readers were
written; the second was written before they were run, and nothing was tuned on it."""

from .phrases import Templates

_ENGLISH_FILLERS = ("um", "uh", "er")
_SPANISH_FILLERS = ("eh", "em")
_GERMAN_FILLERS = ("äh", "ähm")


def _sets(
    fillers: tuple[str, ...],
    plain: tuple[tuple[str, ...], tuple[str, ...]],
    corrected: tuple[tuple[str, ...], tuple[str, ...]],
    altered: tuple[tuple[str, ...], tuple[str, ...]],
) -> tuple[Templates, ...]:
    return tuple(Templates(plain[at], corrected[at], altered[at], fillers) for at in (0, 1))


ENGLISH = {
    "money": _sets(
        _ENGLISH_FILLERS,
        (
            ("{x}", "it's {x}", "{x} please", "i would like {x}", "i think {x}", "let's say {x}"),
            ("that would be {x}", "{x} thank you", "i need {x}", "we want {x}", "make it {x}", "well {x}"),
        ),
        (
            ("{y} no wait {x}", "{y} sorry {x}", "{y} i mean {x}", "not {y} but {x}", "{y} make it {x}"),
            ("{y} actually {x}", "{y} or rather {x}", "{y} my mistake {x}", "{y}, no, sorry, i meant {x}"),
        ),
        (
            ("more than {x}", "{x} or {y}", "not {x}", "{x} no wait", "between {x} and {y}", "less than {x}"),
            ("up to {x}", "under {x}", "either {x} or {y}", "anything but {x}", "{x} an hour", "twice {x}", "{x} each"),
        ),
    ),
    "yes_no": _sets(
        _ENGLISH_FILLERS,
        (("{x}", "well {x}", "um {x}"), ("oh {x}", "{x} sir", "hmm {x}")),
        (("{y} no wait {x}",), ("{y} sorry i mean {x}",)),
        (("maybe", "i don't know", "what do you mean", "it depends"), ("not sure", "why do you ask", "perhaps {x}")),
    ),
    "address": _sets(
        _ENGLISH_FILLERS,
        (
            ("{x}", "it's {x}", "my address is {x}", "i live at {x}", "{x} please"),
            ("that would be {x}", "the address is {x}", "we live at {x}", "send it to {x}", "{x} thanks"),
        ),
        (
            ("{y} no wait {x}", "{y} sorry {x}", "{y} i mean {x}"),
            ("{y} oh wait {x}", "{y} correction {x}", "{y} scratch that {x}"),
        ),
        (
            ("next to {x}", "not {x}", "{x} or {y}", "{x} no wait", "opposite {x}"),
            ("across from {x}", "either {x} or {y}", "behind {x}", "between {x} and {y}", "around the corner from {x}"),
        ),
    ),
    "spelled": _sets(
        _ENGLISH_FILLERS,
        (
            ("{x}", "it's {x}", "{x} please", "that's {x}", "okay {x}"),
            ("it is {x}", "sure it's {x}", "{x} thank you", "well {x}", "yes {x}"),
        ),
        (("{y} no wait {x}", "{y} sorry {x}"), ("{y} i mean {x}", "{y} scratch that {x}")),
        (("{x} or {y}", "not {x}", "{x} no wait"), ("{x} and something", "{x} maybe with a hyphen", "never {x}")),
    ),
    "membership": _sets(
        _ENGLISH_FILLERS,
        (
            ("{x}", "it's {x}", "my membership number is {x}", "the number is {x}", "{x} please"),
            ("that would be {x}", "my member number is {x}", "it is {x}", "{x} thank you", "yes it's {x}"),
        ),
        (("{y} no wait {x}", "{y} sorry {x}"), ("{y} i mean {x}", "{y} scratch that {x}")),
        (("{x} or {y}", "not {x}", "{x} no wait"), ("either {x} or {y}", "anything but {x}", "my old one was {x}")),
    ),
    "date_of_birth": _sets(
        _ENGLISH_FILLERS,
        (
            ("{x}", "it's {x}", "i was born on {x}", "my birthday is {x}", "{x} please"),
            ("my date of birth is {x}", "that would be {x}", "born {x}", "{x} thank you", "yes {x}"),
        ),
        (
            ("{y} no wait {x}", "{y} sorry {x}", "{y} i mean {x}", "not {y} but {x}"),
            ("{y} actually {x}", "{y} correction {x}", "{y} oh wait {x}"),
        ),
        (
            ("not {x}", "{x} or {y}", "before {x}", "{x} no wait"),
            ("after {x}", "either {x} or {y}", "the day after {x}", "my son was born {x}", "between {x} and {y}"),
        ),
    ),
}

SPANISH = {
    "money": _sets(
        _SPANISH_FILLERS,
        (
            ("{x}", "son {x}", "{x} por favor", "quisiera {x}", "quiero {x}"),
            ("serían {x}", "{x} gracias", "necesito {x}", "pues {x}"),
        ),
        (
            ("{y}, perdón, {x}", "{y} espere {x}", "no {y} sino {x}"),
            ("{y} mejor {x}", "{y} quiero decir {x}", "{y} digo {x}"),
        ),
        (
            ("más de {x}", "{x} o {y}", "menos de {x}", "entre {x} y {y}", "no {x}"),
            ("hasta {x}", "como mucho {x}", "{x} por hora", "el doble de {x}", "ni {x}"),
        ),
    ),
    "yes_no": _sets(
        _SPANISH_FILLERS,
        (("{x}", "pues {x}", "eh {x}"), ("bueno, {x}", "ah, {x}")),
        (("{y}, no, espere, {x}",), ("{y}, perdón, quiero decir {x}",)),
        (("no sé", "depende", "¿por qué?"), ("quizás", "a lo mejor {x}", "¿cómo dice?")),
    ),
    "address": _sets(
        _SPANISH_FILLERS,
        (
            ("{x}", "es {x}", "mi dirección es {x}", "vivo en {x}"),
            ("vivimos en {x}", "la dirección es {x}", "{x} gracias"),
        ),
        (("{y}, perdón, {x}", "{y} espere {x}"), ("{y} quiero decir {x}", "{y} digo {x}")),
        (("cerca de {x}", "{x} o {y}", "frente a {x}"), ("al lado de {x}", "entre {x} y {y}", "detrás de {x}")),
    ),
    "spelled": _sets(
        _SPANISH_FILLERS,
        (("{x}", "es: {x}", "{x} por favor"), ("pues {x}", "sí, {x}", "{x} gracias")),
        (("{y} perdón {x}", "{y} espere {x}"), ("{y} quiero decir {x}",)),
        (("{x} o quizá {y}", "nunca {x}"), ("{x} con acento", "ni {x}")),
    ),
    "membership": _sets(
        _SPANISH_FILLERS,
        (("{x}", "mi número de socio es: {x}", "{x} por favor"), ("pues {x}", "el número es: {x}", "{x} gracias")),
        (("{y} perdón {x}", "{y} espere {x}"), ("{y} quiero decir {x}",)),
        (("{x} o quizá {y}", "nunca {x}"), ("el anterior era {x}", "todo menos {x}")),
    ),
    "date_of_birth": _sets(
        _SPANISH_FILLERS,
        (
            ("{x}", "nací {x}", "mi fecha de nacimiento es {x}", "{x} por favor"),
            ("es {x}", "pues {x}", "{x} gracias", "sí, {x}"),
        ),
        (("{y}, perdón, {x}", "{y} espere {x}"), ("{y} quiero decir {x}", "{y} digo {x}")),
        (("antes del {x}", "{x} o {y}"), ("después del {x}", "entre {x} y {y}", "el día después del {x}")),
    ),
}

GERMAN = {
    "money": _sets(
        _GERMAN_FILLERS,
        (
            ("{x}", "das sind {x}", "{x} bitte", "ich möchte {x}"),
            ("das wären {x}", "{x} danke", "ich brauche {x}", "also {x}"),
        ),
        (
            ("{y} nein {x}", "{y} Entschuldigung {x}", "nicht {y} sondern {x}"),
            ("{y} ich meine {x}", "{y} besser {x}", "{y} nein warte {x}"),
        ),
        (
            ("mehr als {x}", "{x} oder {y}", "unter {x}", "zwischen {x} und {y}", "nicht {x}"),
            ("höchstens {x}", "bis {x}", "{x} pro Stunde", "weniger als {x}", "das Doppelte von {x}"),
        ),
    ),
    "yes_no": _sets(
        _GERMAN_FILLERS,
        (("{x}", "äh {x}", "also {x}"), ("oh {x}", "ach {x}")),
        (("{y}, nein warte, {x}",), ("{y}, Entschuldigung, ich meine {x}",)),
        (("weiß nicht", "kommt drauf an", "warum?"), ("vielleicht", "eventuell {x}", "wie bitte?")),
    ),
    "address": _sets(
        _GERMAN_FILLERS,
        (
            ("{x}", "meine Adresse ist {x}", "das ist {x}", "{x} bitte"),
            ("die Anschrift ist {x}", "also {x}", "{x} danke"),
        ),
        (("{y} nein {x}", "{y} Entschuldigung {x}"), ("{y} ich meine {x}", "{y} nein warte {x}")),
        (("neben {x}", "{x} oder {y}", "gegenüber {x}"), ("zwischen {x} und {y}", "hinter {x}", "nicht {x}")),
    ),
    "spelled": _sets(
        _GERMAN_FILLERS,
        (("{x}", "das ist {x}", "{x} bitte"), ("also {x}", "ja, {x}", "{x} danke")),
        (("{y} Entschuldigung {x}", "{y} nein warte {x}"), ("{y} ich meine {x}",)),
        (("{x} oder {y}", "niemals {x}"), ("{x} mit Bindestrich vielleicht", "nicht {x}")),
    ),
    "membership": _sets(
        _GERMAN_FILLERS,
        (("{x}", "meine Mitgliedsnummer ist {x}", "{x} bitte"), ("also {x}", "die Nummer ist {x}", "{x} danke")),
        (("{y} Entschuldigung {x}", "{y} nein warte {x}"), ("{y} ich meine {x}",)),
        (("{x} oder {y}", "niemals {x}"), ("die alte war {x}", "nicht {x}")),
    ),
    "date_of_birth": _sets(
        _GERMAN_FILLERS,
        (
            ("{x}", "ich bin {x} geboren", "mein Geburtsdatum ist {x}", "{x} bitte"),
            ("ich wurde {x} geboren", "das ist {x}", "also {x}", "{x} danke"),
        ),
        (("{y} nein {x}", "{y} Entschuldigung {x}"), ("{y} ich meine {x}", "{y} nein warte {x}")),
        (("vor dem {x}", "{x} oder {y}"), ("nach dem {x}", "zwischen {x} und {y}", "am Tag nach {x}")),
    ),
}
