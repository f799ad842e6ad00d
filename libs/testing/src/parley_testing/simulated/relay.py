"""A simulated ConversationRelay: a carrier that recognises and speaks, to the letter. No carrier is there.

Its voice takes `word_s` for each word of what it is given; it reports played words when `reports` is set. `talk_over`
stops it the way a caller's voice does.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from parley_core.tasks import Tasks

CALL = "CA" + "0" * 32


@dataclass
class SimulatedRelay:
    socket: aiohttp.ClientWebSocketResponse
    word_s: float
    reports: bool
    spoken: list[str] = field(default_factory=list)  # words that the caller heard
    received: list[dict[str, object]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _utterance: list[str] = field(default_factory=list)  # words spoken of the current one
    _queue: asyncio.Queue[dict[str, object]] = field(default_factory=lambda: asyncio.Queue(1000))
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, **message: object) -> None:
        await self.socket.send_str(json.dumps(message))

    async def says(self, text: str, *, language: str = "en-US") -> None:
        """The caller has spoken, and nothing of the agent was being said."""
        await self.send(type="prompt", voicePrompt=text, lang=language, last=True)

    async def talks_over(self, text: str) -> str:
        """The caller speaks while the agent does; returns what the agent had said of its utterance."""
        heard = " ".join(self._utterance)
        self._drop()
        await self.send(type="interrupt", utteranceUntilInterrupt=heard, durationUntilInterruptMs=len(heard) * 60)
        await self.says(text)
        return heard

    async def until_said(self, text: str, timeout_s: float = 10.0) -> None:
        """Wait until the caller has heard these words, in this order."""
        words = text.split()
        async with asyncio.timeout(timeout_s):
            while not any(self.spoken[at : at + len(words)] == words for at in range(len(self.spoken))):
                self._news.clear()
                await self._news.wait()

    async def until(self, kind: str, timeout_s: float = 10.0) -> dict[str, object]:
        async with asyncio.timeout(timeout_s):
            while not (found := [one for one in self.received if one["type"] == kind]):
                self._news.clear()
                await self._news.wait()
        return found[0]

    def _drop(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
        self._utterance.clear()
        self._cut = True

    async def run(self) -> None:
        async with Tasks("simulated relay") as tasks:
            tasks.spawn(self._speak(), "voice")
            async for message in self.socket:
                if message.type == aiohttp.WSMsgType.TEXT:
                    told = json.loads(message.data)
                    self.received.append(told)
                    if told["type"] == "text":
                        self._queue.put_nowait(told)
                    self._news.set()
        self.over.set()
        self._news.set()

    async def _speak(self) -> None:
        while True:
            told = await self._queue.get()
            self._cut = False
            words = str(told["token"]).split()
            for word in words:
                await asyncio.sleep(self.word_s)
                if self._cut:
                    break
                self._utterance.append(word)
                self.spoken.append(word)
                self._news.set()
            else:
                self._utterance.clear()
                if self.reports:
                    await self.send(type="info", name="tokensPlayed", value=" ".join(words))
                    if self._queue.empty():
                        await self.send(type="info", name="agentSpeaking", value="off")


@asynccontextmanager
async def place(
    url: str, token: str, *, word_s: float = 0.02, reports: bool = True, call: str = CALL, **parameters: str
) -> AsyncIterator[SimulatedRelay]:
    """A call: connects, sends the setup message, and runs until the context is left."""
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket, Tasks("simulated relay") as tasks:
        relay = SimulatedRelay(socket, word_s, reports)
        running = tasks.spawn(relay.run(), "carrier")
        await relay.send(
            type="setup",
            sessionId="VX00000000000000000000000000000000",
            accountSid="AC00000000000000000000000000000000",
            callSid=call,
            **{"from": "+18005550100", "to": "+18005550101"},
            direction="inbound",
            callStatus="RINGING",
            customParameters={"token": token, **parameters},
        )
        try:
            yield relay
        finally:
            await socket.close()
            await running
