"""Settings: read once from the environment into one frozen object per service.

A service subclasses `ServiceSettings` with its name. Its own fields read `PARLEY_<SERVICE>_<FIELD>`; shared fields read
that too and, where it is not set, `PARLEY_<FIELD>`. A field whose type is a `Slice` holds the settings of one part of
the service, which is given that slice alone: its fields read `PARLEY_<SERVICE>_<PREFIX><FIELD>`. A value out of range
or an unknown `PARLEY_<SERVICE>_…` variable stops the start with one line that names it.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from parley_core.errors import BadInput


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

    worker: str = Field("", description="This process's name on the bus; made anew where empty")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least level that is logged")
    log_format: str = Field("json", pattern="^(json|text)$", description="Log lines for machines or for people")
    nats_url: str = Field("nats://127.0.0.1:4222", description="One or more addresses, comma-separated")
    connect_timeout_s: float = Field(30.0, gt=0, le=600, description="How long a start waits for the bus, in seconds")
    unsent_dir: str = Field(
        "var/unsent", description="Folder for events that the log had not taken when the process ended; empty: none"
    )
    drain_timeout_s: float = Field(8.0, ge=0, le=3600, description="How long running work may take to end, in seconds")
    objects_url: str = Field("var/objects", description="A folder, or s3://, gs://, az:// with a prefix")
    database_url: str = Field("", description="SQLAlchemy URL; empty: an SQLite file per service under var/db")
    grpc_host: str = Field("127.0.0.1", description="Address that gRPC binds")
    grpc_port: int = Field(0, ge=0, le=65535, description="0: any free port")
    health_host: str = Field("127.0.0.1", description="Address that health and metrics bind")
    health_port: int = Field(0, ge=0, le=65535, description="HTTP health and metrics; 0: any free port")
    rag_address: str = Field("127.0.0.1:50051", description="gRPC address of rag")
    tools_address: str = Field("127.0.0.1:50052", description="gRPC address of tools")
    billing_address: str = Field("127.0.0.1:50053", description="gRPC address of billing")
    asr_address: str = Field("127.0.0.1:50061", description="gRPC address of asr")
    tts_address: str = Field("127.0.0.1:50071", description="gRPC address of tts")
    llm_address: str = Field("127.0.0.1:50081", description="gRPC address of llm")
    clickhouse_url: str = Field(
        "http://127.0.0.1:8123", description="HTTP address; user:password@ where it asks for one"
    )
    temporal_address: str = Field("127.0.0.1:7233", description="gRPC address of Temporal's frontend")
    qdrant_url: str = Field("", description="Empty: Qdrant's engine in the rag process, in a folder under var")
    traces_dir: str = Field("", description="Folder for finished spans as JSON lines; empty: none")
    otlp_endpoint: str = Field("", description="gRPC address of an OpenTelemetry collector; empty: none")

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


S = TypeVar("S", bound=ServiceSettings)


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
    for name in sorted(os.environ):
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
