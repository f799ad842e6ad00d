"""A caller whose connection is lost comes back: the same call goes on, from the last heard word."""

from collections.abc import Awaitable, Callable

import pytest
from parley.v1 import events_pb2, session_pb2
from parley_core.bus.log import CallLog, body_of, event_name
from parley_core.conversation import fold
from parley_core.ids import new_id
from parley_gateway.admission.token_keys import TokenKeys
from parley_gateway.admission.tokens import Tokens, shared_secret
from parley_gateway.cluster.leases import Leases
from parley_testing.callers import Client, Gateway
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]


def cut_line(client: Client) -> None:
    client.socket._response.connection.transport.abort()  # type: ignore[union-attr]


async def resume_of(client: Client) -> str:
    return str((await client.event("ready"))["resume"])


@pytest.fixture
async def patient(start_gateway: StartGateway) -> Gateway:
    return await start_gateway(reconnect_window_s=20)


async def test_a_lost_caller_comes_back_to_the_same_call(patient: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["one two three four five six seven eight"], ["and go on"]]
    async with patient.call() as client:
        await client.send(type="text", text="go")
        await client.event("state", state="speaking")
        token = await resume_of(client)
        cut_line(client)
        async with patient.connect("") as back:
            await back.start(resume=token)
            ready = await back.event("ready")
            assert (ready["call"], ready["resumed"]) == (client.call, True)
            assert ready["resume"]
            await back.event("spoken", text="and go on")
            await back.send(type="hangup")
            await back.event("ended", reason="caller_hung_up")
    events = await patient.ended(client.call)
    names = [event_name(event) for event in events]
    assert names.count("CallStarted") == names.count("CallEnded") == 1
    assert names.index("Interrupted") < names.index("LegTakenUp")
    assert names.index("LegLost") < names.index("LegTakenUp")
    turns = fold(events).turns
    heard = turns[1].heard_text.split()
    assert heard == ["one", "two", "three", "four", "five", "six", "seven", "eight"][: len(heard)]
    assert turns[2].resumes


async def test_a_client_that_leaves_a_broken_line_with_its_code_comes_back(patient: Gateway, workers: Workers) -> None:
    async with patient.call() as client:
        token = await resume_of(client)
        await client.socket.close(code=4000)
        async with patient.connect("") as back:
            await back.start(resume=token)
            assert (await back.event("ready"))["call"] == client.call


async def test_words_said_before_the_line_broke_are_answered_after(
    patient: Gateway, workers: Workers, speech: bytes
) -> None:
    workers.asr.texts = ["i need an appointment"]
    workers.llm.replies = [["certainly"]]
    async with patient.call() as client:
        token = await resume_of(client)
        await client.say(speech)
        cut_line(client)
        async with patient.connect("") as back:
            await back.start(resume=token)
            await back.event("spoken", text="certainly")
            await back.send(type="hangup")
            await back.event("ended")
    assert fold(await patient.ended(client.call)).turns[1].text == "i need an appointment"


async def test_a_caller_who_does_not_come_back_is_gone(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(reconnect_window_s=0.2)
    async with gateway.call() as client:
        cut_line(client)
        ended = body_of((await gateway.ended(client.call))[-1])
    assert ended.reason == "client_gone"


async def test_a_call_may_be_taken_up_before_anybody_missed_it(patient: Gateway, workers: Workers) -> None:
    async with patient.call() as client, patient.connect("") as back:
        await back.start(resume=await resume_of(client))
        await back.event("ready", call=client.call)
        await client.close_code()
        await back.send(type="text", text="still here")
        await back.event("transcript", text="still here")
        await back.send(type="hangup")
        await back.event("ended")


async def test_a_call_that_is_over_cannot_be_taken_up(patient: Gateway, workers: Workers) -> None:
    async with patient.call() as client:
        token = await resume_of(client)
        await client.send(type="hangup")
        await patient.ended(client.call)
    async with patient.connect("") as back:
        await back.start(resume=token)
        await back.event("refused", reason="call_over")
        assert await back.close_code() == 1008


async def test_a_resume_token_opens_nothing_else(patient: Gateway, workers: Workers) -> None:
    async with patient.call() as client:
        async with patient.connect(await resume_of(client)) as other:
            await other.start()
            await other.event("refused", reason="bad_token")
        async with patient.connect("") as other:
            await other.start(resume=await patient.token())
            await other.event("refused", reason="bad_token")
        async with patient.connect("") as other:
            session = session_pb2.Session(tenant="x", call=client.call, session="s-1")
            forger = Tokens(TokenKeys(b"another secret of another site's gateways"))
            await other.start(resume=forger.issue_resume(session, hold_s=60))
            await other.event("refused", reason="bad_token")


async def test_a_living_gateway_hands_a_call_over(start_gateway: StartGateway, workers: Workers) -> None:
    first, second = await start_gateway(reconnect_window_s=20), await start_gateway(reconnect_window_s=20)
    workers.llm.replies = [["one two three four five six seven eight"], ["and go on"], ["well"]]
    async with first.call() as client:
        await client.send(type="text", text="go")
        await client.event("state", state="speaking")
        async with second.connect("") as back:
            await back.start(resume=await resume_of(client))
            ready = await back.event("ready")
            assert (ready["call"], ready["resumed"]) == (client.call, True)
            await back.event("spoken", text="and go on")
            await back.send(type="text", text="on it goes")
            await back.event("spoken", text="well")
            await back.send(type="hangup")
            await back.event("ended", reason="caller_hung_up")
    events = await second.ended(client.call)
    names = [event_name(event) for event in events]
    assert names.count("CallStarted") == names.count("CallEnded") == 1
    assert fold(events).newest_turn == 3
    assert await Leases(first.bus, "test").of(first.tenant, client.call) is None


async def begun_elsewhere(gateway: Gateway) -> session_pb2.Session:
    """A call whose gateway has died in the middle of its answer."""
    session = session_pb2.Session(
        session=new_id("s-"), tenant=gateway.tenant, call=new_id("c-"), agent="clinic", agent_version=1
    )
    session.policy.max_call_s = 600
    log = CallLog(gateway.bus, session.tenant, session.call, "gateway/gateway-dead")
    log.append(events_pb2.CallStarted(session=session, gateway="gateway-dead"))
    log.append(events_pb2.TurnCommitted(turn=1, text="when are you open"))
    log.append(events_pb2.SentenceSaid(turn=1, sentence=0, text="we open at eight"))
    log.append(events_pb2.SentenceSaid(turn=1, sentence=1, text="and close at six"))
    log.append(events_pb2.Replied(turn=1, text="we open at eight and close at six", sentences=2))
    log.append(events_pb2.Spoken(turn=1, sentence=0, text="we open at eight", complete=True))
    await log.flush()
    await Leases(gateway.bus, "gateway-dead").take(session.tenant, session.call)
    return session


async def test_a_call_whose_gateway_died_is_taken_up_from_its_log(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(reconnect_window_s=20)
    workers.llm.replies = [["and close at six"]]
    session = await begun_elsewhere(gateway)
    async with gateway.connect("") as back:
        await back.start(resume=Tokens(TokenKeys(await shared_secret(gateway.bus))).issue_resume(session, hold_s=20))
        await back.event("ready", call=session.call, resumed=True)
        await back.event("spoken", text="and close at six", turn=2)
        await back.send(type="hangup")
        await back.event("ended")
    events = await gateway.ended(session.call)
    taken = [body_of(event) for event in events if event_name(event) == "LegTakenUp"]
    assert [one.from_log for one in taken] == [True]
    interrupted = [body_of(event) for event in events if event_name(event) == "Interrupted"]
    assert [(one.turn, one.heard) for one in interrupted] == [(1, "we open at eight")]
    claimed = [body_of(event) for event in events if event_name(event) == "WorkerClaimed"]
    assert [one.resume for one in claimed] == [True] * 3


async def test_a_call_whose_gateway_died_and_that_nobody_takes_up_is_ended(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(reconnect_window_s=0.2)
    other = await start_gateway(reconnect_window_s=0.2)
    session = await begun_elsewhere(gateway)
    events = await other.ended(session.call)
    ends = [body_of(event) for event in events if event_name(event) == "CallEnded"]
    assert [(end.reason, end.turns) for end in ends] == [("gateway_lost", 1)]
