"""Finds and reads the calendar of a tenant's agent. Files are read anew when they change."""

from pathlib import Path
from threading import Lock

import yaml
from parley_core.errors import BadInput, NotFound
from parley_core.ids import check_token
from pydantic import ValidationError

from parley_tools.calendar import Calendar, CalendarDocument


def load_calendar(path: Path) -> Calendar:
    """Read one file. Raises BadInput that names the file and the field."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BadInput(str(path), f"is not YAML: {getattr(error, 'problem', '') or 'cannot be read'}") from None
    try:
        return Calendar(CalendarDocument.model_validate(found))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{path}: {'.'.join(map(str, first['loc']))}", first["msg"]) from None


class Calendars:
    """The calendars under one path: one file for all agents, or a folder with a file for each agent."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: dict[Path, tuple[int, Calendar]] = {}
        self._lock = Lock()

    def of(self, tenant: str, agent: str) -> Calendar:
        """Return the agent's calendar. Raises NotFound when it has none, BadInput when its file is wrong."""
        for path in self._places(tenant, agent):
            try:
                changed = path.stat().st_mtime_ns
            except OSError:
                continue
            with self._lock:
                known = self._read.get(path)
                if known is None or known[0] != changed:
                    known = self._read[path] = (changed, load_calendar(path))
            return known[1]
        raise NotFound("calendar of agent", agent)

    def _places(self, tenant: str, agent: str) -> list[Path]:
        if self._path.suffix in (".yaml", ".yml"):
            return [self._path]
        check_token(tenant, "tenant")
        if not agent:
            return []
        check_token(agent, "agent")
        return [self._path / tenant / agent / "calendar.yaml", self._path / agent / "calendar.yaml"]
