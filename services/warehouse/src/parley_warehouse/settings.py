"""What the warehouse is told at its start: `PARLEY_WAREHOUSE_<FIELD>` from the environment, read once by `__main__`."""

import os
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from parley_warehouse.errors import StartRefused

PREFIX = "PARLEY_WAREHOUSE_"


class WarehouseSettings(BaseSettings):
    """Every field may be left out: the defaults serve one machine on loopback without a password."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    data_dir: Path = Field(Path("var/clickhouse"), description="Folder of the tables; made where missing")
    host: str = Field("127.0.0.1", description="Address to bind; loopback unless told otherwise")
    port: int = Field(8123, ge=0, le=65535, description="HTTP port; 0: any free port")
    display_name: str = Field("parley", description="Shown as X-ClickHouse-Server-Display-Name")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least level that is logged")

    user: str = Field("default", min_length=1, description="The user that may write")
    password: SecretStr = Field(SecretStr(""), description="Empty: no password is asked for")
    analyst_user: str = Field("", description="A user that may only read; empty: none")
    analyst_password: SecretStr = Field(
        SecretStr(""), description="The reading user's password; empty: none is asked for"
    )
    analyst_tenant: str = Field("", description="The tenant whose rows the reading user sees; empty: everybody's")
    external_sources: bool = Field(
        False, description="Allow file(), url(), s3() and their like, which reach outside the warehouse"
    )

    query_threads: int = Field(4, ge=1, le=64, description="Queries that run at once")
    queue_limit: int = Field(64, ge=0, le=10_000, description="Queries that may wait for a thread; more are refused")
    query_limit_s: float = Field(120.0, gt=0, le=86_400, description="Longest run of one query, in seconds")
    body_limit_mb: int = Field(512, ge=1, le=65_536, description="Largest request body, unpacked, in MiB")
    max_memory_mb: int = Field(2048, ge=128, description="Memory that one query may use, in MiB")
    session_limit: int = Field(256, ge=1, le=100_000, description="Sessions (session_id) kept at once")
    stall_limit_s: float = Field(
        60.0, gt=0, le=3600, description="How long a client may send or take nothing, in seconds"
    )
    drain_timeout_s: float = Field(
        5.0, ge=0, le=3600, description="How long running queries may take to end, in seconds"
    )

    @classmethod
    def load(cls) -> Self:
        """Read the environment. Raises StartRefused naming the first variable that is wrong."""
        known = {f"{PREFIX}{name}".upper() for name in cls.model_fields}
        for name in sorted(os.environ):
            if name.startswith(PREFIX) and name not in known:
                raise StartRefused(f"{name} is not a setting of the warehouse")
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            field = str(first["loc"][0]) if first["loc"] else "settings"
            raise StartRefused(f"{PREFIX}{field.upper()}: {first['msg']}") from None
