"""English money, birthdays and postal addresses."""

import re

from parley_core.languages.phrases import words
from parley_core.languages.value_words import Details

DETAILS = Details(
    currencies={
        "dollar": "USD", "dollars": "USD", "bucks": "USD", "buck": "USD", "usd": "USD", "$": "USD",
        "euro": "EUR", "euros": "EUR", "eur": "EUR", "€": "EUR",
        "pound": "GBP", "pounds": "GBP", "quid": "GBP", "gbp": "GBP", "£": "GBP",
    },
    hundredths=words("cent cents penny pennies pence p"),
    bounds=words("under over up least most maximum minimum max than below above hour day each person night week per"),
    joins=words("and"),
    money={"USD": ("dollar", "dollars"), "EUR": ("euro", "euros"), "GBP": ("pound", "pounds")},
    hundredth=("cent", "cents"),
    born=(
        r"(?:on )?(?:the )?<day>(?: of)? <month>(?: of| in)? <year>",
        r"(?:on )?<month>(?: the)? <day>(?: of| in)? <year>",
    ),
    years=(
        r"(?P<year>\d{4})",
        r"(?P<century>19|20) (?:o |oh )(?P<rest>\d)",
        r"(?P<century>19|20) (?P<rest>\d{2})",
        r"(?P<century>19) hundred(?: and)? (?P<rest>\d{1,2})",
        r"(?P<century>2) thousand(?: and)?(?: (?P<rest>\d{1,2}))?",
        r"(?P<rest>\d{2})",
        r"(?:o|oh) (?P<rest>\d)",
    ),
    day_first=False,
    streets=re.compile(
        r"^(?:street|st|road|rd|avenue|ave|lane|ln|drive|boulevard|blvd|court|ct|place|pl|square|way|terrace|crescent|"
        r"close|highway|parkway|pkwy|broadway|circle|trail|alley|row|gardens|grove|hill|walk|mews)$"
    ),
    address_lead=re.compile(
        r"(?:um|uh|er|well|so|okay|ok|yes|yeah|sure|please|and|hello|hi|it's|it is|that's|that is|this is|i live|"
        r"we live|i am|i'm|i'd say|live|living|at|on|in|my|our|the|home|(?:home |postal |mailing )?address|is|would be|"
        r"that would be|send it to|you can send it to|put down|put)(?=[ ,]|$)"
    ),
    near=words("near next opposite behind across beside between by around corner close-by outside or"),
)  # fmt: skip
