"""Who a process is, towards NATS and towards other services: one Ed25519 key per service, made once per installation.

`keys` makes and reads them, `tokens` proves them to gRPC servers, `bus_access` and `rpc_access` say what each may do.
A process presents the identity that it has adopted; `runtime` adopts the one in PARLEY_IDENTITY, the command line the
operator's.
"""

from parley_core.identity.keys import OPERATOR, SERVICES, Identity, adopt, current, load, make_keys

__all__ = ["OPERATOR", "SERVICES", "Identity", "adopt", "current", "load", "make_keys"]
