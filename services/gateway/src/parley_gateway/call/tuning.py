"""Deadlines of a call that no operator needs to set: constants with their reasons, in one object so that tests can
shorten them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallTuning:
    # A caller hears ringing meanwhile; three seconds are six heartbeats, so a free worker has been seen.
    claim_wait_s: float = 3.0
    # A replacement in the middle of a call: a rolling restart has new workers within this time.
    resume_wait_s: float = 15.0
    # A connected client that sends neither audio nor pings: two of its keep-alives are missing.
    gone_after_s: float = 10.0
    # Enough for one more answer and a goodbye before the agent's time limit.
    time_warning_s: float = 30.0
    # From end of speech to the final transcript; slower than any healthy recogniser, quicker than a caller's patience.
    heard_timeout_s: float = 4.0
    # From the committed turn to the reply's first words, tool calls included.
    reply_timeout_s: float = 12.0
    # Recognisers refuse or degrade on longer pieces: speech without a pause is cut here.
    max_utterance_s: float = 30.0
    # Between two keys; people look a digit up and press it within two seconds.
    digits_wait_s: float = 2.0
    # A client's own tool; below llm's deadline for one tool call (10 s), so that the model gets an error and not a cut.
    client_tool_s: float = 8.0
    # Sent audio ahead of the caller's ear: covers scheduling jitter, and is what a barge-in cannot take back.
    playout_lead_ms: int = 60
