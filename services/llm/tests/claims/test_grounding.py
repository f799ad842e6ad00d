"""Facts that a language model states: spoken where the call's sources bear them out, and with the passages they are
from.

The rules were made on the clinic's sentences of the other test modules; the sentences here are of a bicycle workshop, a
hotel and a music school.
"""

import itertools
import json
from collections.abc import AsyncIterator, Sequence

import pytest
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, ModelChoice
from parley_core.languages.registry import sentences
from parley_llm.ports import Found, Hits
from parley_llm.providers.base import Asker, Finished, ModelEvent, ModelRequest, TextDelta, ToolCallRequest
from parley_llm.reply import look_up
from parley_testing.conversation import FakeKnowledge

PASSAGES = [
    "Opening hours: Monday to Friday from eight in the morning to half past five. Saturday from nine to one.",
    "We are closed on Sunday and on public holidays.",
    "A puncture repair costs eighteen euros, with a new inner tube 26.50 euros.",
    "Brake service, price €45, duration 2 days. Full inspection, price €120, duration 3 days.",
    "We do not repair batteries of electric bicycles. Brakes and gears of electric bicycles are repaired.",
    "Rental bicycles cost twelve euros for each day. A helmet is free of charge.",
    "The workshop is led by Marta Kowalska. Her deputy is Jonas Weber.",
    "Repairs carry a warranty of six months.",
    "You can leave your bicycle in the yard behind the shop. Please bring the receipt when you collect it.",
    "Members of the cycling club get ten percent off.",
    "Call us on 555 0199, or write to the workshop.",
]
TRUE = [
    "We open at eight in the morning from Monday to Friday.",
    "On Saturday we're open from nine to one.",
    "On weekdays we close at 5:30.",
    "We close at half past five on Friday.",
    "I'm afraid we are closed on Sunday.",
    "We're closed on public holidays.",
    "A puncture repair costs eighteen euros.",
    "With a new inner tube it comes to twenty-six euros fifty.",
    "That would be €26.50 with a new tube.",
    "The brake service is 45 euros and takes two days.",
    "A full inspection costs one hundred and twenty euros.",
    "It takes three days.",
    "No, we do not repair the batteries of electric bicycles.",
    "Yes, we repair brakes and gears of electric bicycles.",
    "You can rent a bicycle for twelve euros a day, and a helmet is free of charge.",
    "Marta Kowalska leads the workshop.",
    "Her deputy is Jonas Weber.",
    "You have a warranty of six months.",
    "You can leave your bicycle in the yard behind the shop.",
    "Please bring the receipt when you collect it.",
    "Members of the club get ten percent off.",
    "The number is five five five zero one nine nine.",
    "Of course, one moment.",
    "I have two questions for you.",
    "What is wrong with the brakes?",
    "Shall I book Tuesday at nine for you?",
    "I am sorry to hear that.",
    "Thank you for calling.",
    "Would a Monday or a Tuesday suit you better?",
    "Is there anything else that I can do for you?",
    "I do not know that, I am afraid.",
    "May I have your name, please?",
]
FALSE = [
    "We open at seven on weekdays.",
    "On Saturday we are open until five.",
    "On Saturday we are open from eight to one.",
    "We are open on Sunday.",
    "Yes, we're open on public holidays.",
    "A puncture repair costs nineteen euros.",
    "A puncture repair costs $80.",
    "The brake service is 54 euros.",
    "The full inspection is one hundred and thirty euros.",
    "It takes five days.",
    "Yes, we repair the batteries of electric bicycles.",
    "We do not repair brakes and gears of electric bicycles.",
    "Rental is fifteen euros for each day.",
    "Rental bicycles are free of charge for members.",
    "The workshop is led by Peter Smith.",
    "Please ask for Mr. Hansen.",
    "You have a warranty of twelve months.",
    "Members get twenty percent off.",
    "You get 15% off.",
    "The number is five five five zero one eight eight.",
    "We close at half past six on Friday.",
    "We have a swimming pool and a sauna.",
    "We deliver furniture to Norway.",
    "We'll have it ready on the 3rd of December at 16:45.",
    "The shop opens in January.",
]
# Written after the rules, and judged once before they were changed for it: 21 of 25 false ones were held, 27 of 30 true
# ones passed. What failed (noon, weekends, quarters of an hour, another row's price) is told apart since.
HOTEL = [
    "Check-in is from three in the afternoon. Check-out is by eleven in the morning; a late check-out until 2 "
    "pm costs 30 dollars.",
    "Breakfast is served from 6:30 to 10:00, on weekends until 11:00. It costs 18 dollars for adults; children "
    "under seven eat for free.",
    "Standard room, sleeps 2, rate $129 per night. Deluxe room, sleeps 3, rate $179 per night. Family suite, "
    "sleeps 5, rate $249 per night.",
    "Pets are welcome for a fee of 25 dollars per stay. Guide dogs stay free of charge.",
    "The pool is closed from November to March. The gym is open around the clock.",
    "Smoking is not allowed in any room. There is a fine of 200 dollars.",
    "Bookings can be cancelled free of charge until 48 hours before arrival. After that the first night is charged.",
    "The airport shuttle leaves every 40 minutes from five in the morning until midnight. The ride takes a "
    "quarter of an hour.",
    "Wi-Fi is included. Parking costs 15 dollars a night; there are no charging stations for electric cars.",
    "Our general manager is Elena Brooks. The restaurant Olive Tree is on the second floor.",
    "We accept Visa and Mastercard. We do not take American Express or cheques.",
]
HOTEL_TRUE = [
    "You can check in from 3 pm.",
    "Check-out is at eleven, and a late check-out until two costs thirty dollars.",
    "Breakfast runs from half past six to ten.",
    "On Saturday and Sunday breakfast is served until eleven.",
    "Children under 7 eat breakfast for free.",
    "A deluxe room is one hundred seventy-nine dollars a night and sleeps three.",
    "The family suite costs $249.",
    "Pets are welcome, there is a fee of twenty-five dollars per stay.",
    "Guide dogs stay for free.",
    "I'm afraid the pool is closed from November until March.",
    "The gym is open around the clock.",
    "Smoking isn't allowed in the rooms.",
    "You can cancel free of charge up to 48 hours before you arrive.",
    "The shuttle to the airport leaves every forty minutes.",
    "The ride takes fifteen minutes.",
    "Wi-Fi is included.",
    "Parking is fifteen dollars a night.",
    "We don't have charging stations for electric cars.",
    "Elena Brooks is our general manager.",
    "The Olive Tree is on the second floor.",
    "We take Visa and Mastercard, but not American Express.",
    "Let me check that for you.",
    "Sure, which nights would you like?",
    "So that is two adults and one child, right?",
    "A standard room sleeps two.",
    "If you cancel later, the first night is charged.",
    "The last shuttle leaves at midnight.",
    "Yes, we have a gym.",
    "No problem at all!",
    "Happy to help with that.",
]
HOTEL_FALSE = [
    "Check-in starts at 1 pm.",
    "Check-out is at noon.",
    "A late check-out costs fifty dollars.",
    "Breakfast costs 12 dollars.",
    "Breakfast is free for everyone.",
    "The deluxe room is $129 a night.",
    "The standard room costs $249.",
    "Pets stay free of charge.",
    "Pets are not welcome.",
    "The pool is open in December.",
    "The gym is closed at night.",
    "Smoking is allowed in every room.",
    "You can cancel up to 24 hours before arrival.",
    "The shuttle leaves every twenty minutes.",
    "Parking is free of charge.",
    "We have charging stations for electric cars.",
    "Our manager is Thomas Reed.",
    "The restaurant is called Blue Lagoon.",
    "We accept American Express.",
    "We take Discover cards.",
    "Wi-Fi costs five dollars a day.",
    "There is a spa with a sauna and a steam bath.",
    "The family suite sleeps eight.",
    "Breakfast on Sunday is served until one in the afternoon.",
    "The fine is 500 dollars.",
]


class Known(FakeKnowledge):
    """Gives all passages to any search, and remembers who asked."""

    def __init__(self, passages: Sequence[str] = PASSAGES) -> None:
        super().__init__({})
        self.passages = passages
        self.asked: list[tuple[Asker, str]] = []

    async def search(self, asker: Asker, query: str) -> Hits:
        self._check()
        self.asked.append((asker, query))
        return Hits(tuple(self.passages), tuple(self.citation(at) for at in range(len(self.passages))), 1)

    async def answer(self, asker: Asker, question: str) -> Found:
        self._check()
        self.asked.append((asker, question))
        return Found("A puncture repair costs eighteen euros.", 0.9, (self.citation(2),), 1)

    def citation(self, at: int) -> events_pb2.Citation:
        return events_pb2.Citation(source="workshop.md", section="", chunk=f"c{at}", version="v1", score=0.8)


class Speaker:
    """A model that looks something up where it is told to, then says a sentence; another one once it was corrected."""

    name = "speaker"
    replays = False
    wants_knowledge = True

    def __init__(self, said: str, *, again: str = "", query: str = "bicycles") -> None:
        self.said, self.again, self.query = said, again, query
        self.requests: list[ModelRequest] = []

    def takes_tools(self, agent: AgentDocument) -> bool:
        return True

    async def start(self) -> None:
        return None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self.requests.append(request)
        if self.query and not request.turn_tools:
            yield ToolCallRequest(look_up.NAME, json.dumps({"query": self.query}))
            yield Finished("tool_calls", 1, 1)
            return
        yield TextDelta(self.again if self.again and request.notes else self.said)
        yield Finished("stop", 1, 1)

    async def close(self) -> None:
        return None


async def publish(house, model: Speaker, **changes: object) -> Known:
    house.knowledge, house.providers = Known(), {"speaker": model}
    told = {"models": [ModelChoice(provider="speaker")], "flows": [], "prompt": "Help.", "greeting": None, "name": ""}
    quiet = {"first_speaker": "caller", "guardrails": [], "goals": []}
    await house.publish(house.agent.model_copy(update={**told, **quiet, **changes}))
    return house.knowledge


async def test_each_true_sentence_is_spoken_and_each_false_one_is_not_in_300_turns(house) -> None:
    speaker = Speaker("")
    await publish(house, speaker)
    spoken: list[tuple[str, str]] = []
    async with house.caller(greeted=False) as caller:
        for _, text in zip(range(300), itertools.cycle([*TRUE, *FALSE]), strict=False):
            speaker.said = text
            spoken.append((text, await caller.ask("please tell me")))
    assert {text for text, said in spoken if text in FALSE and said == text} == set()
    assert {(text, said) for text, said in spoken if text in TRUE and said != text} == set()


async def test_a_hotels_sentences_are_told_apart(house) -> None:
    speaker = Speaker("")
    known = await publish(house, speaker)
    known.passages = HOTEL
    async with house.caller(greeted=False) as caller:
        for text in [*HOTEL_FALSE, *HOTEL_TRUE]:
            speaker.said = text
            said = await caller.ask("please tell me")
            assert (said == text) is (text in HOTEL_TRUE), text


async def test_the_model_hears_why_and_may_correct_itself(house) -> None:
    speaker = Speaker("A puncture repair costs 30 euros.", again="A puncture repair costs 18 euros.")
    await publish(house, speaker)
    async with house.caller(greeted=False) as caller:
        assert await caller.ask("what does a puncture cost") == "A puncture repair costs 18 euros."
        assert "30" in speaker.requests[-1].notes[0]
        (tripped,) = await caller.logged("GuardrailTripped")
        assert (tripped.rule, tripped.side, tripped.action) == ("ungrounded", "agent", "replaced")


async def test_the_knowledges_own_words_take_the_place_of_what_is_false_twice(house) -> None:
    await publish(house, Speaker("A puncture repair costs 30 euros."))
    async with house.caller(greeted=False) as caller:
        assert await caller.ask("what does a puncture cost") == "A puncture repair costs eighteen euros."


async def test_where_nothing_can_be_looked_up_the_agent_says_so(house) -> None:
    known = await publish(house, Speaker("A puncture repair costs 30 euros.", query=""))
    known.down = True
    async with house.caller(greeted=False) as caller:
        assert await caller.ask("what does a puncture cost") == sentences("en").cannot_look_up


async def test_a_sentence_from_the_knowledge_carries_passage_and_version_on_the_log(house) -> None:
    await publish(house, Speaker("Hello! A puncture repair costs eighteen euros."))
    async with house.caller(greeted=False) as caller:
        await caller.ask("what does a puncture cost")
        said = await caller.logged("SentenceSaid")
        cited = [[(one.source, one.chunk, one.version) for one in sentence.citations] for sentence in said]
        assert cited[-1] == [("workshop.md", "c2", "v1")]


async def test_nothing_is_looked_up_for_a_greeting_and_the_tool_is_offered(house) -> None:
    speaker = Speaker("Hello, how can I help you?", query="")
    known = await publish(house, speaker)
    async with house.caller(greeted=False) as caller:
        await caller.ask("hello there")
    assert known.asked == []
    assert look_up.NAME in [tool.name for tool in speaker.requests[0].tools]
    assert speaker.requests[0].knowledge == ()


async def test_a_model_without_tools_gets_the_passages_beforehand(house) -> None:
    speaker = Speaker("A puncture repair costs eighteen euros.", query="")
    speaker.takes_tools = lambda agent: False  # type: ignore[method-assign]
    known = await publish(house, speaker)
    async with house.caller(greeted=False) as caller:
        await caller.ask("what does a puncture cost")
    assert [query for _, query in known.asked] == ["what does a puncture cost"]
    assert speaker.requests[0].knowledge == tuple(PASSAGES)
    assert look_up.NAME not in [tool.name for tool in speaker.requests[0].tools]


async def test_a_look_up_without_a_query_is_refused_and_the_model_goes_on(house) -> None:
    speaker = Speaker("What would you like to know?", query=" ")
    known = await publish(house, speaker)
    async with house.caller(greeted=False) as caller:
        assert await caller.ask("tell me") == "What would you like to know?"
    assert known.asked == []
    assert speaker.requests[-1].turn_tools[0].status == "INVALID_ARGUMENTS"


class Verifier(Speaker):
    """Has the caller prove who they are, then looks something up."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self.requests.append(request)
        if not request.turn_tools:
            yield ToolCallRequest("find_slots", '{"when": "2026-12-01"}')
            yield Finished("tool_calls", 1, 1)
        elif len(request.turn_tools) == 1:
            yield ToolCallRequest(look_up.NAME, json.dumps({"query": self.query}))
            yield Finished("tool_calls", 1, 1)
        else:
            yield TextDelta(self.said)
            yield Finished("stop", 1, 1)


async def test_the_groups_of_the_token_and_of_a_tool_that_proved_who_calls_are_asked_for(house) -> None:
    verifier = Verifier("Fine, thank you.")
    known = await publish(house, verifier, grants={"find_slots": ["patients"], "hand_off": ["staff"]})
    async with house.caller(greeted=False, groups=("members",)) as caller:
        await caller.ask("tell me")
        assert known.asked[-1][0].groups == ("members", "patients")


async def test_without_a_token_and_a_proof_the_public_documents_are_asked_for(house) -> None:
    known = await publish(house, Speaker("Fine, thank you."), grants={"find_slots": ["patients"]})
    async with house.caller(greeted=False) as caller:
        await caller.ask("tell me")
        assert known.asked[-1][0].groups == ()


@pytest.mark.parametrize(
    ("claim", "kept"),
    [
        ("You're booked for Tuesday at half past ten.", True),
        ("You're booked for Wednesday at half past ten.", False),
        ("You're booked for Tuesday at eleven o'clock.", False),
        ("You're booked with Dr. Strange for Tuesday.", False),
    ],
)
async def test_days_times_and_names_of_a_claim_are_those_of_the_receipt(house, claim: str, kept: bool) -> None:
    class Booker(Speaker):
        async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
            if not request.turn_tools:
                slot = {"slot": "2026-12-01T10:30", "name": "Maria Lopez", "phone": "5550142"}
                yield ToolCallRequest("book_appointment", json.dumps(slot))
                yield Finished("tool_calls", 1, 1)
                return
            yield TextDelta(self.said)
            yield Finished("stop", 1, 1)

    await publish(house, Booker(claim))
    async with house.caller(greeted=False) as caller:
        said = await caller.ask("please book tuesday or wednesday at half past ten or eleven")
        assert (said == claim) is kept


@pytest.mark.parametrize(
    ("language", "passage", "true", "false"),
    [
        ("es-ES", "Una clase de piano cuesta veinticinco euros. El domingo está cerrado.",
         ["Una clase de piano cuesta 25 euros.", "El domingo estamos cerrados."],
         ["Una clase de piano cuesta treinta euros.", "El domingo abrimos.", "Abrimos a las siete y media."]),
        ("de-DE", "Eine Klavierstunde kostet fünfundzwanzig Euro. Am Sonntag ist geschlossen.",
         ["Eine Klavierstunde kostet 25 Euro.", "Am Sonntag haben wir geschlossen."],
         ["Eine Klavierstunde kostet dreißig Euro.", "Wir öffnen um halb acht.", "Fragen Sie nach Frau Schneider."]),
    ],
)  # fmt: skip
async def test_facts_are_checked_in_the_callers_language(house, language, passage, true, false) -> None:
    speaker = Speaker("")
    known = await publish(house, speaker, language=language)
    known.passages = [passage]
    async with house.caller(greeted=False) as caller:
        for text in [*true, *false]:
            speaker.said = text
            said = await caller.ask("...")
            assert (said == text) is (text in true), text
