"""Live messages from the bus, which are untrusted input. `call` reads them through this."""

import logging
from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import DecodeError
from parley_core.bus.port import Message

log = logging.getLogger(__name__)

M = TypeVar("M")


def parsed(parse: Callable[[bytes], M], message: Message) -> M | None:
    """None for bytes that are no such message: one bad sender must not end a call."""
    try:
        return parse(message.data)
    except DecodeError:
        log.warning("invalid live message", extra={"subject": message.subject})
        return None
