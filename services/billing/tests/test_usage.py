import pytest
from parley.v1 import events_pb2
from parley_billing.consumer import usage_in
from parley_billing.usage import fold, usage_of
from parley_core.errors import BadInput


def event(number: int = 1, **changes: object) -> events_pb2.Event:
    measured = events_pb2.UsageMeasured(meter="sms", provider="twilio", quantity=1000)
    made = events_pb2.Event(id=f"tools/w:{number}", tenant="t", call="c", time_us=100 + number, usage_measured=measured)
    for name, value in changes.items():
        setattr(made.usage_measured, name, value)
    return made


def test_usage_keeps_the_facts_of_its_event() -> None:
    found = usage_of(event(wasted=True))
    assert found is not None
    assert (found.event, found.meter, found.provider, found.model) == ("tools/w:1", "sms", "twilio", "")
    assert (found.quantity, found.wasted, found.time_us) == (1000, True, 101)


def test_other_events_are_no_usage() -> None:
    assert usage_of(events_pb2.Event(id="x", call_ended=events_pb2.CallEnded())) is None


@pytest.mark.parametrize(("field", "value"), [("meter", ""), ("quantity", -1), ("model", "m" * 201)])
def test_usage_that_cannot_be_billed_names_its_field(field: str, value: object) -> None:
    with pytest.raises(BadInput, match=field):
        usage_of(event(**{field: value}))


def test_a_log_is_folded_once_per_event() -> None:
    log = [
        events_pb2.Event(id="g:1", time_us=50, call_started=events_pb2.CallStarted()),
        event(1),
        event(1),
        event(2),
        events_pb2.Event(id="g:2", time_us=90, call_ended=events_pb2.CallEnded(duration_ms=7)),
        event(3),
    ]
    found = fold(log)
    assert [one.event for one in found.usage] == ["tools/w:1", "tools/w:2", "tools/w:3"]
    assert (found.started_us, found.duration_ms, found.ended) == (50, 7, True)


def test_a_call_without_a_start_begins_with_its_first_event() -> None:
    assert fold([event(4), event(2)]).started_us == 102
    assert not fold([event(4)]).ended


@pytest.mark.parametrize(
    ("subject", "data"),
    [
        ("call.t.other.log.UsageMeasured", event().SerializeToString()),
        ("call.t.c.live.partial", event().SerializeToString()),
        ("call.t.c.log.UsageMeasured", b"\xff\xff"),
        ("call.t.c.log.CallEnded", events_pb2.Event(id="x", tenant="t", call="c").SerializeToString()),
    ],
)
def test_a_message_that_is_no_usage_of_its_call_is_refused(subject: str, data: bytes) -> None:
    with pytest.raises(BadInput):
        usage_in(subject, data)
