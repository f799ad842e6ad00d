"""What the agent document and the gateway set for turn-taking: pauses, limits, the question of consent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TurnConfig:
    """The agent document's turn settings and the gateway's deadlines, in seconds."""

    pause_s: float = 0.5
    min_commit_s: float = 0.2
    max_commit_s: float = 2.5
    drafts: bool = False
    draft_after_s: float = 0.14  # silence after which the final text is asked for, when there are drafts
    barge_in_s: float = 0.25
    duck_s: float = 1.2  # voice without a word lowers the agent's voice for so long
    background_db: float = 9.0  # voices so far below the caller's own do not interrupt
    silence_prompt_s: float = 12.0
    silence_prompts: int = 2
    max_call_s: float = 1200.0
    warning_s: float = 0.0  # so long before the limit the caller is told; 0: not at all
    max_utterance_s: float = 30.0
    heard_timeout_s: float = 4.0
    reply_timeout_s: float = 12.0
    digits_wait_s: float = 2.0
    backchannels: frozenset[str] = frozenset()
    language: str = "en-US"  # whose rules tell the end of a turn


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """The agent document's, see `parley_core.agents.Consent`."""

    ask: str
    again: str
    accepted: str
    refused: str  # said to a refusal, whatever follows it
    on_refusal: str  # "continue_unrecorded", "hang_up" or "hand_off"
    keyed: bool  # words are no answer
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    language: str = "en"  # whose words an answer is made of


@dataclass(frozen=True, slots=True)
class ConsentPrompt:
    """How far the question is."""

    terms: ConsentTerms
    asked: int = 1
    saying: bool = False  # the agent's voice is on the line
    answer: bool | None = None
