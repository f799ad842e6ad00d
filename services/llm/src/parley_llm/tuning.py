"""Deadlines of a turn that no operator needs to set: constants with their reasons, in one object that tests change."""

from dataclasses import dataclass

from parley_llm.providers.router import LAST_S


@dataclass(frozen=True, slots=True)
class ReplyTuning:
    # A model's stream that is silent for this long, or slower than speech for so long, has failed: the next is asked.
    token_gap_s: float = 3.0
    # The first token of the last model that can be asked; the document's own figure where that is longer.
    last_first_token_s: float = LAST_S
    # A turn without an end: the caller gets an apology. The gateway has asked another worker long before.
    turn_s: float = 30.0
    # Silence before a filler ("one moment"); 0: never. Callers take a good second for thinking.
    filler_ms: int = 1200
    # One tool call; above the gateway's deadline for a client's own tool (8 s).
    tool_s: float = 10.0
    # One knowledge look-up: part of every answer's delay, so better none than late.
    rag_s: float = 1.5
    # The worker's own claim on the log: half a second after it was won, as a rule. Afterwards it acts without.
    claim_seen_s: float = 2.0
    # The call's tts: the greeting is said when it has joined, or after this time.
    listener_s: float = 3.0
