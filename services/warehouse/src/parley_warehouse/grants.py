"""What the engine itself allows: the files with users and settings that it reads at its start.

chDB knows one user, `default`, under which every query runs. Its grants lack whatever reaches outside the warehouse
(files, addresses, other databases, `SYSTEM`), so that no spelling of a statement gets there; `statement` refuses the
same in front of it with a better message. `engine` writes the files into its folder before it opens it.
"""

from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

_INSIDE: Final = "SELECT, INSERT, CREATE, DROP, ALTER, TRUNCATE, OPTIMIZE, SHOW, CREATE TEMPORARY TABLE, KILL QUERY"

_USERS: Final = """<clickhouse>
  <profiles><default><max_memory_usage>{memory}</max_memory_usage>
    <constraints><max_memory_usage><min>1</min><max>{memory}</max></max_memory_usage></constraints>
  </default></profiles>
  <users><default>
    <password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
    <grants>{grants}</grants>
  </default></users>
  <quotas><default/></quotas>
</clickhouse>
"""

_CONFIG: Final = """<clickhouse>
  <users_config>{users}</users_config>
  <user_directories><users_xml><path>{users}</path></users_xml></user_directories>
</clickhouse>
"""


def write(folder: Path, *, external_sources: bool, max_memory_mb: int) -> Path:
    """Write both files into `folder`; returns the configuration's path. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    grants = [f"GRANT {_INSIDE} ON *.*"]
    if external_sources:
        grants.append("GRANT SOURCES ON *.*")
        grants.append("GRANT TABLE ENGINE ON *")
    users, config = folder / "users.xml", folder / "config.xml"
    statements = "".join(f"<query>{escape(one)}</query>" for one in grants)
    users.write_text(_USERS.format(memory=max_memory_mb * 1024 * 1024, grants=statements), encoding="utf-8")
    config.write_text(_CONFIG.format(users=escape(str(users))), encoding="utf-8")
    return config
