"""Keys and addresses of vendors of speech, language and vectors, one way for all services: the setting PARLEY_VENDORS.

It is a JSON object, or the path of a YAML file with the same. A key stands there by reference (`env:NAME`,
`file:/path`), so that the object itself may be shown and shared; a literal key is taken, too. asr, llm, tts and rag ask
for the `Endpoint` of a vendor in their own role. Documents of agents name providers, never keys.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

Role = Literal["asr", "llm", "tts", "rag"]
_ENV, _FILE = "env:", "file:"


class _Access(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field("", repr=False)  # literal, env:NAME, or file:/path
    url: str = Field("", pattern="^(|(wss?|https?|grpcs?)://.+)$")  # empty: the vendor's own
    model: str = ""  # of agents whose documents name none; empty: the provider's own
    voice: str = ""  # likewise


class Vendor(_Access):
    """Access to a vendor, and what is another for one role."""

    asr: _Access = _Access()
    llm: _Access = _Access()
    tts: _Access = _Access()
    rag: _Access = _Access()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How one service asks a vendor. Empty: the vendor's own address, no key, the provider's own model and voice."""

    key: str = field(repr=False)
    url: str
    model: str
    voice: str = ""


class Vendors(RootModel[Mapping[str, Vendor]]):
    model_config = ConfigDict(frozen=True)
    root: Mapping[str, Vendor] = {}

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        text = value.strip()
        if not text.startswith("{"):
            try:
                text = Path(text).read_text(encoding="utf-8")
            except OSError as error:
                raise ValueError(f"cannot be read: {error.strerror}") from None
            import yaml  # most processes have no such file

            try:
                return yaml.safe_load(text) or {}
            except yaml.YAMLError:
                raise ValueError("is no YAML") from None
        return json.loads(text)

    def endpoint(self, vendor: str, role: Role) -> Endpoint | None:
        """None where neither a key nor an address is known, also because a key's reference leads nowhere."""
        entry = self.root.get(vendor)
        if entry is None:
            return None
        own: _Access = getattr(entry, role)
        found = Endpoint(
            resolved(own.key or entry.key), own.url or entry.url, own.model or entry.model, own.voice or entry.voice
        )
        return found if found.key or found.url else None


def resolved(reference: str) -> str:
    """The key that a reference stands for; empty where there is none."""
    if reference.startswith(_ENV):
        return os.environ.get(reference.removeprefix(_ENV), "")
    if reference.startswith(_FILE):
        try:
            return Path(reference.removeprefix(_FILE)).read_text(encoding="utf-8").strip()
        except OSError:
            return ""
    return reference
