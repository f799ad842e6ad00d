"""English in turn-taking: the ends of sentences, signs of listening, wishes for a language, who answers the phone."""

import re

from parley_core.languages.phrases import listed, numbers, words
from parley_core.languages.turn_words import Answered, Endings, Wishes

BACKCHANNELS = listed("mhm, okay, right, yeah, uh huh")
SOUNDS = listed("""mhm, mhmhm, m, m hm, m m hm, hm, hmhm, hm m, uh huh, uhuh, uhuhu, ah, oh, aha, ah ha, mhuh, m huh""")

_WH = words("what where when who why how which whose what's where's when's who's how's")

ENDINGS = Endings(
    fillers=words("um uh uhm er erm hmm hm ah eh"),
    carry_on=words(
        """a an the my your his our their its and but or because although though unless whereas if whether while since
        i i'm i'd i'll i've we're we'd we'll they're you're he's she's let's
        to of for from with at by into onto about between without than as per via
        is are was were am be been being has have had will would can could should shall may might must
        very really quite just maybe every each another any some no. mr mrs ms dr doctor named called next
        prefer said says dot underscore dash hyphen slash double triple plus"""
    ),
    auxiliaries=words("is are was were am do does did has have had will would can could should may might"),
    subjects=words("i you he she it we they that this there what who"),
    prepositions=words("to of for from with at by into about"),
    answers=words(
        """yes no yeah yep nope sure okay ok correct right thanks goodbye bye hello hi please absolutely exactly perfect
        never always today tomorrow tonight"""
    ),
    questions=_WH,
    asking=_WH
    | words("do does did is are was were can could will would should may have has am isn't aren't don't doesn't can't"),
    choices=words("or"),
    verbs=words(
        """want need book have take make see know get come go call speak talk cancel change move schedule like help have
        was is am are would tell ask send pay bring find visit check reschedule confirm think hope hurt hurts lost broke
        works right wrong fine good"""
    ),
    verb_endings=("ed", "n't"),
    whole=re.compile(
        r"^(?:(?:yes|yeah|no|okay|ok|well|oh|sure|great|perfect)[ ,]+)*"
        r"(?:(?:that|it|this)(?:'s| is| was| will be| would be)? (?:right|correct|fine|good|perfect|great|all|it|wrong|"
        r"everything|works)(?: thank you| thanks| please)?|please|"
        r"thank you(?: very much| so much)?(?: goodbye| bye)?|thanks(?: a lot)?|good ?bye|not at all|of course|"
        r"no problem|that's all(?: thank you| thanks)?|never mind|i (?:do|don't|am|would|can|can't|will)|go on|"
        r"go ahead|hold on|one moment|just a moment|wait)$"
    ),
    digits=numbers(
        "zero oh o nought one two three four five six seven eight nine",
        """ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
        twenty thirty forty fifty sixty seventy eighty ninety""",
    ),
    repeats={"double": 2, "triple": 3},
    scales=words("hundred thousand"),
    joins=words("and"),
    letters=words("a i"),
    half_days=listed("a m, p m"),
    address=re.compile(r"\b(?:at|dot) [a-z]+ dot\b|@|\b(?:e-?mail|address) is\b"),
    domain=re.compile(r"(?: dot |\.)(?:com|org|net|edu|gov|io|co|uk|us|de|info)$"),
    asked={
        "phone": re.compile(r"\b(?:phone|telephone|mobile|cell|callback) number|\bnumber (?:can|may) (?:we|i)"),
        "email": re.compile(r"\be-?mail"),
        "number": re.compile(r"\b(?:number|code|digits|zip|postcode|post code|date of birth)\b"),
        "name": re.compile(r"\b(?:your|full|last|first) name\b|\bspell\b"),
    },
    asks=re.compile(r"\?|\b(?:please|tell me|give me|what is)\b"),
)

WISHES = Wishes(
    speak=listed("speak, talk, continue, go on, switch, change, prefer"),
    into=listed("to, in, into, with, you, me, us"),
    closing=listed("in"),
    nots=listed("not, don't, dont, doesn't, can't, cannot, never, without"),
    no=listed("no"),
    denied=listed("more"),
    polite=listed("""please, thanks, thank, you, yes, no, hello, hi, um, uh, well, okay, ok, sorry, excuse, me"""),
    around=listed(
        """could, can, may, we, i, i'd, i'll, would, like, to, do, does, you, speak, talk, continue, go, on, in, it,
        with, this, conversation, language, is, there, let's, switch, change, prefer, me"""
    ),
    joins=listed(
        """and, or, but, because, so, now, then, if, instead, i, we, can, could, not, rather, here, today, from"""
    ),
)

_HAND = r"(?:\d|one|two|three|four|five|six|seven|eight|nine|zero|pound|star)"
ANSWERED = Answered(
    person=re.compile(
        r"\b(he|she|(mr|mister|mrs|ms|miss|dr|doctor)\.? \w+"
        r"|my (wife|husband|boss|colleague|partner|mother|mom|father|dad))"
        r"('s| is) (not (available|in|here|at)|unavailable|away|busy|in a meeting|out|on (another|the other))"
        r"|\b(he|she) ((can'?t|cannot) (come to|get to|take) (the |your )?(phone|call)"
        r"|(just |has |'s )*(stepped|gone) out)"
        r"|\bleave (a|your) (message|name) with me|\bshall i have (him|her|them)"
        r"|\b(can|could|may|shall) i (take (a message|your (name|number))|ask who|help you|tell (him|her|them)"
        r"|give (him|her|them) a message)"
        r"|\bwould you like to leave (him |her |them )?a message"
        r"|\bi('ll| will| can) (tell|get|fetch|let) (him|her|them)\b",
        re.IGNORECASE,
    ),
    machine=re.compile(
        r"\b(leave (me |us )?(a|your) (short |brief )?(message|name)|after the (tone|beep)|at the (tone|beep)"
        r"|voice ?mail"
        r"|(can'?t|cannot|unable to|not able to) (come to|take|answer|get to) (the|your|this)? ?(phone|call)?"
        r"|(is|are|am|'m|'re) (not available|unavailable|away from)|not available (right now|to take)"
        r"|record your message|you('ve| have) reached the (voice ?mail|mailbox)|mailbox (is full|of)|forwarded to)\b",
        re.IGNORECASE,
    ),
    menu=re.compile(
        rf"\b((please )?(press|dial|enter) {_HAND}"
        r"|for \w+( \w+)?,? (press|say|dial)|menu options|our menu|listen carefully|main menu|para español"
        r"|your call (is important|may be (monitored|recorded)))\b",
        re.IGNORECASE,
    ),
    screening=re.compile(
        r"\b(state your name|say your name|who('s| is) (calling|this)|(the )?(reason|purpose) (for|of) (your|the) call"
        r"|why (you'?re|you are) calling|call (assist|screen\w*)|screening service|(google|virtual) assistant"
        r"|see if (this person|they) (is|are) available|before i try to connect)\b",
        re.IGNORECASE,
    ),
)
