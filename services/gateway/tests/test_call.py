"""A call through the real door, over the real bus."""

from pathlib import Path

from parley_audio.wav import read_wav
from parley_core.bus.log import body_of, event_name
from parley_core.objects import Objects
from parley_testing.callers import Gateway
from parley_testing.workers import Workers


async def test_a_spoken_turn_is_answered_and_everything_is_on_the_log(
    gateway: Gateway, workers: Workers, speech: bytes, tmp_path: Path
) -> None:
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course.", "What day suits you?"]]
    async with gateway.call() as client:
        await client.say(speech)
        latency = await client.event("turn_latency")
        await client.event("spoken", sentence=1, complete=True)
        await client.send(type="hangup")
        await client.event("ended", reason="caller_hung_up")
    events = await gateway.ended(client.call)
    bodies = {event_name(event): body_of(event) for event in events}
    names = [event_name(event) for event in events]
    assert names[0] == "CallStarted"
    assert names[-1] == "CallEnded"
    assert {"UsageMeasured", "RecordingStored"} <= set(names)
    assert names.count("WorkerClaimed") == 3
    assert bodies["TurnCommitted"].text == "I need an appointment please"
    spoken = [body_of(event) for event in events if event_name(event) == "Spoken"]
    assert [(one.text, one.complete) for one in spoken] == [("Of course.", True), ("What day suits you?", True)]
    measured = bodies["TurnMeasured"]
    parts = ("pause", "final_text", "model", "sentence", "speech", "bus", "playout")
    assert measured.total_us == sum(getattr(measured, f"{part}_us") for part in parts)
    assert (measured.model_us, measured.sentence_us, measured.speech_us) == (1000, 500, 300)
    assert 200_000 <= measured.pause_us < 260_000
    assert latency["total_ms"] * 1000 == measured.total_us
    assert len(client.audio) == 6 * 200 * 32

    stored = bodies["RecordingStored"]
    wav = read_wav(await Objects(str(tmp_path / "objects")).get(stored.path))
    assert (wav.channels, wav.sample_rate_hz) == (2, 16_000)
    assert abs(wav.duration_ms - bodies["CallEnded"].duration_ms) <= 2
    caller, agent = wav.channel(0), wav.channel(1)
    assert speech in caller
    assert bytes(client.audio[:640]) in agent
