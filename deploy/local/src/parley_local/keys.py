"""The API key of this installation: made at its first start, so that no two have the same and none has a default.

Kept in `var/secrets/api_key`, readable by its owner alone. `parley up` gives it to the gateway; the command line and
the person at the machine read it there.
"""

import os
import secrets
from pathlib import Path

SETTING = "PARLEY_GATEWAY_API_KEY"


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
