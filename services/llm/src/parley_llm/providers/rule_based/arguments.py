"""A flow's values as the arguments that a tool asks for, by the names in its JSON Schema. Pure.

A tool's argument takes the slot of its own name, or else the slot whose kind fits its name ("start" a moment,
"to" a phone number). Where the schema is not known the slots go under their own names.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from parley_core.agents import Flow
from parley_core.text import load_json

from parley_llm.providers.base import ToolOutcome, ToolSpec
from parley_llm.providers.rule_based.values.phones import parts

_NAMES_OF_KIND = {
    "datetime": ("when", "start", "starts_at", "start_time", "datetime", "date_time", "time", "slot", "at"),
    "date": ("date", "day", "when"),
    "time": ("time",),
    "person": ("name", "patient", "patient_name", "full_name", "customer", "customer_name", "caller_name"),
    "phone": ("phone", "phone_number", "to", "number", "recipient", "contact"),
    "email": ("email", "to"),
}
DAY_LIMIT = 20  # of a look-up for a whole day: the caller may have said "in the afternoon"
_TEXT_NAMES = ("text", "message", "body", "content")


def tool_arguments(
    tool: ToolSpec | None, flow: Flow, slots: Mapping[str, str], *, text: str = "", day: str = ""
) -> dict[str, Any]:
    """`text` is for tools that send one; `day` (ISO) is for a look-up where no time is known yet."""
    properties = properties_of(tool)
    if properties is None:
        moment = next((slot.name for slot in flow.slots if slot.kind in ("datetime", "date")), "date")
        return {**slots, **({"text": text} if text else {}), **({moment: day} if day else {})}
    found: dict[str, Any] = {}
    for name in properties:
        if name in slots:
            found[name] = _typed(slots[name], properties[name], flow, name)
        elif name in _TEXT_NAMES and text:
            found[name] = text
        elif (value := _by_kind(name, flow, slots)) is not None:
            found[name] = value
        elif name in ("date", "day") and day:
            found[name] = day
    if day and not any(name in found for name in ("date", "day", *_NAMES_OF_KIND["datetime"])):
        moment = next((name for name in properties if name in _NAMES_OF_KIND["datetime"]), "")
        if moment:
            found[moment] = day
    if day and "limit" in properties:
        found["limit"] = DAY_LIMIT
    return found


def _typed(value: str, schema: object, flow: Flow, name: str) -> object:
    """The value as the type that the tool's schema asks for."""
    kind = next((slot.kind for slot in flow.slots if slot.name == name), "")
    wanted = schema.get("type") if isinstance(schema, dict) else None
    types = wanted if isinstance(wanted, list) else [wanted]
    if kind == "yes_no" and "boolean" in types:
        return value == "yes"
    if kind in ("number", "money") and "string" not in types and {"integer", "number"} & set(types):
        number = float(value.split(" ")[0])
        return int(number) if number == int(number) and "integer" in types else number
    return value


def properties_of(tool: ToolSpec | None) -> dict[str, object] | None:
    if tool is None:
        return None
    try:
        schema = load_json(tool.parameters_schema or "{}")
    except ValueError:
        return None
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) and properties else None


def _by_kind(name: str, flow: Flow, slots: Mapping[str, str]) -> str | None:
    for slot in flow.slots:
        if slot.name in slots and name in _NAMES_OF_KIND.get(slot.kind, ()):
            # A message goes to a number; its extension is for those who call.
            return (
                parts(slots[slot.name])[0] if slot.kind == "phone" and name in ("to", "recipient") else slots[slot.name]
            )
    return None


def named_in(outcome: ToolOutcome, argument: str) -> str:
    """What a look-up's result calls whom or what an argument names, first in its own field, then in its first offer."""
    try:
        result = load_json(outcome.result_json or "{}")
    except ValueError:
        return ""
    if not isinstance(result, dict):
        return ""
    offers = [one for value in result.values() if isinstance(value, list) for one in value if isinstance(one, dict)]
    found = (one.get(argument) for one in (result, *offers))
    return next((name for name in found if isinstance(name, str) and name), "")


def available(outcome: ToolOutcome, wanted: datetime | None, zone: tzinfo | None) -> tuple[bool | None, list[datetime]]:
    """What a look-up says: whether the wanted moment can be had (None: it does not say), and the moments it offers.

    Reads any result that carries `available` and lists of ISO moments, alone or in objects, whatever they are called.
    """
    try:
        result = load_json(outcome.result_json or "{}")
    except ValueError:
        return None, []
    offers = sorted(dict.fromkeys(_moments(result, zone)))
    free: bool | None = None
    if isinstance(result, dict):
        said = result.get("available", result.get("free"))
        free = said if isinstance(said, bool) else None
    if free is None and wanted is not None and outcome.status == "OK":
        free = wanted in offers
    return free, [moment.replace(second=0, microsecond=0) for moment in offers if moment != wanted or free]


def _moments(value: object, zone: tzinfo | None, *, listed: bool = False) -> list[datetime]:
    if isinstance(value, list):
        return [moment for item in value for moment in _moments(item, zone, listed=True)]
    if isinstance(value, dict):
        if listed:
            for name in _NAMES_OF_KIND["datetime"]:
                if isinstance(value.get(name), str):
                    return _moments(value[name], zone, listed=True)
            return []
        return [moment for item in value.values() if isinstance(item, list | dict) for moment in _moments(item, zone)]
    if isinstance(value, str) and listed:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return []
        return [moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment]
    return []
