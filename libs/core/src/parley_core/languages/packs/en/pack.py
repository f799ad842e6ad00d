"""English."""

from parley_core.languages.pack import Pack, Sentences
from parley_core.languages.packs.en.answers import ANSWERS
from parley_core.languages.packs.en.carriers import CARRIERS
from parley_core.languages.packs.en.claims import CLAIMS
from parley_core.languages.packs.en.details import DETAILS
from parley_core.languages.packs.en.endings import ENDINGS
from parley_core.languages.packs.en.facts import FACTS
from parley_core.languages.packs.en.guard import GUARD
from parley_core.languages.packs.en.recognition import RECOGNITION
from parley_core.languages.packs.en.search import SEARCH
from parley_core.languages.packs.en.talk import INTENTS, REPORTS, SAFETY, TALK
from parley_core.languages.packs.en.turns import ANSWERED, BACKCHANNELS, SOUNDS, WISHES
from parley_core.languages.packs.en.values import ADDRESSES, ALOUD, CALENDAR, NAMES, NUMBERS, SLOTS, WRITTEN

PACK = Pack(
    tag="en",
    names=("english", "inglés", "ingles", "englisch", "anglais", "inglese", "inglês"),
    openings=("hello", "hi", "good morning", "good afternoon", "good evening", "hey there"),
    answers=ANSWERS,
    carriers=CARRIERS,
    endings=ENDINGS,
    wishes=WISHES,
    answered=ANSWERED,
    numbers=NUMBERS,
    calendar=CALENDAR,
    naming=NAMES,
    addresses=ADDRESSES,
    details=DETAILS,
    aloud=ALOUD,
    slots=SLOTS,
    written=WRITTEN,
    intents=INTENTS,
    talk=TALK,
    claims=CLAIMS,
    facts=FACTS,
    safety=SAFETY,
    guard=GUARD,
    search=SEARCH,
    reports=REPORTS,
    recognition=RECOGNITION,
    says=Sentences(
        busy="All of our lines are busy right now. Please call again in a few minutes. Goodbye.",
        limited="I am sorry, no further call can be taken from you right now. Please try again later. Goodbye.",
        hold="One moment, please.",
        silence="Are you still there?",
        apology="I am sorry, something went wrong on my side. Could you say that again, please?",
        say_again="I am sorry, could you say that again, please?",
        time_warning="We are coming to the end of the time for this call.",
        time_limit="I am sorry, this call has reached its time limit.",
        unheard="I am sorry, on this line I only understand English.",
        not_spoken="I am sorry, I do not understand that language.",
        goodbye="Goodbye.",
        handoff="I am connecting you to a colleague.",
        handoff_failed="I am sorry, I could not reach my colleagues.",
        consent_ask="This call is recorded to serve you better. Is that all right with you? "
        "Say yes or no, or press one or two.",
        consent_again="I did not get that. May this call be recorded? Press one for yes, two for no.",
        consent_accepted="Thank you.",
        consent_refused="All right, this call is not recorded.",
        unknown="I am sorry, I do not know that.",
        unknown_or_person="Shall I connect you to a colleague?",
        cannot_look_up="I am sorry, I cannot look that up right now.",
        not_done="That is not done yet.",
        did_not_work="I am sorry, that did not work just now.",
        not_decided="Someone has to agree to that first.",
        one_time_code="Your code is {code}. It is valid for ten minutes.",
        approved="Your request from our call has been approved, and it is done.",
        not_approved="Your request from our call could not be approved.",
        approved_in_vain="Your request from our call was approved, but it could not be carried out.",
        not_promised="I cannot do that myself.",
        help="How can I help you?",
        meant="Do you mean {value}?",
        take_your_time="Take your time.",
        fillers=("One moment, please.", "Let me see.", "Just a second."),
    ),
    backchannels=BACKCHANNELS,
    sounds=SOUNDS,
)
