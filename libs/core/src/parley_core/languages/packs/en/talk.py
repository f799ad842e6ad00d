"""English in conversations: what callers want, what the rule-based agent says, guardrails."""

import re

from parley_core.languages.phrases import listed, words
from parley_core.languages.talk_words import Intents, Reports, Safety, Talk

_PERSON = (
    r"(?:person|human|human being|someone|somebody|agent|representative|operator|receptionist|colleague|staff|"
    r"member of staff|nurse|manager|front desk|reception)"
)

INTENTS = Intents(
    goodbye=re.compile(
        r"\b(?:good ?bye|bye(?: bye)?|that(?:'s| is| will be) (?:all|it|everything)(?: i (?:need|needed|wanted))?|"
        r"nothing else|"
        r"have a (?:nice|good|great) (?:day|one|evening|weekend)|hang up|see you(?: later)?|i'm done|i am done)\b"
    ),
    thanks=re.compile(r"\b(?:thank you|thanks|thank|cheers|appreciate)\b"),
    greeting=re.compile(
        r"^(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|greetings)(?: there)?(?: (?:hello|hi|again))?$"
    ),
    person=re.compile(
        rf"\b(?:speak|talk|connect me|transfer me|put me through|pass me|get me)\b.*\b{_PERSON}\b|"
        rf"\b(?:give|get|find|need|want) (?:me |to have )?(?:a |an |the |some )?(?:real |actual |"
        rf"live )?(?:person|human|"
        rf"human being|representative|operator|colleague|manager)\b|\b(?:someone|somebody|anyone|"
        rf"anybody) (?:real|human|there)\b|"
        rf"\b(?:is there|can i have|could i have|may i have) (?:a |an |any )?{_PERSON}\b|\bput me (?:through|on)\b|"
        rf"\b(?:real|actual|live) (?:person|human|agent)\b|^(?:a |an )?(?:{_PERSON})(?: please)?$|"
        r"\b(?:transfer|connect) me\b"
    ),
    repeat=re.compile(
        r"\b(?:repeat(?: that| it| please)?|say (?:that|it) again|(?:can|could) you say (?:that|it)|pardon(?: me)?|"
        r"come again|"
        r"what did you say|what was that|one more time|didn't (?:hear|catch|get) (?:that|you|it)|"
        r"did not (?:hear|catch|get) (?:that|you|it))\b|^(?:sorry|what|excuse me|huh|sorry what)$"
    ),
    resume=re.compile(
        r"^(?:um |uh |oh |no |yes |okay |ok |well |sorry |excuse me |i'm sorry |my apologies )*"
        r"(?:(?:please )?(?:go on|go ahead|continue|carry on|keep going|finish)|(?:what )?(?:were you|you were) saying)"
        r"(?: please| then)?(?: sorry| i'm listening)?$"
    ),
    cancel=re.compile(
        r"\b(?:cancel(?: (?:it|that|this|the booking))?|never mind|nevermind|forget (?:it|about it|that)|"
        r"changed my mind|(?:don't|do not) (?:book|want)(?! to (?:say|give|tell|share|spell))|"
        r"stop (?:it|this|the booking)|leave it)\b|"
        r"^(?:please )?stop(?: (?:talking|please|now))*$"
    ),
    message=re.compile(r"\b(?:message|note|call me back|call back|ring me back)\b"),
    question=re.compile(
        r"^(?:um |uh |and |so |okay |ok |hi |hello |hey |yes |well |but |by the way |before that |quick question |"
        r"sorry )*"
        r"(?:what|what's|when|when's|where|where's|who|who's|which|why|how|how's|do|does|did|is|are|was|were|can|"
        r"could|will|would|"
        r"should|may|have you|am i|tell me|i have a question|i want to know|i would like to know|i'd like to know|"
        r"i was wondering|i wonder)\b"
    ),
    wish=re.compile(r"\b(?:book|schedule|make an|make a|arrange|set up|reserve|get an appointment)\b"),
    moves=re.compile(
        r"\b(?:move|push|shift|postpone|reschedule|rearrange|bring forward|put off|change)\b(?=.*\b(?:it|appointment|"
        r"booking|reservation|visit|consultation|meeting|slot|lesson|class|table|session|time)\b)(?:.*\bto\b (.+)$)?"
    ),
    cancels=re.compile(
        r"\b(?:cancel|call off|give up)\b(?=.*\b(?:appointment|booking|reservation|visit|consultation|meeting|"
        r"slot|lesson|class|table|session)\b)|\b(?:can't|cannot|won't be able to) (?:come|make it)\b"
    ),
    follows=re.compile(r"^(?:and |what about |how about |also |no no |no i mean |i mean |i meant )"),
    whom=re.compile(
        r"\b(?:with|see|for|by) (?:doctor |dr |mr |mrs |ms |miss |professor )+([a-z]+(?: [a-z]+)??)"
        r"(?= (?:on|at|next|this|tomorrow|today|in|for|please|if|monday|tuesday|wednesday|"
        r"thursday|friday|saturday|sunday)\b|$)"
    ),
    proposes=re.compile(
        r"\b(?:do you have|have you got|is there|are there|how about|what about|can i|can you|could you|could i|"
        r"can we|could we|would|"
        r"available|free|possible|can you do|could you do)\b"
    ),
    stop=words(
        """i a an the to for of in on at and or is it would like can could you my me do with please want need have will
        be we your am are this that some any get"""
    ),
)

_NOT_NOW = r"(?<!no )(?<!not having )(?<!don't have )(?<!do not have )"

SAFETY = Safety(
    emergency=re.compile(
        rf"{_NOT_NOW}\bchest (?:pain|pains|hurts|is (?:hurting|tight))|\bpain in (?:my|his|her|the) chest\b|"
        r"\b(?:can't|cannot|can not|could not|couldn't|not able to|trouble|difficulty|hard to|"
        r"struggling to) breath(?:e|ing)?\b|"
        r"\b(?:not|stopped|isn't|is not) breathing\b|\bchoking\b|"
        r"\bheart attack\b|\b(?:having|had|has) (?:a )?(?:stroke|seizure|seizures)\b|\bhaving a stroke\b|"
        r"\bunconscious\b|\bpassed out\b|\b(?:won't wake|(?:is|are) not waking) up\b|\bcollapsed\b|\bunresponsive\b|"
        r"\bbleeding (?:heavily|badly|a lot|out|severely)|\b(?:heavy|severe|bad|won't stop|"
        r"can't stop(?: the)?) bleeding\b|"
        r"\bbleeding (?:won't|will not|does not|doesn't) stop\b|\b(?:is|am|i'm|he's|she's) bleeding\b|"
        r"\bsuicid\w*|\bkill(?:ing)? (?:myself|himself|herself)\b|\bend(?:ing)? (?:my|it all|his|her) ?(?:life)?\b|"
        r"\bwant to die\b|"
        r"\bhurt(?:ing)? myself\b|\bblood\b.*\b(?:won't|not|doesn't) stop\b|"
        r"\bmy chest (?:feels|is)\b.*\b(?:crush|press|squeez|tight)\w*|"
        r"\boverdos\w*|\bswallowed (?:poison|bleach|pills)\b|\bpoisoned\b|\banaphyla\w+|\bthroat is (?:closing|"
        r"swelling)\b|"
        r"\bface is drooping\b|\bthis is an emergency\b|\b(?:it's|it is|have) an emergency\b|\bemergency please\b|"
        r"\bcall (?:an ambulance|nine one one|911)\b|\bneed an ambulance\b|"
        # The same in other words: too much taken, no air, blood that does not stop, no response, a threat.
        r"\b(?:taken|took|swallowed|drank|drunk|eaten|ate) (?:all|too many|a whole|the whole|a bunch of|"
        r"a lot of|lots of|"
        r"\d+|twenty|thirty|forty|fifty|dozens of)\b.*\b(?:pills?|tablets?|capsules?|medicine|medication|bottle|pack|"
        r"painkillers?|meds)\b|\b(?:drank|drunk|swallowed|inhaled)\b.*\b(?:bleach|poison|detergent|cleaner|acid|"
        r"antifreeze|batter(?:y|ies))\b|"
        r"\b(?:can't|cannot|can not|can hardly|can barely|hardly|barely|struggling to|unable to) (?:get|catch|"
        r"draw|take) "
        r"(?:any |enough |my |his |her |a )?(?:air|breath)\b|\b(?:hardly|barely) breath(?:e|ing)\b|"
        r"\bgasping\b|\b(?:lips|face) (?:are|is|has|have)? ?(?:turning|turned|gone|going)? ?blue\b|\bturning blue\b|"
        r"\b(?:throat|tongue|mouth) (?:is |keeps )?(?:swelling|closing|swollen)\b|"
        r"\bblood (?:just |still )?(?:keeps|won't|will not|is pouring|is gushing|everywhere|all over)\b|"
        r"\b(?:losing|lost|so much|lots of|a lot of) blood\b|\bbleeding and (?:it )?(?:won't|doesn't)\b|"
        r"\b(?:isn't|is not|not|won't|doesn't|stopped) (?:responding|waking up|moving|respond|wake up|answering me)\b|"
        r"\bcan't wake (?:him|her|them|my \w+)\b|\b(?:fainted|blacked out|lifeless|no pulse|fell down and)\b|"
        r"\b(?:pressure|tightness|squeezing|crushing|weight|elephant) (?:in|on|across) (?:my|his|her|the) chest\b|"
        r"\b(?:chest|left arm) (?:feels|is) (?:tight|numb|heavy|crushed)\b|\bslurr(?:ing|ed)\b|"
        r"\b(?:one side|half) of (?:my|his|her) (?:face|body)\b|\b(?:arm|face|leg) (?:has )?(?:gone|went|"
        r"is) (?:numb|limp|"
        r"droopy)\b|\bcan't (?:move|feel) (?:my|his|her) (?:arm|leg|legs|face|side)\b|\bconvuls\w+|\bhaving a fit\b|"
        r"\b(?:don't|do not) want to (?:live|be alive|be here) (?:any ?more|anymore)\b|\bno reason to live\b|"
        r"\bend it all\b|\bbetter off dead\b|\bthinking (?:of|about) (?:ending|killing)\b|"
        r"\b(?:going to|gonna|threatening to|wants to|trying to|says? (?:he|she)(?:'s| is|'ll| will)(?: going to)?) "
        r"(?:kill|shoot|stab|hurt) (?:me|us|him|her|them|someone|somebody)\b|\bhas a (?:gun|knife)\b|"
        r"\b(?:house|kitchen|building|car) is on fire\b|\bsmell gas\b|\belectrocuted\b|\bdrown(?:ed|ing)\b"
    ),
    asks_diagnosis=re.compile(
        r"\b(?:think|believe) i (?:broke|tore|sprained|fractured)\b|\bdid i (?:break|tear|sprain|fracture)\b|"
        r"\bis (?:my|his|her) (?:blood pressure|temperature|pulse|blood sugar|heart rate|weight) (?:too )?(?:high|"
        r"low|normal)\b|"
        r"\b(?:right|safe|correct|maximum|normal) dose\b|\bdrink (?:alcohol|wine|beer) (?:with|while|on)\b|"
        r"\btake (?:aspirin|ibuprofen|paracetamol|tylenol|antibiotics|insulin)\b.*\b(?:pregnan|together|with|"
        r"during)\w*|"
        r"\bdo i (?:really )?need (?:stitches|a cast|an x-?ray|a vaccine|chemo)\b|\bam i (?:having|getting) (?:a|"
        r"an) \w+ (?:reaction|"
        r"attack)\b|\bwhat (?:could|can|might) (?:this|that|the) \w+ be\b|\bis it (?:bad|harmful|safe) (?:that|if|"
        r"to)\b|"
        r"\b(?:which|what) (?:antibiotic|painkiller|medicine|medication|pill|cream)s? (?:helps?|works?|is)\b|"
        r"\bstop (?:taking )?(?:the|my|these) (?:antibiotics?|medication|medicine|pills|tablets)\b|"
        r"\b(?:do|could|might|would) (?:i|he|she|my \w+) have (?:the |a |an )?(?:flu|cold|covid|infection|cancer|"
        r"diabetes|"
        r"pneumonia|migraine|disease|virus|strep|measles|allergy|fracture|concussion)\b|"
        r"\bwhat(?:'s| is| could be| might be) wrong with (?:me|him|her|my \w+)\b|"
        r"\bwhat (?:do|could|might) (?:i|he|she|my \w+) have\b(?! to\b)|"
        r"\bdo you (?:think|believe) (?:i|it|this|that|he|she|my)\b.*\b(?:have|is|got|sick|broken|infected|serious|"
        r"infection|flu)\b|"
        r"\bis (?:it|this|that|my \w+) (?:serious|infected|broken|cancer|contagious|dangerous|normal)\b|"
        r"\b(?:what|which|how much|how many) (?:medicine|medication|medications|drug|drugs|pill|pills|dose|dosage|"
        r"antibiotics?|"
        r"painkillers?|ibuprofen|aspirin|paracetamol|tylenol)\b.*\b(?:should|can|take|need|give|for)\b|"
        r"\bshould i (?:take|stop taking|increase|double)\b|\bcan i (?:take \w+ (?:with|for|and|of)|stop taking|mix|"
        r"combine)\b|"
        r"\bis (?:this|the|that|my) \w+ (?:serious|dangerous|contagious|infected|normal)\b|\bhow (?:many|"
        r"much) (?:milligrams?|"
        r"mg|drops|tablets)\b|\bdo i (?:really )?need (?:antibiotics?|surgery|an operation|medicine|medication|"
        r"insulin)\b|"
        r"\b(?:could|might) (?:it|this|that) be (?:a |an )?(?:infection|cancer|tumou?r|flu|covid|allergy|\w+itis)\b|"
        r"\bsounds? like (?:\w+ ){0,2}to you\b|\b(?:illness|disease|condition) (?:causes|do i have|is it|is this)\b|"
        r"\bshould i (?:take|stop taking|increase|double)\b|\bcan i take \w+ (?:with|for|and)\b|"
        r"\b(?:do|would|did) you (?:think|reckon|believe|say|suppose|guess)\b.*\b(?:it's|it is|this is|that's|that is|"
        r"i've got|i have|he has|she has|he's got|she's got|could be|might be|should)\b|"
        r"\b(?:could|might|can) (?:it|this|that) be (?!on\b|at\b|in\b|for\b|moved|changed|done|possible|another|"
        r"earlier|later|next|tomorrow|today|\w+day\b)|\bis (?:it|this|that) (?:shingles|a rash|an? \w+itis|bad|"
        r"worrying|"
        r"something (?:serious|bad)|anything (?:serious|to worry about))\b|\bdoes (?:it|this|that) (?:sound|"
        r"look) like\b|"
        r"\bshould i (?:be worried|worry|go to (?:the )?(?:hospital|er)|put|eat|drink)\b|"
        r"\b(?:is it|would it be|am i) (?:safe|ok|okay|all right|alright|fine) to (?:take|mix|drink|use|give|"
        r"stop|combine)\b|"
        r"\bhow many \w+ (?:can|should|may) i (?:take|give)\b|\bwhat(?:'s| is) (?:this|that) (?:rash|lump|bump|spot|"
        r"pain|mark)\b|\bwhat (?:causes|would cause|could cause|is causing) (?:my|this|these)\b|"
        r"\b(?:anything|something|what) (?:i can|can i|should i) take (?:for|against)\b|"
        r"\b(?:diagnose|diagnosis for) (?:me|my)\b|\bwhat should i (?:take|do) (?:for|about) (?:my|the|this|a)\b"
    ),
    gives_diagnosis=re.compile(
        r"\byou (?:probably |likely |may |might |could |most likely |definitely |clearly )?(?:have|"
        r"are suffering from|suffer from) "
        r"(?:a |an |the )?(?:\w+ )?(?:flu|cold|covid|infection|cancer|diabetes|pneumonia|migraine|disease|virus|"
        r"strep|measles|"
        r"allergy|fracture|concussion|bronchitis|sinusitis|asthma|arthritis|hypertension|appendicitis)\b|"
        r"\b(?:it|this|that) (?:sounds|looks|seems) like (?:you have )?(?:a |an |the )?(?:\w+ )?(?:flu|cold|covid|"
        r"infection|cancer|"
        r"diabetes|pneumonia|migraine|disease|virus|strep|measles|allergy|fracture|concussion|bronchitis|"
        r"appendicitis)\b|"
        r"\byou should (?:take|stop taking|increase|double) (?:\w+ ){0,3}(?:mg|milligrams?|tablets?|pills?|"
        r"ibuprofen|aspirin|"
        r"antibiotics?|paracetamol|tylenol|medication|medicine|dose)\b|\bmy diagnosis\b|\bi diagnose\b"
    ),
    card=re.compile(
        r"\b(?:card number|credit card|debit card|visa|mastercard|amex|american express|cvv|security code)\b"
    ),
)

TALK = Talk(
    anything_else="Is there anything else I can help you with?",
    hello="Hello. How can I help you?",
    welcome="You are welcome.",
    heard_nothing="Sorry, I did not hear anything. How can I help you?",
    not_understood="Sorry, I did not get that.",
    yes_or_no="Sorry, I need a yes or a no.",
    all_right="All right.",
    nothing_booked="All right, nothing has been booked.",
    dropped="All right, I have dropped that.",
    would_you_like="Would you like to {goal}?",
    person_or_message="I can connect you to a colleague or take a message. Which would you like?",
    leave_message="Would you like to leave a message?",
    what_message="What is your message? Please say your name and phone number too.",
    message_noted="Thank you. I have noted your message, and a colleague will call you back.",
    to_be_approved="A colleague has to approve that. We will let you know.",
    could_not="I am sorry, I could not do that just now.",
    no_longer="I am sorry, that is no longer possible.",
    is_sent="I have just sent you a confirmation.",
    not_sent="The text message could not be sent just now, but what I said stands.",
    gone_through="That has already gone through.",
    shall_cancel="Shall I cancel it?",
    or_change="You can also tell me another time.",
    can_move="That has already gone through, but I can move it.",
    undone="It has been cancelled.",
    kept="All right, it stays as it is.",
    still_stands="What was arranged before still stands.",
    what_to_change="What should I change: {names}?",
    the="the {name}",
    so_far="I have {digits} so far. Please go on.",
    last_name="Thank you, {name}. And your last name?",
    time_passed="That time has already passed.",
    day_passed="That day has already passed.",
    not_free="I am sorry, {moment} is not free.",
    nothing_free="I am sorry, there is nothing free on {day}.",
    free_then="On {day} I have {times}.",
    free="I have {moments}.",
    which="Which would you like?",
    suits="Would that suit you?",
    which_time="What time on {day} would you like?",
    which_day="On which day would you like to come at {time}?",
    tool_failed="I am sorry, that did not work.",
    done="Done.",
    not_without="I am afraid I need that for it.",
    not_found="I am sorry, I do not find that.",
    not_moved="I am sorry, I cannot move bookings.",
    not_cancelled="I am sorry, I cannot cancel bookings.",
    not_wished="I am sorry, I cannot arrange {wish} in particular.",
    wished="With {wish}.",
    said_yes="yes",
    said_no="no",
    joined=("and", "or"),
)

REPORTS = Reports(
    unknown=listed("i do not know, i don't know, take a message, cannot look that up"),
    noted=listed("noted your message"),
    promised=listed("call you back, let you know"),
    connecting=listed("connecting you"),
)
