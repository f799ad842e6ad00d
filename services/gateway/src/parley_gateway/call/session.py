"""Sessions: what a call is made of, from its caller and its agent. Used by `registry` and `call`."""

from parley.v1 import session_pb2
from parley_core.agents import AgentDocument
from parley_core.ids import new_id

from parley_gateway.call.tuning import CallTuning
from parley_gateway.caller import Caller
from parley_gateway.cluster.snapshot import CallSnapshot
from parley_gateway.turns.amd import Answering, AnswerTerms
from parley_gateway.turns.config import ConsentPrompt, ConsentTerms, TurnConfig
from parley_gateway.turns.state import State

# Channels whose clients play what they are sent at once, so that what they drop at `clear` is known to the sample.
# What a telephone network still holds is not.
TAKES_BACK = frozenset({session_pb2.CHANNEL_WEBSOCKET})


def make_session(caller: Caller, agent: AgentDocument, *, record: bool) -> session_pb2.Session:
    audio = record and not is_text(caller.audio)
    return session_pb2.Session(
        session=new_id("s-"),
        tenant=caller.tenant,
        call=new_id("c-"),
        user=caller.user,
        channel=caller.channel,
        audio=caller.audio,
        language=(agent.tag_of(caller.language) if caller.language else "") or agent.language,
        recording_consent=_consent(agent, record=record),
        agent=agent.agent,
        agent_version=agent.version,
        policy=session_pb2.SecurityPolicy(
            max_call_s=min(caller.max_call_s or agent.turns.max_call_s, agent.turns.max_call_s),
            record_audio=audio,
            allowed_tools=caller.allowed_tools,
            groups=caller.groups,
        ),
        attributes=dict(caller.attributes),
    )


def is_text(audio: session_pb2.AudioFormat) -> bool:
    """Whether the carrier recognises and speaks, and no audio comes here."""
    return audio.encoding == session_pb2.AUDIO_ENCODING_TEXT


def _consent(agent: AgentDocument, *, record: bool) -> "session_pb2.Consent.ValueType":
    if not record:
        return session_pb2.CONSENT_REFUSED
    return session_pb2.CONSENT_NOT_REQUIRED if agent.consent.required == "none" else session_pb2.CONSENT_PENDING


def answering(session: session_pb2.Session, agent: AgentDocument) -> Answering | None:
    """What an outgoing call begins with; None for others."""
    if session.attributes.get("detect") != "yes":
        return None
    outbound = agent.outbound
    voicemail = session.attributes.get("voicemail", "") or outbound.voicemail
    return Answering(AnswerTerms(voicemail, outbound.on_ivr, outbound.screening))


def consent_prompt(session: session_pb2.Session, agent: AgentDocument) -> ConsentPrompt | None:
    """What must be asked before the conversation; None where nothing must."""
    if session.recording_consent != session_pb2.CONSENT_PENDING:
        return None
    agent = agent.spoken_in(session.language)
    asked = agent.consent
    terms = ConsentTerms(
        ask=asked.ask,
        again=asked.again,
        accepted=asked.accepted or "",
        refused=agent.handoff.say if asked.on_refusal == "hand_off" else asked.refused or "",
        on_refusal=asked.on_refusal,
        keyed=asked.required == "keyed",
        yes=tuple(asked.yes),
        no=tuple(asked.no),
        language=agent.language,
    )
    return ConsentPrompt(terms)


def turn_config(agent: AgentDocument, tuning: CallTuning, policy: session_pb2.SecurityPolicy) -> TurnConfig:
    turns = agent.turns
    return TurnConfig(
        pause_s=turns.pause_ms / 1000,
        min_commit_s=turns.min_commit_ms / 1000,
        max_commit_s=turns.max_commit_ms / 1000,
        drafts=turns.drafts,
        draft_after_s=turns.draft_after_ms / 1000,
        background_db=turns.background_db,
        barge_in_s=turns.barge_in_ms / 1000,
        silence_prompt_s=turns.silence_prompt_s,
        silence_prompts=turns.silence_hangup_prompts,
        max_call_s=policy.max_call_s or turns.max_call_s,
        warning_s=tuning.time_warning_s,
        max_utterance_s=tuning.max_utterance_s,
        heard_timeout_s=tuning.heard_timeout_s,
        reply_timeout_s=tuning.reply_timeout_s,
        digits_wait_s=tuning.digits_wait_s,
        backchannels=agent.backchannels,
        language=agent.language,
    )


def turn_state(
    tuning: CallTuning,
    session: session_pb2.Session,
    agent: AgentDocument,
    snapshot: CallSnapshot | None,
    now: float,
) -> State:
    """Where turn-taking begins: at the call's beginning, or where another gateway left it."""
    config = turn_config(agent.spoken_in(session.language), tuning, session.policy)
    asking = consent_prompt(session, agent)
    if snapshot is not None and not asking:
        return snapshot.state(config, now)
    return State(config, consent=asking, answering=answering(session, agent))
