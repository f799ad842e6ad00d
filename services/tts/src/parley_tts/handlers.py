"""From the bus to the speech of a call and back: decodes its messages, publishes its audio."""

import logging

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Proto
from parley.v1 import events_pb2, live_pb2
from parley_core.bus import subjects
from parley_core.bus.log import CallLog, decode
from parley_core.bus.port import Bus, Message, Subscription

from parley_tts.call import SpokenCall
from parley_tts.metrics import SpeechMetrics

log = logging.getLogger(__name__)

PENDING = 256  # messages of one subject of one call that may wait


class BusOutput:
    """See `ports.Output`."""

    def __init__(self, bus: Bus, call_log: CallLog, worker: str) -> None:
        self._bus = bus
        self._worker = worker
        self._subject = subjects.live_audio_out(call_log.tenant, call_log.call)
        self.log = call_log

    def audio(self, message: live_pb2.AudioOut) -> None:
        message.worker = self._worker
        self._bus.post(self._subject, message.SerializeToString())

    def record(self, body: Proto) -> None:
        self.log.append(body)


class BusCall:
    """One call of this worker; see `parley_core.bus.claims.RoleCall`."""

    def __init__(
        self, bus: Bus, tenant: str, call: str, spoken: SpokenCall, output: BusOutput, metrics: SpeechMetrics
    ) -> None:
        self._bus = bus
        self._tenant = tenant
        self._call = call
        self._spoken = spoken
        self._output = output
        self._metrics = metrics
        self._subscriptions: list[Subscription] = []

    async def open(self) -> None:
        self._spoken.start()
        for subject, handler in (
            (subjects.live_stop(self._tenant, self._call), self._stop),
            (subjects.live_say(self._tenant, self._call), self._say),
            (subjects.log(self._tenant, self._call, events_pb2.TurnCommitted.DESCRIPTOR.name), self._committed),
        ):
            self._subscriptions.append(await self._bus.subscribe(subject, handler, pending=PENDING))

    async def close(self, reason: str) -> None:
        for subscription in self._subscriptions:
            await subscription.close()
        await self._spoken.close()
        log.info("call closed", extra={"call": self._call, "reason": reason})

    async def _say(self, message: Message) -> None:
        try:
            say = live_pb2.Say.FromString(message.data)
        except DecodeError:
            self._metrics.bad_messages.add(1)
            log.warning("invalid message", extra={"call": self._call})
            return
        self._spoken.say(say)

    async def _stop(self, message: Message) -> None:
        try:
            stop = live_pb2.Stop.FromString(message.data)
        except DecodeError:
            self._metrics.bad_messages.add(1)
            log.warning("invalid message", extra={"call": self._call})
            return
        self._spoken.stop(stop)

    async def _committed(self, message: Message) -> None:
        committed = decode(message.data).turn_committed
        self._spoken.committed(committed.turn, committed.draft)
