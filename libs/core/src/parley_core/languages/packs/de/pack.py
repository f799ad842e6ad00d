"""German."""

from parley_core.languages.pack import Pack, Sentences
from parley_core.languages.packs.de.answers import ANSWERS
from parley_core.languages.packs.de.calendar import CALENDAR, NUMBERS
from parley_core.languages.packs.de.carriers import CARRIERS
from parley_core.languages.packs.de.claims import CLAIMS
from parley_core.languages.packs.de.details import DETAILS
from parley_core.languages.packs.de.dialogue import ALOUD, TALK
from parley_core.languages.packs.de.endings import ENDINGS
from parley_core.languages.packs.de.facts import FACTS
from parley_core.languages.packs.de.guard import GUARD
from parley_core.languages.packs.de.recognition import RECOGNITION
from parley_core.languages.packs.de.talk import INTENTS, SAFETY, SEARCH
from parley_core.languages.packs.de.turns import ANSWERED, BACKCHANNELS, SOUNDS, WISHES
from parley_core.languages.packs.de.values import ADDRESSES, NAMES, SLOTS
from parley_core.languages.phrases import listed

PACK = Pack(
    tag="de",
    lacks=listed(
        """endings.auxiliaries, endings.subjects, endings.prepositions, endings.questions, endings.verb_endings,
        endings.whole, endings.scales, endings.joins, endings.letters, endings.half_days, endings.asks, wishes.no,
        wishes.denied, numbers.misheard, calendar.ambiguous_months, calendar.noon, naming.single, naming.prefixes,
        written, safety.gives_diagnosis, search.stop, search.same, search.open, search.denials,
        search.ranges, search.titles, search.weekday_forms, reports, endings.names_of_letters, claims.excused,
        claims.apology, recognition.openers, recognition.introductions, recognition.consent, recognition.wishes,
        recognition.own_wish, recognition.everyday, recognition.before_numbers, recognition.numbers,
        recognition.moments, recognition.days, recognition.parts, recognition.times, recognition.within,
        recognition.halves"""
    ),
    names=("german", "deutsch", "alemán", "aleman", "allemand", "tedesco", "alemão"),
    openings=("hallo", "guten tag", "guten morgen", "guten abend", "grüß gott", "servus", "moin"),
    answers=ANSWERS,
    carriers=CARRIERS,
    numbers=NUMBERS,
    calendar=CALENDAR,
    naming=NAMES,
    addresses=ADDRESSES,
    details=DETAILS,
    aloud=ALOUD,
    slots=SLOTS,
    endings=ENDINGS,
    wishes=WISHES,
    answered=ANSWERED,
    recognition=RECOGNITION,
    says=Sentences(
        busy="Im Moment sind alle unsere Leitungen besetzt. "
        "Bitte rufen Sie in ein paar Minuten wieder an. Auf Wiederhören.",
        limited="Leider können wir im Moment keinen weiteren Anruf von Ihnen annehmen. "
        "Bitte versuchen Sie es später noch einmal. Auf Wiederhören.",
        hold="Einen Moment, bitte.",
        silence="Sind Sie noch da?",
        apology="Entschuldigung, das hat nicht geklappt. Können Sie es bitte wiederholen?",
        say_again="Wie bitte? Können Sie das wiederholen?",
        time_warning="Die Zeit für dieses Gespräch geht zu Ende.",
        time_limit="Entschuldigung, dieses Gespräch hat seine Höchstdauer erreicht.",
        unheard="Entschuldigung, auf dieser Leitung verstehe ich kein Deutsch.",
        not_spoken="Diese Sprache spreche ich leider nicht.",
        goodbye="Auf Wiederhören.",
        handoff="Ich verbinde Sie mit einem Kollegen.",
        handoff_failed="Leider habe ich meine Kollegen nicht erreicht.",
        consent_ask="Dieses Gespräch wird aufgezeichnet, damit wir Ihnen besser helfen können. Sind Sie einverstanden? "
        "Sagen Sie ja oder nein, oder drücken Sie eins oder zwei.",
        consent_again="Das habe ich nicht verstanden. Darf dieses Gespräch aufgezeichnet werden? "
        "Drücken Sie eins für ja, zwei für nein.",
        consent_accepted="Danke.",
        consent_refused="In Ordnung, dieses Gespräch wird nicht aufgezeichnet.",
        unknown="Das weiß ich leider nicht.",
        unknown_or_person="Soll ich Sie mit einem Kollegen verbinden?",
        cannot_look_up="Das kann ich gerade leider nicht nachsehen.",
        not_done="Das ist noch nicht erledigt.",
        did_not_work="Das hat gerade leider nicht geklappt.",
        not_decided="Dem muss erst jemand zustimmen.",
        one_time_code="Ihr Code ist {code}. Er gilt zehn Minuten.",
        approved="Ihr Anliegen aus unserem Telefonat wurde genehmigt und ist erledigt.",
        not_approved="Ihr Anliegen aus unserem Telefonat konnte nicht genehmigt werden.",
        approved_in_vain="Ihr Anliegen aus unserem Telefonat wurde genehmigt, ließ sich aber nicht ausführen.",
        not_promised="Das kann ich selbst nicht tun.",
        help="Wie kann ich Ihnen helfen?",
        meant="Meinen Sie {value}?",
        take_your_time="Lassen Sie sich Zeit.",
        fillers=("Einen Moment, bitte.", "Ich sehe nach.", "Gleich."),
    ),
    backchannels=BACKCHANNELS,
    sounds=SOUNDS,
    intents=INTENTS,
    talk=TALK,
    claims=CLAIMS,
    facts=FACTS,
    safety=SAFETY,
    guard=GUARD,
    search=SEARCH,
)
