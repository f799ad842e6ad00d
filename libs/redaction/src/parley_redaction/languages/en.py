"""English: what is said before personal data, and numbers as they are dictated."""

import re

from parley_core.languages.packs.en.values import NUMBERS
from parley_core.languages.phrases import words

from parley_redaction.languages.words import PrivateWords

_TENS = dict(enumerate(NUMBERS.tens))
_STREETS = (
    "street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|terrace|circle|crescent|close|"
    "gardens|grove|parkway|highway|square"
)

PRIVATE = PrivateWords(
    figures=dict(NUMBERS.figures)
    | {word: f"{ten}0" for ten, word in _TENS.items() if ten > 1}
    | {
        f"{word}{joint}{one}": f"{ten}{value}"
        for ten, word in _TENS.items()
        if ten > 1
        for value, one in enumerate(NUMBERS.ones[:10])
        if value
        for joint in (" ", " - ")
    },
    zeros={"hundred": "00", "thousand": "000"},
    repeats=dict(NUMBERS.repeats),
    within=words("um uh er erm and then dash hyphen space slash it's its is"),
    months=words(
        "january february march april may june july august september october november december jan feb mar apr jun jul aug "
        "sept sep oct nov dec"
    ),
    date_words=words(
        "the of in year day first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
        "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth st nd rd th and"
    ),
    card=re.compile(
        r"\b(?:(?:credit |debit |bank |payment )?card(?: number)?|visa|mastercard|amex|american express|pan)\b"
    ),
    code=re.compile(r"\b(?:cvv|cvc|security code|three digits on the back|code on the back|verification code on)\b"),
    phone=re.compile(
        r"\b(?:(?:tele)?phone|mobile|cell|cellphone|landline|call(?:ing)? me(?: back)?|reach me|ring me|text me|whatsapp|"
        r"callback|my number|fax)\b"
    ),
    account=re.compile(
        r"\b(?:iban|(?:bank |checking |savings |current )?account(?: number)?|routing(?: number)?|sort code|bic|swift)\b"
    ),
    social=re.compile(r"\b(?:social security|social|ssn|national insurance(?: number)?|tax(?:payer)? (?:id|number))\b"),
    record=re.compile(
        r"\b(?:medical record|mrn|patient (?:id|number|identifier|file)|chart number|health (?:insurance |plan |card )?"
        r"(?:id|number)|medicare (?:number|id)|nhs number|hospital number|record number)\b"
    ),
    birth=re.compile(r"\b(?:born|birth ?(?:day|date)|date of birth|dob)\b"),
    harmless=re.compile(
        r"\b(?:order|booking|reservation|reference|confirmation|invoice|tracking|ticket|room|flight|price|total|model|serial|"
        r"part number|article|item|case number|extension|zip(?: code)?|post ?code|dollars?|euros?|percent|code is|"
        r"version|page|table|train|bus|gate|quote|policy|job number|coupon|voucher|claim number|meter reading|isbn)\b"
    ),
    last_figures=re.compile(r"\b(?:ending (?:in|with|on)|ends (?:in|with)|last (?:four|two|three|4))\b"),
    name=re.compile(
        r"\b(?:my (?:full |first |last |middle |family |maiden )?name(?:'s| is| would be)|(?:the|patient|full|first|last|"
        r"customer|guest) name(?:'s| is)|name is|under the name(?: of)?|i'm called|call me|(?:this|it) is (?:mr|mrs|ms|dr)|"
        r"i'm (?:mr|mrs|ms|dr)|i am (?:mr|mrs|ms|dr)|(?:husband|wife|son|daughter|mother|father|doctor|boss)(?:'s name)? is)\b"
    ),
    weak_name=re.compile(
        r"(?:^|[,.;!?] )(?:(?:hi|hello|hey|yes|good morning|good afternoon),? )*(?:this is|i am|i'm)\b"
    ),
    name_ends=words(
        "and my phone number i would like want need to for on at calling speaking here please thanks thank you so but the from "
        "with about is it's its spelled that's with a an of in this that date born or if who because just again by right can "
        "could have had was as not he she we they your"
    ),
    no_names=words(
        "back calling not sorry fine good happy here looking trying going just so very afraid sure interested a an the about for on "
        "in at still also only really wrong right okay ok great possible urgent broken working late early ready done new "
        "old from with your my our his her their it that this there all too no yes what when where why how who me you up "
        "having getting wondering hoping waiting ill sick busy free available available unable able glad monday tuesday wednesday "
        "thursday friday saturday sunday tomorrow today important misspelled wrong correct spelled difficult on"
    ),
    closings=words("calling speaking here"),
    particles=words("de la van von der del di da o mc mac al bin st saint"),
    at=words("at"),
    dot=words("dot point period"),
    joints=words("dash hyphen underscore minus"),
    address=re.compile(
        r"\b(?:\d+[a-z]? ){1,4}(?:(?:north|south|east|west|n|s|e|w) )?(?:(?!at\b|o'clock|to\b|on\b|for\b)[a-z']+ ){1,3}?"
        rf"(?:{_STREETS})\b(?:(?: ?,)? (?:apartment|apt|unit|suite|flat|number) #? ?\w+)?"
        r"(?: ?, [a-z]+(?: [a-z]+)?)?(?: ?,? \d{5})?"
    ),
)
