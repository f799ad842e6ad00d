"""Serving gRPC: the services of one process on one port, with the health protocol and Parley's errors as statuses."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from parley_core import telemetry
from parley_core.errors import NotAllowed, ParleyError, Unavailable
from parley_core.identity.rpc_access import may_call
from parley_core.identity.tokens import HEADER, Verifier
from parley_core.networks import parsed
from parley_core.rpc.status import ERROR_KEY, status_of
from parley_core.runtime import Runtime

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
# (add_XServicer_to_server, servicer, full service name); the generated functions share no narrower type.
Service = tuple[Callable[[Any, Any], None], object, str]


@asynccontextmanager
async def serve(runtime: Runtime, host: str, port: int, services: Sequence[Service]) -> AsyncIterator[int]:
    """Serve until the context is left; yields the port. Raises Unavailable when the port cannot be had.

    A process with an identity answers the services of its installation alone, each for the methods that it may call;
    health is answered to all.
    """
    verifier = Verifier(runtime.identity) if runtime.identity is not None else None
    server = grpc.aio.server(
        interceptors=[_Boundary(verifier)],
        options=[
            ("grpc.so_reuseport", 0),  # a second process on the same port must fail, not share
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ],
    )
    health = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    for add, servicer, _ in services:
        add(servicer, server)
    names = ["", *(name for _, _, name in services)]

    async def publish(ready: bool) -> None:
        status = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in names:
            await health.set(name, status)

    if verifier is None and not _is_loopback(host):
        log.warning("rpc answers everybody who reaches it: set PARLEY_IDENTITY", extra={"host": host, "port": port})
    try:
        bound = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError:
        raise Unavailable(f"gRPC port {port}", "it is taken") from None
    await server.start()
    await publish(runtime.health.ready)

    def changed(ready: bool) -> None:
        runtime.tasks.spawn(publish(ready), "publish health")

    runtime.health.on_change(changed)
    try:
        yield bound
    finally:
        await server.stop(grace=2)


class _Boundary(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Asks who calls, takes the trace from the metadata, and makes statuses of Parley's errors; others are INTERNAL and
    logged."""

    def __init__(self, verifier: Verifier | None) -> None:
        self._verifier = verifier

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        handler = await continuation(details)
        if handler is None or details.method.startswith("/grpc.health."):
            return handler
        metadata = dict(details.invocation_metadata or ())
        if self._verifier is not None and (refused := _refusal(self._verifier, details.method, metadata)) is not None:
            return _refusing(handler, refused)
        parent = str(metadata.get("traceparent", ""))
        name = details.method.lstrip("/")
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                _unary(handler.unary_unary, name, parent), handler.request_deserializer, handler.response_serializer
            )
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                _stream(handler.unary_stream, name, parent), handler.request_deserializer, handler.response_serializer
            )
        if handler.stream_stream is not None:
            return grpc.stream_stream_rpc_method_handler(
                _stream(handler.stream_stream, name, parent), handler.request_deserializer, handler.response_serializer
            )
        return grpc.stream_unary_rpc_method_handler(
            _unary(handler.stream_unary, name, parent), handler.request_deserializer, handler.response_serializer
        )


def _is_loopback(host: str) -> bool:
    address = parsed(host)
    return host == "localhost" if address is None else address.is_loopback


def _refusal(verifier: Verifier, method: str, metadata: Mapping[str, str | bytes]) -> NotAllowed | None:
    """Why this call is not answered; None: it is."""
    name = method.lstrip("/")
    try:
        service = verifier.service(str(metadata.get(HEADER, "")), name.partition("/")[0])
    except NotAllowed as error:
        log.warning("rpc refused", extra={"method": name, "why": error.why})
        return error
    if may_call(service, name):
        return None
    log.warning("rpc refused", extra={"method": name, "service": service})
    return NotAllowed(name, f"{service} may not call it")


def _refusing(handler: grpc.RpcMethodHandler, error: NotAllowed) -> grpc.RpcMethodHandler:
    """A handler of the same kind that refuses, before a request is read."""

    async def refuse(_: Any, context: grpc.aio.ServicerContext) -> Any:
        await _abort(context, error)

    async def refuse_stream(_: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        await _abort(context, error)
        yield  # never reached: makes this a stream

    kinds = {
        (False, False): (grpc.unary_unary_rpc_method_handler, refuse),
        (False, True): (grpc.unary_stream_rpc_method_handler, refuse_stream),
        (True, False): (grpc.stream_unary_rpc_method_handler, refuse),
        (True, True): (grpc.stream_stream_rpc_method_handler, refuse_stream),
    }
    make, behaviour = kinds[handler.request_streaming, handler.response_streaming]
    return make(behaviour, handler.request_deserializer, handler.response_serializer)


def _unary(inner: Callable[[Any, Any], Awaitable[Any]], name: str, parent: str) -> Callable[[Any, Any], Awaitable[Any]]:
    async def call(request: Any, context: grpc.aio.ServicerContext) -> Any:
        with telemetry.span(name, parent=parent):
            try:
                return await inner(request, context)
            except ParleyError as error:
                await _abort(context, error)
            except Exception as error:
                if isinstance(error, grpc.aio.AbortError):
                    raise
                log.exception("rpc failed", extra={"method": name})
                await context.abort(grpc.StatusCode.INTERNAL, type(error).__name__)

    return call


def _stream(inner: Callable[[Any, Any], Any], name: str, parent: str) -> Callable[[Any, Any], Any]:
    async def call(request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        with telemetry.span(name, parent=parent):
            try:
                async for answer in inner(request, context):
                    yield answer
            except ParleyError as error:
                await _abort(context, error)
            except Exception as error:
                if isinstance(error, grpc.aio.AbortError):
                    raise
                log.exception("rpc failed", extra={"method": name})
                await context.abort(grpc.StatusCode.INTERNAL, type(error).__name__)

    return call


async def _abort(context: grpc.aio.ServicerContext, error: ParleyError) -> None:
    await context.abort(status_of(error), str(error), trailing_metadata=((ERROR_KEY, type(error).__name__),))
