"""The agent that scripts call on a running platform: the simulated clinic with the platform's own voice and model."""

from collections.abc import Sequence

from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_cli.target import Target
from parley_core import rpc
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.port import Bus

from parley_sim.script import Script, merged

INGEST_TIMEOUT_S = 60.0
WORDS_PER_MINUTE = 165
_FAQ = """# Opening hours
On Saturday the clinic is open from nine in the morning until one in the afternoon, and on Sunday it is closed all day.

# Insurance
We take insurance from Blue Cross, Aetna and Cigna, and for everybody else there is a fixed price for each visit.

# Parking
You can park behind the building free of charge for as long as your visit lasts.
"""
_DOCUMENT: dict[str, object] = {
    "name": "Clinic of the scripts",
    "voice": {"words_per_minute": WORDS_PER_MINUTE},
    "models": [{"provider": "rule_based"}],
    "tools": ["hand_off"],
    "greeting": {"text": "Hello, this is the clinic. How can I help you?"},
    "goodbye": "Thank you for calling. Goodbye.",
    "postcall": {"summary": False, "crm": False},
}


def agent_of(script: Script, among: Sequence[Script]) -> AgentDocument:
    """The recogniser's language model is made of what all scripts say, so that it is made once for all of them."""
    document = _document(script)
    said = sorted({step.said for one in among for step in one.steps if step.said})
    greetings = {one.greeting.text for one in map(_document, among) if one.greeting}
    corpus = [line.strip(" .") for line in _FAQ.splitlines() if line and not line.startswith("#")]
    return document.model_copy(update={"phrases": said, "speech_corpus": [*corpus, *sorted(greetings)]})


def _document(script: Script) -> AgentDocument:
    return AgentDocument.model_validate(merged(_DOCUMENT, {**script.agent, "agent": f"script-{script.name}"}))


async def publish(bus: Bus, target: Target, script: Script, among: Sequence[Script]) -> str:
    """Make the script's agent known to the platform; returns its name. Safe to repeat."""
    document = agent_of(script, among)
    async with rpc.connect(target.rag_address) as channel:
        faq = rag_pb2.Document(name="faq.md", media_type="text/markdown", content=_FAQ.encode())
        with rpc.translating("rag"):
            await rag_pb2_grpc.RagStub(channel).Ingest(
                rag_pb2.IngestRequest(tenant=target.tenant, agent=document.agent, document=faq),
                timeout=INGEST_TIMEOUT_S,
                wait_for_ready=True,
            )
    await AgentStore(bus).put(target.tenant, document)
    return document.agent
