"""Agents of trades that no example has, whose documents list no words for the recogniser, answer their callers."""

import asyncio
import wave
from pathlib import Path

import pytest
from parley_cli.place import Placed, place_recording
from parley_core.bus.connection import connect
from parley_local.seed import publish_agent
from parley_testing import neural_speech

from tests.conftest import Running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

AGENTS = Path(__file__).with_name("agents")
ASKED = {
    "bicycles": ("How much does it cost to repair a puncture?", "puncture", "eighteen dollars"),
    "library": ("For how many weeks can I keep a book?", "book", "three weeks"),
}


async def ask(running: Running, agent: str, question: str, folder: Path) -> Placed:
    """In a lower voice than the agents', so that the recogniser is not asked about its own."""
    path = folder / f"{agent}.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(neural_speech.RATE)
        sound.writeframes(neural_speech.say(question, deeper=1.15))
    return await place_recording(running.target, agent, path, running.console)


async def test_agents_that_list_no_phrases_answer_their_callers(running: Running, tmp_path: Path) -> None:
    for agent in ASKED:
        document = AGENTS / agent / "agent.yaml"
        assert "phrases:" not in document.read_text()
        async with connect(running.target.nats_url, "tests") as bus:
            await publish_agent(bus, running.target.rag_address, running.target.tenant, document)
    calls = [ask(running, agent, question, tmp_path) for agent, (question, _, _) in ASKED.items()]
    for placed, (_, heard, answered) in zip(await asyncio.gather(*calls), ASKED.values(), strict=True):
        turn = placed.conversation.turns[1]
        assert heard in turn.text
        assert answered in turn.heard_text.lower()
