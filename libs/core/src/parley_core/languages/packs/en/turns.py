"""English in turn-taking: signs of listening, wishes for a language, who answers the phone."""

import re

from parley_core.languages.phrases import listed
from parley_core.languages.turn_words import Answered, Wishes

BACKCHANNELS = listed(
    """mhm, okay, ok, right, yeah, yep, yup, uh huh, alright, all right, i see, got it, gotcha, sure, of course, great,
    good, cool"""
)
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
        r"\b(leave (me |us )?(a|your) (short |brief |detailed |quick )?(message|name)|(after|at) the (tone|beep|signal)"
        r"|wait for the (tone|beep)|(sorry (i|we)|i|we) missed (you|your call)"
        r"|voice ?mail"
        r"|(can'?t|cannot|unable to|not able to) (come to|take|answer|get to) (the|your|this)? ?(phone|call)?"
        r"|(is|are|am|'m|'re) (not available|unavailable|away from)|not available (right now|to take)"
        # A carrier's notice is nobody either.
        r"|(not|no longer) in service|(been|is) (disconnected|changed)|cannot be completed|circuits are busy"
        r"|(outside|out of) (the |of )?(coverage( area)?|range)|switched off|not in use|check the number"
        r"|(could not|cannot|can't) (connect|complete) your call|not accept (any )?(incoming|new) calls"
        r"|try (your call )?again later|please try later|did not go through|does not exist"
        r"|(number|line|subscriber|customer|party|phone)( \w+){0,5} (cannot be reached|suspended|restricted|barred)"
        r"|record your message|you('ve| have) reached the (voice ?mail|mailbox)|mailbox (is full|of)|forwarded to)\b",
        re.IGNORECASE,
    ),
    menu=re.compile(
        rf"\b((please )?(press|dial|enter) {_HAND}"
        r"|for \w+( \w+)?,? (press|say|dial)|menu options|our menu|listen carefully|main menu|para español"
        r"|(say|press) or (enter|say|press)|in a few words|(direct|route) your call"
        r"|for anything else,? (say|press|stay)"
        r"|(agents|representatives|operators|associates) are (\w+ )?(busy|assisting|helping|speaking)"
        r"|automated (assistant|attendant|system|service)|you can (also )?say|(pound|hash) key|touch ?tone"
        r"|enter your (\w+ ){0,3}(number|code|pin|extension)|(waiting|wait|hold) time|in the (queue|line)"
        r"|(know|enter|dial) (the|your party's) extension|(person|name) or department"
        r"|thank(s| you) for holding|stay on the line|in the order (in which )?(it|they)"
        r"|your call (is important|may be (monitored|recorded)))\b",
        re.IGNORECASE,
    ),
    screening=re.compile(
        r"\b((state|say|record) your name (and|after)|(state|say) your name|tell (me|us) who you are"
        r"|call is being screened"
        r"|(before i|i will try to|we will try to) connect you|assistant of the person|would like to know who"
        r"|say who you are|tell me your name|(uses|using) an? (\w+ )?assistant"
        r"|to be connected|who('s| is) (calling|this)|announce yourself"
        r"|(the )?(reason|purpose) (for|of) (your|the) call"
        r"|why (you'?re|you are) calling|call (assist|screen\w*)|screening service|(google|virtual) assistant"
        r"|see if (this person|they) (is|are) available|before i try to connect)\b",
        re.IGNORECASE,
    ),
)
