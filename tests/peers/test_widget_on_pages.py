"""The widget on pages: other sites' origins and policies, visitors without a mouse or a microphone, other languages."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from parley_testing.browser import OpenBrowser
from parley_testing.callers import Gateway
from parley_testing.workers import Workers
from playwright.async_api import expect

from tests.peers.conftest import StartGateway
from tests.peers.widget import open_widget

pytestmark = [pytest.mark.peers, pytest.mark.timeout(150)]

EVENTS = "ready state sentence spoken transcript interrupted ended error"
LISTEN = f"""
window.told = [];
for (const name of "{EVENTS}".split(" "))
  document.addEventListener(`parley-call:${{name}}`, (event) => window.told.push([name, event.detail]));
"""


@asynccontextmanager
async def site(gateway: Gateway, policy: str, element: str, **limits: Any) -> AsyncIterator[str]:
    """Another site, on an origin of its own: a page that embeds the widget, and a server that gets tokens for it."""

    async def page(request: web.Request) -> web.Response:
        script = f'<script src="{gateway.http}/widget.js" nonce="page"></script>'
        html = f'<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1>{script}{element}</html>'
        rules = policy.format(gateway=gateway.http, socket=gateway.ws.removesuffix("/v1/call"))
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": rules})

    async def token(request: web.Request) -> web.Response:
        assert await request.json() == {"agent": "clinic"}
        own = f"http://{request.host}"
        return web.json_response({"token": await gateway.token(**{"origins": [own], **limits})})

    application = web.Application()
    application.add_routes([web.get("/", page), web.post("/token", token)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        server = web.TCPSite(runner, "127.0.0.1", 0)
        await server.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


SHOP = '<parley-call agent="clinic" heading="Ask us" token-url="/token" transport="{}"></parley-call>'
POLICIES = {
    "origin": "default-src 'none'; script-src {gateway}; connect-src 'self' {gateway} {socket}",
    "blob": "default-src 'none'; script-src 'nonce-page' blob:; connect-src 'self' {gateway} {socket}",
}


@pytest.mark.parametrize(("policy", "transport"), [("origin", "websocket"), ("origin", "webrtc"), ("blob", "auto")])
async def test_another_sites_page_calls_under_a_strict_policy(
    start_gateway: StartGateway, workers: Workers, open_browser: OpenBrowser, policy: str, transport: str
) -> None:
    gateway = await start_gateway(allowed_origins="*" if transport == "webrtc" else "")
    workers.llm.replies = [["Hello shop."]]
    async with (
        site(gateway, POLICIES[policy], SHOP.format(transport)) as url,
        open_browser(60_000) as browser,
        open_widget(browser, url, LISTEN) as widget,
    ):
        await widget.call()
        await widget.page.evaluate("document.querySelector('parley-call').sendText('hello')")
        await expect(widget.captions).to_contain_text("Hello shop.")
        await expect(widget.captions.locator(".unheard")).to_have_count(0)
        await widget.page.evaluate("document.querySelector('parley-call').hangUp()")
        await widget.state("idle")
        told: list[tuple[str, dict[str, Any]]] = await widget.page.evaluate("window.told")
    names = [name for name, _ in told]
    states = [detail["state"] for name, detail in told if name == "state"]
    assert states == ["calling", "connected", "idle"]
    assert names.index("ready") < names.index("transcript") < names.index("sentence") < names.index("spoken")
    name, detail = told[-1]
    assert (name, detail["reason"]) == ("ended", "caller_hung_up")
    assert detail["duration_ms"] > 0
    assert next(detail["text"] for name, detail in told if name == "transcript") == "hello"


@pytest.mark.parametrize("transport", ["websocket", "webrtc"])
async def test_another_sites_token_opens_no_call(
    start_gateway: StartGateway, workers: Workers, open_browser: OpenBrowser, transport: str
) -> None:
    gateway = await start_gateway(allowed_origins="*")
    async with (
        site(gateway, POLICIES["origin"], SHOP.format(transport), origins=["https://shop.example"]) as url,
        open_browser(60_000) as browser,
        open_widget(browser, url) as widget,
    ):
        await widget.button("Call").click()
        await expect(widget.alert).to_have_text("This page may not place calls at the moment.")
        await widget.state("idle")
    assert not workers.llm.claims


@pytest.mark.parametrize("transport", ["websocket", "webrtc"])
async def test_a_visitor_above_a_limit_is_told_so(
    start_gateway: StartGateway, workers: Workers, open_browser: OpenBrowser, transport: str
) -> None:
    gateway = await start_gateway(tenant_calls=1)
    async with (
        gateway.call(),
        open_browser(60_000) as browser,
        open_widget(browser, gateway.http, transport=transport) as widget,
    ):
        await widget.button("Call").click()
        await expect(widget.alert).to_have_text("There are too many calls at the moment. Please call again later.")
        await widget.state("idle")


async def test_a_widget_that_is_taken_out_of_the_page_hangs_up(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser
) -> None:
    async with open_browser(60_000) as browser, open_widget(browser, gateway.http) as widget:
        await widget.call()
        (claim,) = workers.llm.claims
        await widget.page.evaluate("document.body.prepend(document.querySelector('parley-call'))")  # moved: goes on
        await widget.type("still here")
        await expect(widget.captions).to_contain_text("still here")
        await widget.page.evaluate("document.querySelector('parley-call').remove()")
        (*_, last) = await gateway.ended(claim.call)
        assert last.call_ended.reason == "caller_hung_up"


@pytest.mark.parametrize(
    ("script", "alert"),
    [
        ("", "The microphone is blocked."),
        (
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError') };",
            "No mic",
        ),
        (
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotReadableError') };",
            "Ano",
        ),
        ("Object.defineProperty(window, 'AudioWorkletNode', {value: undefined});", "This browser cannot"),
    ],
    ids=["blocked", "missing", "busy", "old browser"],
)
async def test_a_visitor_without_a_microphone_is_told_what_to_do(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser, script: str, alert: str
) -> None:
    async with open_browser(1000, allow=False) as browser, open_widget(browser, gateway.http, script) as widget:
        await widget.button("Call").click()
        await expect(widget.alert).to_contain_text(alert)
        await expect(widget.button("Call")).to_be_focused()
        await expect(widget.status).to_have_text("Press Call to call again.")
    assert not workers.llm.claims


async def test_a_visitor_whom_nobody_can_answer_is_told_so(gateway: Gateway, open_browser: OpenBrowser) -> None:
    async with open_browser(60_000) as browser, open_widget(browser, gateway.http) as widget:
        await widget.button("Call").click()
        await expect(widget.alert).to_have_text("All lines are busy. Please call again in a few minutes.")
        await widget.state("idle")


@pytest.mark.parametrize(
    ("path", "alert"),
    [("**/v1/tokens", "The service cannot be reached."), ("**/v1/config", "The service cannot be reached.")],
)
async def test_a_visitor_whose_network_is_gone_is_told_so(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser, path: str, alert: str
) -> None:
    async with open_browser(60_000) as browser, open_widget(browser, gateway.http) as widget:
        await widget.page.route(path, lambda route: route.abort())
        await widget.button("Call").click()
        await expect(widget.alert).to_contain_text(alert)
        await widget.state("idle")


async def test_a_call_is_held_with_the_keyboard_alone(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser
) -> None:
    workers.llm.replies = [["Thank you."]]
    async with open_browser(60_000) as browser, open_widget(browser, gateway.http) as widget:
        keyboard = widget.page.keyboard
        while (
            await widget.page.evaluate("document.querySelector('parley-call').shadowRoot.activeElement?.name") != "call"
        ):
            await keyboard.press("Tab")
        await keyboard.press("Enter")
        await widget.state("connected")
        await expect(widget.button("Hang up")).to_be_focused()
        await keyboard.press("Tab")
        await keyboard.press("Space")
        await expect(widget.button("Mute")).to_have_attribute("aria-pressed", "true")
        await keyboard.press("Tab")
        await keyboard.press("Enter")
        await expect(widget.button("1")).to_be_focused()
        await keyboard.type("12#")
        await expect(widget.captions).to_contain_text("Thank you.")
        await keyboard.press("Escape")
        await expect(widget.button("Keypad")).to_be_focused()
        await keyboard.press("Shift+Tab")
        await keyboard.press("Shift+Tab")
        await keyboard.press("Enter")
        await widget.state("idle")
        await expect(widget.button("Call")).to_be_focused()


async def test_a_screen_reader_finds_names_and_roles(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser
) -> None:
    async with open_browser(60_000) as browser, open_widget(browser, gateway.http) as widget:
        await expect(widget.element).to_match_aria_snapshot("""
          - region "Riverside Clinic":
            - timer "Duration"
            - status: Press Call and allow the microphone.
            - meter "Your level"
            - meter "Agent's level"
            - log "Captions"
            - paragraph: What you and the agent say appears here.
            - button "Call"
        """)
        await widget.call()
        await widget.button("Keypad").click()
        await widget.button("Type").click()
        await expect(widget.element).to_match_aria_snapshot("""
          - region "Riverside Clinic":
            - group "Keypad":
              - button "1"
              - button "star"
              - button "hash"
            - textbox "Message"
            - button "Send"
            - checkbox "Let a screen reader announce captions"
            - button "Hang up"
            - button "Mute"
            - button "Keypad" [expanded]
            - button "Type" [expanded]
        """)
        await expect(widget.captions).to_have_attribute("aria-live", "off")
        await widget.element.get_by_role("checkbox").check()
        await expect(widget.captions).to_have_attribute("aria-live", "polite")
        nameless = await widget.page.evaluate(NAMELESS)
        assert nameless == []


# What axe would find first: controls without a name, ids used twice, references to nothing, too small to be hit.
NAMELESS = """() => {
  const root = document.querySelector("parley-call").shadowRoot;
  const found = [];
  for (const one of root.querySelectorAll("button, input")) {
    const name = one.getAttribute("aria-label") || one.textContent.trim() || (one.labels && one.labels.length);
    if (!name) found.push(`no name: ${one.outerHTML}`);
    const { width, height } = one.getBoundingClientRect();
    const small = width < 24 || height < 44;
    if (small && one.offsetParent && one.type !== "checkbox") found.push(`small: ${one.outerHTML}`);
  }
  const ids = [...root.querySelectorAll("[id]")].map((one) => one.id);
  if (new Set(ids).size !== ids.length) found.push("an id twice");
  for (const one of root.querySelectorAll("[aria-controls], [aria-labelledby], [for]"))
    for (const name of ["aria-controls", "aria-labelledby", "for"])
      if (one.hasAttribute(name) && !root.getElementById(one.getAttribute(name))) found.push(`leads nowhere: ${name}`);
  return found;
}"""

# The contrast of every text with what is behind it, by WCAG's formula; those below 4.5 are returned.
FAINT = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
  const found = [];
  for (const one of document.querySelector("parley-call").shadowRoot.querySelectorAll("*")) {
    const says = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!says || !one.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(one).color), light(behind(one))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${one.className} ${one.textContent}: ${contrast.toFixed(2)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_can_be_read_in_light_and_dark(
    gateway: Gateway, workers: Workers, open_browser: OpenBrowser, scheme: str
) -> None:
    workers.llm.replies = [["A sentence that has been said, and one that has not."]]
    async with (
        open_browser(60_000) as browser,
        open_widget(browser, gateway.http, color_scheme=scheme, reduced_motion="reduce") as widget,
    ):
        await widget.call()
        await widget.type("hello")
        await widget.button("Mute").click()
        await widget.button("Keypad").click()
        await expect(widget.captions).to_contain_text("A sentence")
        await widget.page.mouse.move(0, 0)
        assert await widget.page.evaluate(FAINT) == []
        background = await widget.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(15, 22, 21)") is (scheme == "dark")
        await widget.button("Hang up").click()
        await widget.state("idle")
        assert await widget.page.evaluate(FAINT) == []


async def test_texts_are_in_the_pages_language_or_the_sites_own(gateway: Gateway, open_browser: OpenBrowser) -> None:
    element = '<parley-call agent="clinic" heading="Fragen" lang="de-AT" text-call="Jetzt anrufen"></parley-call>'
    async with (
        site(gateway, POLICIES["origin"], element) as url,
        open_browser() as browser,
        open_widget(browser, url) as widget,
    ):
        await expect(widget.button("Jetzt anrufen")).to_be_visible()
        await expect(widget.status).to_have_text("Drücken Sie Anrufen und erlauben Sie das Mikrofon.")
        await widget.page.evaluate("document.querySelector('parley-call').lang = 'es'")
        await expect(widget.status).to_have_text("Pulse Llamar y permita el micrófono.")


async def test_every_language_has_every_text(gateway: Gateway, open_browser: OpenBrowser) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{gateway.http}/widget.js") as answer:
        script = await answer.text()
    table = script[script.index("const TEXTS = ") : script.index("// The text of a name")]
    async with open_browser() as browser:
        page = await browser.new_page()
        names = json.loads(
            await page.evaluate(
                f"(() => {{ {table}; return JSON.stringify(Object.values(TEXTS).map(Object.keys)) }})()"
            )
        )
    assert len(names) == 3
    assert all(one == names[0] for one in names)
