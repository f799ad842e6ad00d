"""Pipecat's public client package in a real browser, unmodified, over both of its transports."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from parley.v1 import events_pb2, session_pb2
from parley_core.agents import AgentDocument
from parley_core.bus import subjects
from parley_core.bus.log import body_of, event_name
from parley_core.bus.port import Message
from parley_testing import peers
from parley_testing.browser import OpenBrowser, visit
from parley_testing.callers import Gateway
from parley_testing.speech import speak
from parley_testing.workers import Workers
from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.peers, pytest.mark.timeout(90)]

WEB = Path(__file__).parent / "web"
ASKED = speak("I need an appointment please")
AGENT = AgentDocument.model_validate(
    {
        "agent": "clinic",
        "first_speaker": "caller",
        "turns": {"pause_ms": 200, "min_commit_ms": 0, "drafts": False},
        "client_tools": True,
        "client_instructions": True,
    }
)
StartGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The client packages as one script."""
    modules = peers.require_folder(WEB / "node_modules", "the web client packages")
    made = tmp_path_factory.mktemp("rtvi") / "rtvi.js"
    esbuild = [str(modules / ".bin" / "esbuild"), str(WEB / "rtvi.js"), "--bundle", "--format=iife"]
    subprocess.run([*esbuild, f"--outfile={made}", "--log-level=error"], check=True, timeout=60)
    return made.read_text()


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    return await start_gateway(AGENT)


@pytest.fixture(params=["websocket", "webrtc"])
def by(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass
class Client:
    """A page with Pipecat's client in it."""

    page: Page
    ready: dict[str, Any]
    call: str

    async def told(self, kind: str, count: int = 1, **facts: Any) -> Any:
        """The data of the client's event of a kind, with these facts, that comes as number `count`."""
        find = """([kind, count, facts]) => {
          const fits = ([, data]) => Object.entries(facts).every(([key, one]) => data[key] === one);
          const found = window.told.filter((one) => one[0] === kind && fits(one));
          return found.length >= count ? {found: found[count - 1][1]} : null;
        }"""
        handle = await self.page.wait_for_function(find, arg=[kind, count, facts], timeout=20_000)
        return (await handle.json_value())["found"]

    async def kinds(self) -> list[str]:
        return [str(one) for one in await self.page.evaluate("window.told.map(([name]) => name)")]


@asynccontextmanager
async def client(browser: Browser, gateway: Gateway, bundle: str, by: str) -> AsyncIterator[Client]:
    begun: asyncio.Queue[str] = asyncio.Queue()

    async def note(message: Message) -> None:
        begun.put_nowait(message.subject.split(".")[2])

    await gateway.bus.subscribe(f"call.{gateway.tenant}.*.log.CallStarted", note)
    token = await gateway.token()
    async with visit(browser) as visitor:
        page = await visitor.new_page()
        await page.goto(f"{gateway.http}/healthz")
        await page.add_script_tag(content=bundle)
        told = {
            "wsUrl": gateway.ws.replace("/v1/call", f"/v1/rtvi?token={token}"),
            "endpoint": f"{gateway.http}/v1/rtvi/offer",
            "token": token,
        }
        async with asyncio.timeout(30):
            ready = await page.evaluate("([by, told]) => window.connect(by, told)", [by, told])
            yield Client(page, ready, await begun.get())


async def test_a_spoken_call_is_told_of_in_rtvis_words(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser, bundle: str, by: str
) -> None:
    workers.asr.texts = ["i need an appointment please"]
    workers.llm.replies = [["When would you like", "to come?"]]
    async with (
        open_browser(2500, ASKED, 30_000, once=True) as browser,
        client(browser, gateway, bundle, by) as pipecat,
    ):
        assert pipecat.ready["version"].startswith("2.")
        await pipecat.told("userStartedSpeaking")
        await pipecat.told("userStoppedSpeaking")
        heard = await pipecat.told("userTranscript", final=True)
        assert heard["text"] == "i need an appointment please"
        await pipecat.told("botStartedSpeaking")
        assert (await pipecat.told("botLlmText"))["text"] == "When would you like"
        metrics = await pipecat.told("metrics")
        assert 0 < metrics["ttfa"][0]["value"] < 30
        assert [one["processor"] for one in metrics["ttfb"]] == ["llm", "tts"]
        await pipecat.told("botStoppedSpeaking")
        spoken = await pipecat.told("botTtsText", 2)
        assert spoken["text"] == "to come?"
        assert (await pipecat.told("botOutput", spoken=True))["text"] == "When would you like"
        await pipecat.page.evaluate("window.client.disconnectBot()")
        await pipecat.told("disconnected")
    log = await gateway.ended(pipecat.call)
    channel = session_pb2.Channel.Name(body_of(log[0]).session.channel)
    assert channel == f"CHANNEL_{by.upper()}"
    assert body_of(next(one for one in log if event_name(one) == "CallEnded")).reason == "caller_hung_up"


async def test_talking_over_the_agent_interrupts_it(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser, bundle: str, by: str
) -> None:
    workers.asr.texts = ["what about friday"]
    workers.llm.replies = [["word " * 150], ["Yes?"]]
    async with open_browser(6000, ASKED, 30_000, once=True) as browser, client(browser, gateway, bundle, by) as pipecat:
        await pipecat.page.evaluate("window.client.sendText('talk')")
        await pipecat.told("botStartedSpeaking")
        await pipecat.told("botStoppedSpeaking")
        await pipecat.told("userTranscript", final=True)
        kinds = await pipecat.kinds()
        assert kinds.index("userStartedSpeaking") < kinds.index("botStoppedSpeaking")
        await pipecat.told("botStartedSpeaking", 2)
        await pipecat.told("botStoppedSpeaking", 2)
    log = await gateway.ended(pipecat.call) if by == "websocket" else await gateway.log(pipecat.call)
    first = next(body_of(one) for one in log if event_name(one) == "Spoken")
    assert not first.complete


async def test_the_page_answers_a_function_call_and_asks_for_things(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser, bundle: str, by: str
) -> None:
    tool = {"name": "dark_mode", "description": "Make the screen dark", "parameters": {"type": "object"}}
    async with open_browser() as browser, client(browser, gateway, bundle, by) as pipecat:
        returned: asyncio.Queue[events_pb2.Event] = asyncio.Queue()

        async def note(message: Message) -> None:
            returned.put_nowait(events_pb2.Event.FromString(message.data))

        await gateway.bus.subscribe(subjects.log(gateway.tenant, pipecat.call, "ClientToolReturned"), note)
        request = "(data) => window.client.sendClientRequest('parley-configure', data)"
        answer = await pipecat.page.evaluate(request, {"tools": [tool]})
        assert answer == {"tools": ["dark_mode"]}
        refused = await pipecat.page.evaluate("window.client.sendClientRequest('nonsense', {}).catch(() => 'refused')")
        assert refused == "refused"
        await pipecat.page.evaluate("window.client.sendText('make it dark')")
        async with asyncio.timeout(10):
            await workers.llm.committed.wait()
        await workers.llm.call_client_tool(1, "t1-1", "dark_mode", '{"how":"dark"}')
        asked = await pipecat.told("llmFunctionCallInProgress")
        assert (asked["function_name"], asked["arguments"]) == ("dark_mode", {"how": "dark"})
        async with asyncio.timeout(10):
            body = (await returned.get()).client_tool_returned
        assert (body.status, json.loads(body.result_json)) == ("TOOL_STATUS_OK", {"say": "It is dark."})
        await pipecat.told("llmFunctionCallStopped")
        await workers.llm.answer(1, ["It is dark."])
        assert (await pipecat.told("botLlmText"))["text"] == "It is dark."
        await pipecat.told("botStoppedSpeaking")
        assert (await pipecat.kinds()).count("llmFunctionCallInProgress") == 1
