"""Calls through the web widget in a real browser, to a gateway whose workers do as the test tells them."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from parley.v1 import session_pb2
from parley_testing.browser import OpenBrowser, visit
from parley_testing.callers import Gateway
from parley_testing.servers import free_port
from parley_testing.speech import speak
from parley_testing.workers import Workers
from playwright.async_api import expect

from tests.peers.conftest import StartGateway
from tests.peers.relay import Relay, relay
from tests.peers.widget import Widget, open_widget

pytestmark = [pytest.mark.peers, pytest.mark.timeout(150)]

ASKED = speak("I need an appointment please")


def tone_ms(heard: np.ndarray) -> float:
    return float((np.abs(heard) > 0.05).sum()) / 16


@pytest.fixture(params=["websocket", "webrtc"])
def by(request: pytest.FixtureRequest) -> str:
    """Which transport the widget takes."""
    return str(request.param)


async def test_a_spoken_call_is_answered_and_heard(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser, by: str
) -> None:
    workers.asr.texts = ["i need an appointment please"]
    workers.llm.replies = [["When would you like to come?"]]
    async with open_browser(1500, ASKED, 30_000) as browser, open_widget(browser, gateway.http, transport=by) as widget:
        await widget.call()
        await expect(widget.captions).to_contain_text("i need an appointment please")
        await expect(widget.captions).to_contain_text("When would you like to come?")
        await expect(widget.captions.locator(".unheard")).to_have_count(0)  # all of it has been heard
        assert (
            tone_ms(await widget.heard()) > 600
        )  # of six words of 200 ms; a busy browser may record less than it played
        await widget.button("Hang up").click()
        await widget.state("idle")
        await expect(widget.status).to_have_text("You hung up. Press Call to call again.")
        assert widget.complaints == []
    (claim,) = workers.llm.claims
    (first, *_) = await gateway.log(claim.call)
    channel = session_pb2.Channel.Name(first.call_started.session.channel)
    assert channel == f"CHANNEL_{by.upper()}"
    (utterance,) = workers.asr.audio.values()
    said = b"".join(utterance[seq].pcm for seq in sorted(utterance))
    assert len(said) == pytest.approx(len(ASKED), rel=0.5)


async def test_talking_over_the_agent_cuts_it_off(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser, by: str
) -> None:
    workers.asr.texts = ["i need an appointment please", "no wait"]
    workers.llm.replies = [["Our very long opening hours are " + "and so on " * 20], ["Yes?"]]
    async with open_browser(1500, ASKED, 3000) as browser, open_widget(browser, gateway.http, transport=by) as widget:
        await widget.call()
        await expect(widget.captions.locator("del")).to_contain_text("and so on")
        await expect(widget.captions).to_contain_text("no wait")
        await expect(widget.captions).to_contain_text("Yes?")


async def test_pressed_keys_and_typed_words_are_turns(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser, by: str
) -> None:
    workers.llm.replies = [["Thank you."], ["Until then."]]
    async with open_browser(60_000) as browser, open_widget(browser, gateway.http, transport=by) as widget:
        await widget.call()
        await widget.button("Keypad").click()
        for key in "42":
            await widget.button(key).click()
        await widget.page.keyboard.press("7")
        await widget.button("hash").click()
        await expect(widget.captions).to_contain_text("427")
        await expect(widget.captions).to_contain_text("Thank you.")
        await widget.page.keyboard.press("Escape")
        await expect(widget.button("Keypad")).to_be_focused()
        await widget.type("tomorrow at nine")
        await expect(widget.captions).to_contain_text("tomorrow at nine")
        await expect(widget.captions).to_contain_text("Until then.")


async def test_a_muted_caller_is_not_heard(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser, by: str
) -> None:
    async with open_browser(2000, ASKED, 500) as browser, open_widget(browser, gateway.http, transport=by) as widget:
        await widget.call()
        await widget.button("Mute").click()
        await expect(widget.button("Mute")).to_have_attribute("aria-pressed", "true")
        await expect(widget.status).to_have_text("You are muted.")
        workers.asr.speech.clear()
        workers.asr.paused.clear()
        await widget.button("Mute").click()
        async with asyncio.timeout(10):
            await workers.asr.paused.wait()


@pytest.fixture
async def cable(start_gateway: StartGateway) -> AsyncIterator[tuple[Gateway, Relay]]:
    """A gateway whose WebSocket is reached through a cable that can be pulled."""
    ws_port = free_port()
    async with relay(ws_port) as line:
        public = f"ws://127.0.0.1:{line.port}/v1/call"
        yield await start_gateway(ws_port=ws_port, ws_public_url=public, gone_after_s=30), line


@pytest.mark.parametrize("told", [True, False], ids=["reset", "silent"])
async def test_a_call_goes_on_when_the_network_comes_back(
    cable: tuple[Gateway, Relay], workers: Workers, open_browser: OpenBrowser, told: bool
) -> None:
    gateway, line = cable
    # Taken up again, a call goes on with an answer that was not heard; then comes the next one.
    workers.llm.replies = [["Thank you."], ["Until then."], ["Until then."]]
    async with (
        open_browser(60_000) as browser,
        open_widget(browser, gateway.http, transport="websocket") as widget,
    ):
        await widget.call()
        await widget.type("before")
        await expect(widget.captions).to_contain_text("Thank you.")
        if told:
            line.reset()
        else:
            line.cut()
        await expect(widget.captions).to_contain_text("The connection was lost. Connecting again")
        line.mend()
        await widget.state("connected")
        await widget.type("after")
        await expect(widget.captions).to_contain_text("Until then.")
    assert len({claim.call for claim in workers.llm.claims}) == 1


PEERS = """
window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...all) { super(...all); window.peers.push(this); }
};
"""


async def test_a_call_by_webrtc_goes_on_over_another_connection(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser
) -> None:
    workers.llm.replies = [["Thank you."], ["Until then."], ["Until then."]]
    async with open_browser(60_000) as browser, open_widget(browser, gateway.http, PEERS) as widget:
        await widget.call()
        await widget.type("before")
        await expect(widget.captions).to_contain_text("Thank you.")
        # What a browser does when its network is gone: the connection fails.
        await widget.page.evaluate("peers[0].close(); peers[0].dispatchEvent(new Event('connectionstatechange'))")
        await expect(widget.captions).to_contain_text("Connected again.")
        await widget.type("after")
        await expect(widget.captions).to_contain_text("Until then.")
        assert await widget.page.evaluate("peers.length") == 2
    assert len({claim.call for claim in workers.llm.claims}) == 1


NO_UDP = """
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(config) { super({ ...config, iceTransportPolicy: "relay" }); }
};
"""


@pytest.mark.parametrize("channel", [True, False], ids=["no udp", "no channel"])
async def test_where_webrtc_does_not_get_through_the_websocket_does(
    start_gateway: StartGateway, workers: Workers, open_browser: OpenBrowser, channel: bool
) -> None:
    gateway = await start_gateway(webrtc_enabled=channel)
    workers.llm.replies = [["Thank you."]]
    async with open_browser(60_000) as browser, open_widget(browser, gateway.http, NO_UDP) as widget:
        await widget.call()
        await widget.type("hello")
        await expect(widget.captions).to_contain_text("Thank you.")
    (first, *_) = await gateway.log(workers.llm.claims[0].call)
    assert first.call_started.session.channel == session_pb2.CHANNEL_WEBSOCKET


ONE_RATE = """
const joins = AudioContext.prototype.createMediaStreamSource;
AudioContext.prototype.createMediaStreamSource = function (stream) {
  if (this.sampleRate === 16000) throw new DOMException("another rate", "NotSupportedError");
  return joins.call(this, stream);
};
"""


async def test_a_browser_that_joins_no_rates_is_heard_as_well(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser
) -> None:
    workers.asr.texts = ["i need an appointment please"]
    workers.llm.replies = [["When would you like to come?"]]
    async with (
        open_browser(1500, ASKED, 30_000) as browser,
        open_widget(browser, gateway.http, ONE_RATE, transport="websocket") as widget,
    ):
        await widget.call()
        await expect(widget.captions).to_contain_text("When would you like to come?")
        await expect(widget.captions.locator(".unheard")).to_have_count(0)
        assert tone_ms(await widget.heard()) > 600


async def test_who_pulls_the_cable_for_good_is_told(
    cable: tuple[Gateway, Relay], workers: Workers, open_browser: OpenBrowser
) -> None:
    gateway, line = cable
    async with (
        open_browser(60_000) as browser,
        open_widget(browser, gateway.http, transport="websocket", own_clock=True) as widget,
    ):
        await widget.call()
        line.cut()
        async with asyncio.timeout(30):
            while await widget.element.get_attribute("state") != "idle":
                await widget.page.clock.run_for(1000)
        await expect(widget.alert).to_have_text("The connection was lost. Check it and call again.")


@pytest.mark.parametrize("known", ["from the address", "typed"])
async def test_where_the_gateway_has_a_key_its_page_calls_with_it(
    start_gateway: StartGateway, workers: Workers, open_browser: OpenBrowser, known: str
) -> None:
    gateway = await start_gateway(api_key="the key of this gateway")
    workers.llm.replies = [["Hello there."]]
    async with open_browser(60_000) as browser, visit(browser) as visitor:
        page = await visitor.new_page()
        if known == "typed":
            await page.goto(gateway.http)
            await expect(page.locator("#problem")).to_contain_text("API key")
            await page.get_by_label("API key").fill("the key of this gateway")
            await page.keyboard.press("Enter")
        else:
            await page.goto(f"{gateway.http}/#key=the+key+of+this+gateway")
        await page.locator("parley-call:not([hidden])").wait_for()
        assert "key" not in page.url
        widget = Widget(page, [])
        await widget.call()
        await widget.type("hello")
        await expect(widget.captions).to_contain_text("Hello there.")
