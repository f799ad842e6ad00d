"""A visitor's view of the widget, for tests: what is on the screen, and what came out of the loudspeaker."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
import soxr
from parley_testing.browser import visit
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, TimeoutError, expect

RATE = 16_000
expect.set_options(timeout=30_000)

# Whatever a page plays is kept, too: one list of samples for each node or element that plays, in window.heard.
_TAP = """
window.heard = [];
const connect = AudioNode.prototype.connect;
const keep = (node, end) => {
  const tap = node.context.createScriptProcessor(4096, 1, 1);
  const kept = { rate: node.context.sampleRate, parts: [] };
  window.heard.push(kept);
  tap.onaudioprocess = (event) => kept.parts.push(new Float32Array(event.inputBuffer.getChannelData(0)));
  connect.call(node, tap);
  connect.call(tap, end);
};
AudioNode.prototype.connect = function (to, ...more) {
  if (to instanceof AudioDestinationNode) keep(this, to);
  return connect.call(this, to, ...more);
};
const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
  get: source.get,
  set(stream) {
    source.set.call(this, stream);
    if (!stream) return;
    const context = new AudioContext({ sampleRate: 16000 });
    const silent = new GainNode(context, { gain: 0 });
    connect.call(silent, context.destination);
    keep(context.createMediaStreamSource(stream), silent);
  },
});
"""

_KEPT = """() => {
  const loudest = ({ parts }) => parts.reduce((most, part) => part.reduce((m, s) => Math.max(m, Math.abs(s)), most), 0);
  const [kept] = [...window.heard].sort((a, b) => loudest(b) - loudest(a));
  if (!kept) return ["", 0];
  const bytes = new Uint8Array(4 * kept.parts.reduce((sum, part) => sum + part.length, 0));
  const all = new Float32Array(bytes.buffer);
  let at = 0;
  for (const part of kept.parts) { all.set(part, at); at += part.length; }
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return [btoa(text), kept.rate];
}"""


@dataclass
class Widget:
    """One page with a widget. The locators look through its shadow root."""

    page: Page
    complaints: list[str]  # errors on the browser's console

    @property
    def element(self) -> Locator:
        return self.page.locator("parley-call")

    @property
    def status(self) -> Locator:
        return self.element.get_by_role("status").first

    @property
    def alert(self) -> Locator:
        return self.element.get_by_role("alert")

    @property
    def captions(self) -> Locator:
        return self.element.get_by_role("log")

    def button(self, name: str) -> Locator:
        return self.element.get_by_role("button", name=name, exact=True)

    async def call(self) -> None:
        """Press the button; returns when the call stands."""
        await self.button("Call").click()
        try:
            await self.state("connected")
        except TimeoutError:
            raise AssertionError(f"no call: {await self.element.aria_snapshot()} {self.complaints}") from None

    async def type(self, text: str) -> None:
        """Send typed words."""
        message = self.element.get_by_label("Message")
        if not await message.is_visible():
            await self.button("Type").click()
        await message.fill(text)
        await self.page.keyboard.press("Enter")

    async def state(self, wanted: str, timeout_s: float = 40) -> None:
        await self.page.locator(f'parley-call[state="{wanted}"]').wait_for(state="attached", timeout=timeout_s * 1000)

    async def lines(self, who: str) -> list[str]:
        """What the captions say of one side: `you`, `agent` or `note`."""
        return await self.captions.locator(f"p.{who}").all_inner_texts()

    async def heard(self) -> np.ndarray:
        """What came out of the loudspeaker since the page was opened, of the loudest source: float32 at 16 kHz."""
        text, rate = await self.page.evaluate(_KEPT)
        samples = np.frombuffer(base64.b64decode(text), np.float32)
        return soxr.resample(samples, rate, RATE) if rate and rate != RATE else samples


@asynccontextmanager
async def open_widget(
    browser: Browser, url: str, script: str = "", *, transport: str = "", own_clock: bool = False, **options: object
) -> AsyncIterator[Widget]:
    """Open a page with a widget; `script` runs before the page's own. Options are those of a new context.
    `transport` is the widget's attribute. `own_clock`: the page's timers can be run ahead with `page.clock`."""
    async with visit(browser, **options) as visitor:
        page = await visitor.new_page()
        complaints: list[str] = []

        def complained(message: ConsoleMessage) -> None:
            if message.type == "error":
                complaints.append(message.text)

        page.on("console", complained)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.add_init_script(_TAP + script)
        if own_clock:
            await page.clock.install()
        await page.goto(url)
        await page.locator("parley-call:not([hidden])").wait_for()
        if transport:
            await page.locator("parley-call").evaluate("(one, by) => one.setAttribute('transport', by)", transport)
        yield Widget(page, complaints)
