"""What the engine itself allows: the files with users and settings that it reads at its start.

chDB knows one user, `default`, under which every query runs. Its grants lack whatever reaches outside the warehouse
(files, addresses, other databases, `SYSTEM`), so that no spelling of a statement gets there; `statement` refuses the
same in front of it with a better message. `engine` writes the files into its folder before it opens it.

The rows of a tenant are kept apart by row policies, which go through views, joins and table functions. The one user is
told whose rows to see by the setting `workload`, which is free here and which a reading query cannot change. Policies
name tables, and are read at the start alone: a table that was made since is closed to a user with a tenant.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote
from xml.sax.saxutils import escape

_INSIDE: Final = "SELECT, INSERT, CREATE, DROP, ALTER, TRUNCATE, OPTIMIZE, SHOW, CREATE TEMPORARY TABLE, KILL QUERY"

_USERS: Final = """<clickhouse>
  <profiles><default><max_memory_usage>{memory}</max_memory_usage>
    <constraints><max_memory_usage><min>1</min><max>{memory}</max></max_memory_usage></constraints>
  </default></profiles>
  <users><default>
    <password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
    <grants>{grants}</grants>
    <databases>{policies}</databases>
  </default></users>
  <quotas><default/></quotas>
</clickhouse>
"""

_CONFIG: Final = """<clickhouse>
  <users_config>{users}</users_config>
  <user_directories><users_xml><path>{users}</path></users_xml></user_directories>
</clickhouse>
"""


# Parley's own tables, and whether their rows name a tenant: on the first start they are not made yet.
PLATFORM: Final = {("parley", name): True for name in ("calls", "turns", "events", "usage", "tool_calls", "sentences")}
PLATFORM["parley", "schema_versions"] = False
_EVERYBODY: Final = "getSetting('workload') = 'default'"
_OWN: Final = f"{_EVERYBODY} OR concat('tenant:', tenant) = getSetting('workload')"
_OF_OTHERS: Final = ("processes", "user_query_log")  # of the database `system`: they show other users' queries
_TENANT: Final = re.compile(r"^\s*`tenant` ", re.MULTILINE)

_TAG: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Table = tuple[str, str]  # database, name


def workload(tenant: str) -> str:
    """The value of the setting `workload` for a query that sees this tenant's rows alone."""
    return f"tenant:{tenant}"


def covered(metadata: Path) -> dict[Table, bool]:
    """The tables with a policy, and whether their rows name a tenant. `metadata`: the engine's folder."""
    found = dict(PLATFORM)
    for file in metadata.glob("*/*.sql"):
        text = file.read_text(encoding="utf-8", errors="replace")
        if text.startswith("ATTACH TABLE"):  # views have the policies of what they read
            found[unquote(file.parent.name), unquote(file.stem)] = _TENANT.search(text) is not None
    return found


def write(folder: Path, *, external_sources: bool, max_memory_mb: int, tables: Mapping[Table, bool]) -> Path:
    """Write both files into `folder`; returns the configuration's path. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    grants = [f"GRANT {_INSIDE} ON *.*"]
    if external_sources:
        grants.append("GRANT SOURCES ON *.*")
        grants.append("GRANT TABLE ENGINE ON *")
    users, config = folder / "users.xml", folder / "config.xml"
    statements = "".join(f"<query>{escape(one)}</query>" for one in grants)
    text = _USERS.format(memory=max_memory_mb * 1024 * 1024, grants=statements, policies=_policies(tables))
    users.write_text(text, encoding="utf-8")
    config.write_text(_CONFIG.format(users=escape(str(users))), encoding="utf-8")
    return config


def _policies(tables: Mapping[Table, bool]) -> str:
    filters = {("system", name): _EVERYBODY for name in _OF_OTHERS}
    filters |= {table: _OWN if named else _EVERYBODY for table, named in tables.items()}
    # Names that XML has no tags for get no policy, and are closed by `engine` as any table without one.
    spelled = {table: text for table, text in filters.items() if all(_TAG.fullmatch(part) for part in table)}
    parts = []
    for database in sorted({database for database, _ in spelled}):
        own = "".join(
            f"<{name}><filter>{escape(text)}</filter></{name}>"
            for (of, name), text in sorted(spelled.items())
            if of == database
        )
        parts.append(f"<{database}>{own}</{database}>")
    return "".join(parts)
