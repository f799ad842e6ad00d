"""The keys of this installation, made at its first start, so that no two have the same and none has a default.

`var/secrets/api_key` is the gateway's API key. `var/secrets/identity` holds a key for each service, by which NATS and
the services know each other, the operator's key, and the configuration of the bus. All of it is readable by its owner
alone; the command line and the person at the machine read it there.
"""

import json
import os
import secrets
from pathlib import Path

from parley_core import identity
from parley_core.identity.bus_access import server_configuration

SETTING = "PARLEY_GATEWAY_API_KEY"
BUS = "nats.json"


def key_file(var: Path) -> Path:
    return var / "secrets" / "api_key"


def api_key(var: Path) -> str:
    """The installation's key, made where there is none."""
    path = key_file(var)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # Written elsewhere and linked: who reads at the same moment sees a whole key or none.
        made = path.with_name(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
        try:
            os.link(made, path)
        finally:
            made.unlink()
    except FileExistsError:
        path.chmod(0o600)
    return known_api_key(var)


def known_api_key(var: Path) -> str:
    """The installation's key; "" where none was made, or another user's."""
    try:
        return key_file(var).read_text().strip()
    except OSError:
        return ""


def identity_folder(var: Path) -> Path:
    return var / "secrets" / "identity"


def bus_configuration(var: Path) -> Path:
    """The file in which the NATS server finds who may connect and what each may do."""
    return identity_folder(var) / BUS


def make_identities(var: Path) -> None:
    """Make the keys that are missing, and the bus's configuration from what this version lets each service do."""
    var.joinpath("secrets").mkdir(mode=0o700, parents=True, exist_ok=True)
    write_identities(identity_folder(var))


def write_identities(folder: Path) -> list[Path]:
    """The same for any folder; returns its files."""
    configuration = server_configuration(identity.make_keys(folder))
    path = folder / BUS
    path.touch(mode=0o600)
    path.write_text(json.dumps(configuration, indent=1) + "\n")
    return sorted(folder.iterdir())


def adopt_operator(var: Path) -> None:
    """Act as the installation's operator: by PARLEY_IDENTITY, or by the key in `var`; a stranger where none is."""
    given = os.environ.get("PARLEY_IDENTITY")
    path = Path(given) if given else identity_folder(var) / f"{identity.OPERATOR}.nk"
    identity.adopt(identity.load(path) if given or os.access(path, os.R_OK) else None)
