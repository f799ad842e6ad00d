"""A claim becomes a call: who may say it, from the agent's document. Holds what the calls of this process share."""

from parley.v1 import live_pb2
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.log import CallLog
from parley_core.bus.port import Bus
from parley_core.clock import Clock
from parley_core.providers import Attempts, Candidates, Registry

from parley_tts.call import CallVoice, Patience, SpokenCall
from parley_tts.handlers import BusCall, BusOutput
from parley_tts.metrics import SpeechMetrics
from parley_tts.providers.base import SpeechProvider
from parley_tts.providers.registry import voices_of
from parley_tts.shaping import Shape

ROLE = "tts"


class CallOpener:
    """`open_call` for `ClaimedWorker`."""

    def __init__(
        self,
        bus: Bus,
        registry: Registry[SpeechProvider],
        *,
        preferred: str = "",
        worker: str,
        clock: Clock,
        attempts: Attempts,
        metrics: SpeechMetrics,
        shape: Shape,
        patience: Patience,
    ) -> None:
        """`preferred`: a provider that is asked before those that agents name; empty: none."""
        self._bus = bus
        self._agents = AgentStore(bus)
        self._registry = registry
        self._preferred = preferred
        self._worker = worker
        self._clock = clock
        self._attempts = attempts
        self._metrics = metrics
        self._shape = shape
        self._patience = patience

    async def open_call(self, claim: live_pb2.Claim) -> BusCall:
        """Ready to hear `live.say` when it returns. Raises NotFound for an unknown agent or none of its providers."""
        agent = await self._agents.get(claim.tenant, claim.agent, claim.agent_version)
        voices = [await self._voice(agent.spoken_in(tag)) for tag in agent.tags]
        output = BusOutput(
            self._bus, CallLog(self._bus, claim.tenant, claim.call, f"{ROLE}/{self._worker}"), self._worker
        )
        call = SpokenCall(
            voices,
            output,
            clock=self._clock,
            attempts=self._attempts,
            metrics=self._metrics,
            shape=self._shape,
            patience=self._patience,
            fence=claim.fence,
        )
        opened = BusCall(self._bus, claim.tenant, claim.call, call, output, self._metrics)
        await opened.open()
        return opened

    async def _voice(self, agent: AgentDocument) -> CallVoice:
        """How the agent sounds in the language that it is in. Raises NotFound."""
        voice = agent.voice
        named = [self._preferred, voice.provider, *voice.fallbacks]
        providers = await voices_of(self._registry, named, agent.language)
        line = Candidates(self._attempts.order(providers, lambda one: one.name))
        return CallVoice(
            line,
            voice.provider,
            voice.name,
            agent.language,
            voice.words_per_minute,
            agent.pronunciations,
            voice.model,
        )
