"""The warehouse in memory: what the tables hold under FINAL. For tests; passes the contract of `ports.Warehouse`."""

from collections.abc import Sequence

from parley_core.errors import Unavailable

from parley_postcall.rows import EVENTS, KEYS, Row, Table


class MemoryWarehouse:
    def __init__(self) -> None:
        self.down = False
        self.prepared = 0
        self._tables: dict[str, dict[tuple[object, ...], Row]] = {name: {} for name in KEYS}

    async def prepare(self) -> None:
        await self.check()
        self.prepared += 1

    async def write(self, tables: Sequence[Table]) -> None:
        await self.check()
        for table in tables:
            for row in table.rows:
                key = (row["tenant"], row["call"], *(row[column] for column in KEYS[table.name]))
                before = self._tables[table.name].get(key)
                if before is None or _version(row) >= _version(before):
                    self._tables[table.name][key] = row

    async def events_of(self, tenant: str, call: str) -> int:
        await self.check()
        return len(await self.rows(EVENTS, tenant, call))

    async def check(self) -> None:
        if self.down:
            raise Unavailable("ClickHouse", "is down")

    async def rows(self, table: str, tenant: str, call: str) -> list[Row]:
        """The rows of one call in the table's order."""
        found = [(key, row) for key, row in self._tables[table].items() if key[:2] == (tenant, call)]
        return [row for _, row in sorted(found, key=lambda one: str(one[0]))]


def _version(row: Row) -> str:
    return str(row["written_at"])
