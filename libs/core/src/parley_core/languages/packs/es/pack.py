"""Spanish."""

from parley_core.languages.pack import Pack, Sentences
from parley_core.languages.packs.es.answers import ANSWERS
from parley_core.languages.packs.es.calendar import CALENDAR, NUMBERS
from parley_core.languages.packs.es.carriers import CARRIERS
from parley_core.languages.packs.es.claims import CLAIMS
from parley_core.languages.packs.es.details import DETAILS
from parley_core.languages.packs.es.dialogue import ALOUD, TALK
from parley_core.languages.packs.es.endings import ENDINGS
from parley_core.languages.packs.es.facts import FACTS
from parley_core.languages.packs.es.guard import GUARD
from parley_core.languages.packs.es.recognition import RECOGNITION
from parley_core.languages.packs.es.talk import INTENTS, SAFETY, SEARCH
from parley_core.languages.packs.es.turns import ANSWERED, BACKCHANNELS, SOUNDS, WISHES
from parley_core.languages.packs.es.values import ADDRESSES, NAMES, SLOTS
from parley_core.languages.phrases import listed

PACK = Pack(
    tag="es",
    lacks=listed(
        """endings.auxiliaries, endings.subjects, endings.prepositions, endings.questions, endings.verb_endings,
        endings.whole, endings.scales, endings.half_days, endings.asks, numbers.misheard, calendar.ambiguous_months,
        naming.alphabet, naming.prefixes, written, safety.gives_diagnosis, search.stop,
        search.same, search.open, search.denials, search.ranges, search.titles, search.weekday_forms, reports,
        claims.excused, claims.apology, recognition.openers, recognition.introductions, recognition.consent,
        recognition.wishes, recognition.own_wish, recognition.everyday, recognition.before_numbers,
        recognition.numbers, recognition.moments, recognition.days, recognition.parts, recognition.times,
        recognition.within, recognition.halves, facts.weekdays"""
    ),
    names=("spanish", "español", "espanol", "castellano", "spanisch", "espagnol", "spagnolo", "espanhol"),
    openings=("hola", "buenos días", "buenos dias", "buenas tardes", "buenas noches", "buenas"),
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
        busy="En este momento todas nuestras líneas están ocupadas. Por favor, vuelva a llamar en unos minutos. Adiós.",
        limited="Lo siento, ahora mismo no podemos atender más llamadas suyas. Por favor, inténtelo más tarde. Adiós.",
        hold="Un momento, por favor.",
        silence="¿Sigue usted ahí?",
        apology="Lo siento, no ha funcionado. ¿Puede repetirlo, por favor?",
        say_again="Perdone, ¿puede repetirlo, por favor?",
        time_warning="Se está acabando el tiempo de esta llamada.",
        time_limit="Lo siento, esta llamada ha llegado a su tiempo máximo.",
        unheard="Lo siento, en esta línea no puedo entender español.",
        not_spoken="Lo siento, ese idioma no lo hablo.",
        goodbye="Adiós.",
        handoff="Le paso con un compañero.",
        handoff_failed="Lo siento, no he podido localizar a mis compañeros.",
        consent_ask="Esta llamada se graba para atenderle mejor. ¿Está de acuerdo? Diga sí o no, o pulse uno o dos.",
        consent_again="No le he entendido. ¿Se puede grabar esta llamada? Pulse uno para sí, dos para no.",
        consent_accepted="Gracias.",
        consent_refused="De acuerdo, esta llamada no se graba.",
        unknown="Lo siento, eso no lo sé.",
        unknown_or_person="¿Quiere que le pase con un compañero?",
        cannot_look_up="Lo siento, ahora mismo no puedo consultarlo.",
        not_done="Eso todavía no está hecho.",
        did_not_work="Lo siento, eso no ha funcionado.",
        not_decided="Alguien tiene que aprobarlo primero.",
        one_time_code="Su código es {code}. Es válido durante diez minutos.",
        approved="Su solicitud de nuestra llamada ha sido aprobada y está hecha.",
        not_approved="Su solicitud de nuestra llamada no ha podido ser aprobada.",
        approved_in_vain="Su solicitud de nuestra llamada fue aprobada, pero no se ha podido llevar a cabo.",
        not_promised="Eso no puedo hacerlo yo.",
        help="¿En qué puedo ayudarle?",
        meant="¿Quiere decir {value}?",
        take_your_time="Tómese su tiempo.",
        fillers=("Un momento, por favor.", "Déjeme ver.", "Enseguida."),
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
