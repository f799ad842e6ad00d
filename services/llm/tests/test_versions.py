"""A version that is published while calls run: none of them changes, the next call has it; rolling back likewise."""

import asyncio
from contextlib import AsyncExitStack

from parley.v1 import live_pb2
from parley_core.agents import AgentStore
from parley_core.bus.log import CallLog
from parley_core.clock import SystemClock
from parley_core.ids import new_id
from parley_core.providers import Attempts, Registry
from parley_llm.metrics import LlmMetrics
from parley_llm.opener import CallOpener
from parley_llm.providers.router import Router
from parley_llm.providers.rule_based.brain import RuleBasedProvider

from .conftest import Caller

RUNNING = 50
QUESTION = "i want to talk to a person"


class Platform:
    """Calls as the gateway begins them: each keeps the version that was live when it began."""

    def __init__(self, house, stack) -> None:
        self.house, self.stack = house, stack
        self.store = AgentStore(house.bus)
        metrics = LlmMetrics()
        router = Router(
            Registry("model", [RuleBasedProvider(house.knowledge)]), Attempts(metrics.providers), token_gap_s=5
        )
        self.opener = CallOpener(
            house.bus,
            house.tuning,
            SystemClock(),
            worker="w1",
            router=router,
            knowledge=house.knowledge,
            tools=house.tools,
            metrics=metrics,
        )

    async def begin(self) -> Caller:
        agent = await self.store.get(self.house.tenant, self.house.agent.agent)
        call = new_id("c-")
        caller = Caller(self.house.bus, CallLog(self.house.bus, self.house.tenant, call, "gateway/g1"))
        for subscription in await caller.listen():
            self.stack.push_async_callback(subscription.close)
        caller.start(agent)
        claim = live_pb2.Claim(
            tenant=self.house.tenant,
            call=call,
            role="llm",
            agent=agent.agent,
            agent_version=agent.version,
            gateway="g1",
        )
        self.house.opened.append(await self.opener.open_call(claim))
        caller.claimed("llm", "w1")
        caller.claimed("tts", "tts-1")
        await caller.reply(0)
        return caller

    async def publish(self, words: str) -> int:
        handoff = self.house.agent.handoff.model_copy(update={"say": words})
        return await self.store.put(self.house.tenant, self.house.agent.model_copy(update={"handoff": handoff}))


async def test_no_running_call_changes_its_version_and_the_next_one_has_it(house):
    async with AsyncExitStack() as stack:
        platform = Platform(house, stack)
        first = await platform.publish("The first version passes you on.")
        running = [await platform.begin() for _ in range(RUNNING)]
        await platform.publish("The second version passes you on.")
        new = await platform.begin()
        assert await platform.store.roll_back(house.tenant, house.agent.agent) == first
        newest = await platform.begin()
        answers = await asyncio.gather(*(caller.ask(QUESTION) for caller in running))
        assert [answer for answer in answers if "first version" not in answer] == []
        assert "second version" in await new.ask(QUESTION)
        assert "first version" in await newest.ask(QUESTION)
