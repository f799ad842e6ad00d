"""The STUN and TURN servers of the settings, as browsers take them, with credentials that run out.

A TURN server that shares a secret with us (coturn's `use-auth-secret`) takes any user whose name is a time in the
future and whose password is the secret's HMAC of that name: draft-uberti-behave-turn-rest-00. What one caller got is
of no use to others for long.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable

from parley_gateway.channels.webrtc.settings import WebRtcSettings

VALID_S = 4 * 3600  # a call's relay is refreshed with the same credentials for as long as the call lasts


def ice_servers(settings: WebRtcSettings, now_s: Callable[[], float]) -> list[dict[str, str]]:
    servers = [{"urls": settings.stun_url}] if settings.stun_url else []
    if settings.turn_url:
        user, password = settings.turn_user, settings.turn_password
        if not user and password:
            user = str(int(now_s()) + VALID_S)
            password = base64.b64encode(hmac.digest(password.encode(), user.encode(), hashlib.sha1)).decode()
        servers.append({"urls": settings.turn_url, "username": user, "credential": password})
    return servers
