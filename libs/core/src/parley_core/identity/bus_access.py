"""Which service may publish and listen to what on the bus, as permissions of a NATS server.

A worker reaches its own side of a call: asr hears the caller, and not what the agent says; tts the reverse. What a
service does not append to logs it cannot append. The logs themselves may be read by every service that folds them:
JetStream's direct get names the subject in its body, which permissions do not see.

`tests/architecture/test_access.py` checks that every event of the contract has a service that appends it; the
end-to-end tests run with these permissions and fail where the server refused something.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from parley_core.bus import subjects
from parley_core.identity.keys import OPERATOR, inbox_of

_ANY = "*"
_STREAM_API = "$JS.API.STREAM"
_DIRECT = "$JS.API.DIRECT.GET"


@dataclass(frozen=True, slots=True)
class Access:
    """What one service does on the bus."""

    publishes: tuple[str, ...] = ()
    listens: tuple[str, ...] = ()
    appends: tuple[str, ...] = ()  # events, by name
    follows: tuple[str, ...] = ()  # events, by name; ("*",): all
    reads_logs: bool = False
    writes: tuple[str, ...] = ()  # KV buckets, read as well
    reads: tuple[str, ...] = ()  # KV buckets
    answers: bool = False  # requests of others
    consumers: tuple[str, ...] = ()  # durable ones, of the logs


_TOKEN_USES = ("token_uses_900s", "token_uses_87000s")
_CLAIMED = ("CallEnded", "WorkerClaimed")  # what a worker that holds a call must hear

ACCESS: Mapping[str, Access] = {
    "gateway": Access(
        publishes=(
            subjects.live_audio_in(_ANY, _ANY),
            subjects.live_speech(_ANY, _ANY),
            subjects.live_draft(_ANY, _ANY),
            subjects.live_stop(_ANY, _ANY),
            subjects.live_say(_ANY, _ANY),
            subjects.claim(_ANY),
            subjects.worker("gateway", _ANY),
            subjects.hand_over(_ANY),
            subjects.ORDER_CANCELLED,
        ),
        listens=(
            subjects.live_audio_out(_ANY, _ANY),
            subjects.live_say(_ANY, _ANY),
            subjects.live_partial(_ANY, _ANY),
            subjects.ALL_WORKERS,
            subjects.hand_over(_ANY),
            subjects.ORDER_CANCELLED,
        ),
        appends=(
            *("AnswerDetected", "CallEnded", "CallRefused", "CallStarted", "CallTransferred", "ClientConfigured"),
            *("ClientToolReturned", "ConsentAnswered", "DigitsEntered", "HandoffRequested", "Interrupted"),
            *("LanguageChanged", "LanguageRefused", "LegLost", "LegTakenUp", "RecordingStored", "ReplyTruncated"),
            *("SentenceSaid", "SilencePrompted", "Spoken", "TurnCommitted", "TurnFailed", "TurnMeasured"),
            *("UsageMeasured", "WorkerClaimed", "WorkerLost"),
        ),
        follows=(_ANY,),
        reads_logs=True,
        writes=(
            "rates",
            "orders",
            "sessions",
            "webhooks",
            "leases",
            "gateway_secrets",
            "limits",
            "knowledge_jobs",
            "outgoing",
            *_TOKEN_USES,
        ),
        reads=("agents",),
        answers=True,
    ),
    "asr": Access(
        publishes=(subjects.live_partial(_ANY, _ANY), subjects.worker("asr", _ANY)),
        listens=(
            subjects.live_audio_in(_ANY, _ANY),
            subjects.live_speech(_ANY, _ANY),
            subjects.claim("asr"),
            subjects.worker("gateway", _ANY),
        ),
        appends=("Heard", "LanguageRefused", "UsageMeasured"),
        follows=("LanguageChanged", *_CLAIMED),
        reads_logs=True,
        reads=("agents",),
        answers=True,
    ),
    "tts": Access(
        publishes=(subjects.live_audio_out(_ANY, _ANY), subjects.worker("tts", _ANY)),
        listens=(
            subjects.live_say(_ANY, _ANY),
            subjects.live_stop(_ANY, _ANY),
            subjects.claim("tts"),
            subjects.worker("gateway", _ANY),
        ),
        appends=("LanguageRefused", "TurnFailed", "UsageMeasured"),
        follows=("TurnCommitted", "LanguageChanged", *_CLAIMED),
        reads_logs=True,
        reads=("agents",),
        answers=True,
    ),
    "llm": Access(
        publishes=(subjects.live_say(_ANY, _ANY), subjects.worker("llm", _ANY), subjects.provider_refused("llm")),
        listens=(
            subjects.provider_refused("llm"),
            subjects.live_draft(_ANY, _ANY),
            subjects.live_stop(_ANY, _ANY),
            subjects.claim("llm"),
            subjects.worker("gateway", _ANY),
        ),
        appends=(
            *("DraftDropped", "FlowAdvanced", "GuardrailTripped", "HandoffRequested", "KnowledgeSearched"),
            *("LanguageRefused", "Replied", "SentenceSaid", "ToolCalled", "ToolReturned", "TurnFailed"),
            "UsageMeasured",
        ),
        follows=(_ANY,),
        reads_logs=True,
        reads=("agents",),
        answers=True,
    ),
    "rag": Access(publishes=(subjects.worker("rag", _ANY),), appends=("UsageMeasured",), reads=("agents",)),
    "tools": Access(
        publishes=(subjects.worker("tools", _ANY),),
        appends=("ToolAttempted", "ToolReturned", "UsageMeasured"),
        reads_logs=True,
        writes=("rates",),
        reads=("agents",),
    ),
    "postcall": Access(
        publishes=(subjects.worker("postcall", _ANY),),
        appends=("PostcallFinished", "UsageMeasured"),
        reads_logs=True,
        reads=("agents",),
        consumers=("postcall", "warehouse"),
    ),
    "billing": Access(
        publishes=(subjects.worker("billing", _ANY),),
        reads_logs=True,
        reads=("agents",),
        consumers=("billing",),
    ),
    "warehouse": Access(),
}
_EVERYONE_WRITES = ("health",)


def permissions(service: str) -> dict[str, object]:
    """The `permissions` of a user in NATS' configuration; empty for the operator, who may do everything."""
    if service == OPERATOR:
        return {}
    access = ACCESS[service]
    logs = subjects.STREAM
    publish = [*access.publishes, f"{_STREAM_API}.CREATE.{logs}", f"{_STREAM_API}.INFO.{logs}"]
    publish += [subjects.log(_ANY, _ANY, event) for event in access.appends]
    if access.reads_logs:
        publish.append(f"{_DIRECT}.{logs}")
    for durable in access.consumers:
        publish += _consumer(logs, durable)
    for bucket in (*access.writes, *access.reads, *_EVERYONE_WRITES):
        publish += _reading(bucket)
    publish += [f"$KV.{bucket}.>" for bucket in (*access.writes, *_EVERYONE_WRITES)]
    listen = [*access.listens, f"{inbox_of(service)}.>"]
    listen += [subjects.log(_ANY, _ANY, event) for event in access.follows]
    made: dict[str, object] = {"publish": {"allow": publish}, "subscribe": {"allow": listen}}
    if access.answers:
        made["allow_responses"] = {"max": 1, "expires": "1m"}
    return made


def _reading(bucket: str) -> list[str]:
    stream = f"KV_{bucket}"
    return [
        *(f"{_STREAM_API}.{verb}.{stream}" for verb in ("INFO", "CREATE", "MSG.GET")),
        f"{_DIRECT}.{stream}",
        f"{_DIRECT}.{stream}.>",
    ]


def _consumer(stream: str, durable: str) -> list[str]:
    api = "$JS.API.CONSUMER"
    return [
        f"{api}.INFO.{stream}.{durable}",
        f"{api}.CREATE.{stream}.{durable}",
        f"{api}.CREATE.{stream}.{durable}.>",
        f"{api}.DURABLE.CREATE.{stream}.{durable}",
        f"{api}.MSG.NEXT.{stream}.{durable}",
        f"$JS.ACK.{stream}.{durable}.>",
        f"$JS.ACK.*.*.{stream}.{durable}.>",  # with an account's domain in front
        f"{_STREAM_API}.NAMES",
    ]


def server_configuration(public: Mapping[str, str]) -> dict[str, object]:
    """`authorization` of a NATS server for services with these public keys; strangers get no connection."""
    users: list[dict[str, object]] = []
    for service, key in public.items():
        allowed = permissions(service)
        users.append({"nkey": key, "permissions": allowed} if allowed else {"nkey": key})
    return {"authorization": {"users": users, "timeout": 5}}
