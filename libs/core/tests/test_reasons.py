"""Reasons: the names that logs show, the numbers of the contract, and what is written when a call ends."""

from parley.v1 import events_pb2
from parley_core.reasons import EndReason, Party, RefusalReason, call_ended, call_refused, leg_lost


def test_every_reason_is_in_the_contract_and_the_other_way_round() -> None:
    ends = {f"END_REASON_{reason.name}" for reason in EndReason}
    refusals = {f"REFUSAL_REASON_{reason.name}" for reason in RefusalReason}
    assert ends | {"END_REASON_UNSPECIFIED"} == set(events_pb2.EndReason.keys())
    assert refusals | {"REFUSAL_REASON_UNSPECIFIED"} == set(events_pb2.RefusalReason.keys())


def test_a_name_on_the_wire_is_the_members_in_lower_case() -> None:
    for reason in (*EndReason, *RefusalReason):
        assert reason.value == reason.name.lower()
        assert type(reason).named(reason.value) is reason


def test_an_unknown_name_is_no_reason() -> None:
    assert EndReason.named("something_newer") is None


def test_events_have_the_name_for_old_readers_and_the_number_for_new_ones() -> None:
    ended = call_ended(EndReason.SILENCE, duration_ms=1200, turns=3)
    assert (ended.reason, ended.cause) == ("silence", events_pb2.END_REASON_SILENCE)
    refused = call_refused(RefusalReason.TENANT_LIMIT, "All lines are in use.")
    assert (refused.reason, refused.cause) == ("tenant_limit", events_pb2.REFUSAL_REASON_TENANT_LIMIT)
    lost = leg_lost(EndReason.CLIENT_GONE, at_ms=5)
    assert (lost.reason, lost.cause) == ("client_gone", events_pb2.END_REASON_CLIENT_GONE)


def test_only_a_lost_client_may_resume_its_call() -> None:
    resumable = {reason for reason in (*EndReason, *RefusalReason) if reason.meaning.resumable}
    assert resumable == {EndReason.CLIENT_GONE, EndReason.CLIENT_STALLED}


def test_whoever_is_refused_for_a_limit_or_for_want_of_room_is_told_when_to_try_again() -> None:
    for_good = {reason for reason in RefusalReason if reason.meaning.retry_after_s is None}
    assert for_good == {
        RefusalReason.BAD_TOKEN,
        RefusalReason.TOKEN_USED,
        RefusalReason.UNKNOWN_AGENT,
        RefusalReason.CALL_OVER,
        RefusalReason.ADDRESS_DENIED,
        RefusalReason.FOREIGN_ORIGIN,
        RefusalReason.HOST_DENIED,
    }


def test_a_full_platform_is_nobody_elses_fault() -> None:
    full = {reason for reason in RefusalReason if reason.meaning.whose is Party.PLATFORM}
    assert full == {
        RefusalReason.BUSY,
        RefusalReason.NOBODY_FREE,
        RefusalReason.UNAVAILABLE,
        RefusalReason.DRAINING,
        RefusalReason.LOW_DISK,
    }
