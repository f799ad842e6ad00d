from parley_billing.app import MIGRATIONS
from parley_billing.stores.tables import metadata
from parley_store.migrate import differences


async def test_migrations_make_the_tables_of_the_models(url: str) -> None:
    assert await differences(url, MIGRATIONS, "billing", metadata) == []
