"""What an English-speaking agent says when it claims an effect or promises one."""

import re

from parley_core.languages.claim_words import ClaimWords, patterns

_SOON = r"(?: (?:now|just|already|also|then|gladly|happily|all|gone ahead and|went ahead and|successfully))*"
_I_HAVE = rf"\b(?:i|we)(?:'ve| have)?{_SOON} "  # "I've booked", "we have just booked", "I booked"
_IS = r"(?:'s| is|'re| are|'s been| has been|'ve been| have been| was| were)"
_YOU_ARE = rf"\byou{_IS}{_SOON} "
_THIS_IS = rf"\b(?:it|that|this|everything){_IS}{_SOON} "
_VISIT = (
    r"(?:appointment|booking|reservation|table|visit|session|slot|seat|lesson|class|viewing|consultation|ride|room)s?"
)
_YOUR = rf"\b(?:your|the|that)(?: [\w-]+){{0,3}}? {_VISIT}(?: [\w:.'-]+){{0,6}}?{_IS}{_SOON} "
_I_WILL = (
    r"\b(?:i|we)(?:'ll| will|'m going to| am going to|'re going to| are going to|'m about to)"
    r"(?: (?:also|just|then|gladly|happily|now|immediately|certainly|of course))* "
)
_ING = r"\b(?:i'm|i am|we're|we are|let me)(?: (?:now|just|also|going to))* "
_SOMEBODY = (
    r"\b(?:i|we|someone|somebody|one of (?:us|my|our)(?: \w+)?|(?:a|my|our)(?: \w+)? (?:colleague|team|staff|manager|"
    r"agent|specialist|technician|representative)s?)(?:'ll| will|'s going to| is going to|'re going to| are going to)"
    r"(?: (?:also|then|just|soon|shortly))* "
)
_NOTE = r"(?:text|email|e-mail|mail|message|sms|confirmation|link|receipt|code|reminder|invoice|copy|details)s?"

CLAIMS = ClaimWords(
    done=patterns(
        booked=rf"""
            {_YOU_ARE}(?:booked|scheduled|confirmed|reserved|down for|in for|signed up|registered|enrolled)\b
            {_I_HAVE}(?:booked|scheduled|reserved|registered|enrolled|signed you up|penciled you in|pencilled you in)\b
            {_I_HAVE}(?:made|set up|confirmed|secured|arranged) (?:the|your|a|an|that|this)(?: \w+){{0,2}} {_VISIT}\b
            {_I_HAVE}(?:put|got|have) you (?:down|in|booked|scheduled)\b
            {_YOUR}(?:booked|scheduled|reserved|confirmed|made|set)\b
        """,
        moved=rf"""
            {_I_HAVE}(?:moved|rescheduled|pushed|switched|changed) (?:it|that|you|the|your)\b
            {_YOUR}(?:moved|rescheduled|changed|switched)\b
            {_YOU_ARE}(?:moved|rescheduled)\b
        """,
        cancelled=rf"""
            {_I_HAVE}cancell?ed\b
            {_YOUR}cancell?ed\b
            {_THIS_IS}cancell?ed\b
        """,
        sent=rf"""
            {_I_HAVE}(?:sent|texted|emailed|e-mailed|messaged|mailed|forwarded)\b
            \b(?:a|an|the|your)(?: [\w-]+){{0,2}} {_NOTE}(?:'s| is| are)?(?: already| now)* on (?:its|the|their) way\b
            \b(?:a|an|the|your)(?: [\w-]+){{0,2}} {_NOTE} (?:was|were|has been|have been|is being)(?: just)? (?:sent|texted|e-?mailed)\b
        """,
        transferred=rf"""
            {_YOU_ARE}(?:connected|transferred|through to)\b
            {_I_HAVE}(?:connected|transferred) you\b
        """,
        paid=rf"""
            \b(?:your|the) (?:\w+ )?payment{_IS}{_SOON} (?:processed|received|taken|complete|completed|confirmed|successful)\b
            \b(?:your|the) (?:\w+ )?payment (?:went|has gone|did go) through\b
            {_I_HAVE}(?:charged|taken the payment|taken your payment|processed (?:the|your) (?:\w+ )?payment)\b
        """,
        refunded=rf"""
            {_I_HAVE}(?:refunded|issued (?:a|the|your) (?:\w+ )?refund|processed (?:a|the|your) (?:\w+ )?refund)\b
            \b(?:your|the) (?:\w+ )?refund{_IS}{_SOON} (?:processed|issued|made|on its way|complete|approved)\b
            {_YOU_ARE}refunded\b
        """,
        ordered=rf"""
            {_I_HAVE}(?:ordered|placed (?:the|your|an|that) (?:\w+ )?order|put (?:the|your|that) order in|put in (?:the|your|an) order)\b
            \b(?:your|the) (?:\w+ )?order{_IS}{_SOON} (?:placed|confirmed|in|made)\b
        """,
        updated=rf"""
            {_I_HAVE}(?:updated|corrected|changed|added|saved|recorded) (?:it|that|this|your|the)(?: [\w-]+){{0,3}} (?:address|number|phone|
            e-?mail|name|account|record|records|profile|details|file|order|insurance|subscription|plan|password)\b
        """.replace("\n            e-?mail", "e-?mail"),
        anything=rf"""
            {_YOU_ARE}set\b(?! up| to)
            {_THIS_IS}(?:taken care of|sorted out|sorted|arranged)\b
            {_I_HAVE}(?:taken care of|sorted|arranged) (?:it|that|this|everything)\b
        """,
    ),
    excused=patterns(booked=rf"{_THIS_IS}(?:booked|scheduled|reserved|confirmed)\b"),
    promised=patterns(
        sent=rf"""
            {_I_WILL}(?:text|email|e-mail|message|send|mail|forward|drop) (?:you|it|that|this|a|an|the|over|along|your)\b
            {_I_WILL}shoot you (?:a|an)\b
            {_ING}(?:texting|emailing|e-mailing|sending|forwarding) (?:you|it|that|this|a|an|the|over|your)\b
            \byou(?:'ll| will| should| are going to)(?: (?:also|then|shortly|soon|now))* (?:get|receive|have|see) (?:a|an|the|your)(?: [\w-]+){{0,3}}? {_NOTE}\b
        """,
        called_back=rf"""
            {_SOMEBODY}(?:call|phone|ring)(?: you)?(?: right)? back\b
            {_SOMEBODY}(?:call|phone|ring|contact) you\b
            {_SOMEBODY}(?:get|be) (?:back to you|in touch)\b
            {_SOMEBODY}(?:reach out|follow up|give you a (?:call|ring))\b
            \byou(?:'ll| will)(?: (?:also|then|shortly|soon))* (?:get|receive|have|hear) (?:a (?:call|phone call|callback)(?: back)?|back) from\b
        """,
        transferred=rf"""
            {_I_WILL}(?:connect|transfer|put|hand|patch|get) you (?:\w+ )?(?:to|with|through|over|now)\b
            {_I_WILL}(?:connect|transfer) you\b
            {_ING}(?:connecting|transferring|putting|handing|patching) you\b
        """,
        refunded=rf"""
            {_I_WILL}(?:refund|issue (?:a|the|your) (?:\w+ )?refund|process (?:a|the|your) (?:\w+ )?refund)\b
            \byou(?:'ll| will)(?: (?:also|then|shortly|soon))* (?:get|receive|see) (?:a|your|the)(?: \w+)? refund\b
            \byou(?:'ll| will) be refunded\b
        """,
        ordered=rf"{_I_WILL}(?:place|put in|send off) (?:the|your|an|that) (?:\w+ )?order\b",
    ),
    apology=re.compile(r"\b(?:sorry|afraid|unfortunately|regret|taken)\b"),
    unclaimed=re.compile(
        r"\b(?:not|never|no|cannot|couldn't|can't|won't|wasn't|isn't|aren't|haven't|hasn't|don't|didn't|unable|if|once|when|"
        r"whenever|before|after|until|till|unless|as soon as|shall|should|would|could|might|may|can|want me to|wish|whether|"
        r"make sure|check|see if|so that|in case|thought|said|says|told|think|asked|hope|wanted|looks like|seems)\b"
    ),
    breaks=re.compile(
        r"[,;:–—]| - |\b(?:and|but|so|then)\b(?= (?:i|we|you|your|it|that|someone|somebody|a|my|our|the)\b)"
    ),
)
