"""Which service may call which method. A method that stands in no row may be called by the operator alone.

`tests/architecture/test_access.py` checks that every method of the contract has its row.
"""

from collections.abc import Mapping

from parley_core.identity.keys import OPERATOR

_LIVE = frozenset({"llm"})
_AFTER = frozenset({"postcall"})
_PAGES = frozenset({"gateway"})  # its API passes on what a person with a key asks for
_NOBODY: frozenset[str] = frozenset()

CALLERS: Mapping[str, frozenset[str]] = {
    "parley.v1.Rag/Search": _LIVE | _PAGES,
    "parley.v1.Rag/Answer": _LIVE | _PAGES,
    "parley.v1.Rag/Embed": _LIVE,
    "parley.v1.Rag/Ingest": _PAGES,
    "parley.v1.Rag/Upload": _PAGES,
    "parley.v1.Rag/Fetch": _PAGES,
    "parley.v1.Rag/Documents": _PAGES,
    "parley.v1.Rag/Read": _PAGES,
    "parley.v1.Rag/Delete": _PAGES | _AFTER,
    "parley.v1.Tools/ListTools": _LIVE | _PAGES,
    "parley.v1.Tools/CallTool": _LIVE | _AFTER,
    "parley.v1.Tools/Decide": _PAGES,
    "parley.v1.Tools/ListApprovals": _PAGES,
    "parley.v1.Tools/ListRecords": _PAGES,
    "parley.v1.Tools/CheckTool": _NOBODY,
    "parley.v1.Tools/SetCredential": _NOBODY,
    "parley.v1.Tools/ListCredentials": _NOBODY,
    "parley.v1.Tools/RemoveCredential": _NOBODY,
    "parley.v1.Tools/RotateCredentials": _NOBODY,
    "parley.v1.Llm/Summarise": _AFTER,
    "parley.v1.Billing/RateCall": _AFTER,
    "parley.v1.Billing/ListPrices": _AFTER | _PAGES,
    "parley.v1.Asr/Transcribe": _AFTER,
    "parley.v1.Tts/Synthesize": _PAGES,
    "parley.v1.Tts/ListVoices": _PAGES,
}


def may_call(service: str, method: str) -> bool:
    """`method`: `package.Service/Method`, with or without the slash in front."""
    return service == OPERATOR or service in CALLERS.get(method.lstrip("/"), _NOBODY)
