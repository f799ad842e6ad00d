"""The simulator's scripts with spoken audio on the running platform: `parley simulate --live` as a test."""

import asyncio
import io
import wave

import numpy as np
import pytest
from parley.v1 import events_pb2
from parley_core.bus.log import body_of
from parley_core.objects import Objects
from parley_sim.live import Lived, live_calls, report, scripts_folder
from parley_sim.script import load_script

from tests.conftest import Running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

SPOKEN = ("barge-in", "dictated-number", "backchannel", "false-interruption", "echo")
MS = 16  # samples
SILENT = 20  # RMS; the agent's voice is some thousand


@pytest.fixture(scope="module")
def lived(running: Running) -> dict[str, Lived]:
    scripts = [load_script(scripts_folder() / f"{name}.yaml") for name in SPOKEN]
    came = asyncio.run(live_calls(running.target, scripts))
    for script, one in zip(scripts, came, strict=True):
        report(script, one, running.console)
    return {script.name: one for script, one in zip(scripts, came, strict=True) if isinstance(one, Lived)}


@pytest.mark.parametrize("name", SPOKEN)
def test_the_deployed_turn_taking_does_what_the_script_says(lived: dict[str, Lived], name: str) -> None:
    assert name in lived, "there was no whole call"
    assert not lived[name].deviations


async def test_an_interrupted_voice_is_lowered_and_then_silent_in_the_recording(
    running: Running, lived: dict[str, Lived]
) -> None:
    call = lived["barge-in"]
    bodies = [body_of(event) for event in call.events]
    (cut,) = [body for body in bodies if isinstance(body, events_pb2.Interrupted)]
    (stored,) = [body for body in bodies if isinstance(body, events_pb2.RecordingStored)]
    caller, agent = await recorded(running, stored.path)
    cut_at = cut.at_ms * MS
    following = [body.start_ms for body in bodies if isinstance(body, events_pb2.Spoken) and body.start_ms > cut.at_ms]
    assert rms(agent[cut_at + 10 * MS : min(following) * MS]) < SILENT
    assert rms(caller[cut_at - 300 * MS : cut_at]) > 10 * SILENT
    before = max(rms(agent[at : at + 100 * MS]) for at in range(cut_at - 2000 * MS, cut_at - 800 * MS, 100 * MS))
    assert rms(agent[cut_at - 100 * MS : cut_at]) < before / 2
    assert cut.heard
    (broken,) = [body for body in bodies if isinstance(body, events_pb2.Spoken) and not body.complete]
    assert cut.heard.endswith(broken.text)


async def recorded(running: Running, path: str) -> tuple["np.ndarray[tuple[int], np.dtype[np.int16]]", ...]:
    """The two channels of a recording: the caller, the agent."""
    stored = await Objects(running.plan.environment["PARLEY_OBJECTS_URL"]).get(path)
    with wave.open(io.BytesIO(stored), "rb") as source:
        samples = np.frombuffer(source.readframes(source.getnframes()), "<i2").reshape(-1, 2)
    return samples[:, 0].copy(), samples[:, 1].copy()


def rms(samples: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> float:
    wide = samples.astype(np.float64)
    return float(np.sqrt(np.mean(wide * wide))) if len(wide) else 0.0
