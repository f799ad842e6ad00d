"""What is booked and wanted otherwise: at another time, or not at all. Used by `brain`.

The flow whose tool moves or cancels runs; without one the caller is told that it cannot be done here, and offered a
person. It is never taken for a new booking.
"""

from parley_core.agents import Flow
from parley_core.languages.claim_words import CANCELLED, MOVED

from parley_llm.providers.rule_based import intents
from parley_llm.providers.rule_based.flows import FlowRun
from parley_llm.providers.rule_based.turn import Turn
from parley_llm.providers.rule_based.words import bare


def asked(turn: Turn) -> bool:
    """Whether the caller wants something that is booked otherwise; then it is answered."""
    said, words = bare(turn.text), turn.words.intents
    move, cancel = words.moves.search(said), words.cancels.search(said)
    if not (move or cancel) or not _books(turn):
        return False
    if intents.is_question(said, turn.language) and not _own(turn, said):
        return False  # "how much does it cost to cancel an appointment"
    flow = _flow_with(turn, MOVED if move else CANCELLED)
    if flow is None:
        turn.say(turn.talk.not_moved if move else turn.talk.not_cancelled)
        FlowRun(turn, turn.request.agent.flows[0]).offer_person()
        return True
    wanted = move.group(move.lastindex) if move and move.lastindex else ""
    FlowRun(turn, flow).start(about=wanted or "", known=_known(turn, flow))
    return True


def others(turn: Turn) -> list[Flow]:
    """The flows that begin by their examples: not those that change what is booked, which `asked` begins."""
    changing = {tool.name for tool in turn.request.tools if {MOVED, CANCELLED} & set(tool.effects)}
    if not turn.words.intents.moves.pattern or not _books(turn):
        return list(turn.request.agent.flows)
    return [flow for flow in turn.request.agent.flows if flow.call not in changing]


def _books(turn: Turn) -> bool:
    """Whether the agent books at all: "cancel" may be about anything else."""
    return any("booked" in tool.effects for tool in turn.request.tools)


def _own(turn: Turn, said: str) -> bool:
    """Whether a question is a wish of the caller's own: "can I push it back to Friday"."""
    return bool(turn.words.intents.proposes.search(said) or turn.words.intents.wish.search(said))


def _flow_with(turn: Turn, effect: str) -> Flow | None:
    tools = {tool.name for tool in turn.request.tools if effect in tool.effects and tool.side_effects}
    return next((flow for flow in turn.request.agent.flows if flow.call in tools), None)


def _known(turn: Turn, flow: Flow) -> dict[str, str]:
    """What the caller has said in this call of the booking, but for its moment."""
    kinds = {slot.name: slot.kind for slot in flow.slots}
    made = turn.state.made.get("slots", {})
    return {name: value for name, value in made.items() if kinds.get(name) in ("person", "phone", "email")}
