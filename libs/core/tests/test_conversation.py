import random

from parley.v1 import events_pb2, session_pb2
from parley_core.bus.log import CallLog
from parley_core.bus.memory import MemoryBus
from parley_core.conversation import Conversation, Event, fold


async def a_call() -> list[Event]:
    bus = MemoryBus()
    gateway, llm, asr = (CallLog(bus, "t", "c", name) for name in ("gateway", "llm", "asr"))
    return [
        gateway.append(events_pb2.CallStarted(session=session_pb2.Session(tenant="t", call="c", agent="clinic"))),
        llm.append(events_pb2.SentenceSaid(turn=0, sentence=0, text="Hello there.")),
        gateway.append(
            events_pb2.Spoken(turn=0, sentence=0, text="Hello there.", complete=True, start_ms=10, end_ms=900)
        ),
        asr.append(events_pb2.Heard(utterance=1, text="book me in", start_ms=1000, end_ms=2000)),
        gateway.append(events_pb2.TurnCommitted(turn=1, text="book me in", utterances=[1], speech_end_ms=2000)),
        llm.append(events_pb2.ToolCalled(turn=1, tool_call="t1", tool="book", arguments_json="{}", side_effects=True)),
        llm.append(events_pb2.ToolReturned(turn=1, tool_call="t1", tool="book", status="ok", result_json="{}")),
        llm.append(events_pb2.SentenceSaid(turn=1, sentence=0, text="You are booked for Tuesday.")),
        llm.append(events_pb2.SentenceSaid(turn=1, sentence=1, text="Anything else?")),
        llm.append(events_pb2.Replied(turn=1, sentences=2)),
        gateway.append(events_pb2.Spoken(turn=1, sentence=0, text="You are booked", complete=False, start_ms=2500)),
        gateway.append(events_pb2.Interrupted(turn=1, heard="You are booked")),
        gateway.append(events_pb2.CallEnded(reason="caller_hung_up")),
    ]


async def test_history_keeps_only_the_words_that_were_heard() -> None:
    conversation = fold(await a_call())
    turn = conversation.turns[1]
    assert turn.heard_text == "You are booked"
    assert turn.said_text == "You are booked for Tuesday. Anything else?"
    assert turn.sentences[0].rest == "for Tuesday."
    assert turn.sentences[1].rest == "Anything else?"
    assert turn.interrupted
    assert turn.tools["t1"].returned
    assert conversation.newest_turn == 1
    assert conversation.ended is not None


async def test_order_among_sources_and_repeats_do_not_matter() -> None:
    events = await a_call()
    expected = fold(events)
    shuffle = random.Random(7)
    for _ in range(50):
        by_source: dict[str, list[Event]] = {}
        for event in events:
            by_source.setdefault(event.source, []).append(event)
        mixed: list[Event] = []
        while queues := [queue for queue in by_source.values() if queue]:
            mixed.append(shuffle.choice(queues).pop(0))
        mixed += shuffle.sample(mixed, 4)
        assert _without_order(fold(mixed)) == _without_order(expected)


async def test_a_spoken_rest_completes_the_sentence() -> None:
    events = await a_call()
    late = CallLog(MemoryBus(), "t", "c", "gateway")
    events.append(late.append(events_pb2.Spoken(turn=1, sentence=0, text="for Tuesday.", complete=True)))
    sentence = fold(events).turns[1].sentences[0]
    assert sentence.heard_text == "You are booked for Tuesday."
    assert sentence.rest == ""


def _without_order(conversation: Conversation) -> object:
    """What a reader sees of it; a commit's speech_start_ms is left out: its Heard always precedes it in a real log."""
    turns = [
        (
            turn.number,
            turn.text,
            turn.heard_text,
            turn.said_text,
            turn.interrupted,
            sorted((use.tool_call, use.status) for use in turn.tools.values()),
            turn.replied is not None,
        )
        for turn in (conversation.turns[number] for number in sorted(conversation.turns))
    ]
    return conversation.session, turns, sorted(conversation.heard), conversation.ended
