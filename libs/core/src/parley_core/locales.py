"""What the platform says and expects to hear in each language it knows, where an agent document does not say it.

English is absent where a service has settings of its own for it. Read by `agents`, which every service goes through.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    silence: str = ""
    apology: str = ""
    say_again: str = ""
    time_warning: str = ""
    time_limit: str = ""
    unheard: str = ""
    goodbye: str = ""
    handoff: str = ""
    unknown: str = ""  # an answer that is not known
    unknown_or_person: str = ""  # the same, offering a person
    help: str = ""
    fillers: tuple[str, ...] = ()
    backchannels: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # what the language is called, here and elsewhere, in lower case
    openings: tuple[str, ...] = ()  # first words that only this language has
    goodbyes: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()  # words by which a person is asked for
    yes: tuple[str, ...] = ()


def primary(language: str) -> str:
    """The language of a BCP 47 tag without region and script: "es" of "es-MX"."""
    return language.partition("-")[0].lower()


def phrases(language: str) -> Phrases:
    return _PHRASES.get(primary(language), Phrases())


_PHRASES = {
    "en": Phrases(
        unheard="I am sorry, on this line I only understand English.",
        names=("english", "inglés", "ingles", "englisch", "anglais", "inglese", "inglês"),
        openings=("hello", "hi", "good morning", "good afternoon", "good evening", "hey there"),
    ),
    "es": Phrases(
        silence="¿Sigue usted ahí?",
        apology="Lo siento, no ha funcionado. ¿Puede repetirlo, por favor?",
        say_again="Perdone, ¿puede repetirlo, por favor?",
        time_warning="Se está acabando el tiempo de esta llamada.",
        time_limit="Lo siento, esta llamada ha llegado a su tiempo máximo.",
        unheard="Lo siento, en esta línea no puedo entender español.",
        goodbye="Adiós.",
        handoff="Le paso con un compañero.",
        unknown="Lo siento, eso no lo sé.",
        unknown_or_person="¿Quiere que le pase con un compañero?",
        help="¿En qué puedo ayudarle?",
        fillers=("Un momento, por favor.", "Déjeme ver.", "Enseguida."),
        backchannels=("sí", "si", "ajá", "vale", "ya", "claro", "mhm", "ok", "okay", "de acuerdo"),
        names=("spanish", "español", "espanol", "castellano", "spanisch", "espagnol", "spagnolo", "espanhol"),
        openings=("hola", "buenos días", "buenos dias", "buenas tardes", "buenas noches", "buenas"),
        goodbyes=("adiós", "adios", "hasta luego", "hasta pronto"),
        persons=("persona", "compañero", "compañera", "agente", "operador", "operadora", "humano"),
        yes=("sí", "si", "claro", "por favor", "vale", "de acuerdo"),
    ),
    "de": Phrases(
        silence="Sind Sie noch da?",
        apology="Entschuldigung, das hat nicht geklappt. Können Sie es bitte wiederholen?",
        say_again="Wie bitte? Können Sie das wiederholen?",
        time_warning="Die Zeit für dieses Gespräch geht zu Ende.",
        time_limit="Entschuldigung, dieses Gespräch hat seine Höchstdauer erreicht.",
        unheard="Entschuldigung, auf dieser Leitung verstehe ich kein Deutsch.",
        goodbye="Auf Wiederhören.",
        handoff="Ich verbinde Sie mit einem Kollegen.",
        unknown="Das weiß ich leider nicht.",
        unknown_or_person="Soll ich Sie mit einem Kollegen verbinden?",
        help="Wie kann ich Ihnen helfen?",
        fillers=("Einen Moment, bitte.", "Ich sehe nach.", "Gleich."),
        backchannels=("ja", "mhm", "okay", "ok", "genau", "gut", "aha", "ach so"),
        names=("german", "deutsch", "alemán", "aleman", "allemand", "tedesco", "alemão"),
        openings=("hallo", "guten tag", "guten morgen", "guten abend", "grüß gott", "servus", "moin"),
        goodbyes=("tschüss", "tschüs", "auf wiederhören", "auf wiedersehen", "ciao"),
        persons=("person", "menschen", "mensch", "mitarbeiter", "mitarbeiterin", "kollegen", "kollegin"),
        yes=("ja", "gerne", "bitte", "genau", "okay"),
    ),
    "fr": Phrases(
        names=("french", "français", "francais", "francés", "frances", "französisch", "francese"),
        openings=("bonjour", "bonsoir", "allô"),
    ),
    "it": Phrases(
        names=("italian", "italiano", "italienisch", "italien"),
        openings=("buongiorno", "buonasera", "salve"),
    ),
    "pt": Phrases(
        names=("portuguese", "português", "portugues", "portugués", "portugiesisch", "portugais"),
        openings=("olá", "bom dia", "boa tarde", "boa noite"),
    ),
    "nl": Phrases(names=("dutch", "nederlands", "holländisch", "niederländisch", "holandés")),
    "pl": Phrases(names=("polish", "polski", "polnisch", "polaco"), openings=("dzień dobry",)),
    "tr": Phrases(names=("turkish", "türkçe", "türkisch", "turco"), openings=("merhaba",)),
    "ru": Phrases(names=("russian", "русский", "russisch", "ruso"), openings=("здравствуйте", "добрый день")),
    "uk": Phrases(names=("ukrainian", "українська", "ukrainisch", "ucraniano")),
    "ar": Phrases(names=("arabic", "arabisch", "árabe")),
    "hi": Phrases(names=("hindi",), openings=("नमस्ते",)),
    "zh": Phrases(names=("chinese", "mandarin", "chinesisch", "chino")),
    "ja": Phrases(names=("japanese", "japanisch", "japonés")),
}
