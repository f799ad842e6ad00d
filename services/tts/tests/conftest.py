"""A call's speech without a bus: what it says is collected."""

import asyncio

import pytest
from google.protobuf.message import Message
from parley.v1 import events_pb2, live_pb2


class Collected:
    """An `Output` that keeps everything and lets a test wait for it."""

    def __init__(self) -> None:
        self.chunks: list[live_pb2.AudioOut] = []
        self.facts: list[Message] = []
        self._changed = asyncio.Event()

    def audio(self, message: live_pb2.AudioOut) -> None:
        self.chunks.append(message)
        self._changed.set()

    def record(self, body: Message) -> None:
        self.facts.append(body)
        self._changed.set()

    def of(self, turn: int, sentence: int = 0) -> list[live_pb2.AudioOut]:
        return [chunk for chunk in self.chunks if (chunk.turn, chunk.sentence) == (turn, sentence)]

    def words(self, turn: int, sentence: int = 0) -> list[str]:
        """As a gateway takes them: one that was broken off gives way to the same one, said again by another voice."""
        taken: list[events_pb2.Word] = []
        for word in (word for chunk in self.of(turn, sentence) for word in chunk.words):
            while taken and taken[-1].end_ms > word.start_ms:
                taken.pop()
            taken.append(word)
        return [word.text for word in taken]

    async def finished(self, turn: int, sentence: int = 0) -> list[live_pb2.AudioOut]:
        async with asyncio.timeout(10):
            while not any(chunk.last for chunk in self.of(turn, sentence)):
                await self.changed()
        return self.of(turn, sentence)

    async def begun(self, turn: int, sentence: int = 0) -> None:
        async with asyncio.timeout(10):
            while not self.of(turn, sentence):
                await self.changed()

    async def changed(self) -> None:
        self._changed.clear()
        await self._changed.wait()


@pytest.fixture
def output() -> Collected:
    return Collected()
