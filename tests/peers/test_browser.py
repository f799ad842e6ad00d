"""The browser that other tests call with: its microphone says what it is given."""

import pytest
from parley_testing.browser import OpenBrowser, visit
from parley_testing.callers import Gateway
from parley_testing.speech import speak

pytestmark = pytest.mark.peers

LOUDEST = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  const context = new AudioContext();
  const meter = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(meter);
  const samples = new Float32Array(meter.fftSize);
  for (let loudest = 0; ; await new Promise(requestAnimationFrame)) {
    meter.getFloatTimeDomainData(samples);
    loudest = samples.reduce((most, one) => Math.max(most, Math.abs(one)), loudest);
    if (loudest > 0.1) return loudest;
  }
}"""


@pytest.mark.timeout(40)
async def test_the_microphone_says_what_it_is_given(gateway: Gateway, open_browser: OpenBrowser) -> None:
    async with open_browser(200, speak("Good morning")) as browser, visit(browser) as visitor:
        page = await visitor.new_page()
        await page.goto(f"{gateway.http}/healthz")
        assert await page.evaluate(LOUDEST) > 0.1
