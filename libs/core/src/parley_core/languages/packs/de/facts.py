"""German facts: amounts, times, denials, and how a business speaks about itself."""

import re

from parley_core.languages.fact_words import FactWords
from parley_core.languages.phrases import words

FACTS = FactWords(
    money=words("euro euros cent franken dollar eur chf"),
    percent=words("prozent"),
    hours=words("uhr"),
    units=words(
        """minute minuten stunde stunden tag tage tagen woche wochen monat monate monaten jahr jahre jahren mal person
        personen nacht nachte stock etage kilometer meter sitzung sitzungen"""
    ),
    free=re.compile(r"\b(?:kostenlos|kostenfrei|gratis|umsonst|kostet nichts|ohne aufpreis)\b"),
    quarters={
        re.compile(r"\bhalb (\w+)"): (-1, 30),
        re.compile(r"\bviertel nach (\w+)"): (0, 15),
        re.compile(r"\bviertel vor (\w+)"): (-1, 45),
    },
    spans={"dreiviertelstunde": "45 minuten", "viertelstunde": "15 minuten", "halbe stunde": "30 minuten"},
    weekend=words("wochenende wochenenden"),
    weekdays=words("werktag werktage werktags werktagen wochentags"),
    denials=words("nicht kein keine keinen keinem keiner nie niemals ohne weder"),
    closed=words("geschlossen"),
    opens=words("offen geoffnet offnen offnet"),
    states=re.compile(
        r"\b(?:wir|unser|unsere) (?:\w+ )?(?:haben|sind|ist|bieten|nehmen|akzeptieren|offnen|schliessen)\b|"
        r"\b(?:wir|unser|unsere) (?:\w+ )?(?:sprechen|liefern|berechnen|kostet|kosten|konnen|mussen|brauchen)\b|"
        r"\b(?:haben|sind|bieten|nehmen|offnen|schliessen) wir\b|\bes gibt\b|\bsie (?:konnen|mussen|durfen)\b"
    ),
    stop=words(
        """der die das den dem des ein eine einen einem einer eines und oder aber auch in im an am auf zu zum zur mit
        von vom bei beim fur ist sind war hat haben wir sie ihr ihre ihren unser unsere unseren es ich mich mir uns so
        nur noch schon sehr ja nein bitte gerne gern hier da dort wie was wann wo wer wenn als dann kann konnen muss
    mussen gibt"""
    ),
    capitals=True,
    titles=words("doktor dr herr herrn frau professor prof"),
    never_names=words("sie ihnen ihr ihre herr frau doktor dr"),
)
