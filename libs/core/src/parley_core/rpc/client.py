"""Calling gRPC services: channels that carry the trace and try again while a server restarts."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from parley_core import identity, telemetry
from parley_core.identity.tokens import HEADER, Presenter
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
    """Return a channel (it connects when first used; close it). Every call on it still needs a `timeout`.

    Calls carry the token of the identity that the process has adopted, if it has one.
    """
    own = identity.current()
    presenter = Presenter(own) if own is not None else None
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
        interceptors=[kind(presenter) for kind in (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)],
    )


@contextmanager
def translating(service: str) -> Iterator[None]:
    """Turn gRPC's errors into Parley's, naming the service that was called."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise error_of(service, error) from None


class _Outgoing:
    """Puts the trace, and who calls, into a call's metadata."""

    def __init__(self, presenter: Presenter | None) -> None:
        self._presenter = presenter

    def details(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        traceparent = telemetry.current_traceparent()
        if not traceparent and self._presenter is None:
            return details
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        if traceparent:
            metadata.add("traceparent", traceparent)
        if self._presenter is not None:
            method = details.method.decode() if isinstance(details.method, bytes) else details.method
            metadata.add(HEADER, self._presenter.header(method.lstrip("/").partition("/")[0]))
        return grpc.aio.ClientCallDetails(
            details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
        )


class _UnaryUnary(_Outgoing, grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    async def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Any], details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(self.details(details), request)


class _UnaryStream(_Outgoing, grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[misc]
    async def intercept_unary_stream(
        self, continuation: Callable[[Any, Any], Any], details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(self.details(details), request)


class _StreamUnary(_Outgoing, grpc.aio.StreamUnaryClientInterceptor):  # type: ignore[misc]
    async def intercept_stream_unary(
        self, continuation: Callable[[Any, Any], Any], details: grpc.aio.ClientCallDetails, requests: Any
    ) -> Any:
        return await continuation(self.details(details), requests)


class _StreamStream(_Outgoing, grpc.aio.StreamStreamClientInterceptor):  # type: ignore[misc]
    async def intercept_stream_stream(
        self, continuation: Callable[[Any, Any], Any], details: grpc.aio.ClientCallDetails, requests: Any
    ) -> Any:
        return await continuation(self.details(details), requests)
