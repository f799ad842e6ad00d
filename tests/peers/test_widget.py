"""Calls through the web widget in a real browser, to a gateway whose workers do as the test tells them."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from parley_testing.browser import OpenBrowser
from parley_testing.callers import Gateway
from parley_testing.servers import free_port
from parley_testing.speech import speak
from parley_testing.workers import Workers
from playwright.async_api import expect

from tests.peers.conftest import StartGateway
from tests.peers.relay import Relay, relay
from tests.peers.widget import open_widget

pytestmark = [pytest.mark.peers, pytest.mark.timeout(60)]

ASKED = speak("I need an appointment please")


async def test_a_spoken_call_is_answered_and_heard(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser
) -> None:
    workers.asr.texts = ["i need an appointment please"]
    workers.llm.replies = [["When would you like to come?"]]
    async with open_browser(1500, ASKED, 30_000) as browser, open_widget(browser, gateway.http) as widget:
        await widget.call()
        await expect(widget.captions).to_contain_text("i need an appointment please")
        await expect(widget.captions).to_contain_text("When would you like to come?")
        await expect(widget.captions.locator(".unheard")).to_have_count(0)  # all of it has been heard
        tone = await widget.heard()
        loud = np.abs(tone) > 0.05
        assert loud.sum() / 16 == pytest.approx(6 * 200, rel=0.15)  # six words of 200 ms
        await widget.button("Hang up").click()
        await widget.state("idle")
        await expect(widget.status).to_have_text("You hung up. Press Call to call again.")
        assert widget.complaints == []
    (utterance,) = workers.asr.audio.values()
    said = b"".join(utterance[seq].pcm for seq in sorted(utterance))
    assert len(said) == pytest.approx(len(ASKED), rel=0.5)


async def test_talking_over_the_agent_cuts_it_off(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser
) -> None:
    workers.asr.texts = ["i need an appointment please", "no wait"]
    workers.llm.replies = [["Our very long opening hours are " + "and so on " * 20], ["Yes?"]]
    async with open_browser(1500, ASKED, 3000) as browser, open_widget(browser, gateway.http) as widget:
        await widget.call()
        await expect(widget.captions.locator("del")).to_contain_text("and so on")
        await expect(widget.captions).to_contain_text("no wait")
        await expect(widget.captions).to_contain_text("Yes?")


async def test_pressed_keys_and_typed_words_are_turns(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser
) -> None:
    workers.llm.replies = [["Thank you."], ["Until then."]]
    async with open_browser(60_000) as browser, open_widget(browser, gateway.http) as widget:
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


async def test_a_muted_caller_is_not_heard(gateway: Gateway, workers: Workers, open_browser: OpenBrowser) -> None:
    async with open_browser(2000, ASKED, 500) as browser, open_widget(browser, gateway.http) as widget:
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
    workers.llm.replies = [["Thank you."], ["Until then."]]
    async with open_browser(60_000) as browser, open_widget(browser, gateway.http) as widget:
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
    (call,) = {claim.call for claim in workers.llm.claims}
    assert call


async def test_who_pulls_the_cable_for_good_is_told(
    cable: tuple[Gateway, Relay], workers: Workers, open_browser: OpenBrowser
) -> None:
    gateway, line = cable
    async with (
        open_browser(60_000) as browser,
        open_widget(browser, gateway.http, own_clock=True) as widget,
    ):
        await widget.call()
        line.cut()
        async with asyncio.timeout(30):
            while await widget.element.get_attribute("state") != "idle":
                await widget.page.clock.run_for(1000)
        await expect(widget.alert).to_have_text("The connection was lost. Check it and call again.")
