"""Who asks: the writing user and, where one is set, the reading one, by ClickHouse's three ways to say a name.

`requests` calls it before anything of a body is read. Names and passwords are compared in constant time.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from parley_warehouse.errors import Code, refused
from parley_warehouse.settings import WarehouseSettings


@dataclass(frozen=True, slots=True)
class User:
    name: str
    analyst: bool  # may only read
    tenant: str = ""  # whose rows alone it sees; empty: everybody's


class Access:
    def __init__(self, settings: WarehouseSettings) -> None:
        self._users = [(User(settings.user, False), settings.password.get_secret_value())]
        if settings.analyst_user:
            analyst = User(settings.analyst_user, True, settings.analyst_tenant)
            self._users.append((analyst, settings.analyst_password.get_secret_value()))

    def check(self, headers: Mapping[str, str], parameters: Mapping[str, str]) -> User:
        """Raises QueryFailed 516 for an unknown name or a wrong password; which of the two is not said."""
        name, password = _claimed(headers, parameters)
        for user, expected in self._users:
            known = hmac.compare_digest(user.name.encode(), name.encode())
            # A user without a password takes any, as ClickHouse's no_password users do.
            if known and (not expected or hmac.compare_digest(expected.encode(), password.encode())):
                return user
        raise refused(
            Code.AUTHENTICATION_FAILED,
            f"{name[:64]}: Authentication failed: password is incorrect, or there is no user with such name.",
        )


def _claimed(headers: Mapping[str, str], parameters: Mapping[str, str]) -> tuple[str, str]:
    if "X-ClickHouse-User" in headers or "X-ClickHouse-Key" in headers:
        return headers.get("X-ClickHouse-User", "default"), headers.get("X-ClickHouse-Key", "")
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise refused(Code.AUTHENTICATION_FAILED, "The Authorization header is not valid.") from None
        return name, password
    if scheme:
        raise refused(Code.AUTHENTICATION_FAILED, "Only Basic authorization is served.")
    return parameters.get("user", "default"), parameters.get("password", "")
