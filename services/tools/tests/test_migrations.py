from parley_store.migrate import differences
from parley_tools.app import MIGRATIONS
from parley_tools.stores.tables import metadata


async def test_migrations_make_the_tables_of_the_models(url: str) -> None:
    assert await differences(url, MIGRATIONS, "tools", metadata) == []
