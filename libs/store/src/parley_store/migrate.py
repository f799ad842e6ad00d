"""Schema migrations that live inside a service's package: `<package>/versions/*.py`, Alembic scripts without an env.py.

A service calls `migrate` before it serves; its tests call `differences` to see that models and migrations agree. All
services may share one database: each has its own version table, and its tables begin with the service's name.
"""

import asyncio
import importlib.util
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from filelock import FileLock, Timeout
from parley_core.errors import Conflict, NotFound, Unavailable
from sqlalchemy import URL, Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine

from parley_store.engine import CONNECT_ERRORS, engine, parse_url, unavailable

LOCK_TIMEOUT_S: Final = 60.0
_T = TypeVar("_T")

# Alembic's `op` is one per process, so two migrations in one process take turns.
_ALEMBIC = threading.Lock()


async def migrate(engine_or_url: AsyncEngine | str, package: str, service: str) -> None:
    """Bring the service's tables to the newest revision in `package`; safe when several processes start at once.

    Everything happens in one transaction: a failed migration leaves nothing behind. Raises Unavailable when the
    database cannot be reached or another process holds it for longer than a minute, Conflict when the database knows
    a revision that this release does not, and NotFound when `package` has no migrations.
    """
    url, script = _url(engine_or_url), _script(package)

    def upgrade(connection: Connection) -> None:
        _upgrade(connection, script, service)

    await _in_thread(url, service, upgrade)


async def differences(engine_or_url: AsyncEngine | str, package: str, service: str, metadata: MetaData) -> list[str]:
    """Migrate, then return what an automatic migration would still change to match `metadata`; empty: they agree."""
    url, script = _url(engine_or_url), _script(package)

    def compare(connection: Connection) -> list[str]:
        _upgrade(connection, script, service)
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": _version_table(service),
                "compare_type": True,
                "include_name": lambda name, kind, _parents: kind != "table" or str(name).startswith(f"{service}_"),
            },
        )
        wrong_names = [
            f"table {name!r} must begin with '{service}_'"
            for name in metadata.tables
            if not name.startswith(f"{service}_")
        ]
        return wrong_names + [repr(change) for change in compare_metadata(context, metadata)]

    return await _in_thread(url, service, compare)


def _upgrade(connection: Connection, script: ScriptDirectory, service: str) -> None:
    def revisions(current: Any, _context: MigrationContext) -> list[Any]:
        return script._upgrade_revs("head", current)

    config = Config()
    with EnvironmentContext(config, script, fn=revisions, destination_rev="head") as environment:
        environment.configure(
            connection=connection, version_table=_version_table(service), render_as_batch=True, compare_type=True
        )
        try:
            environment.run_migrations()
        except (CommandError, RevisionError) as error:
            raise Conflict(f"the tables of {service}", str(error)) from error


async def _in_thread(url: URL, service: str, work: Callable[[Connection], _T]) -> _T:
    """Run `work` under the lock in a thread with a separate loop: waiting for the lock blocks nothing else."""

    def run() -> _T:
        with _ALEMBIC:
            if url.get_backend_name() != "sqlite":
                return asyncio.run(_locked(url, service, work))
            file = Path(str(url.database))
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with FileLock(f"{file}.migrate.lock", timeout=LOCK_TIMEOUT_S):
                    return asyncio.run(_locked(url, service, work))
            except Timeout as error:
                raise Unavailable(f"database {file}", "another process has been migrating it for too long") from error

    try:
        return await asyncio.to_thread(run)
    except CONNECT_ERRORS as error:
        raise unavailable(url, error) from error


async def _locked(url: URL, service: str, work: Callable[[Connection], _T]) -> _T:
    own = engine(url.render_as_string(hide_password=False), pool_size=1, max_overflow=0)
    try:
        async with own.begin() as connection:
            if url.get_backend_name() != "sqlite":
                await connection.execute(text(f"SET LOCAL lock_timeout = '{int(LOCK_TIMEOUT_S)}s'"))
                key = zlib.crc32(_version_table(service).encode())
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
            return await connection.run_sync(work)
    finally:
        await own.dispose()


def _url(engine_or_url: AsyncEngine | str) -> URL:
    return parse_url(engine_or_url) if isinstance(engine_or_url, str) else engine_or_url.url


def _version_table(service: str) -> str:
    return f"alembic_version_{service}"


def _script(package: str) -> ScriptDirectory:
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        spec = None
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places or not Path(places[0], "versions").is_dir():
        raise NotFound("package of migrations", package)
    return ScriptDirectory(places[0])
