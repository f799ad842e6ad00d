"""Parley's errors as gRPC statuses and back. The class name travels in trailing metadata, so nothing is guessed."""

import re

import grpc

from parley_core import errors

ERROR_KEY = "parley-error"

_NAMED = re.compile(r"no (?P<what>.+?) named (?P<quote>['\"])(?P<name>.*)(?P=quote)", re.DOTALL)  # as NotFound says it

_STATUS: list[tuple[type[errors.ParleyError], grpc.StatusCode]] = [
    (errors.BadInput, grpc.StatusCode.INVALID_ARGUMENT),
    (errors.NotFound, grpc.StatusCode.NOT_FOUND),
    (errors.NotAllowed, grpc.StatusCode.PERMISSION_DENIED),
    (errors.Conflict, grpc.StatusCode.ALREADY_EXISTS),
    (errors.LimitReached, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.Unavailable, grpc.StatusCode.UNAVAILABLE),
    (errors.TimedOut, grpc.StatusCode.DEADLINE_EXCEEDED),
    (errors.Rejected, grpc.StatusCode.FAILED_PRECONDITION),
]


def status_of(error: errors.ParleyError) -> grpc.StatusCode:
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status
    return grpc.StatusCode.UNKNOWN


def error_of(service: str, error: grpc.aio.AioRpcError, timeout_s: float = 0) -> errors.ParleyError:
    """The Parley error for a failed call of `service`."""
    status, detail = error.code(), error.details() or ""
    if status == grpc.StatusCode.INVALID_ARGUMENT:
        where, _, problem = detail.partition(": ")
        return errors.BadInput(where, problem) if problem else errors.BadInput(service, detail)
    if status == grpc.StatusCode.NOT_FOUND:
        named = _NAMED.fullmatch(detail)
        return errors.NotFound(named["what"], named["name"]) if named else errors.NotFound(service, detail)
    if status == grpc.StatusCode.PERMISSION_DENIED:
        what, _, why = detail.partition(" is not allowed: ")  # as NotAllowed says it over there
        return errors.NotAllowed(what, why) if why else errors.NotAllowed(service, detail)
    if status in (grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.ABORTED):
        return errors.Conflict(service, detail)
    if status == grpc.StatusCode.DEADLINE_EXCEEDED:
        return errors.TimedOut(service, timeout_s)
    if status == grpc.StatusCode.FAILED_PRECONDITION:
        return errors.Rejected(service, status.name, detail)
    return errors.Unavailable(service, f"{status.name} {detail}".strip())
