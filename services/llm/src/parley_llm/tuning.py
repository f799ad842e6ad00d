"""Deadlines of a turn that no operator needs to set: constants with their reasons, in one object that tests change."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplyTuning:
    # A model's stream that is silent for this long has failed: the router asks the next one.
    token_gap_s: float = 5.0
    # A turn without an end: the caller gets an apology. The gateway has asked another worker long before.
    turn_s: float = 30.0
    # Silence before a filler ("one moment"); 0: never. Callers take up to a second and a half for thinking.
    filler_ms: int = 1500
    # One tool call; above the gateway's deadline for a client's own tool (8 s).
    tool_s: float = 10.0
    # One knowledge look-up: part of every answer's delay, so better none than late.
    rag_s: float = 1.5
    # The worker's own claim on the log: half a second after it was won, as a rule. Afterwards it acts without.
    claim_seen_s: float = 2.0
    # The call's tts: the greeting is said when it has joined, or after this time.
    listener_s: float = 3.0
