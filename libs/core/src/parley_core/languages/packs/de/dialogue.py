"""What the rule-based agent says in German, and how it says values."""

from parley_core.languages.packs.de.calendar import CALENDAR, NUMBERS, below_hundred
from parley_core.languages.talk_words import Talk
from parley_core.languages.value_words import Aloud

_NAMES = {value: phrase for phrase, value in reversed(list(below_hundred().items())) if value < 60}

ALOUD = Aloud(
    date="{weekday}, den {day} {month}",
    datetime="{date}, um {time}",
    written="{weekday}, {date}, {time} Uhr",
    weekdays=tuple(day.capitalize() for day in CALENDAR.weekdays),
    months=tuple(month.capitalize() for month in CALENDAR.months),
    days=tuple(f"{NUMBERS.ordinals[day]}n" for day in range(1, 32)),
    hours=tuple("ein" if hour == 1 else _NAMES[hour] for hour in range(24)),
    minutes=tuple(_NAMES[minute] for minute in range(60)),
    whole="{hour} Uhr",
    clock="{hour} Uhr {minute}",
    day_parts={"morning": "am Vormittag", "afternoon": "am Nachmittag", "evening": "am Abend"},
    plus="plus",
    extension="Durchwahl",
)

TALK = Talk(
    anything_else="Kann ich sonst noch etwas für Sie tun?",
    hello="Guten Tag. Wie kann ich Ihnen helfen?",
    welcome="Gern geschehen.",
    heard_nothing="Entschuldigung, ich habe nichts gehört. Wie kann ich Ihnen helfen?",
    not_understood="Entschuldigung, das habe ich nicht verstanden.",
    yes_or_no="Entschuldigung, ich brauche ein Ja oder ein Nein.",
    all_right="In Ordnung.",
    nothing_booked="In Ordnung, es wurde nichts gebucht.",
    dropped="In Ordnung, das lassen wir.",
    would_you_like="Möchten Sie {goal}?",
    person_or_message="Ich kann Sie mit einem Kollegen verbinden oder eine Nachricht aufnehmen. Was möchten Sie?",
    leave_message="Möchten Sie eine Nachricht hinterlassen?",
    what_message="Wie lautet Ihre Nachricht? Bitte nennen Sie auch Ihren Namen und Ihre Telefonnummer.",
    message_noted="Danke. Ich habe es notiert, und ein Kollege ruft Sie zurück.",
    to_be_approved="Das muss ein Kollege genehmigen. Wir geben Ihnen Bescheid.",
    could_not="Das hat gerade leider nicht geklappt.",
    no_longer="Das ist leider nicht mehr möglich.",
    is_sent="Ich habe Ihnen gerade eine Bestätigung geschickt.",
    not_sent="Die Nachricht konnte nicht gesendet werden, aber es bleibt bei dem, was ich gesagt habe.",
    gone_through="Das ist schon erledigt.",
    shall_cancel="Soll ich es stornieren?",
    or_change="Sie können mir auch eine andere Zeit nennen.",
    can_move="Das ist schon erledigt, aber ich kann es verlegen.",
    undone="Es ist storniert.",
    kept="In Ordnung, es bleibt dabei.",
    still_stands="Was vorher vereinbart war, gilt weiter.",
    what_to_change="Was soll ich ändern: {names}?",
    the="{name}",
    so_far="Bisher habe ich {digits}. Bitte weiter.",
    last_name="Danke, {name}. Und Ihr Nachname?",
    time_passed="Diese Uhrzeit ist schon vorbei.",
    day_passed="Dieser Tag ist schon vorbei.",
    not_free="{moment} ist leider nicht frei.",
    nothing_free="Am {day} ist leider nichts frei.",
    free_then="Am {day} habe ich {times}.",
    free="Ich habe {moments}.",
    which="Was möchten Sie?",
    suits="Passt Ihnen das?",
    which_time="Um wie viel Uhr möchten Sie am {day} kommen?",
    which_day="An welchem Tag möchten Sie um {time} kommen?",
    tool_failed="Das hat leider nicht funktioniert.",
    done="Erledigt.",
    joined=("und", "oder"),
)
