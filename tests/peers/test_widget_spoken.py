"""A visitor talks to the example clinic through the widget, on a whole stack: what they hear is recognised again."""

import re

import numpy as np
import pytest
from parley.v1 import speech_pb2, speech_pb2_grpc
from parley_core import rpc
from parley_testing.browser import OpenBrowser
from parley_testing.neural_speech import say
from playwright.async_api import expect

from tests.conftest import Running
from tests.peers.widget import open_widget

pytestmark = [pytest.mark.peers, pytest.mark.timeout(240)]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


async def recognised(running: Running, heard: np.ndarray) -> str:
    pcm = (np.clip(heard, -1, 1) * 32767).astype("<i2").tobytes()
    request = speech_pb2.TranscribeRequest(tenant=running.target.tenant, agent="clinic", pcm=pcm, language="en-US")
    async with rpc.connect(running.plan.environment["PARLEY_ASR_ADDRESS"]) as channel:
        stub: speech_pb2_grpc.AsrAsyncStub = speech_pb2_grpc.AsrStub(channel)  # type: ignore[assignment]
        return (await stub.Transcribe(request, timeout=60)).text


@pytest.mark.parametrize("transport", ["websocket", "webrtc"])
async def test_a_visitor_interrupts_asks_and_hears_the_answer(
    running: Running, open_browser: OpenBrowser, transport: str
) -> None:
    # Asked over the greeting, which takes eight seconds.
    asked = say("Do you accept Blue Cross insurance?")
    async with (
        open_browser(4000, asked, 60_000) as browser,
        open_widget(browser, running.target.gateway_url, transport=transport) as widget,
    ):
        await widget.call()
        await expect(widget.captions.locator("del").last).to_contain_text("help you")  # of the greeting, cut off
        await expect(widget.captions.locator("p.agent").last).to_contain_text("Blue Cross")
        await expect(widget.captions.locator(".unheard")).to_have_count(0, timeout=40_000)
        (said,) = await widget.lines("you")
        told = await widget.captions.locator("p.agent span span").all_inner_texts()  # without what was cut
        text = await recognised(running, await widget.heard())
        await widget.button("Hang up").click()
        await widget.state("idle")
        assert widget.complaints == []
    assert "blue cross" in said.lower()
    heard = words(text)
    assert "riverside clinic" in text
    assert "blue cross" in text
    shown = words(" ".join(told))
    # What the captions show as heard came out of the loudspeaker, as a recogniser hears it.
    assert sum(one in heard for one in shown) > 0.5 * len(shown), (shown, heard)
