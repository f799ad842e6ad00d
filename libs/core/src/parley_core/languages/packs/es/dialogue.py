"""What the rule-based agent says in Spanish, and how it says values."""

from parley_core.languages.packs.es.calendar import CALENDAR, NUMBERS
from parley_core.languages.talk_words import Talk
from parley_core.languages.value_words import Aloud

_NAMES = {value: phrase for phrase, value in reversed(list(NUMBERS.values.items())) if value < 60}
_HOURS = tuple("la una" if hour in (1, 13) else f"las {_NAMES[hour % 12 or 12]}" for hour in range(24))

ALOUD = Aloud(
    date="{weekday} {day} de {month}",
    datetime="{date} a {time}",
    written="{weekday} {date} a las {time}",
    weekdays=CALENDAR.weekdays,
    months=CALENDAR.months,
    days=tuple(_NAMES[day] for day in range(1, 32)),
    hours=_HOURS,
    minutes=tuple({15: "cuarto", 30: "media"}.get(minute, _NAMES[minute]) for minute in range(60)),
    whole="{hour}",
    clock="{hour} y {minute}",
    parts=((1, "de la noche"), (6, "de la madrugada"), (12, "de la mañana"), (14, "del mediodía"), (20, "de la tarde"),
           (24, "de la noche")),
    day_parts={"morning": "por la mañana", "afternoon": "por la tarde", "evening": "por la noche"},
    plus="más",
    extension="extensión",
)  # fmt: skip

TALK = Talk(
    anything_else="¿Puedo ayudarle en algo más?",
    hello="Hola. ¿En qué puedo ayudarle?",
    welcome="De nada.",
    heard_nothing="Perdone, no he oído nada. ¿En qué puedo ayudarle?",
    not_understood="Perdone, no le he entendido.",
    yes_or_no="Perdone, necesito un sí o un no.",
    all_right="De acuerdo.",
    nothing_booked="De acuerdo, no se ha reservado nada.",
    dropped="De acuerdo, lo dejamos.",
    would_you_like="¿Quiere {goal}?",
    person_or_message="Puedo pasarle con un compañero o tomar nota de un recado. ¿Qué prefiere?",
    leave_message="¿Quiere dejar un recado?",
    what_message="¿Cuál es el recado? Diga también su nombre y su teléfono, por favor.",
    message_noted="Gracias. He tomado nota, y un compañero le llamará.",
    to_be_approved="Un compañero tiene que aprobarlo. Le avisaremos.",
    could_not="Lo siento, ahora mismo no he podido hacerlo.",
    no_longer="Lo siento, eso ya no es posible.",
    is_sent="Le acabo de enviar una confirmación.",
    not_sent="El mensaje de texto no se ha podido enviar, pero lo que le he dicho sigue en pie.",
    gone_through="Eso ya está hecho.",
    shall_cancel="¿Quiere que lo anule?",
    or_change="También puede decirme otra hora.",
    can_move="Eso ya está hecho, pero puedo cambiarlo.",
    undone="Queda anulado.",
    kept="De acuerdo, se queda como está.",
    still_stands="Lo que habíamos acordado sigue en pie.",
    what_to_change="¿Qué debo cambiar: {names}?",
    the="{name}",
    so_far="De momento tengo {digits}. Siga, por favor.",
    last_name="Gracias, {name}. ¿Y sus apellidos?",
    time_passed="Esa hora ya ha pasado.",
    day_passed="Ese día ya ha pasado.",
    not_free="Lo siento, {moment} no está libre.",
    nothing_free="Lo siento, el {day} no hay nada libre.",
    free_then="El {day} tengo {times}.",
    free="Tengo {moments}.",
    which="¿Qué prefiere?",
    suits="¿Le viene bien?",
    which_time="¿A qué hora le gustaría venir el {day}?",
    which_day="¿Qué día le gustaría venir a {time}?",
    tool_failed="Lo siento, no ha funcionado.",
    done="Hecho.",
    joined=("y", "o"),
)
