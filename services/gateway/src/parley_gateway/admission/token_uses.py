"""How many calls a token has opened, over all gateways: for tokens that say how many they may (`uses`).

`call_limits` counts a call in when everything else about it is allowed. The counts are on the bus, in its servers'
memory, for as long as the token lives.
"""

import time

from parley_core.bus.port import Bus
from parley_core.errors import ParleyError

from parley_gateway.caller import Uses

_LIVES_S = (
    900,
    87_000,
)  # most tokens live for minutes: their counts need no day
_TRIES = 20  # against calls that begin at the same moment


class TokenUses:
    def __init__(self, bus: Bus) -> None:
        self._buckets = {life_s: bus.kv(f"token_uses_{life_s}s", ttl_s=life_s) for life_s in _LIVES_S}

    async def take(self, uses: Uses) -> bool:
        """Count one call; False where the token has opened as many as it may. Raises a ParleyError where it cannot be
        counted."""
        left_s = uses.expires - time.time()
        kept = self._buckets[next((life_s for life_s in _LIVES_S if left_s < life_s), _LIVES_S[-1])]
        for _ in range(_TRIES):
            found = await kept.entry(uses.key)
            if found is None:
                if await kept.create(uses.key, b"1"):
                    return True
                continue
            value, revision = found
            if int(value) >= uses.most:
                return False
            if await kept.update(uses.key, b"%d" % (int(value) + 1), revision):
                return True
        raise _Contended("token")


class _Contended(ParleyError):
    pass
