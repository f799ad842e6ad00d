"""Settings: read once from the environment into one frozen object per service.

A service subclasses `ServiceSettings` with its name. Its own fields read `PARLEY_<SERVICE>_<FIELD>`; shared fields read
that too and, where it is not set, `PARLEY_<FIELD>`. A field whose type is a `Slice` holds the settings of one part of
the service, which is given that slice alone: its fields read `PARLEY_<SERVICE>_<PREFIX><FIELD>`. A value out of range
or an unknown `PARLEY_<SERVICE>_…` variable stops the start with one line that names it.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from parley_core.errors import BadInput
from parley_core.vendors import Vendors


class Slice(BaseModel):
    """The settings of one part of a service. `prefix` stands before its fields' names in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    prefix: ClassVar[str] = ""

    def __init_subclass__(cls, prefix: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.prefix = prefix

    @classmethod
    def __pydantic_init_subclass__(cls, prefix: str = "", **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)


class JsonPart(BaseModel):
    """Values that stand together in one variable, as a JSON object: for what a bench or a test sets as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        return json.loads(value) if isinstance(value, str) else value  # a ValueError becomes a ValidationError


@dataclass(frozen=True, slots=True)
class Place:
    """Where the value of one variable stands in the settings: a field, or a field of the slice in `slice`."""

    slice: str
    field: str
    info: FieldInfo


class _Environment(PydanticBaseSettingsSource):
    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise AssertionError("values are read all at once in __call__")

    def __call__(self) -> dict[str, Any]:
        service = getattr(self.settings_cls, "service", "")

        def read(name: str) -> str | None:
            own, shared = f"PARLEY_{service}_{name}".upper(), f"PARLEY_{name}".upper()
            found = os.environ.get(own) if service else None
            if found is None and (name in ServiceSettings.model_fields or not service):
                found = os.environ.get(shared)
            return found or None

        return _nest(self.settings_cls, read)


class ServiceSettings(BaseSettings):
    """What every service is told. Own fields of a service come in its subclass."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")
    service: ClassVar[str] = ""
    removed: ClassVar[Mapping[str, str]] = {}  # former variables of the service, and what to do instead

    worker: str = Field("", description="Name of this process on the bus; empty: a new one per start")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Minimum log level")
    log_format: str = Field("json", pattern="^(json|text)$", description="Format of log lines: for machines or people")
    nats_url: str = Field("nats://127.0.0.1:4222", description="Addresses of NATS, comma-separated")
    identity: str = Field(
        "", description="File with this service's key (an nkey seed, `services.json` beside it); empty: a stranger"
    )
    unsent_dir: str = Field(
        "var/unsent", description="Folder for events that the log had not taken at the process's end; empty: none"
    )
    drain_timeout_s: float = Field(8.0, ge=0, le=3600, description="Time for running work to end at SIGTERM (s)")
    objects_url: str = Field("var/objects", description="Object store: a folder, or s3://, gs://, az:// with a prefix")
    database_url: str = Field("", description="Database (SQLAlchemy URL); empty: an SQLite file per service in var/db")
    bind_host: str = Field("127.0.0.1", description="Bind address of gRPC, health and metrics")
    grpc_port: int = Field(0, ge=0, le=65535, description="gRPC port; 0: any free port")
    health_port: int = Field(0, ge=0, le=65535, description="HTTP port of health and metrics; 0: any free port")
    rag_address: str = Field("127.0.0.1:50051", description="gRPC address of rag")
    tools_address: str = Field("127.0.0.1:50052", description="gRPC address of tools")
    billing_address: str = Field("127.0.0.1:50053", description="gRPC address of billing")
    asr_address: str = Field("127.0.0.1:50061", description="gRPC address of asr")
    tts_address: str = Field("127.0.0.1:50071", description="gRPC address of tts")
    llm_address: str = Field("127.0.0.1:50081", description="gRPC address of llm")
    clickhouse_url: str = Field(
        "http://127.0.0.1:8123", description="HTTP address of ClickHouse, with user:password@ where it needs them"
    )
    temporal_address: str = Field("127.0.0.1:7233", description="gRPC address of Temporal's frontend")
    qdrant_url: str = Field("", description="Address of Qdrant; empty: the engine in the rag process")
    egress_networks: str = Field(
        "", description="Private networks that requests to addresses of users may reach, in CIDR, comma-separated"
    )
    traces_dir: str = Field("", description="Folder for finished spans (JSON lines); empty: none")
    otlp_endpoint: str = Field("", description="gRPC address of an OpenTelemetry collector; empty: none")
    vendors: Vendors = Field(
        Vendors(), description="Keys and addresses of vendors: a JSON object or a YAML file, see docs/providers.md"
    )

    def __init_subclass__(cls, service: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if service:
            cls.service = service

    @classmethod
    def __pydantic_init_subclass__(cls, service: str = "", **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)

    @classmethod
    def of(cls, **values: object) -> Self:
        """Settings by the names of their variables, without `PARLEY_<SERVICE>_`: `of(sip_port=5060)`."""
        unknown = sorted(set(values) - set(variables(cls)))
        if unknown:
            raise BadInput(unknown[0], "is not a setting of this service")
        return cls(**_nest(cls, values.get))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _Environment(settings_cls)


# Former shared variables, and what to do instead.
REMOVED: Mapping[str, str] = {
    "connect_timeout_s": "it is a constant now, unset it",
    "grpc_host": "set PARLEY_BIND_HOST",
    "health_host": "set PARLEY_BIND_HOST",
}

S = TypeVar("S", bound=ServiceSettings)


def constants(*names: str) -> dict[str, str]:
    """Former variables that have become constants, for `removed`."""
    return dict.fromkeys(names, "it is a constant now, unset it")


def variables(settings: type[BaseSettings]) -> dict[str, Place]:
    """Every variable of a service by its name in lower case, without `PARLEY_<SERVICE>_`."""
    found: dict[str, Place] = {}
    for field, info in settings.model_fields.items():
        part = info.annotation
        if isinstance(part, type) and issubclass(part, Slice):
            for name, own in part.model_fields.items():
                found[f"{part.prefix}{name}"] = Place(field, name, own)
        else:
            found[field] = Place("", field, info)
    return found


def load(settings: type[S]) -> S:
    """Read the environment. Raises BadInput naming the first variable that is wrong."""
    prefix = f"PARLEY_{settings.service}_".upper()
    places = variables(settings)
    known = {f"{prefix}{name}".upper() for name in places}
    known |= {f"PARLEY_{name}".upper() for name in ServiceSettings.model_fields}  # PARLEY_ASR_ADDRESS is everybody's
    removed = {f"{prefix}{name}".upper(): hint for name, hint in {**REMOVED, **settings.removed}.items()}
    removed |= {f"PARLEY_{name}".upper(): hint for name, hint in REMOVED.items()}
    for name in sorted(os.environ):
        if name in removed and name not in known:
            raise BadInput(name, f"was removed: {removed[name]}")
        if settings.service and name.startswith(prefix) and name not in known:
            raise BadInput(name, "is not a setting of this service")
    try:
        return settings()
    except ValidationError as error:
        first = error.errors()[0]
        field = _variable_at(places, first["loc"])
        own = f"{prefix}{field}".upper()
        name = own if own in os.environ or field not in ServiceSettings.model_fields else f"PARLEY_{field}".upper()
        raise BadInput(name, first["msg"]) from None


def _nest(settings: type[BaseSettings], read: Callable[[str], object]) -> dict[str, Any]:
    """What a settings class is made of: every value that `read` has, in its slice."""
    values: dict[str, Any] = {}
    for name, place in variables(settings).items():
        if (found := read(name)) is None:
            continue
        if place.slice:
            values.setdefault(place.slice, {})[place.field] = found
        else:
            values[place.field] = found
    return values


def _variable_at(places: Mapping[str, Place], location: tuple[int | str, ...]) -> str:
    for name, place in places.items():
        if location[:2] == (place.slice, place.field) or (not place.slice and location[:1] == (place.field,)):
            return name
    return "settings"
