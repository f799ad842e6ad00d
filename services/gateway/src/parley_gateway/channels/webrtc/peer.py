"""One peer connection: offer and answer, candidates, the media path and the data channel. Its leg gets what comes in.

A leg has one peer, and another one after each ICE restart: aiortc cannot restart ICE within a connection.
"""

import asyncio
import logging
from typing import Protocol

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceCandidate,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from parley_core.errors import BadInput

from parley_gateway.channels.webrtc import aiortc_hook
from parley_gateway.channels.webrtc.messages import MALFORMED

log = logging.getLogger(__name__)

_STEP_S = 8.0  # for each step of offer and answer, and for closing
_MAX_CANDIDATES = 120
_REFUSED = (*MALFORMED, InternalError, InvalidAccessError, InvalidStateError, OperationError, RuntimeError)


class PeerListener(Protocol):
    """A peer's callbacks. All of them run within a callback of the event loop; none may wait."""

    def audio_came(self, peer: "Peer", seq: int, timestamp: int, payload: bytes) -> None: ...

    def alive(self, peer: "Peer") -> None:
        """The client checked the connection: it is there, whether it sends audio or not."""
        ...

    def connected(self, peer: "Peer") -> None: ...

    def channel_opened(self, peer: "Peer") -> None: ...

    def text_came(self, peer: "Peer", text: str) -> None: ...

    def lost(self, peer: "Peer") -> None:
        """The connection failed or was closed by the client."""
        ...


class Peer:
    def __init__(self, listener: PeerListener, *, ice_servers: list[RTCIceServer], addresses: list[str] | None) -> None:
        self.fragment = ""  # ICE's, of the client
        self.is_connected = False
        self._listener = listener
        self._candidates = 0
        self._closed = False
        self._path: aiortc_hook.MediaPath | None = None
        self._channel: RTCDataChannel | None = None
        self._loopback_only = bool(addresses) and all(one.startswith("127.") or one == "::1" for one in addresses or [])
        # One transport for everything, gathered once.
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=ice_servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._audio = self._pc.addTransceiver(aiortc_hook.NoFrames(), direction="sendrecv")
        codecs = RTCRtpSender.getCapabilities("audio").codecs
        self._audio.setCodecPreferences([codec for codec in codecs if codec.mimeType == "audio/opus"])
        aiortc_hook.use_addresses(aiortc_hook.connection_of(self._audio), addresses)
        self._pc.on("connectionstatechange", self._state_changed)
        self._pc.on("datachannel", self._channel_made)

    async def answer(self, sdp: str, fragment: str) -> str:
        """The answer to an offer that `messages.check_sdp` passed. Raises BadInput; the peer is then to be closed."""
        try:
            async with asyncio.timeout(_STEP_S):
                await self._pc.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="offer"))
                for transceiver in self._pc.getTransceivers():
                    if transceiver is not self._audio:
                        transceiver.direction = "inactive"
                if self._path is None:
                    self._path = aiortc_hook.MediaPath(self._audio, self._audio_came, self._checked)
                else:
                    self._path.renegotiated()
                await self._pc.setLocalDescription(await self._pc.createAnswer())
        except TimeoutError:
            raise BadInput("sdp", "could not be answered in time") from None
        except _REFUSED as error:
            raise BadInput("sdp", f"cannot be answered ({type(error).__name__})") from None
        self.fragment = fragment
        return str(self._pc.localDescription.sdp)

    async def add(self, candidate: RTCIceCandidate | None) -> None:
        """Take a trickled candidate; None: there are no more. Raises BadInput past a bound."""
        self._candidates += 1
        if self._candidates > _MAX_CANDIDATES:
            raise BadInput("candidates", f"are more than {_MAX_CANDIDATES}")
        if candidate is not None and (candidate.protocol.lower() != "udp" or self._foreign(candidate.ip)):
            return
        try:
            async with asyncio.timeout(_STEP_S):
                await self._pc.addIceCandidate(candidate)
        except (*_REFUSED, TimeoutError):
            raise BadInput("candidates", "has one that cannot be used") from None

    def send_audio(self, payload: bytes, timestamp: int, *, first: bool) -> bool:
        return self._path is not None and self.is_connected and self._path.send(payload, timestamp, first=first)

    def send_text(self, text: str) -> bool:
        """False while there is no open channel."""
        channel = self._channel
        if channel is None or channel.readyState != "open":
            return False
        channel.send(text)
        return True

    @property
    def unread_bytes(self) -> int:
        return 0 if self._channel is None else self._channel.bufferedAmount

    @property
    def strangers(self) -> int:
        """Datagrams that were not the peer's, or more than could be taken."""
        return 0 if self._path is None else self._path.unprotect_failed + self._path.dropped

    async def close(self) -> None:
        self._closed = True
        self.is_connected = False
        try:
            async with asyncio.timeout(_STEP_S):
                await self._pc.close()
        except (*_REFUSED, TimeoutError, ConnectionError) as error:
            log.warning("webrtc peer close failed", extra={"error": type(error).__name__})

    def _foreign(self, address: str) -> bool:
        """Whether a gateway that listens on loopback alone would look up, or write to, the network for it."""
        return self._loopback_only and not (address.startswith("127.") or address == "::1")

    def _audio_came(self, seq: int, timestamp: int, payload: bytes) -> None:
        self._listener.audio_came(self, seq, timestamp, payload)

    def _checked(self) -> None:
        self._listener.alive(self)

    def _state_changed(self) -> None:
        state = self._pc.connectionState
        if self._closed:
            return
        if state == "connected" and not self.is_connected:
            self.is_connected = True
            self._listener.connected(self)
        elif state in ("failed", "closed"):
            self.is_connected = False
            self._listener.lost(self)

    def _channel_made(self, channel: RTCDataChannel) -> None:
        if self._channel is not None and self._channel.readyState == "open":
            channel.close()
            return
        self._channel = channel
        channel.on("message", self._message)
        self._listener.channel_opened(self)

    def _message(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self._listener.text_came(self, message)
