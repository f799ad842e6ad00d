"""The deterministic local brain in a simulated call: the real provider, with knowledge in memory and troubles.

`world` gives it to a share of the calls: flows, slots and look-ups are under the same faults as the seeded model.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from parley_core.errors import Rejected, Unavailable
from parley_llm.ports import Found, Hits, Vector
from parley_llm.providers.base import Asker, ModelEvent, ModelRequest
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_testing.conversation import FakeKnowledge

from parley_sim.providers import Asked, Troubles

# What the clinic knows: the words that a question shares with a heading decide.
ENTRIES = {
    "opening hours saturday sunday": "On Saturday we are open from nine to one. On Sunday we are closed.",
    "insurance blue cross": "We take most insurance plans, and Blue Cross is one of them.",
    "parking park car cost": "You can park behind the house, and it costs nothing for patients.",
    "horario abierto sábado": "El sábado abrimos de nueve a una.",
}
FLOWS: list[dict[str, object]] = [
    {
        "name": "book_appointment",
        "goal": "book an appointment",
        "starts_on": ["i would like to book an appointment", "can i make an appointment", "i need to see a doctor"],
        "slots": [
            {"name": "when", "kind": "datetime", "ask": "What day and time would you like?", "check": "find_slots"},
            {"name": "name", "kind": "person", "ask": "May I have your full name?"},
            {"name": "phone", "kind": "phone", "ask": "And what is your phone number?"},
        ],
        "confirm": "I have {name} for {when}, phone number {phone}. Is that right?",
        "call": "book_appointment",
        "done": "You are booked for {when}.",
        "taken": "I am sorry, that time has just been taken.",
    }
]


class SimLocal:
    """See `parley_llm.providers.base.ModelProvider`."""

    name = "rule_based"
    replays = True
    wants_knowledge = False

    def __init__(self, troubles: Troubles, asked: Asked) -> None:
        self._troubles = troubles
        self._asked = asked
        self._brain = RuleBasedProvider(LocalKnowledge(troubles))

    async def start(self) -> None:
        """Ready as made."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self._asked(request)
        await asyncio.sleep(0.03 + self._troubles.delay_s("llm"))
        if self._troubles.fails("llm"):
            raise Rejected(self.name, "503", "simulated")
        async for event in self._brain.stream(request):
            yield event
            if self._troubles.fails("llm_midway"):
                raise Unavailable(self.name, "simulated")

    async def close(self) -> None:
        """Nothing is held."""


class LocalKnowledge:
    """See `parley_llm.ports.Knowledge`."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        self._known = FakeKnowledge(ENTRIES)

    async def answer(self, asker: Asker, question: str) -> Found:
        await self._look()
        return await self._known.answer(asker, question)

    async def search(self, asker: Asker, query: str) -> Hits:
        await self._look()
        return await self._known.search(asker, query)

    async def embed(self, tenant: str, texts: Sequence[str]) -> list[Vector]:
        await self._look()
        return await self._known.embed(tenant, texts)

    async def _look(self) -> None:
        await asyncio.sleep(0.02 + self._troubles.delay_s("rag"))
        if self._troubles.fails("rag"):
            raise Unavailable("rag", "simulated")
