"""Ends with 0 when the service of this container answers its health check, else with 1. The image's HEALTHCHECK."""

import http.client
import os
import sys

TIMEOUT_S = 2.5


def address(environment: dict[str, str]) -> tuple[int, str]:
    """Port and path that the environment's service answers on."""
    service = environment.get("SERVICE", "")
    if service == "warehouse":
        return int(environment.get("PARLEY_WAREHOUSE_PORT") or 8123), "/ping"
    own = environment.get(f"PARLEY_{service}_HEALTH_PORT".upper())
    return int(own or environment.get("PARLEY_HEALTH_PORT") or 9001), "/healthz"


def healthy(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not healthy(*address(dict(os.environ))))
