"""A real browser for tests: headless Chromium whose microphone is a WAV; what looks for the network is off."""

import wave
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from parley_testing import peers

RATE = 16_000
_TIMEOUT_MS = 20_000

_CLOSED_MACHINE = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_MICROPHONE = (
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",  # without it and without a network card no candidate is gathered
)

OpenBrowser = Callable[..., AbstractAsyncContextManager[Browser]]


def write_microphone(path: Path, *parts: bytes | int) -> Path:
    """Write PCM16 mono 16 kHz parts as one WAV; a number is silence, in milliseconds."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for part in parts:
            file.writeframes(bytes(2 * RATE * part // 1000) if isinstance(part, int) else part)
    return path


@asynccontextmanager
async def chromium(microphone: Path | None = None, *, once: bool = False, allow: bool = True) -> AsyncIterator[Browser]:
    """Run headless Chromium. The microphone plays the WAV, over and over or `once` from when it is opened; without
    one it beeps. `allow`: asked for the microphone, the browser says yes by itself. Skips as `peers.require` does."""
    arguments = [*_CLOSED_MACHINE, *_MICROPHONE]
    if microphone is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}{'%noloop' if once else ''}")
    if allow:
        arguments.append("--use-fake-ui-for-media-stream")
    path = peers.require("chromium")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=path, headless=True, args=arguments, timeout=_TIMEOUT_MS, chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visit(browser: Browser, **options: object) -> AsyncIterator[BrowserContext]:
    """A visitor of their own: no cookies or permissions of another one. Options are Playwright's `new_context`."""
    context = await browser.new_context(**options)  # type: ignore[arg-type]
    context.set_default_timeout(_TIMEOUT_MS)
    try:
        yield context
    finally:
        await context.close()


@pytest.fixture
def open_browser(tmp_path: Path) -> OpenBrowser:
    """Opens a browser whose microphone says the given parts: `async with open_browser(1000, speak("Hi"), 3000)`."""

    def opened(*parts: bytes | int, once: bool = False, allow: bool = True) -> AbstractAsyncContextManager[Browser]:
        path = write_microphone(tmp_path / "microphone.wav", *parts) if parts else None
        return chromium(path, once=once, allow=allow)

    return opened
