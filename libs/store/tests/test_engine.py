import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley_core.errors import BadInput, Unavailable
from parley_store.engine import engine, reading, service_url, session_factory, transaction
from parley_testing.servers import free_port
from sqlalchemy import Integer, String, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import Column, ForeignKey, MetaData, Table

metadata = MetaData()
counters = Table("counters", metadata, Column("name", String(20), primary_key=True), Column("value", Integer))
marks = Table("marks", metadata, Column("counter", ForeignKey("counters.name"), primary_key=True))


@pytest.fixture
async def database(url: str) -> AsyncIterator[AsyncEngine]:
    made = engine(url)
    async with transaction(made) as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(insert(counters).values(name="calls", value=0))
    yield made
    await made.dispose()


async def value(database: AsyncEngine) -> int:
    async with reading(database) as connection:
        return (await connection.execute(select(counters.c.value))).scalar_one()


async def test_writers_that_read_first_lose_no_update(database: AsyncEngine) -> None:
    async def add_one() -> None:
        async with transaction(database) as connection:
            seen = (await connection.execute(select(counters.c.value).with_for_update())).scalar_one()
            await asyncio.sleep(0)
            await connection.execute(update(counters).values(value=seen + 1))

    await asyncio.gather(*(add_one() for _ in range(30)))
    assert await value(database) == 30


async def test_an_error_rolls_the_transaction_back(database: AsyncEngine) -> None:
    async def fail_after_writing() -> None:
        async with transaction(database) as connection:
            await connection.execute(update(counters).values(value=7))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_writing()
    assert await value(database) == 0


async def test_a_reader_does_not_wait_for_a_writer(database: AsyncEngine) -> None:
    async with transaction(database) as connection:
        await connection.execute(update(counters).values(value=7))
        assert await asyncio.wait_for(value(database), 5) == 0


async def test_foreign_keys_hold(database: AsyncEngine) -> None:
    with pytest.raises(IntegrityError):
        async with transaction(database) as connection:
            await connection.execute(insert(marks).values(counter="unknown"))


async def test_sessions_commit_as_writers(database: AsyncEngine) -> None:
    async with session_factory(database).begin() as session:
        await session.execute(update(counters).values(value=3))
    assert await value(database) == 3


async def test_a_lock_that_is_never_freed_ends_in_unavailable(tmp_path: Path) -> None:
    first = engine(f"sqlite:///{tmp_path}/a.db")
    second = engine(f"sqlite:///{tmp_path}/a.db", busy_timeout_s=0.05)
    async with transaction(first):
        with pytest.raises(Unavailable, match=r"a\.db is unavailable: database is locked"):
            async with transaction(second):
                raise AssertionError("two writers at once")
    await first.dispose()
    await second.dispose()


async def test_a_database_that_goes_away_in_a_transaction_is_unavailable(database: AsyncEngine) -> None:
    if database.url.get_backend_name() == "sqlite":
        breaking = update(counters).values(value=1)  # by a reader, while a writer holds the lock
        impatient = engine(database.url.render_as_string(), busy_timeout_s=0.05)
    else:
        breaking = text("SELECT pg_terminate_backend(pg_backend_pid())")
        impatient = engine(database.url.render_as_string(hide_password=False))
    async with transaction(database):
        with pytest.raises(Unavailable):
            async with reading(impatient) as connection:
                await connection.execute(breaking)
    await impatient.dispose()


async def test_writers_of_one_process_wait_no_longer_than_they_may(tmp_path: Path) -> None:
    made = engine(f"sqlite:///{tmp_path}/a.db", busy_timeout_s=0.05)
    async with transaction(made):
        with pytest.raises(Unavailable, match="other writers hold it"):
            async with transaction(made):
                raise AssertionError("two writers at once")
    async with transaction(made):
        pass
    await made.dispose()


async def test_a_cancelled_writer_lets_the_next_one_write(database: AsyncEngine) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with transaction(database) as connection:
            await connection.execute(update(counters).values(value=9))
            inside.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(write())
    await inside.wait()
    writing.cancel()
    await asyncio.wait([writing])
    async with transaction(database) as connection:
        await connection.execute(update(counters).values(value=counters.c.value + 1))
    assert await value(database) == 1


async def test_sqlite_is_opened_durably_with_a_write_ahead_log(tmp_path: Path) -> None:
    made = engine(f"sqlite:///{tmp_path}/new/folder/a.db")
    async with reading(made) as connection:
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
        assert (await connection.execute(text("PRAGMA synchronous"))).scalar_one() == 2
    await made.dispose()


@pytest.mark.outside
async def test_an_unreachable_server_is_named_without_its_password() -> None:
    port = free_port()
    made = engine(f"postgresql://someone:hunter2@127.0.0.1:{port}/parley")
    with pytest.raises(Unavailable) as failure:
        async with reading(made):
            raise AssertionError("connected to nobody")
    assert f"postgresql://127.0.0.1:{port}/parley" in str(failure.value)
    assert "hunter2" not in str(failure.value)
    await made.dispose()


@pytest.mark.parametrize("wrong", ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_other_urls_are_refused(wrong: str) -> None:
    with pytest.raises(BadInput, match="database_url"):
        engine(wrong)


def test_without_a_url_a_service_has_its_own_file() -> None:
    assert service_url("", "tools") == "sqlite+aiosqlite:///var/db/tools.db"
    assert service_url("postgresql://db/parley", "tools") == "postgresql://db/parley"
