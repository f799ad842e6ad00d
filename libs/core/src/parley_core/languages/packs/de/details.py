"""German money, birthdays and postal addresses."""

import re

from parley_core.languages.phrases import words
from parley_core.languages.value_words import Details

DETAILS = Details(
    currencies={
        "euro": "EUR", "euros": "EUR", "eur": "EUR", "€": "EUR",
        "dollar": "USD", "usd": "USD", "$": "USD",
        "pfund": "GBP", "gbp": "GBP", "£": "GBP",
        "franken": "CHF", "chf": "CHF",
    },
    hundredths=words("cent cents rappen pence"),
    bounds=words("unter uber bis hochstens mindestens maximal minimal stunde tag monat person nacht woche pro je"),
    joins=words("und"),
    money={
        "EUR": ("Euro", "Euro"), "USD": ("Dollar", "Dollar"), "GBP": ("Pfund", "Pfund"), "CHF": ("Franken", "Franken"),
    },
    hundredth=("Cent", "Cent"),
    born=(
        r"(?:am |der |den |dem |vom )?<day> <month>(?: im jahr(?:e)?)? <year>",
        r"(?:am |der |den |dem |vom )?<ordinal> (?P<month_number>\d{1,2}th) <year>",
    ),
    years=(r"(?P<year>\d{4})", r"(?P<rest>\d{2})"),
    streets=re.compile(
        r"(?:strasse|straße|str|weg|platz|allee|gasse|ring|damm|ufer|chaussee|promenade|steig|stieg|pfad|markt|graben|"
        r"twiete)$"
    ),
    number_last=True,
    address_lead=re.compile(
        r"(?:ah|ahm|also|ja|gut|okay|hallo|und|bitte|(?:das|es) ist|das ware|(?:ich|wir) (?:wohne|wohnen|wohn)"
        r"(?: in der)?|meine|unsere|die|(?:adresse|anschrift)(?: ist| lautet| ware)?|sie lautet|schicken sie es an|"
        r"schreiben sie)(?=[ ,]|$)"
    ),
    in_names=words("am an im auf zum zur der den dem in alten alte neuen neue grosse kleine lange kurze"),
    near=words("neben gegenuber hinter nahe zwischen ecke vor bei beim oder"),
)  # fmt: skip
