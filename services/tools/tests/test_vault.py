"""Tenants' secrets: encrypted at rest, opened for their tenant alone, wrapped anew when the master key changes."""

import base64
from pathlib import Path

import pytest
from parley_core.errors import BadInput, NotAllowed, NotFound
from parley_store.engine import reading, transaction
from parley_tools.credentials.references import Secret
from parley_tools.credentials.vault import MasterKeys, Vault
from parley_tools.stores.tables import credentials
from sqlalchemy import select, update

KEY = base64.b64encode(bytes(32)).decode()


def vault(desk, *lines: str, tmp_path: Path) -> Vault:
    file = tmp_path / "keys"
    file.write_text("\n".join(lines))
    return Vault(desk.database, MasterKeys.load(str(file)), desk.clock)


async def rows(desk):
    async with reading(desk.database) as connection:
        return (await connection.execute(select(credentials))).all()


async def test_a_secret_is_read_back_and_stands_nowhere_in_the_table(desk, tmp_path) -> None:
    kept = vault(desk, KEY, tmp_path=tmp_path)
    await kept.put("t1", "shop", "hunter2-of-the-shop")
    assert await kept.get("t1", "shop") == "hunter2-of-the-shop"
    assert b"hunter2" not in b"".join(bytes(row.sealed) + bytes(row.wrapped) for row in await rows(desk))
    assert [name for name, _ in await kept.names("t1")] == ["shop"]
    assert await kept.names("t2") == []
    with pytest.raises(NotFound):
        await kept.get("t2", "shop")


async def test_a_row_that_is_given_to_another_tenant_or_name_opens_nothing(desk, tmp_path) -> None:
    kept = vault(desk, KEY, tmp_path=tmp_path)
    await kept.put("t1", "shop", "secret")
    for change in ({"tenant": "t2"}, {"tenant": "t1", "name": "bank"}):
        async with transaction(desk.database) as connection:
            await connection.execute(update(credentials).values(**change))
        row = (await rows(desk))[0]
        with pytest.raises(NotAllowed, match="changed"):
            await kept.get(row.tenant, row.name)


async def test_secrets_outlive_a_change_of_the_master_key(desk, tmp_path) -> None:
    new = base64.b64encode(bytes(range(32))).decode()
    await vault(desk, KEY, tmp_path=tmp_path).put("t1", "shop", "secret")
    both = vault(desk, new, KEY, tmp_path=tmp_path)
    assert (await both.get("t1", "shop"), await both.rotate("t1"), await both.rotate("t1")) == ("secret", 1, 0)
    assert await vault(desk, new, tmp_path=tmp_path).get("t1", "shop") == "secret"
    with pytest.raises(NotAllowed, match="master key"):
        await vault(desk, KEY, tmp_path=tmp_path).get("t1", "shop")


@pytest.mark.parametrize("content", ["", "short", base64.b64encode(bytes(16)).decode(), "ünicode"])
def test_a_file_that_holds_no_keys_is_named(tmp_path, content: str) -> None:
    file = tmp_path / "keys"
    file.write_text(content)
    with pytest.raises(BadInput, match="keys"):
        MasterKeys.load(str(file))


def test_a_missing_file_is_made_for_its_owner_alone(tmp_path) -> None:
    file = tmp_path / "secrets" / "keys"
    first, second = MasterKeys.load(str(file)), MasterKeys.load(str(file))
    assert first.newest == second.newest
    assert file.stat().st_mode & 0o777 == 0o600


async def test_without_master_keys_nothing_is_stored(desk) -> None:
    with pytest.raises(NotAllowed, match="PARLEY_TOOLS_KEYS"):
        await Vault(desk.database, MasterKeys.load(""), desk.clock).put("t1", "shop", "secret")


async def test_a_literal_secret_in_the_rules_is_refused_without_being_quoted() -> None:
    with pytest.raises(BadInput) as error:
        await Secret("t1", "hunter2").reveal()
    assert "hunter2" not in str(error.value)
