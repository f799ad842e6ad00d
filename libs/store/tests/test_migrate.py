import asyncio
import os
import sys
from pathlib import Path

import pytest
from parley_core.errors import Conflict, NotFound, Unavailable
from parley_store.engine import engine, reading, transaction
from parley_store.migrate import differences, migrate
from parley_testing.servers import free_port
from sqlalchemy import Column, MetaData, String, Table, Text, text


def models() -> MetaData:
    metadata = MetaData()
    Table(
        "sample_notes",
        metadata,
        Column("id", String(64), primary_key=True),
        Column("text", Text, nullable=False),
        Column("author", String(64), nullable=False),
    )
    return metadata


async def revision(url: str) -> str:
    made = engine(url)
    async with reading(made) as connection:
        found = (await connection.execute(text("SELECT version_num FROM alembic_version_sample"))).scalar_one()
    await made.dispose()
    return str(found)


async def test_migrates_to_head_and_again_without_change(url: str, package: str) -> None:
    await migrate(url, package, "sample")
    await migrate(url, package, "sample")
    assert await revision(url) == "0002"


async def test_an_engine_may_be_given_instead_of_a_url(url: str, package: str) -> None:
    made = engine(url)
    await migrate(made, package, "sample")
    await made.dispose()
    assert await revision(url) == "0002"


async def test_many_at_once_in_one_process(url: str, package: str) -> None:
    await asyncio.gather(*(migrate(url, package, "sample") for _ in range(4)))
    assert await revision(url) == "0002"


@pytest.mark.outside
async def test_two_processes_at_once(url: str, package: str) -> None:
    code = (
        "import asyncio, sys; from parley_store.migrate import migrate; "
        "asyncio.run(migrate(sys.argv[1], sys.argv[2], 'sample'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, url, package, env=environment)
        for _ in range(2)
    ]
    assert await asyncio.wait_for(asyncio.gather(*(process.wait() for process in processes)), 60) == [0, 0]
    assert await revision(url) == "0002"


async def test_models_that_agree_show_no_differences(url: str, package: str) -> None:
    assert await differences(url, package, "sample", models()) == []


async def test_a_column_without_a_migration_is_told(url: str, package: str) -> None:
    metadata = models()
    metadata.tables["sample_notes"].append_column(Column("topic", String(64)))
    assert "topic" in " ".join(await differences(url, package, "sample", metadata))


async def test_a_table_without_the_services_name_is_told(url: str, package: str) -> None:
    metadata = models()
    Table("notes", metadata, Column("id", String(64), primary_key=True))
    assert "table 'notes' must begin with 'sample_'" in await differences(url, package, "sample", metadata)


async def test_a_database_of_a_newer_release_is_refused(url: str, package: str) -> None:
    await migrate(url, package, "sample")
    made = engine(url)
    async with transaction(made) as connection:
        await connection.execute(text("UPDATE alembic_version_sample SET version_num = '0099'"))
    await made.dispose()
    with pytest.raises(Conflict, match="0099"):
        await migrate(url, package, "sample")


@pytest.mark.outside
async def test_an_unreachable_database_is_named(package: str) -> None:
    port = free_port()
    with pytest.raises(Unavailable, match=f"127.0.0.1:{port}/parley"):
        await migrate(f"postgresql://user:secret@127.0.0.1:{port}/parley", package, "sample")


async def test_a_package_without_migrations_is_not_found(tmp_path: Path) -> None:
    for package in ("parley_store", "no_such_package.migrations"):
        with pytest.raises(NotFound, match="package of migrations"):
            await migrate(f"sqlite:///{tmp_path}/a.db", package, "sample")
