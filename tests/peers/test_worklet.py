"""The widget's audio worklet in a real browser: rates are converted cleanly, and the jitter buffer does its work."""

from typing import Any

import numpy as np
import pytest
from parley_testing.browser import OpenBrowser
from parley_testing.callers import Gateway
from playwright.async_api import Page

pytestmark = [pytest.mark.peers, pytest.mark.timeout(150)]

# A tone of one second through the microphone's worklet, in a context of the given rate.
CAPTURE = """async ([rate, hertz]) => {
  const context = new OfflineAudioContext(1, rate, rate);
  await context.audioWorklet.addModule("/widget/worklet.js");
  const node = new AudioWorkletNode(context, "parley-capture", { numberOfOutputs: 0 });
  const frames = [];
  node.port.onmessage = ({ data }) => frames.push(...new Int16Array(data.pcm));
  const tone = new OscillatorNode(context, { frequency: hertz });
  tone.connect(node);
  tone.start();
  await context.startRendering();
  await new Promise((done) => setTimeout(done, 100));  // what the worklet posted arrives
  return frames;
}"""

# Frames of 20 ms that arrive as told, [at which ms, how many frames, or "clear"], through the loudspeaker's worklet.
PLAYBACK = """async ([rate, ms, arrivals]) => {
  const context = new OfflineAudioContext(1, (rate * ms) / 1000, rate);
  await context.audioWorklet.addModule("/widget/worklet.js");
  const node = new AudioWorkletNode(context, "parley-playback", { numberOfInputs: 0, outputChannelCount: [1] });
  node.connect(context.destination);
  let sent = 0;
  const send = (what) => {
    if (what === "clear") return node.port.postMessage("clear");
    for (let i = 0; i < what; i++) {
      const pcm = new Int16Array(320);
      for (let k = 0; k < 320; k++) pcm[k] = 16000 * Math.sin((2 * Math.PI * 1000 * sent++) / 16000);
      node.port.postMessage(pcm.buffer, [pcm.buffer]);
    }
  };
  for (const [at, what] of arrivals)
    context.suspend(at / 1000).then(async () => {
      send(what);
      await new Promise((done) => setTimeout(done, 5));
      context.resume();
    });
  return [...(await context.startRendering()).getChannelData(0)];
}"""


def level_db(samples: np.ndarray, hertz: float, rate: int) -> float:
    """How loud a tone is in the samples, in dB of full scale."""
    window = np.hanning(len(samples))
    turning = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / rate)
    return 20 * float(np.log10(2 * abs(np.sum(samples * window * turning)) / window.sum() + 1e-9))


async def run(gateway: Gateway, open_browser: OpenBrowser, script: str, *inputs: list[Any]) -> list[np.ndarray]:
    async with open_browser() as browser:
        page: Page = await browser.new_page()
        await page.goto(gateway.http)
        return [np.array(await page.evaluate(script, one)) for one in inputs]


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
async def test_the_microphone_becomes_16_khz_without_aliases(
    gateway: Gateway, open_browser: OpenBrowser, rate: int
) -> None:
    spoken, high = [1000, 6000], [9000, 12_000] if rate > 16_000 else []
    made = await run(gateway, open_browser, CAPTURE, *([rate, hertz] for hertz in spoken + high))
    for hertz, frames in zip(spoken + high, made, strict=True):
        assert len(frames) == pytest.approx(16_000, abs=3 * 320)
        samples = frames[1000:] / 32768
        if hertz in spoken:
            assert level_db(samples, hertz, 16_000) == pytest.approx(0, abs=1)
        else:
            assert 20 * np.log10(np.abs(samples).max() + 1e-9) < -45


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
async def test_the_agents_voice_is_played_at_the_devices_rate(
    gateway: Gateway, open_browser: OpenBrowser, rate: int
) -> None:
    (out,) = await run(
        gateway, open_browser, PLAYBACK, [rate, 1000, [[40, 3], *([100 + 20 * n, 1] for n in range(30))]]
    )
    sounding = out[int(0.15 * rate) : int(0.65 * rate)]
    assert level_db(sounding, 1000, rate) == pytest.approx(20 * np.log10(16_000 / 32_768), abs=0.5)
    if rate > 32_000:
        assert level_db(sounding, 15_000, rate) < -60  # the image that a cruder conversion leaves
    assert np.abs(out[int(0.85 * rate) :]).max() < 0.001  # 33 frames and then silence


async def test_what_was_not_played_is_dropped_at_once(gateway: Gateway, open_browser: OpenBrowser) -> None:
    (out,) = await run(gateway, open_browser, PLAYBACK, [16_000, 1000, [[40, 40], [304, "clear"]]])
    assert np.abs(out[4000:4800]).max() > 0.4
    assert np.abs(out[int(0.34 * 16_000) :]).max() < 0.001


async def test_a_gap_in_the_network_deepens_the_buffer(gateway: Gateway, open_browser: OpenBrowser) -> None:
    late = [[40, 4], *([100 + 20 * n, 1] for n in range(5)), [320, 6], *([340 + 20 * n, 1] for n in range(10))]
    # 56 ms without a frame: what the buffer held at first would run dry, what it holds now does not.
    again = [[1040, 2], [1096, 4], *([1120 + 20 * n, 1] for n in range(10))]
    (out,) = await run(gateway, open_browser, PLAYBACK, [16_000, 2000, late + again])

    def silences(part: np.ndarray) -> int:
        loud = np.flatnonzero(np.abs(part) > 0.05)
        return int((np.diff(loud) > 10 * 16).sum())

    assert silences(out[:16_000]) == 1
    assert silences(out[16_000:]) == 0
