"""A simulated LiveKit server: its signalling in protobuf, two peer connections a participant, media by aiortc.

It serves the `livekit` SDK, of the agent and of a test's caller, with two connections each (there is no /rtc/v1, so
that the SDK falls back to them). Enough of a room for a call: join, tracks both ways, data. It is no LiveKit.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import jwt
from aiohttp import WSMsgType, web
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceCandidate,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaRelay
from aiortc.sdp import candidate_from_sdp
from livekit.protocol import models, rtc
from parley_core.tasks import Tasks

KEY, SECRET = "devkey", "a-secret-for-tests-of-32-bytes-at-least"


@dataclass
class Participant:
    identity: str
    sid: str
    kind: int
    socket: web.WebSocketResponse
    publisher: RTCPeerConnection = field(default_factory=lambda: RTCPeerConnection(RTCConfiguration(iceServers=[])))
    subscriber: RTCPeerConnection = field(default_factory=lambda: RTCPeerConnection(RTCConfiguration(iceServers=[])))
    tracks: list[models.TrackInfo] = field(default_factory=list)
    media: dict[str, MediaStreamTrack] = field(default_factory=dict)  # by track sid
    attributes: dict[str, str] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)  # tracks that it has been given
    channels: dict[str, RTCDataChannel] = field(default_factory=dict)
    early: list[tuple[RTCPeerConnection, RTCIceCandidate]] = field(default_factory=list)  # before a description
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    offering: asyncio.Lock = field(default_factory=asyncio.Lock)

    def info(self) -> models.ParticipantInfo:
        return models.ParticipantInfo(
            sid=self.sid,
            identity=self.identity,
            state=models.ParticipantInfo.State.ACTIVE,
            kind=self.kind,  # type: ignore[arg-type]
            tracks=self.tracks,
            attributes=self.attributes,
            permission=models.ParticipantPermission(can_subscribe=True, can_publish=True, can_publish_data=True),
        )

    async def send(self, **what: object) -> None:
        if not self.socket.closed:
            await self.socket.send_bytes(rtc.SignalResponse(**what).SerializeToString())  # type: ignore[arg-type]


class SimulatedLiveKit:
    def __init__(self) -> None:
        self.rooms: dict[str, list[Participant]] = {}
        self.port = 0
        self._left = asyncio.Event()
        self._relay = MediaRelay()
        self.tasks = Tasks("simulated livekit")

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def empty(self, room: str, timeout_s: float = 10.0) -> None:
        """Return when all participants have left a room."""
        async with asyncio.timeout(timeout_s):
            while self.rooms.get(room):
                self._left.clear()
                await self._left.wait()

    async def gone(self, room: str, identity: str, timeout_s: float = 10.0) -> None:
        """Return when this participant has left a room."""
        async with asyncio.timeout(timeout_s):
            while any(one.identity == identity for one in self.rooms.get(room, [])):
                self._left.clear()
                await self._left.wait()

    async def close_room(self, room: str) -> None:
        """Remove all participants, as a server does whose room was deleted."""
        reason = models.DisconnectReason.ROOM_DELETED
        for one in list(self.rooms.get(room, [])):
            await one.send(leave=rtc.LeaveRequest(reason=reason, action=rtc.LeaveRequest.Action.DISCONNECT))

    def token(self, identity: str, room: str) -> str:
        video = {"roomJoin": True, "room": room, "canPublish": True, "canSubscribe": True, "canPublishData": True}
        return jwt.encode({"iss": KEY, "sub": identity, "exp": 4_000_000_000, "video": video}, SECRET, "HS256")

    async def serve(self, request: web.Request) -> web.StreamResponse:
        given = request.query.get("access_token") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(given, SECRET, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            raise web.HTTPUnauthorized from None
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        name = claims["video"]["room"]
        room = self.rooms.setdefault(name, [])
        kind = models.ParticipantInfo.Kind.AGENT if claims.get("kind") == "agent" else 0
        me = Participant(claims["sub"], f"PA_{claims['sub']}", kind, socket)
        others = list(room)
        room.append(me)
        await me.send(
            join=rtc.JoinResponse(
                room=models.Room(sid=f"RM_{name}", name=name),
                participant=me.info(),
                other_participants=[one.info() for one in others],
                server_version="1.9.0",
                subscriber_primary=True,
                ping_timeout=15,
                ping_interval=5,
                server_info=models.ServerInfo(version="1.9.0", protocol=16),
            )
        )
        await self._tell_others(room, me)
        self._receive_media(room, me)
        try:
            await self._give_tracks(room, me)
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    await self._signal(room, me, rtc.SignalRequest.FromString(message.data))
        finally:
            room.remove(me)
            self._left.set()
            for connection in (me.publisher, me.subscriber):
                await connection.close()
            gone = me.info()
            gone.state = models.ParticipantInfo.State.DISCONNECTED
            for other in room:
                await other.send(update=rtc.ParticipantUpdate(participants=[gone]))
        return socket

    async def _signal(self, room: list[Participant], me: Participant, request: rtc.SignalRequest) -> None:
        match request.WhichOneof("message"):
            case "offer":
                await me.publisher.setRemoteDescription(RTCSessionDescription(request.offer.sdp, "offer"))
                await me.publisher.setLocalDescription(await me.publisher.createAnswer())
                await self._add_candidates(me)
                sdp = me.publisher.localDescription.sdp
                await me.send(answer=rtc.SessionDescription(type="answer", sdp=sdp, id=request.offer.id))
            case "answer":
                await me.subscriber.setRemoteDescription(RTCSessionDescription(request.answer.sdp, "answer"))
                me.answered.set()
                await self._add_candidates(me)
            case "trickle":
                to = me.publisher if request.trickle.target == rtc.SignalTarget.PUBLISHER else me.subscriber
                init = json.loads(request.trickle.candidateInit)
                if init["candidate"] and "tcp" not in init["candidate"].lower():
                    candidate = candidate_from_sdp(init["candidate"].removeprefix("candidate:"))
                    candidate.sdpMid, candidate.sdpMLineIndex = init.get("sdpMid"), init.get("sdpMLineIndex")
                    me.early.append((to, candidate))
                    await self._add_candidates(me)
            case "add_track":
                asked = request.add_track
                track = models.TrackInfo(
                    sid=f"TR_{asked.cid}", name=asked.name, type=asked.type, source=asked.source, mime_type="audio/opus"
                )
                me.tracks.append(track)
                await me.send(track_published=rtc.TrackPublishedResponse(cid=asked.cid, track=track))
                await self._tell_others(room, me)
            case "update_metadata":
                me.attributes.update(request.update_metadata.attributes)
                await me.send(request_response=rtc.RequestResponse(request_id=request.update_metadata.request_id))
                for one in room:
                    await one.send(update=rtc.ParticipantUpdate(participants=[me.info()]))
            case "ping_req":
                await me.send(pong_resp=rtc.Pong(last_ping_timestamp=request.ping_req.timestamp, timestamp=0))
            case "leave":
                await me.socket.close()

    async def _add_candidates(self, me: Participant) -> None:
        waiting, me.early = me.early, []
        for connection, candidate in waiting:
            described: object = connection.remoteDescription
            if described is None:
                me.early.append((connection, candidate))
            else:
                await connection.addIceCandidate(candidate)

    def _receive_media(self, room: list[Participant], me: Participant) -> None:
        def arrived(track: MediaStreamTrack) -> None:
            known = [one for one in me.tracks if one.sid not in me.media]
            if known:
                me.media[known[0].sid] = track
                for other in room:
                    if other is not me:
                        self.tasks.spawn(self._give_tracks(room, other), f"offer to {other.identity}")

        def opened(channel: RTCDataChannel) -> None:
            def said(data: bytes) -> None:
                packet = models.DataPacket.FromString(data)
                packet.participant_identity = me.identity
                for other in room:
                    to = other.channels.get("_reliable")
                    if other is not me and to is not None and to.readyState == "open":
                        to.send(packet.SerializeToString())

            channel.on("message", said)

        me.publisher.on("track", arrived)
        me.publisher.on("datachannel", opened)

    async def _give_tracks(self, room: list[Participant], me: Participant) -> None:
        """Offer what the others publish; always once, so that the primary connection stands."""
        async with me.offering:
            await self._offer(room, me)

    async def _offer(self, room: list[Participant], me: Participant) -> None:
        first = not me.channels
        if first:
            me.channels = {label: me.subscriber.createDataChannel(label) for label in ("_reliable", "_lossy")}
        else:
            async with asyncio.timeout(10):
                await me.answered.wait()
        fresh = [
            (other, sid, media)
            for other in room
            for sid, media in other.media.items()
            if other is not me and sid not in me.sent
        ]
        if not fresh and not first:
            return
        streams = {}
        for other, sid, media in fresh:
            me.sent.add(sid)
            sender = me.subscriber.addTrack(self._relay.subscribe(media))
            sender._stream_id = f"{other.sid}|{sid}"
            streams[sender._stream_id] = sid
        me.answered.clear()
        await me.subscriber.setLocalDescription(await me.subscriber.createOffer())
        sdp = _with_track_ids(me.subscriber.localDescription.sdp, streams)
        await me.send(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=len(me.sent) + 1))

    async def _tell_others(self, room: list[Participant], me: Participant) -> None:
        for other in room:
            if other is not me:
                await other.send(update=rtc.ParticipantUpdate(participants=[me.info()]))


def _with_track_ids(sdp: str, streams: dict[str, str]) -> str:
    """LiveKit's clients find a track's participant and sid in `a=msid:<participant>|<track> <track>`."""
    lines = []
    for line in sdp.splitlines():
        if line.startswith("a=msid:"):
            stream = line.removeprefix("a=msid:").split(" ")[0]
            line = f"a=msid:{stream} {streams[stream]}" if stream in streams else line
        lines.append(line)
    return "\r\n".join(lines) + "\r\n"


@asynccontextmanager
async def simulated_livekit() -> AsyncIterator[SimulatedLiveKit]:
    server = SimulatedLiveKit()
    application = web.Application()
    application.add_routes([web.get("/rtc", server.serve)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = int(runner.addresses[0][1])
    try:
        yield server
    finally:
        for room in server.rooms.values():
            for one in list(room):
                with suppress(ConnectionError):
                    await one.socket.close()
        await runner.cleanup()
        await server.tasks.close()
