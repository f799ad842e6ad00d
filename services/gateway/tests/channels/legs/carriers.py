"""The legs that are a carrier's media streams."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley_gateway.admission.token_keys import TokenKeys
from parley_gateway.admission.tokens import Tokens
from parley_gateway.channels.carrier.connection import CarrierConnection
from parley_gateway.channels.carrier.records import Record, Records
from parley_gateway.channels.carrier.tickets import Tickets
from parley_gateway.channels.telnyx.channel import TelnyxChannel
from parley_gateway.channels.twilio.channel import TwilioChannel

from .bench import SECRET, SETTINGS, Bench, surroundings
from .sockets import SocketBench, as_is


class CarrierBench(SocketBench):
    """`told` has what goes to the carrier by REST, too, and what is remembered of its call."""

    def __init__(self, connection: CarrierConnection, records: Records) -> None:
        super().__init__(connection, as_is)
        self.by_rest: list[str] = []
        self._records = records

    async def hang_up(self, call: str) -> None:
        self.by_rest.append(f"hang up {call}")

    def told(self) -> list[str]:
        by_rest, self.by_rest = self.by_rest, []
        return [*super().told(), *by_rest]

    async def remember(self) -> None:
        await self._records.put("CA1", Record("t", "clinic", "ann", "the resume token"))

    async def remembered(self) -> str | None:
        """The token that takes the carrier's call up again."""
        record = await self._records.get("CA1")
        return record.resume if record is not None else None


@asynccontextmanager
async def twilio() -> AsyncIterator[Bench]:
    async with surroundings() as context:
        channel = TwilioChannel(context, SETTINGS.twilio)
        ticket = Tickets(Tokens(TokenKeys(SECRET.encode())), "twilio").issue("CA1", "+15550100", "t", "clinic")
        audio = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        start = {"callSid": "CA1", "mediaFormat": audio, "customParameters": {"session": ticket}}
        bench = CarrierBench(CarrierConnection(context, channel, ""), Records(context.gateway.bus, "twilio"))
        channel.hang_up = bench.hang_up  # type: ignore[method-assign]
        bench.receive(json.dumps({"event": "start", "streamSid": "MZ1", "start": start}))
        yield bench


@asynccontextmanager
async def telnyx() -> AsyncIterator[Bench]:
    async with surroundings() as context:
        channel = TelnyxChannel(context, SETTINGS.telnyx)
        ticket = Tickets(Tokens(TokenKeys(SECRET.encode())), "telnyx").issue("CA1", "+15550100", "t", "clinic")
        state = base64.b64encode(json.dumps({"ticket": ticket, "resume": "", "take_ups": 0}).encode()).decode()
        audio = {"encoding": "PCMU", "sample_rate": 8000, "channels": 1}
        start = {"call_control_id": "CA1", "media_format": audio, "client_state": state}
        bench = CarrierBench(
            CarrierConnection(context, channel, "", reorders=True), Records(context.gateway.bus, "telnyx")
        )
        channel.hang_up = bench.hang_up  # type: ignore[method-assign]
        bench.receive(json.dumps({"event": "start", "stream_id": "MZ1", "start": start}))
        yield bench
