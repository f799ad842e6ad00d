"""English values: numbers, days and times, phone numbers, names, addresses, written and spoken forms."""

import re

from parley_core.languages.phrases import listed, words
from parley_core.languages.value_words import Addresses, Aloud, Calendar, NameWords, Numbers, Slots, Written

_ONES = listed(
    """zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen, fifteen,
    sixteen, seventeen, eighteen, nineteen"""
)
_TENS = listed("zero, ten, twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety")
_ORDINALS = listed(
    """first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth, eleventh, twelfth, thirteenth,
    fourteenth, fifteenth, sixteenth, seventeenth, eighteenth, nineteenth, twentieth"""
)

NUMBERS = Numbers(
    ones=_ONES,
    tens=_TENS,
    hundred="hundred",
    thousand="thousand",
    ordinals=dict(enumerate(_ORDINALS, start=1)) | {30: "thirtieth"},
    figures={word: str(value) for value, word in enumerate(_ONES)}
    | {"oh": "0", "o": "0", "nought": "0", "null": "0", "niner": "9"},
    misheard={
        "to": "2", "too": "2", "for": "4", "fore": "4", "ate": "8", "won": "1", "free": "3", "tree": "3", "sex": "6",
        "fife": "5", "hive": "5", "nein": "9", "sero": "0",
    },
    repeats={"double": 2, "triple": 3, "treble": 3},
    plus=words("plus"),
    minus=words("minus negative"),
    point=words("point"),
    and_half=listed("and a half"),
    fillers=words("um uh er erm and then the it's its is it"),
    between=words(
        """dash hyphen space area code open close bracket parenthesis number phone telephone mobile cell call reach"""
    ),
    extension=re.compile(r"\b(?:and (?:the )?)?(?:extension|ext|x)(?: number)?(?: is)?\b"),
    counts={"a dozen": "12", "half a dozen": "6", "a couple": "2", "a couple of": "2", "both": "2"},
)  # fmt: skip

CALENDAR = Calendar(
    weekdays=listed("monday, tuesday, wednesday, thursday, friday, saturday, sunday"),
    weekday_forms={"mon": 0, "tue": 1, "tues": 1, "wed": 2, "weds": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4},
    months=listed(
        """january, february, march, april, may, june, july, august, september, october, november, december"""
    ),
    month_forms={"jan": 1, "feb": 2, "apr": 4, "aug": 8, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12},
    ambiguous_months=words("may march"),
    named_days={"today": 0, "tonight": 0, "tomorrow": 1},
    day_parts={
        "morning": "morning", "afternoon": "afternoon", "evening": "evening", "tonight": "evening", "night": "evening",
    },
    noon=words("noon midday noontime"),
    units={"day": 1, "days": 1, "week": 7, "weeks": 7, "fortnight": 14, "fortnights": 14},
    choices={
        "first": 0, "1st": 0, "earlier": 0, "earliest": 0, "former": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2,
        "fourth": 3, "last": -1, "later": -1, "latest": -1, "latter": -1,
    },
    counted=words("one time option slot available thing"),
)  # fmt: skip

NAMES = NameWords(
    introductions=re.compile(
        r"(?:\bmy (?:full )?name(?:'s| is| would be)?|\bthe (?:full )?name(?:'s| is)|\bname is|\bthis is|"
        r"\bi am|\bi'm|\bit's|\bit is|\bcall me|\bunder the name(?: of)?|\bthat's|\bthat is|\bthat would be|\bfor)"
        r"\s+(.+)$"
    ),
    weak=re.compile(r"(?:\bi am|\bi'm|\bit's|\bit is|\bthat's|\bthat is|\bthat would be|\bfor|\bthis is)\s"),
    strong=re.compile("name"),
    introducing=words("name that's it's i'm is"),
    joins=words("and"),
    single=words("a i o"),
    prefixes=words("o"),
    speaking=re.compile(r"^(?:this is |it's |hi |hello )*(.+?) (?:speaking|here|calling|is my name|is the name)\b"),
    stops=words(
        """and my phone number i would like want need to for on at calling speaking here please thanks thank you so but
        the from with about is it's its spelled spelling that's with a an of in this that"""
    ),
    fillers=words(
        """um uh er erm well sure okay ok yes yeah yep hi hello hey please of course so oh it's its sorry alright right
        put"""
    ),
    hesitations=listed("um, uh, er, erm"),
    closings=words("thanks thank you speaking here"),
    never=words(
        """what when where which who why how do does did are is was were can could would will should have has had not no
        yes yeah nope yep okay right correct wrong sure book booking appointment schedule visit doctor insurance open
        opening hours saturday sunday monday tuesday wednesday thursday friday tomorrow today tonight morning afternoon
        evening noon next week month year time date day number phone name accept take need want like help question sorry
        repeat again cancel stop goodbye bye thank thanks hello hi hey please speak talk person human somebody someone
        something anything nothing the a an my your his her its our their me you he she it we they them i and or but if
        then than there here very really just maybe change wait moment one two three four five six seven eight nine ten
        zero oh double half past quarter pm am oclock at on in to for of with from about calling looking trying sick
        hurt pain cost much many price pay parking address located location know think mean said say tell give get go
        come make call called back earlier later sooner fine good great perfect nice well yes cannot can't don't won't
        do not isn't alright because first second third december january february march july september october november
        whatever any earliest available new patient old existing put use write set enter note register list add sign
        save keep try ask check see let show send hold look love pick prefer choose guess wish believe suppose reckon
        also still already actually only always never sometimes soon mother father mum dad son daughter wife husband
        friend mine myself booked reserved reservation guest guests table room account customer client spell letter
        letters capital both either neither nor none except instead almost former formerly maiden married same different
        other another whole full short middle initial last surname under thing things anyone everyone nobody
        perhaps probably remember forget understand hear heard speaking asking wondering
        got gotta gonna wanna let's there's here's we're you're they're he's she's what's who's i've i'd i'll"""
    ),
    also=words("will may day price hurt fine good first nice april june august january march monday friday sunday"),
    dated=words("january march monday friday sunday"),
    by_part=re.compile(
        r"\b(?:my |the )?(first|given|last|family|sur) ?name(?:'s| is| would be)?\s+(.+?)"
        r"(?=(?: and)?(?: my| the)? (?:first|given|last|family|sur) ?name\b|$)"
    ),
    first=words("first given"),
    honorifics=words("mr mrs ms miss mister missus"),
    spelled=re.compile(
        r"\b(?:that's |that is |it's |which is |and it's )?(?:spelled|spelt|spelling|i spell)"
        r"(?: it| that| like)?(?: is)?\b"
    ),
    as_in=re.compile(r"\b(?:capital )?([^\W\d_]) (?:as in|like in|like|for|is for) [^\W\d_]{2,}\b"),
    capital=re.compile(r"\b(?:capital|small|lower case|upper case) (?=[^\W\d_]\b)"),
    alphabet=words(
        """alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar
        papa quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu"""
    ),
    titles=words("dr doctor doc the with"),
)

ADDRESSES = Addresses(
    about=re.compile(r"\b(?:and )?(?:my |the )?(?:e ?-?mail|mail)(?: address)?\b"),
    before=re.compile(
        r"^(?:(?:good (?:morning|afternoon|evening|day)|"
        r"um|uh|er|erm|well|so|okay|ok|sure|yes|yeah|hi|hello|and|please|oh|of course|all right|alright|right|"
        r"my (?:e[ -]?mail|mail)(?: address)?(?: is)?|"
        r"(?:the |an )?(?:e[ -]?mail|mail)(?: address)?(?: is)|my address is|"
        r"(?:the )?address is|it is|it's|its|that is|that's|that would be|it would be|i am|i'm|"
        r"(?:you can )?(?:reach|write to|contact|e ?mail) me (?:at|on)|(?:please )?send it to|write to|use)\s+)+"
    ),
    behind=re.compile(
        r"(?:\s+(?:please|thanks|thank you(?: very much)?|all (?:in )?(?:one word|lower ?case|small letters)|"
        r"in (?:one word|lower ?case)|one word|no spaces|lower ?case|um|uh|that's it|that's all|that is it|okay|ok))+$"
    ),
    one_word=re.compile(r"\b(?:all (?:in )?one word|in one word|one word|no spaces)\b"),
    at=("at",),
    signs={
        "dot": ".", "point": ".", "period": ".", "underscore": "_", "dash": "-", "hyphen": "-", "minus": "-",
        "plus": "+",
    },
    unclear=re.compile(r"oh|to|for|too|double|triple|hundred|thousand|ten|eleven|twelve|.+teen|.+ty"),
    hosts={"g mail": "gmail", "hot mail": "hotmail", "out look": "outlook", "i cloud": "icloud"},
)  # fmt: skip

ALOUD = Aloud(
    day_parts={"morning": "in the morning", "afternoon": "in the afternoon", "evening": "in the evening"},
    plus="plus",
    extension="extension",
)

SLOTS = Slots(
    time_of=re.compile(r"\btime\b"),
    day_of=re.compile(r"\b(?:day|date)\b"),
    about={
        "datetime": re.compile(r"\b(?:time|day|date|when|hour|slot|appointment time)\b"),
        "date": re.compile(r"\b(?:day|date|when)\b"),
        "time": re.compile(r"\b(?:time|hour|when)\b"),
        "person": re.compile(r"\b(?:name|spelling|spelled)\b"),
        "phone": re.compile(r"\b(?:phone|telephone|number|cell|mobile)\b"),
        "email": re.compile(r"\b(?:email|e mail|mail)\b"),
        "number": re.compile(r"\b(?:how many|number of)\b"),
        "money": re.compile(r"\b(?:amount|price|sum|budget)\b"),
        "address": re.compile(r"\b(?:address|street|house number|zip|zip code|postcode|city)\b"),
        "spelled": re.compile(r"\b(?:spelling|letters?)\b"),
        "date_of_birth": re.compile(r"\b(?:birthday|date of birth|birth date|birthdate|(?:(?:i )?was )?born)\b"),
        "membership": re.compile(r"\b(?:membership|member|id|policy|reference|customer|account)(?: number)?\b"),
    },
    phone=re.compile(
        r"\b(?:and )?(?:my |the |a )?(?:phone|telephone|cell|mobile|contact|call ?back)(?: phone)?(?: number)?\b|"
        r"\bmy number\b|\bnumber is\b|\breach me\b"
    ),
    greeting=re.compile(r"^(?:(?:hello|hi|um|uh|er) )*good (?:morning|afternoon|evening) "),
    topics=re.compile(r"\b(?:and )?(?:my|the) (?:full |first |last )?name(?:'s| is)\b|\band (?:i am|i'm|this is)\b"),
    named=re.compile(r"\bname(?:'s| is| would be)\b"),
    counts=re.compile(
        r"\b(?:(?:a )?(?:table|party|group|room) (?:for|of) [a-z0-9]+(?: (?:people|persons|guests|of us))?|"
        r"(?:for )?[a-z0-9]+ (?:people|persons|guests|adults))\b"
    ),
    ones=words("one ones"),
    nouns={
        "datetime": "day and time",
        "date": "day",
        "time": "time",
        "person": "name",
        "phone": "phone number",
        "email": "e-mail address",
        "number": "number",
        "money": "amount",
        "address": "address",
        "spelled": "spelling",
        "date_of_birth": "date of birth",
    },
)

WRITTEN = Written(
    abbreviations={
        "dr": "doctor", "mr": "mister", "mrs": "missus", "ms": "miss", "st": "street", "ave": "avenue", "rd": "road",
        "blvd": "boulevard", "appt": "appointment", "etc": "et cetera", "vs": "versus", "approx": "approximately",
        "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "thu": "thursday",
        "thurs": "thursday", "fri": "friday", "sat": "saturday",
    },
    titles=words("mr mrs ms dr prof st mt vs e.g i.e no dept approx fig"),
    shortened=words(
        "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur fri sat sun ext min max u.s u.k"
    ),
    may_end=words("a.m p.m etc inc ltd co corp sr jr ave blvd rd u.s u.k"),
    before_figures=words("no fig"),
    units={
        "$": ("dollar", "dollars", "cent", "cents"),
        "€": ("euro", "euros", "cent", "cents"),
        "£": ("pound", "pounds", "penny", "pence"),
    },
)  # fmt: skip
