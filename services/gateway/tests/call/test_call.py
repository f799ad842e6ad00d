"""A call through the real channel, over the real bus."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from parley.v1 import events_pb2
from parley_audio.wav import read_wav
from parley_core.agents import AgentDocument, Language, Notices, TurnSettings
from parley_core.bus.log import body_of, event_name
from parley_core.objects import Objects
from parley_testing.callers import Gateway
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]


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
    assert measured.pause_us >= 200_000  # what the agent asks for; how much more depends on the machine
    assert latency["total_ms"] * 1000 == measured.total_us
    assert len(client.audio) == 6 * 200 * 32

    stored = bodies["RecordingStored"]
    wav = read_wav(await Objects(str(tmp_path / "objects")).get(stored.path))
    assert (wav.channels, wav.sample_rate_hz) == (2, 16_000)
    assert abs(wav.duration_ms - bodies["CallEnded"].duration_ms) <= 2
    caller, agent = wav.channel(0), wav.channel(1)
    assert speech in caller
    assert bytes(client.audio[:640]) in agent


async def test_barge_in_silences_the_agent_and_history_keeps_what_was_heard(
    gateway: Gateway, workers: Workers, speech: bytes
) -> None:
    workers.asr.texts = ["what about friday"]
    workers.llm.replies = [["word " * 40], ["Yes?"]]
    async with gateway.call() as client:
        await client.send(type="text", text="tell me everything")
        await client.event("agent_sentence")
        await client.say(speech)
        interrupted = await client.event("interrupted", turn=1)
        await client.event("clear")
        await client.event("spoken", turn=2, text="Yes?", complete=True)
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    names = [event_name(event) for event in events]
    spoken = [body_of(event) for event in events if event_name(event) == "Spoken"]
    assert spoken[0].text == interrupted["heard"]
    assert 0 < len(spoken[0].text.split()) < 15
    assert not spoken[0].complete
    assert names.index("Spoken") < names.index("Interrupted") < names.index("TurnCommitted", names.index("Interrupted"))
    assert [stop.turn for stop in workers.llm.stops] == [1]


async def test_the_call_ends_after_the_last_word_of_a_goodbye(gateway: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["Good bye"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    async with gateway.call() as client:
        await client.send(type="text", text="that was all")
        await client.event("ended", reason="agent_hung_up")
        assert await client.close_code() == 1000
        assert len(client.audio) == 2 * 200 * 32
    spoken = [body_of(event) for event in await gateway.ended(client.call) if event_name(event) == "Spoken"]
    assert [(one.text, one.complete) for one in spoken] == [("Good bye", True)]


async def test_silence_is_prompted_for_and_then_said_goodbye_to(start_gateway: StartGateway, workers: Workers) -> None:
    turns = TurnSettings(pause_ms=200, silence_prompt_s=2, silence_hangup_prompts=1)
    said = Language(tag="en", notices=Notices(silence="Still there?"))
    agent = AgentDocument(agent="clinic", first_speaker="caller", goodbye="Good bye", turns=turns, languages=[said])
    gateway = await start_gateway(agent)
    async with gateway.call() as client:
        await client.event("spoken", text="Still there?", kind="prompt", complete=True)
        await client.event("spoken", text="Good bye", kind="notice", complete=True)
        await client.event("ended", reason="silence")
    names = [event_name(event) for event in await gateway.ended(client.call)]
    assert names.count("SilencePrompted") == 1


async def test_digits_are_on_the_log_and_make_a_turn(gateway: Gateway, workers: Workers) -> None:
    async with gateway.call() as client:
        await client.send(type="digits", digits="42#")
        await client.event("transcript", text="42")
        await client.send(type="hangup")
    bodies = [body_of(event) for event in await gateway.ended(client.call)]
    assert [one.digits for one in bodies if isinstance(one, events_pb2.DigitsEntered)] == ["42#"]


async def test_nonsense_on_the_bus_hurts_no_call(gateway: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["Yes."]]
    async with gateway.call() as client:
        for kind in ("audio.out", "say", "partial"):
            gateway.bus.post(f"call.{gateway.tenant}.{client.call}.live.{kind}", b"\xff\xffnonsense")
        gateway.bus.post(f"call.{gateway.tenant}.{client.call}.log.Heard", b"\xff\xffnonsense")
        await client.send(type="text", text="hello")
        await client.event("spoken", text="Yes.")
