"""A call's summary without a language model: taken from the transcript and from what the tools did. Pure.

It says what the caller asked and was answered, what was booked or failed, and how the call ended; nothing is inferred.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from parley.v1 import llm_pb2
from parley_core.languages.registry import ENGLISH, pack, primary
from parley_core.reasons import EndReason
from parley_core.text import load_json
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # type: ignore[import-untyped]

from parley_llm.guardrails import has_card_number
from parley_llm.providers.rule_based import intents

POSITIVE, NEGATIVE = 0.25, -0.25  # VADER's compound, weighted over the caller's lines
MOST_QUESTIONS = 4
_MESSAGES = {"send_sms": "A text message", "send_email": "An e-mail"}
_REPORTS = ENGLISH.reports
ENDS = {
    EndReason.CALLER_HUNG_UP: "The caller hung up.",
    EndReason.AGENT_HUNG_UP: "The call ended with a goodbye.",
    EndReason.HANDED_OFF: "The caller was connected to a colleague.",
    EndReason.HAND_OFF_FAILED: "The caller could not be connected to a colleague.",
    EndReason.SILENCE: "The caller stopped answering.",
    EndReason.TIME_LIMIT: "The call reached its time limit.",
    EndReason.CONSENT_REFUSED: "The caller did not consent to a recording.",
    EndReason.CALLEE_HUNG_UP: "The called person hung up before the conversation.",
    EndReason.MACHINE: "An answering machine took the call.",
    EndReason.VOICEMAIL_LEFT: "A message was left on an answering machine.",
    EndReason.IVR: "A telephone menu took the call.",
    EndReason.CLIENT_GONE: "The connection was lost.",
    EndReason.CLIENT_STALLED: "The connection became too slow.",
    EndReason.CLIENT_ERROR: "The caller's program made an error.",
    EndReason.BAD_FRAME: "The caller's program made an error.",
    EndReason.NOBODY_FREE: "The platform had no worker left for the call.",
    EndReason.AGENT_FAILED: "The agent could not answer any more.",
    EndReason.GATEWAY_STOPPED: "The platform was restarted.",
    EndReason.GATEWAY_LOST: "The platform lost the call.",
    EndReason.ERROR: "A fault in the platform ended the call.",
    EndReason.REPLACED: "The caller went on over another connection.",
    EndReason.HANDED_OVER: "The call went on at another gateway.",
}


@dataclass(frozen=True, slots=True)
class _Exchange:
    caller: str
    agent: str


class Summariser:
    def __init__(self) -> None:
        self._sentiment = SentimentIntensityAnalyzer()

    def summarise(self, request: llm_pb2.SummariseRequest) -> llm_pb2.SummariseResponse:
        exchanges = _exchanges(request.lines)
        told = [_booked(one) or _failed(one) for one in request.outcomes]
        asked = [one for one in exchanges if _is_asked(one)]
        sentences = [_sentence(one) for one in asked[:MOST_QUESTIONS]]
        if len(asked) > MOST_QUESTIONS:
            sentences.append(f"They asked {len(asked) - MOST_QUESTIONS} more questions.")
        sentences += [one for one in told if one]
        if not sentences:
            sentences.append("The caller said nothing." if not exchanges else "The caller asked nothing in particular.")
        sentences.append(_end(request.end_reason))
        sentences += _language(request.languages)
        foreign = bool(request.languages) and primary(request.languages[-1]) != "en"  # the scores are of English words
        score = 0.0 if foreign else self._score([line.text for line in request.lines if line.speaker == "caller"])
        words = sum(len(line.text.split()) for line in request.lines)
        summary = " ".join(sentences)
        return llm_pb2.SummariseResponse(
            summary=summary,
            action_items=_actions(exchanges, request),
            sentiment=""
            if foreign
            else "positive"
            if score >= POSITIVE
            else "negative"
            if score <= NEGATIVE
            else "neutral",
            sentiment_score=score,
            provider="local",
            model="extractive",
            input_tokens=words,
            output_tokens=len(summary.split()),
        )

    def _score(self, lines: list[str]) -> float:
        scores = [self._sentiment.polarity_scores(line)["compound"] for line in lines if line.strip()]
        # Each line counts by its strength: one angry sentence weighs more than three polite ones.
        strength = sum(abs(score) for score in scores)
        return round(sum(score * abs(score) for score in scores) / strength, 3) if strength else 0.0


def _end(reason: str) -> str:
    known = EndReason.named(reason)
    return ENDS[known] if known is not None else f"The call ended: {reason.replace('_', ' ')}."


def _language(languages: Sequence[str]) -> list[str]:
    names = [(pack(one).names or (one,))[0].capitalize() for one in languages]
    if len(names) > 1:
        return [f"It began in {names[0]} and went on in {' and '.join(names[1:])}."]
    return [f"It was held in {names[0]}."] if names and primary(languages[0]) != "en" else []


def _exchanges(lines: Iterable[llm_pb2.TranscriptLine]) -> list[_Exchange]:
    """Each thing the caller said with what the agent said next."""
    found: list[_Exchange] = []
    caller: list[str] = []
    agent: list[str] = []
    for line in lines:
        if line.speaker == "caller":
            if caller and agent:
                found.append(_Exchange(" ".join(caller), " ".join(agent)))
                caller, agent = [], []
            caller.append(line.text.strip())
        elif caller:
            agent.append(line.text.strip())
    if caller:
        found.append(_Exchange(" ".join(caller), " ".join(agent)))
    return found


def _is_asked(exchange: _Exchange) -> bool:
    return intents.is_question(exchange.caller) and not intents.asks_for_slot(exchange.caller)


def _says(exchange: _Exchange, phrases: Sequence[str]) -> bool:
    said = exchange.agent.lower()
    return any(phrase in said for phrase in phrases)


def _unknown(exchange: _Exchange) -> bool:
    return _says(exchange, _REPORTS.unknown)


def _sentence(exchange: _Exchange) -> str:
    if has_card_number(exchange.caller):
        return "The caller began to give a card number and was stopped."
    asked = f'The caller asked "{_shorten(exchange.caller)}"'
    if _unknown(exchange):
        return f"{asked} and the agent could not answer."
    return f'{asked} and was told "{_shorten(exchange.agent, 200)}".' if exchange.agent else f"{asked}."


def _shorten(text: str, most: int = 120) -> str:
    text = text.strip().rstrip(".?!")
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


def _fields(text: str) -> dict[str, str]:
    try:
        value = load_json(text or "{}")
    except ValueError:
        return {}
    return {str(name): str(one) for name, one in value.items() if one} if isinstance(value, dict) else {}


def _status(outcome: llm_pb2.ToolOutcome) -> str:
    return outcome.status.lower().removeprefix("tool_status_")


def _is_booking(tool: str) -> bool:
    return "book" in tool


def _booked(outcome: llm_pb2.ToolOutcome) -> str:
    if _status(outcome) != "ok":
        return ""
    given, result = _fields(outcome.arguments_json), _fields(outcome.result_json)
    if _is_booking(outcome.tool):
        when = result.get("when") or given.get("when", "")
        who = result.get("name") or given.get("name", "the caller")
        doctor = f" with {result['doctor']}" if result.get("doctor") else ""
        return f"An appointment was booked for {who}{' on ' + _moment(when) if when else ''}{doctor}."
    if outcome.tool in ("reschedule_appointment", "cancel_appointment"):
        before, after = result.get("before", ""), result.get("spoken") or _moment(result.get("when", ""))
        moved = outcome.tool == "reschedule_appointment"
        return (
            f"The appointment of {before} was moved to {after}."
            if moved
            else f"The appointment of {after} was cancelled."
        )
    if outcome.tool in _MESSAGES:
        what, state = _MESSAGES[outcome.tool], result.get("state", "")
        done = {"sent": "was sent", "queued": "is on its way"}.get(state, "waits in the outbox")
        return f"{what} {done}."
    if outcome.tool == "hand_off":
        return f"The call was handed off: {given.get('reason', 'a person was needed')}."
    return ""


def _failed(outcome: llm_pb2.ToolOutcome) -> str:
    status = _status(outcome)
    if status in ("ok", "") or not _is_booking(outcome.tool):
        return ""
    if status == "conflict":
        return "A time that the caller wanted was no longer free."
    return f"Booking an appointment did not work ({status.replace('_', ' ')})."


def _moment(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return f"{moment:%A}, {moment:%B} {moment.day} at {moment:%H:%M}"


def _actions(exchanges: list[_Exchange], request: llm_pb2.SummariseRequest) -> list[str]:
    """What a person still has to do: open questions, messages, promised call-backs, effects that did not happen."""
    items: list[str] = []
    for exchange in exchanges:
        if has_card_number(exchange.caller):
            continue
        if _says(exchange, _REPORTS.noted):
            items.append(f'Call the caller back about their message: "{_shorten(exchange.caller, 200)}".')
        elif _is_asked(exchange) and _unknown(exchange):
            items.append(f'Answer the caller\'s question: "{_shorten(exchange.caller)}".')
        elif _says(exchange, _REPORTS.promised):
            items.append(f'Get back to the caller about: "{_shorten(exchange.caller)}".')
    succeeded = {one.tool for one in request.outcomes if _status(one) == "ok"}
    for outcome in request.outcomes:
        status = _status(outcome)
        given = _fields(outcome.arguments_json)
        if _is_booking(outcome.tool) and status == "ok":
            who = given.get("name", "the caller")
            items.append(f"Expect {who} on {_moment(given.get('when', 'the booked day'))}.")
        elif outcome.tool not in succeeded and status not in ("ok", "conflict") and outcome.tool != "find_slots":
            items.append(f"Finish what the agent could not: {outcome.tool.replace('_', ' ')}.")
    if "hand_off" in succeeded or any(_says(exchange, _REPORTS.connecting) for exchange in exchanges):
        items.append("Make sure that the caller reached a person.")
    return list(dict.fromkeys(items))
