"""The doors of this gateway, by its settings: the only list of them."""

from parley_gateway.doors.base import Door, Entrance
from parley_gateway.doors.websocket import WebSocketDoor


def open_doors(entrance: Entrance) -> list[Door]:
    return [WebSocketDoor(entrance)]
