"""German in turn-taking: the ends of sentences, signs of listening, wishes for a language, who answers the phone."""

import re

from parley_core.languages.phrases import listed, numbers, words
from parley_core.languages.turn_words import Answered, Endings, Wishes

BACKCHANNELS = listed("ja, mhm, okay, ok, genau, gut, aha, ach so")
SOUNDS = listed("mhm, m, m hm, hm, h m, ah, oh, ach, aha, ah ha, eh, ehm, so, uh huh, mh")

ENDINGS = Endings(
    fillers=words("äh ähm hm hmm öh naja tja also"),
    carry_on=words(
        """der die das den dem des ein eine einen einem einer mein meine meinen meiner dein ihre ihren sein
        seine und oder aber weil dass ob wenn obwohl während denn sondern
        zu von für bei in im am um auf aus nach über unter zwischen ohne gegen bis seit vor
        ich wir bin sind war habe haben hätte möchte würde will können könnte soll
        sehr ganz noch jeder jede jedes herr frau doktor heiße heißt punkt klammeraffe minus"""
    ),
    answers=words(
        """ja nein danke bitte genau richtig gerne gern okay ok stimmt klar natürlich hallo tschüss tschüs heute
        morgen nie immer gut super passt wiederhören wiedersehen nichts alles"""
    ),
    asking=words("was wann wo wer wie warum welche welcher welches wieviel haben hat kann können sind ist gibt"),
    choices=words("oder"),
    verbs=words(
        """möchte hätte brauche habe kann können gibt ist sind würde will muss soll buchen absagen verschieben
        sprechen kommen wissen suche vereinbaren"""
    ),
    digits=numbers(
        "null eins ein zwei zwo drei vier fünf sechs sieben acht neun",
        """zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreißig vierzig
        fünfzig sechzig siebzig achtzig neunzig""",
    ),
    repeats={"doppel": 2},
    address=re.compile(r"\b(?:at|ät|klammeraffe)\b|@|\b(?:mail|adresse) (?:ist|lautet)\b"),
    domain=re.compile(r"(?: punkt |\.)(?:de|com|org|net|at|ch|eu|info|edu)$"),
    asked={
        "phone": re.compile(r"\b(?:telefon|handy|rückruf)\w*"),
        "email": re.compile(r"\be-?mail|\bmailadresse"),
        "number": re.compile(r"\b(?:nummer|postleitzahl|geburtsdatum)|\bcode\b"),
        "name": re.compile(r"\b(?:ihr|dein|vor-?|nach)\s?name|\bheißen sie\b|\bbuchstabier"),
    },
)

WISHES = Wishes(
    speak=listed(
        """sprechen, sprecht, sprichst, spreche, spricht, reden, redet, weiterreden, weitersprechen, unterhalten,
        weiter, weitermachen, wechseln, lieber"""
    ),
    into=listed("auf, zu, in, mit, bitte, ins, sie, wir, mir"),
    closing=listed("auf, in"),
    nots=listed("kein, keine, nicht, ohne, nie"),
    denied=(),
    polite=listed("bitte, danke, ja, nein, hallo, guten, tag, entschuldigung, äh, ähm, okay"),
    around=listed(
        """können, könnten, kann, wir, ich, sie, du, man, mit, mir, möchte, würde, gern, gerne, lieber, auf, in,
        sprechen, sprecht, sprichst, spreche, spricht, reden, weiter, weitermachen, wechseln, zu, jemand, hier, der,
        die"""
    ),
    joins=listed(
        """und, oder, aber, weil, denn, dann, jetzt, wenn, statt, ich, wir, sprechen, reden, weiterreden,
        weitersprechen, unterhalten, nicht, hier, geht, möglich"""
    ),
)

ANSWERED = Answered(
    person=re.compile(
        r"\b(er|sie|(herr|frau) [\w-]+|(der|die) (chefin?|kollegin?|kollege)"
        r"|meine? (mann|frau|vater|mutter|chefin?|kollegin?))"
        r" ist (gerade |leider |im moment |momentan |zurzeit |derzeit )*"
        r"(nicht (da|erreichbar|zu sprechen)|nicht im haus|nicht am platz"
        r"|in einer|im gespräch|im urlaub|unterwegs)"
        r"|\b(kann|soll|darf) ich (ihm|ihr|etwas|was) (etwas |was )?(ausrichten|bestellen|sagen)"
        r"|\bsoll (er|sie) (sie|dich) zurückrufen"
        r"|\bmöchten sie (ihm |ihr )?eine nachricht hinterlassen|\bich (richte|sage) (es )?(ihm|ihr)\b"
        r"|\bworum geht es\b",
        re.IGNORECASE,
    ),
    machine=re.compile(
        r"\b(hinterlassen sie|nachricht nach dem|sprechen sie nach|nach dem (signalton|piepton|ton|piep|signal)"
        r"|mailbox|anrufbeantworter|sprachbox|(derzeit|zurzeit|momentan|gerade|im moment) (leider )?nicht (da"
        r"|persönlich|erreichbar|zu erreichen)|nicht erreichbar|(kann|können) (ihren|deinen) anruf (leider )?"
        r"(derzeit |zurzeit |gerade )?nicht entgegennehmen|rufen (sie )?(ich |wir )?(bitte )?(später|zurück))\b",
        re.IGNORECASE,
    ),
    menu=re.compile(
        r"\b((drücken|wählen|sagen) sie (bitte )?(die )?(\d|eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|null"
        r"|raute|stern)"
        r"|für \w+( \w+){0,3},? (drücken|wählen|sagen) sie|hauptmenü|folgenden (optionen|möglichkeiten)"
        r"|ihr anruf ist uns wichtig|(gespräch|anruf) (wird|kann) (zu \w+ )?(aufgezeichnet|mitgeschnitten))\b",
        re.IGNORECASE,
    ),
    screening=re.compile(
        r"\b(nennen sie (bitte )?ihren namen|wer (ist da|spricht|ruft an)|(den )?grund (ihres|des) anrufs"
        r"|warum sie anrufen|anruf-?filter|(google|virtuelle\w*) assistent\w*)\b",
        re.IGNORECASE,
    ),
)
