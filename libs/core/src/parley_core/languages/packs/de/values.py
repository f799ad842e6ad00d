"""German names, addresses, and how callers speak of a flow's values. Without accents, as they are compared."""

import re

from parley_core.languages.phrases import listed, words
from parley_core.languages.value_words import Addresses, NameWords, Slots

NAMES = NameWords(
    introductions=re.compile(
        r"(?:\bmein(?: voller| vollstandiger)? name(?: ist| ware)?|\bder name(?: ist| ware)?|\bname ist|"
        r"\bich hei(?:ß|ss)e|\bich bin(?: der| die)?|\bhier ist(?: der| die)?|\bhier spricht|\bes ist|\bdas ist|"
        r"\bauf den namen|\bauf|\bfur)\s+(.+)$"
    ),
    weak=re.compile(r"(?:ich bin(?: der| die)?|hier ist(?: der| die)?|hier spricht|es ist|das ist|auf|fur)\s"),
    strong=re.compile(r"name|hei(?:ß|ss)e"),
    introducing=words("name ist heisse ich bin mein der hier spricht"),
    speaking=re.compile(r"^(?:hallo |guten tag |ja |hier )*(.+?) (?:am apparat|hier|ist mein name|mein name)\b"),
    stops=words(
        """und meine telefonnummer handynummer nummer ich mochte wurde hatte will brauche am um fur bitte danke aber
        mit ist es buchstabiert buchstabiere geschrieben ein eine einen im an auf bei wir vielen besten schon dass"""
    ),
    fillers=words(
        """ah ahm ohm hm also ja klar gut okay ok hallo guten tag morgen abend gern gerne bitte naturlich so oh ach
        entschuldigung genau es das ist schreiben sie notieren"""
    ),
    hesitations=listed("äh, ähm, öhm, hm, ah, ahm, ohm"),
    closings=words("danke vielen dank hier am apparat bitte schon"),
    never=words(
        """mehr heisse bin name namen apparat spricht was wann wo wohin woher wer wen wem warum wieso weshalb wie
        welche welcher welches ist sind war waren kann konnte konnen will wurde mochte hatte haben habe hat nicht
        kein keine nein ja doch richtig falsch stimmt genau sicher buchen buchung reservieren reservierung termin
        termine besuch arzt arztin zahnarzt versicherung offen geoffnet offnungszeiten montag dienstag mittwoch
        donnerstag freitag samstag sonnabend sonntag morgen heute gestern ubermorgen vormittag nachmittag abend
        nacht mittag fruh woche monat jahr uhr uhrzeit zeit datum tag nummer telefon telefonnummer handy handynummer
        nachname vorname familienname hilfe frage bitte danke wiederholen noch mal nochmal absagen stornieren stop
        stopp hallo tschuss guten person mensch jemand niemand etwas nichts der die das den dem des ein eine einen
        einem einer mein meine dein sein ihr unser ich du er sie es wir uns mich mir ihnen und oder aber sondern
        wenn dann als hier da dort sehr wirklich nur vielleicht andern warten warte moment eins zwei drei vier funf
        sechs sieben acht neun zehn elf zwolf null halb viertel punkt at an auf in im am um zu zum zur fur von mit
        bei uber nach vor seit ab bis rufe rufen anrufen suche suchen schmerzen krank kosten kostet viel preis
        zahlen parken adresse weiss wissen glaube denke sagen sage gebe geben gehen kommen machen fruher spater gut
        schon prima super perfekt na nun weil erste zweite dritte januar februar marz mai juni juli august september
        oktober november dezember neu neue neuer patient patientin alt schreibe schreiben notieren eintragen nehmen
        nehme frau herr mutter vater sohn tochter mann freund freundin bruder schwester kollege kollegin tisch
        zimmer konto kunde kundin buchstabieren buchstabiere buchstabe buchstaben gross klein beide weder noch
        ausser statt fast ehemals geborene geborener verheiratet ledig anders andere anderer anderen ganz voller
        kurzer ah ahm hm oh ach also mal jetzt eigentlich lieber besser meine meinte entschuldigung verzeihung leid
        alle alles jeder jede man wohl immer nie schon gerade angerufen heisst fruher wegen namens"""
    ),
    also=words("weiss august april frank mann klein gross neu alt sommer winter konig schon jung lang kurz"),
    dated=words("august april"),
    by_part=re.compile(
        r"\b(?:mein |der |und )*(vorname|nachname|familienname|zuname)(?: ist| lautet)?\s+(.+?)"
        r"(?=(?: und)?(?: mein| der)? (?:vorname|nachname|familienname|zuname)\b|$)"
    ),
    first=words("vorname"),
    honorifics=words("herr frau doktor dr prof professor"),
    spelled=re.compile(
        r"\b(?:das |ich |und |man )?(?:buchstabiert|buchstabiere|schreibt sich|schreibe ich|geschrieben)"
        r"(?: sich| ich| das| man)?\b"
    ),
    as_in=re.compile(r"\b(?:gro(?:ß|ss)es |kleines )?([^\W\d_]) wie [^\W\d_]{2,}\b"),
    capital=re.compile(r"\b(?:gro(?:ß|ss)|klein)(?:es|er)? (?=[^\W\d_]\b)"),
    alphabet=words(
        """anton berta casar dora emil friedrich gustav heinrich ida julius kaufmann konrad ludwig martha nordpol otto
        paula quelle richard samuel siegfried theodor ulrich viktor wilhelm xanthippe ypsilon zacharias zeppelin
        aachen berlin chemnitz dusseldorf essen frankfurt goslar hamburg ingelheim jena koln leipzig munchen
        nurnberg offenbach potsdam quickborn rostock salzwedel tubingen unna volklingen wuppertal xanten zwickau"""
    ),
    letters={
        "be": "b", "ce": "c", "tse": "c", "zeh": "c", "de": "d", "ef": "f", "eff": "f", "ge": "g", "ha": "h",
        "jot": "j",
        "ka": "k", "el": "l", "ell": "l", "em": "m", "emm": "m", "en": "n", "enn": "n", "pe": "p", "ku": "q", "er": "r",
        "err": "r", "es": "s", "ess": "s", "te": "t", "vau": "v", "fau": "v", "we": "w", "ix": "x", "iks": "x",
        "ypsilon": "y", "zet": "z", "zett": "z", "eszett": "ß", "scharfes s": "ß",
    },
    joins=words("und"),
    single=frozenset(),
    particles=words("von van vom zu zur der den de la dem"),
    titles=words("dr doktor herr frau der die"),
)  # fmt: skip

ADDRESSES = Addresses(
    about=re.compile(r"\b(?:und )?(?:meine |die |eine |per )?(?:e ?-?mail|mail)(?: ?adresse)?\b"),
    before=re.compile(
        r"^(?:(?:guten (?:tag|morgen|abend)|ah|ahm|hm|also|so|okay|ok|gut|klar|ja|hallo|und|bitte|gerne|"
        r"gern|naturlich|ach|"
        r"(?:meine|die|eine) (?:e[ -]?mail|mail)(?: ?adresse)?(?: ist| lautet| ware)?|"
        r"(?:e[ -]?mail|mail)(?: ?adresse)?(?: ist| lautet)?|"
        r"(?:meine |die )?adresse(?: ist| lautet)?|es ist|das ist|das ware|sie lautet|lautet|"
        r"schreiben sie(?: mir)?(?: an)?|notieren sie|schicken sie (?:es|das) an|senden sie (?:es|das) an|"
        r"sie erreichen mich unter|unter|an)\s+)+"
    ),
    behind=re.compile(
        r"(?:\s+(?:bitte|danke|vielen dank|"
        r"alles (?:klein|zusammen|klein geschrieben|in einem wort|zusammengeschrieben)|"
        r"zusammengeschrieben|kleingeschrieben|klein geschrieben|in einem wort|ohne leerzeichen|ah|ahm|hm|das wars|"
        r"das ist alles|okay))+$"
    ),
    one_word=re.compile(
        r"\b(?:alles (?:zusammen|in einem wort)|(?:alles )?zusammengeschrieben|in einem wort|ohne leerzeichen)\b"
    ),
    at=("at", "klammeraffe", "et", "@"),
    signs={
        "punkt": ".", "unterstrich": "_", "unter strich": "_", "bindestrich": "-", "binde strich": "-",
        "minus": "-", "strich": "-",
        "mittelstrich": "-", "plus": "+",
    },
    unclear=re.compile(r"doppel.*|hundert.*|tausend.*"),
    hosts={
        "g mail": "gmail", "ge mail": "gmail", "google mail": "googlemail", "hot mail": "hotmail",
        "out look": "outlook",
        "i cloud": "icloud", "ge em ix": "gmx", "g m x": "gmx",
    },
)  # fmt: skip

SLOTS = Slots(
    about={
        "datetime": re.compile(r"\b(?:uhrzeit|zeit|tag|datum|wann|termin)\b"),
        "date": re.compile(r"\b(?:tag|datum|wann)\b"),
        "time": re.compile(r"\b(?:uhrzeit|zeit|wann)\b"),
        "person": re.compile(r"\b(?:name|namen|nachname|vorname)\b"),
        "phone": re.compile(r"\b(?:telefonnummer|telefon|nummer|handynummer|handy|mobilnummer|ruckrufnummer)\b"),
        "email": re.compile(r"\b(?:email|e mail|mail|mailadresse|emailadresse)\b"),
        "money": re.compile(r"\b(?:betrag|summe|preis|budget)\b"),
        "address": re.compile(r"\b(?:adresse|anschrift|strasse|straße|hausnummer|postleitzahl|ort)\b"),
        "spelled": re.compile(r"\b(?:buchstaben?|buchstabierung)\b"),
        "date_of_birth": re.compile(
            r"\b(?:geburtsdatum|geburtstag|(?:ich (?:bin|wurde) )?geboren|ich (?:bin|wurde))\b"),
        "membership": re.compile(r"\b(?:mitgliedsnummer|kundennummer|versichertennummer|policennummer|mitglied)\b"),
    },
    phone=re.compile(
        r"\b(?:und )?(?:meine |die |eine )?(?:telefonnummer|telefon|handynummer|handy|mobilnummer|ruckrufnummer)"
        r"(?: ist| lautet)?\b|\bmeine nummer(?: ist| lautet)?\b|\bdie nummer(?: ist| lautet)\b"
    ),
    time_of=re.compile(r"\b(?:uhrzeit|zeit)\b"),
    day_of=re.compile(r"\b(?:tag|datum)\b"),
    greeting=re.compile(r"^(?:(?:hallo|ah|ahm|hm|ja) )*guten (?:morgen|abend|tag) "),
    topics=re.compile(r"\b(?:und )?(?:(?:mein|der) name(?: ist)?|ich hei(?:ß|ss)e)\b|\bund ich bin\b"),
    named=re.compile(r"\b(?:name(?: ist)?|hei(?:ß|ss)e)\b"),
    counts=re.compile(
        r"\b(?:(?:ein(?:en)? )?(?:tisch|zimmer|reservierung) fur [a-z0-9]+(?: (?:personen|leute))?|"
        r"(?:fur )?[a-z0-9]+ (?:personen|leute|gaste|erwachsene)|wir sind (?:zu )?[a-z0-9]+)\b"
    ),
    ones=words("der die das den dem grosse"),
    nouns={
        "datetime": "den Tag und die Uhrzeit", "date": "den Tag", "time": "die Uhrzeit", "person": "den Namen",
        "phone": "die Telefonnummer", "email": "die E-Mail-Adresse", "number": "die Anzahl",
        "money": "den Betrag",
        "address": "die Adresse",
        "spelled": "die Schreibweise",
        "date_of_birth": "das Geburtsdatum",
        "membership": "die Mitgliedsnummer",
    },
)  # fmt: skip
