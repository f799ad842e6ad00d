import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley_core.ids import new_id
from parley_store.engine import engine
from sqlalchemy import text

POSTGRES = os.environ.get("PARLEY_TEST_POSTGRES_URL", "")


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRES else ["sqlite"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A fresh, empty database; on PostgreSQL one of its own that is dropped at the end."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/sample.db"
        return
    name = new_id("parley_test_")
    server = engine(POSTGRES).execution_options(isolation_level="AUTOCOMMIT")
    try:
        async with server.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.url.set(database=name).render_as_string(hide_password=False)
        async with server.connect() as connection:
            await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        await server.dispose()


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> str:
    """The migrations beside these tests, importable by name."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    sys.modules.pop("store_migrations", None)
    return "store_migrations"
