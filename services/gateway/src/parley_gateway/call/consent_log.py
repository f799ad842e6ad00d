"""What a call's log keeps of the question for consent: the answer, not the words of it."""

from parley.v1 import events_pb2, session_pb2
from parley_core.agents import AgentDocument
from parley_core.bus.log import CallLog

from parley_gateway.turns.commands import ConsentAnswered


def log_consent(
    call_log: CallLog, session: session_pb2.Session, agent: AgentDocument, answer: ConsentAnswered, at_ms: int
) -> None:
    """Note the answer on the log and in the session, and the hand-off that a refusal may lead to."""
    then = "" if answer.given else agent.consent.on_refusal
    session.recording_consent = session_pb2.CONSENT_GIVEN if answer.given else session_pb2.CONSENT_REFUSED
    session.policy.record_audio = answer.given
    call_log.append(events_pb2.ConsentAnswered(given=answer.given, how=answer.how, then=then, at_ms=at_ms))
    if then == "hand_off":
        call_log.append(events_pb2.HandoffRequested(reason="consent_refused", target=agent.handoff.target))
