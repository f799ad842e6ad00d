"""A model that asks for tools itself: the flow decides when an effect may happen."""

import json
from collections.abc import AsyncIterator

import pytest
from parley_core.agents import AgentDocument, ModelChoice
from parley_llm.providers.base import Finished, ModelEvent, ModelRequest, TextDelta, ToolCallRequest

ARGUMENTS = {"when": "2026-11-24T10:30", "name": "Maria Lopez", "phone": "5550142"}


class Eager:
    """A model that books and sends a message whenever it is asked anything."""

    name = "eager"
    replays = False
    wants_knowledge = False

    def __init__(self) -> None:
        self.arguments = dict(ARGUMENTS)
        self.outcomes: list[tuple[str, str]] = []
        self.told: list[str] = []

    async def start(self) -> None:
        return None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        if not request.turn_tools:
            yield ToolCallRequest("book_appointment", json.dumps(self.arguments))
            yield ToolCallRequest("send_sms", '{"to": "5550142", "text": "hi"}')
            yield ToolCallRequest("drop_tables", "{}")
            yield ToolCallRequest("find_slots", "not json")
            yield Finished("tool_calls", 1, 1)
            return
        self.outcomes = [(one.tool, one.status) for one in request.turn_tools]
        self.told = [one.error for one in request.turn_tools]
        yield TextDelta("I have done what I could.")
        yield Finished("stop", 1, 1)

    async def close(self) -> None:
        return None


async def test_an_effect_needs_a_read_back_and_a_yes(house):
    eager = Eager()
    house.providers = {"eager": eager}
    await house.publish(house.agent.model_copy(update={"models": [ModelChoice(provider="eager")]}))
    async with house.caller() as caller:
        await caller.ask("book me in")
        assert house.tools.executed == []
        assert eager.outcomes == [
            ("book_appointment", "NOT_ALLOWED"),
            ("send_sms", "NOT_ALLOWED"),
            ("drop_tables", "NOT_ALLOWED"),
            ("find_slots", "INVALID_ARGUMENTS"),
        ]
        await caller.ask("hmm let me think")
        assert house.tools.executed == []
        eager.arguments["phone"] = "5550143"
        await caller.ask("yes")
        assert house.tools.executed == [], "changed values are read back anew"
        await caller.ask("yes that is right")
        assert [name for name, _ in house.tools.executed] == ["book_appointment", "send_sms"]
        assert house.tools.executed[0][1]["phone"] == "5550143"


class Receptionist:
    """A language model of a script: it reads the values back, and books when it is told that it may.

    `outcomes`: what came of the booking, turn by turn, with what the gate told the model.
    """

    name = "receptionist"
    replays = False
    wants_knowledge = False

    def __init__(self, read_back: str, booked: str) -> None:
        self.read_back = read_back
        self.booked = booked
        self.outcomes: list[tuple[str, str]] = []

    async def start(self) -> None:
        return None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        if not request.turn_tools:
            yield ToolCallRequest("book_appointment", json.dumps(ARGUMENTS))
            yield Finished("tool_calls", 1, 1)
            return
        outcome = request.turn_tools[-1]
        self.outcomes.append((outcome.status, outcome.error))
        yield TextDelta(self.booked if outcome.status == "OK" else self.read_back)
        yield Finished("stop", 1, 1)

    async def close(self) -> None:
        return None


SPOKEN = {
    "en-US": ("You are Maria Lopez, on Tuesday at ten thirty. Is that right?", "You are booked."),
    "es-ES": ("Es usted María López, el martes a las diez y media. ¿Es correcto?", "Su cita está reservada."),
    "de-DE": ("Sie sind Maria Lopez, am Dienstag um zehn Uhr dreißig. Ist das richtig?", "Ihr Termin ist gebucht."),
}


def in_language(agent: AgentDocument, language: str) -> AgentDocument:
    return agent.model_copy(update={"models": [ModelChoice(provider="receptionist")], "language": language})


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        ("es-ES", "sí"),
        ("es-ES", "Sí, está bien."),
        ("es-ES", "claro"),
        ("es-ES", "no, así es"),
        ("de-DE", "ja"),
        ("de-DE", "genau, das stimmt"),
        ("de-DE", "Ja, Dienstag um zehn Uhr dreißig."),
        ("en-US", "no that's right"),
    ],
)
async def test_an_agent_of_any_language_completes_a_confirmed_booking(house, language, answer) -> None:
    receptionist = Receptionist(*SPOKEN[language])
    house.providers = {"receptionist": receptionist}
    await house.publish(in_language(house.agent, language))
    async with house.caller() as caller:
        assert await caller.ask("martes / Dienstag / tuesday 10:30, Maria Lopez, 5550142") == SPOKEN[language][0]
        assert house.tools.executed == []
        assert await caller.ask(answer) == SPOKEN[language][1]
        assert [name for name, _ in house.tools.executed] == ["book_appointment"]


@pytest.mark.parametrize(
    ("language", "answer", "told"),
    [
        ("en-US", "okay hold on", "wants a moment"),
        ("en-US", "right except the phone number", "wants something changed"),
        ("en-US", "yes but make it eleven", "wants something changed"),
        ("en-US", "sure, what was the price", "asked something first"),
        ("en-US", "yeah no", "no clear yes"),
        ("en-US", "sí", "no clear yes"),
        ("es-ES", "sí pero a las once", "wants something changed"),
        ("es-ES", "yes", "no clear yes"),
        ("es-ES", "no es correcto", "said no"),
        ("de-DE", "ja, aber Mittwoch", "wants something changed"),
        ("de-DE", "das stimmt nicht", "said no"),
        ("de-DE", "ja, was kostet das", "asked something first"),
        ("fr-FR", "oui", "cannot be judged in this language"),
    ],
)
async def test_anything_but_a_whole_yes_in_the_calls_language_books_nothing(house, language, answer, told) -> None:
    receptionist = Receptionist(*SPOKEN.get(language, SPOKEN["en-US"]))
    house.providers = {"receptionist": receptionist}
    await house.publish(in_language(house.agent, language))
    async with house.caller() as caller:
        await caller.ask("I would like an appointment")
        await caller.ask(answer)
        assert house.tools.executed == []
        assert told in receptionist.outcomes[-1][1]


async def test_a_yes_to_something_else_after_a_no_books_nothing(house) -> None:
    class Talkative(Receptionist):
        async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
            if request.text == "no":
                yield TextDelta("Shall we look for another day?")
                yield Finished("stop", 1, 1)
                return
            async for event in super().stream(request):
                yield event

    house.providers = {"receptionist": Talkative(*SPOKEN["en-US"])}
    await house.publish(in_language(house.agent, "en-US"))
    async with house.caller() as caller:
        await caller.ask("book me in")
        await caller.ask("no")
        await caller.ask("yes")
        assert house.tools.executed == []
        await caller.ask("yes that is right")
        assert [name for name, _ in house.tools.executed] == ["book_appointment"]
