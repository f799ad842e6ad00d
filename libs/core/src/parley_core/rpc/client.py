"""Calling gRPC services: channels that carry the trace and try again while a server restarts."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from parley_core import telemetry
from parley_core.rpc.server import MAX_MESSAGE_BYTES
from parley_core.rpc.status import error_of

# Servers behind one name take turns. A call that a server has not begun is tried again by the channel itself,
# inside the caller's deadline.
_SERVICE = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}


def connect(address: str) -> grpc.aio.Channel:
    """Return a channel (it connects when first used; close it). Every call on it still needs a `timeout`."""
    return grpc.aio.insecure_channel(
        address,
        options=[
            ("grpc.service_config", json.dumps(_SERVICE)),
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 2000),
            ("grpc.enable_http_proxy", 0),
        ],
        interceptors=[_UnaryTrace(), _StreamTrace()],
    )


@contextmanager
def translating(service: str) -> Iterator[None]:
    """Turn gRPC's errors into Parley's, naming the service that was called."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise error_of(service, error) from None


def _with_trace(details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
    traceparent = telemetry.current_traceparent()
    if not traceparent:
        return details
    metadata = grpc.aio.Metadata(*(details.metadata or ()))
    metadata.add("traceparent", traceparent)
    return grpc.aio.ClientCallDetails(
        details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
    )


class _UnaryTrace(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    async def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Any], details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(_with_trace(details), request)


class _StreamTrace(grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[misc]
    async def intercept_unary_stream(
        self, continuation: Callable[[Any, Any], Any], details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(_with_trace(details), request)
