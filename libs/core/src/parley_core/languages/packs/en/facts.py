"""English facts: amounts, times, denials, and how a business speaks about itself."""

import re

from parley_core.languages.fact_words import FactWords
from parley_core.languages.phrases import words

FACTS = FactWords(
    money=words("dollar dollars euro euros pound pounds cent cents buck bucks usd eur gbp"),
    percent=words("percent"),
    hours=words("am pm a.m p.m o'clock oclock"),
    units=words(
        """minute minutes hour hours day days week weeks month months year years time times person people guest guests
        mile miles kilometer kilometers metre meters floor floors room rooms session sessions lesson lessons night
        nights point points"""
    ),
    free=re.compile(
        r"\b(?:free of charge|no (?:extra |additional )?(?:charge|cost|fee)|for free|costs? nothing|complimentary|"
        r"(?P<unsure>(?:is|are|it's|that's) (?:always |completely |totally )?free\b"
        r"(?! (?:at|on|from|to|for you|tomorrow|today)\b)))"
    ),
    quarters={
        re.compile(r"\bhalf past (\w+)"): (0, 30),
        re.compile(r"\b(?:a )?quarter past (\w+)"): (0, 15),
        re.compile(r"\b(?:a )?quarter (?:to|before) (\w+)"): (-1, 45),
    },
    spans={
        "three quarters of an hour": "45 minutes",
        "a quarter of an hour": "15 minutes",
        "half an hour": "30 minutes",
        "an hour and a half": "90 minutes",
    },
    weekend=words("weekend weekends"),
    weekdays=words("weekday weekdays"),
    denials=words("not no never cannot can't don't doesn't isn't aren't won't without none neither nor unable"),
    closed=words("closed shut"),
    opens=words("open opens opened opening"),
    states=re.compile(
        r"\bwe (?:do |don't |do not |also |only |never |always |currently |can |can't |cannot )*(?:have|offer|accept|"
        r"take|provide|allow|require|open|close|speak|deliver|charge|refund|serve|sell|rent|repair|treat|are|support)\b|"
        r"\bwe(?:'re|'ve got)\b|\bthere (?:is|are)\b|\byou (?:can|can't|cannot|must|may|don't need)\b"
    ),
    titles=words("dr doctor mr mrs ms miss professor prof nurse"),
    never_names=words("i i'm i'll i've i'd ok okay am pm id mr mrs ms dr doctor sms pdf faq email god yes no"),
)
