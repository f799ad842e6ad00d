"""The secrets of this installation, made at its first start, so that no two have the same and none has a default.

In `var/secrets` are the gateway's API key and the warehouse's password, which its clients bring too. `identity` there
holds a key for each service, by which NATS and the services know each other, the operator's key, and the configuration
of the bus. All of it is readable by its owner alone; the command line and the person at the machine read it there.
"""

import json
import os
import secrets
from pathlib import Path

from parley_core import identity
from parley_core.identity.bus_access import server_configuration

SETTING = "PARLEY_GATEWAY_API_KEY"
BUS = "nats.json"
API_KEY, WAREHOUSE_PASSWORD = "api_key", "warehouse_password"  # file names
SECRETS = {API_KEY: "API key", WAREHOUSE_PASSWORD: "password of the warehouse"}


def secret_file(var: Path, name: str) -> Path:
    return var / "secrets" / name


def secret(var: Path, name: str) -> str:
    """The installation's secret of this name, made where there is none."""
    path = secret_file(var, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # Written elsewhere and linked: who reads at the same moment sees a whole secret or none.
        made = path.with_name(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
        try:
            os.link(made, path)
        finally:
            made.unlink()
    except FileExistsError:
        path.chmod(0o600)
    return known_secret(var, name)


def known_secret(var: Path, name: str) -> str:
    """The installation's secret; "" where none was made, or another user's."""
    try:
        return secret_file(var, name).read_text().strip()
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
