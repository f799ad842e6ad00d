"""gRPC between services: one way to serve and one way to connect, with health, deadlines, traces and error mapping."""

from parley_core.rpc.client import connect, translating
from parley_core.rpc.server import serve

__all__ = ["connect", "serve", "translating"]
