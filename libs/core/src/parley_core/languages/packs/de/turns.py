"""German in turn-taking: signs of listening, wishes for a language, who answers the phone."""

import re

from parley_core.languages.phrases import listed
from parley_core.languages.turn_words import Answered, Wishes

BACKCHANNELS = listed(
    "ja, jo, mhm, okay, ok, genau, gut, aha, ach so, achso, alles klar, klar, verstehe, stimmt, richtig, sehr gut"
)
SOUNDS = listed("mhm, m, m hm, hm, h m, ah, oh, ach, aha, ah ha, eh, ehm, so, uh huh, mh")

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
