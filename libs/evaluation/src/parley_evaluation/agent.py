"""The agents that are called: a trade's knowledge behind the platform's own rule-based model and voice. `run` publishes
them."""

from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_cli.target import Target
from parley_core import rpc
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.port import Bus

from parley_evaluation.trades import Trade

INGEST_TIMEOUT_S = 120.0
SILENCE_PROMPT_S = 60.0  # no prompt of the agent's own comes into the silences of a plan


def document_of(trade: Trade, pause_ms: int) -> AgentDocument:
    return AgentDocument.model_validate(
        {
            "agent": f"turns-{trade.name}",
            "name": trade.name.capitalize(),
            "models": [{"provider": "rule_based"}],
            "greeting": {"text": trade.greeting},
            "turns": {"pause_ms": pause_ms, "silence_prompt_s": SILENCE_PROMPT_S},
            "postcall": {"summary": False, "crm": False},
        }
    )


async def publish(bus: Bus, target: Target, trade: Trade, pause_ms: int) -> str:
    """Make a trade's agent known to the platform; returns its name. Safe to repeat."""
    document = document_of(trade, pause_ms)
    async with rpc.connect(target.rag_address) as channel:
        knowledge = rag_pb2.Document(name="knowledge.md", media_type="text/markdown", content=trade.knowledge.encode())
        with rpc.translating("rag"):
            await rag_pb2_grpc.RagStub(channel).Ingest(
                rag_pb2.IngestRequest(tenant=target.tenant, agent=document.agent, document=knowledge),
                timeout=INGEST_TIMEOUT_S,
                wait_for_ready=True,
            )
    await AgentStore(bus).put(target.tenant, document)
    return document.agent
