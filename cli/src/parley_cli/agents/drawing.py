"""Draws an agent's flows as SVG: what starts each, what it asks, which tools it calls. For `parley agents draw`."""

import textwrap
from collections.abc import Sequence
from html import escape

from parley_core.agents import AgentDocument, Flow

WIDTH, GAP, PAD, LINE = 300, 28, 10, 16
LETTERS = 44  # in a line of a box
_FILLS = {"start": "#e8f0fe", "ask": "#ffffff", "confirm": "#fff8e1", "call": "#e8f5e9", "say": "#f3e5f5"}

Box = tuple[str, str]  # kind and text


def draw_flows(document: AgentDocument) -> str:
    """One column for each flow."""
    columns = [_column(number, boxes_of(flow)) for number, flow in enumerate(document.flows)]
    height = max((bottom for _, bottom in columns), default=GAP) + GAP
    width = max(1, len(columns)) * (WIDTH + GAP) + GAP
    body = "\n".join(drawn for drawn, _ in columns)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="12">\n<title>{escape(document.name or document.agent)}</title>\n'
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z"/></marker></defs>\n'
        f"{body}\n</svg>\n"
    )


def boxes_of(flow: Flow) -> list[Box]:
    """The flow from its beginning to its end."""
    boxes: list[Box] = [("start", f"{flow.name}: " + " / ".join(f"“{one}”" for one in flow.starts_on[:3]))]
    for slot in flow.slots:
        kind = f"{slot.name} ({slot.kind}{'' if slot.required else ', optional'})"
        check = f" checked with {slot.check}" if slot.check else ""
        boxes.append(("ask", f"{kind}{check}: {slot.ask}"))
    if flow.confirm:
        boxes.append(("confirm", f"read back: {flow.confirm}"))
    if flow.call:
        boxes.append(("call", f"call {flow.call}" + (f"; when it is taken: {flow.taken}" if flow.taken else "")))
    if flow.done:
        boxes.append(("say", flow.done))
    if flow.then_call:
        boxes.append(("call", f"call {flow.then_call}"))
    return boxes


def _column(number: int, boxes: Sequence[Box]) -> tuple[str, int]:
    left, top = GAP + number * (WIDTH + GAP), GAP
    drawn = []
    for at, (kind, text) in enumerate(boxes):
        lines = textwrap.wrap(text, LETTERS)
        height = 2 * PAD + LINE * len(lines)
        if at:
            middle = left + WIDTH // 2
            drawn.append(
                f'<line x1="{middle}" y1="{top - GAP}" x2="{middle}" y2="{top}" stroke="#444" marker-end="url(#tip)"/>'
            )
        drawn.append(
            f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{height}" rx="6" fill="{_FILLS[kind]}" stroke="#444"/>'
        )
        drawn += [
            f'<text x="{left + PAD}" y="{top + PAD + LINE * row + 12}">{escape(line)}</text>'
            for row, line in enumerate(lines)
        ]
        top += height + GAP
    return "\n".join(drawn), top - GAP
