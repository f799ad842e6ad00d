"""The live flow on the real bus, with a scripted recogniser."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from parley.v1 import live_pb2
from parley_asr.call import CallLimits
from parley_asr.providers.fake import FakeProvider, Script
from parley_core.bus import subjects
from parley_core.bus.claims import ClaimedWorker

SECOND = bytes(32_000)
Hire = Callable[..., Awaitable[ClaimedWorker]]
Calls = Callable[[], Any]  # conftest.Gateway


def frames(pcm: bytes) -> list[bytes]:
    return [pcm[at : at + 640] for at in range(0, len(pcm), 640)]


async def test_an_utterance_is_heard_with_words_on_the_calls_clock(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(("good morning",))))
    caller = gateway()
    assert (await caller.claim()).refused == ""
    caller.speak(1, SECOND)
    heard = await caller.heard(1)
    assert heard.text == "good morning"
    assert [word.start_ms for word in heard.words] == [1000, 1500]
    assert (heard.start_ms, heard.end_ms, heard.provider, heard.language) == (1000, 2000, "fake", "en-US")


async def test_usage_counts_the_audio_of_each_final(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider())
    caller = gateway()
    await caller.claim()
    caller.speak(1, SECOND)
    await caller.heard(1)
    usage = await caller.usage()
    assert (usage.meter, usage.provider, usage.quantity) == ("asr_seconds", "fake", 1000)


async def test_partials_come_only_when_the_text_changes(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(("one two three",))))
    caller = gateway()
    await caller.claim()
    caller.speak(1, SECOND)
    await caller.heard(1)
    texts = [partial.text for partial in caller.partials]
    assert texts
    assert len(set(texts)) == len(texts)


async def test_nothing_said_is_heard_as_empty_text(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(("",))))
    caller = gateway()
    await caller.claim()
    caller.speak(1, SECOND)
    assert (await caller.heard(1)).text == ""


async def test_reordered_and_repeated_audio_is_put_in_order(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider())
    caller = gateway()
    await caller.claim()
    cut = frames(SECOND)
    order = [1, 0, 0, 3, 2, 2, *range(len(cut) - 1, 3, -1), 5]
    caller.paused(1, len(cut))  # even the pause comes first
    for seq in order:
        caller.frame(1, seq, cut[seq])
    heard = await caller.heard(1)
    assert (heard.start_ms, heard.end_ms) == (1000, 2000)


async def test_lost_audio_delays_the_final_only_for_a_while(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(), limits=CallLimits(missing_audio_s=0.05))
    caller = gateway()
    await caller.claim()
    cut = frames(SECOND)
    caller.started(1)
    for seq, part in enumerate(cut):
        if seq not in (7, 8, len(cut) - 1):
            caller.frame(1, seq, part)
    caller.paused(1, len(cut))
    heard = await caller.heard(1)
    assert heard.text == "yes that is right"
    assert heard.end_ms == 2000 - 20  # the gap in the middle kept its place


async def test_a_replay_of_a_finished_utterance_is_not_heard_again(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(("one", "two"))))
    caller = gateway()
    await caller.claim()
    caller.speak(1, SECOND)
    await caller.heard(1)
    assert (await caller.claim()).refused == ""  # the same worker takes the call up again
    caller.speak(1, SECOND)
    caller.speak(2, SECOND)
    await caller.heard(2)
    assert [heard.utterance for heard in await caller.all_heard()] == [1, 2]


async def test_a_replay_in_the_middle_of_an_utterance_is_heard_once(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(("one", "two"))))
    caller = gateway()
    await caller.claim()
    caller.started(1)
    for seq, part in enumerate(frames(SECOND)[:10]):
        caller.frame(1, seq, part)
    await caller.claim()
    caller.speak(1, SECOND)
    heard = await caller.heard(1)
    assert (heard.start_ms, heard.end_ms) == (1000, 2000)
    caller.speak(2, SECOND)
    await caller.heard(2)
    assert [heard.utterance for heard in await caller.all_heard()] == [1, 2]


async def test_a_cancelled_utterance_is_never_heard(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(("cough", "hello"))))
    caller = gateway()
    await caller.claim()
    caller.started(1)
    for seq, part in enumerate(frames(SECOND)):
        caller.frame(1, seq, part)
    caller.cancelled(1)
    caller.frame(1, 50, SECOND[:640])  # late
    caller.speak(2, SECOND)
    await caller.heard(2)
    assert [heard.utterance for heard in await caller.all_heard()] == [2]


async def test_an_utterance_whose_pause_was_lost_ends_with_the_next_one(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(("one", "two"))))
    caller = gateway()
    await caller.claim()
    caller.started(1)
    for seq, part in enumerate(frames(SECOND)):
        caller.frame(1, seq, part)
    caller.speak(2, SECOND)
    await caller.heard(2)
    assert [heard.text for heard in await caller.all_heard()] == ["one", "two"]


async def test_a_lost_recogniser_gets_the_utterance_again(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(("good morning",), fail_utterances=frozenset({0, 1}))))
    caller = gateway()
    await caller.claim()
    caller.speak(1, SECOND)
    heard = await caller.heard(1)
    assert heard.text == "good morning"
    assert heard.end_ms == 2000


async def test_a_recogniser_that_stays_lost_gives_an_empty_final(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(fail_utterances=frozenset(range(100)))), limits=CallLimits(tries=2))
    caller = gateway()
    await caller.claim()
    caller.speak(1, SECOND)
    assert (await caller.heard(1)).text == ""


async def test_bad_messages_hurt_nobody(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider())
    caller = gateway()
    await caller.claim()
    caller.bus.post(subjects.live_audio_in(caller.tenant, caller.call), b"\xff\xff\xff")
    caller.bus.post(subjects.live_speech(caller.tenant, caller.call), b"\xff\xff\xff")
    caller.frame(1, 0, b"odd")
    caller.frame(1, 0, bytes(100_000))
    caller.frame(1, 4_000_000, bytes(640))
    caller.speak(1, SECOND)
    assert (await caller.heard(1)).text == "yes that is right"


async def test_an_unknown_agent_is_refused_by_name(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider())
    refused = (await gateway().claim(agent="nobody")).refused
    assert refused.startswith("NotFound")
    assert "nobody" in refused


async def test_a_slow_call_does_not_delay_another(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(("slow",), final_s=30)))
    slow, other = gateway(), gateway()
    await slow.claim()
    await other.claim()
    slow.speak(1, SECOND)
    other.started(1)
    for seq, part in enumerate(frames(SECOND)):
        other.frame(1, seq, part)
    async with asyncio.timeout(10):
        await other.partial.wait()
    assert other.partials[0].text == "slow"


async def test_the_end_of_a_call_gives_its_recogniser_back(hire: Hire, gateway: Calls) -> None:
    provider = FakeProvider(Script(final_s=30))
    worker = await hire(provider)
    caller = gateway()
    await caller.claim()
    caller.speak(1, SECOND)
    await worker.stop()  # in the middle of an utterance
    assert (provider.opened, provider.closed) == (1, 1)


@pytest.mark.parametrize("kind", [live_pb2.Speech.KIND_STARTED, live_pb2.Speech.KIND_RESUMED])
async def test_a_new_utterance_begins_with_either_signal(
    hire: Hire, gateway: Calls, kind: "live_pb2.Speech.Kind.ValueType"
) -> None:
    await hire(FakeProvider())
    caller = gateway()
    await caller.claim()
    caller.signal(kind, 3)
    for seq, part in enumerate(frames(SECOND)):
        caller.frame(3, seq, part)
    caller.paused(3, len(frames(SECOND)), speech_end_ms=1900)
    assert (await caller.heard(3)).end_ms == 1900
