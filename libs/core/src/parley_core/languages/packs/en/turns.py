"""English in turn-taking: signs of listening, wishes for a language, who answers the phone."""

import re

from parley_core.languages.phrases import listed
from parley_core.languages.turn_words import Answered, Wishes

BACKCHANNELS = listed("mhm, okay, right, yeah, uh huh")
SOUNDS = listed("""mhm, mhmhm, m, m hm, m m hm, hm, hmhm, hm m, uh huh, uhuh, uhuhu, ah, oh, aha, ah ha, mhuh, m huh""")

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
