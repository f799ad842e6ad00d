"""A claim becomes a call: who may hear it, from the agent's document. Holds what the calls of this process share."""

from parley.v1 import live_pb2
from parley_core.agents import AgentDocument, AgentStore, Recogniser
from parley_core.bus.log import CallLog
from parley_core.bus.port import Bus
from parley_core.clock import Clock
from parley_core.errors import BadInput
from parley_core.providers import Attempts, Registry

from parley_asr.call import AsrCall, CallLimits, Finished
from parley_asr.call_recogniser import CallRecogniser, Candidate
from parley_asr.metrics import AsrMetrics
from parley_asr.providers.base import RecogniserProvider
from parley_asr.speech import speech_of

ROLE = "asr"


class CallOpener:
    """`open_call` for `ClaimedWorker`."""

    def __init__(
        self,
        bus: Bus,
        registry: Registry[RecogniserProvider],
        *,
        default: str,
        worker: str,
        limits: CallLimits,
        clock: Clock,
        attempts: Attempts,
        metrics: AsrMetrics,
    ) -> None:
        """`default`: the provider of agents that name none."""
        self._bus = bus
        self._registry = registry
        self._default = default
        self._worker = worker
        self._limits = limits
        self._clock = clock
        self._attempts = attempts
        self._metrics = metrics
        self._agents = AgentStore(bus)
        self._finished = Finished()

    async def open_call(self, claim: live_pb2.Claim) -> AsrCall:
        """Raises NotFound for an unpublished agent, BadInput if no provider supports any of its languages."""
        document = await self._agents.get(claim.tenant, claim.agent, claim.agent_version)
        chains = await self._chains(document)
        language = claim.language or document.language
        tag = document.tag_of(language)
        if tag not in chains and not chains:
            raise BadInput("language", f"{language!r} is heard by none of the agent's recognisers")
        if tag not in chains:
            tag = next(iter(chains))
            # Another of the agent's languages is better than a call without ears; the answer tells which are heard.
            language = tag if len(document.tags) > 1 else language
        call_log = CallLog(self._bus, claim.tenant, claim.call, f"{ROLE}/{self._worker}")
        recogniser = CallRecogniser(
            chains,
            language,
            first=chains[tag],
            speech_in=lambda tag: speech_of(document.spoken_in(tag)),
            attempts=self._attempts,
            call_log=call_log,
        )
        await recogniser.open()
        call = AsrCall(
            self._bus,
            claim,
            recogniser,
            calllog=call_log,
            finished=self._finished,
            limits=self._limits,
            clock=self._clock,
            attempts=self._attempts,
            metrics=self._metrics,
        )
        try:
            await call.start()
        except BaseException:
            await call.close("not opened")
            raise
        return call

    async def _chains(self, document: AgentDocument) -> dict[str, list[Candidate]]:
        """The providers for each of the agent's languages, best first. An unsupported language is left out, unless the
        agent has no other."""
        chains: dict[str, list[Candidate]] = {}
        for tag in document.tags:
            chain = await candidates(self._registry, document.spoken_in(tag).recogniser, self._default)
            heard = [one for one in chain if one.provider.hears(tag)]
            if heard or len(document.tags) == 1:
                chains[tag] = heard or chain
        return chains


async def candidates(registry: Registry[RecogniserProvider], chosen: Recogniser, default: str) -> list[Candidate]:
    """The providers of one choice that can be had here, in order. Raises NotFound where none can."""
    first = chosen.provider or default
    providers = await registry.chain([first, *chosen.fallbacks])
    return [Candidate(one, chosen.model if one.name == first else "") for one in providers]
