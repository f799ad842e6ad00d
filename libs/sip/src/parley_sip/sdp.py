"""Offers and answers of audio (RFC 3264, RFC 3551): what a peer's SDP asks for, and what is said to it. Pure.

aiosipua reads and writes SDP; its negotiation knows codecs by static numbers alone, so that Opus and numbers given
another way are ours. The offerer's order of codecs decides: it knows what its network carries without converting.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from aiosipua.sdp import (
    Codec,
    ConnectionData,
    MediaDescription,
    Origin,
    SdpMessage,
    parse_sdp,
    serialize_sdp,
)
from parley_core.errors import BadInput

MAX_SDP = 16 * 1024
_MAX_MEDIA = 16
_MAX_FORMATS = 64
_PROTOCOLS = ("RTP/AVP", "RTP/AVPF")
_ANSWERS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
_EVENTS = "telephone-event"

# By lower-case name: how it is written, RTP clock, channels in SDP, payload number in our own offers.
_KNOWN = {
    "pcmu": ("PCMU", 8000, 1, 0),
    "pcma": ("PCMA", 8000, 1, 8),
    "g722": ("G722", 8000, 1, 9),  # RFC 3551 §4.5.2: 8000, although it carries 16 kHz
    "opus": ("opus", 48_000, 2, 107),
}
_OUR_EVENTS = {8000: 101, 48_000: 102}


@dataclass(frozen=True, slots=True)
class Agreed:
    """What both sides hold to."""

    codec: str  # as written in SDP: PCMU, PCMA, G722, opus
    payload_type: int
    clock_hz: int
    events_type: int | None  # payload type of RFC 4733 digits
    events_hz: int
    remote: tuple[str, int]  # where the peer wants RTP
    sending: bool  # whether the peer wants to hear us
    receiving: bool
    mux: bool  # RTCP on the RTP port


@dataclass(slots=True)
class Local:
    """Our side of one session: its address, and the version that every change raises (RFC 3264 §8)."""

    host: str
    port: int
    session: int
    codecs: tuple[str, ...]
    _versions: "count[int]" = field(default_factory=lambda: count(1))

    def answer(self, offer: SdpMessage) -> tuple[str, Agreed]:
        """The answer to an offer. Raises BadInput where no audio can be agreed on: 488."""
        number, audio = _audio(offer)
        agreed = _agree(offer, audio, self.codecs)
        media = [
            MediaDescription(media=one.media, port=0, proto=one.proto, formats=list(one.formats[:1]))
            for one in offer.media
        ]
        direction = _ANSWERS[_direction(offer, audio)]
        media[number] = self._media(audio.proto, [agreed], direction, events=agreed.events_type is not None)
        if agreed.mux:
            media[number].attributes["rtcp-mux"] = []
        return self._write(media), agreed

    def offer(self, *, hold: bool = False) -> str:
        """An offer of all our codecs."""
        offered = [_ours(name) for name in self.codecs]
        return self._write([self._media("RTP/AVP", offered, "sendonly" if hold else "sendrecv", events=True)])

    def agree(self, answer: SdpMessage) -> Agreed:
        """What an answer to our offer comes to. Raises BadInput."""
        return _agree(answer, _audio(answer)[1], self.codecs)

    def _media(self, proto: str, codecs: Sequence[Agreed], direction: str, *, events: bool) -> MediaDescription:
        formats, maps, parameters = [], [], []
        for one in codecs:
            channels = "/2" if one.codec == "opus" else ""
            formats.append(str(one.payload_type))
            maps.append(f"{one.payload_type} {one.codec}/{one.clock_hz}{channels}")
            if one.codec == "opus":
                parameters.append(f"{one.payload_type} useinbandfec=1")
        if events:
            for number, clock in sorted({(one.events_type, one.events_hz) for one in codecs if one.events_type}):
                formats.append(str(number))
                maps.append(f"{number} {_EVENTS}/{clock}")
                parameters.append(f"{number} 0-15")
        attributes = {"rtpmap": maps, "fmtp": parameters, "ptime": ["20"], direction: []}
        attributes = {name: values for name, values in attributes.items() if values or name == direction}
        return MediaDescription(media="audio", port=self.port, proto=proto, formats=formats, attributes=attributes)

    def _write(self, media: list[MediaDescription]) -> str:
        family = "IP6" if ":" in self.host else "IP4"
        message = SdpMessage(
            origin=Origin("-", str(self.session), str(next(self._versions)), "IN", family, self.host),
            session_name="parley",
            connection=ConnectionData("IN", family, self.host),
            media=media,
        )
        return serialize_sdp(message)


def read(text: str) -> SdpMessage:
    """Raises BadInput for what is no SDP, or more of it than a phone call needs."""
    if len(text) > MAX_SDP:
        raise BadInput("SDP", f"has more than {MAX_SDP} characters")
    try:
        message = parse_sdp(text)
    except Exception as error:  # noqa: BLE001 - whatever the library trips over, the sender wrote it
        raise BadInput("SDP", f"cannot be read ({type(error).__name__})") from None
    if not message.media:
        raise BadInput("SDP", "has no media")
    if len(message.media) > _MAX_MEDIA or any(len(one.formats) > _MAX_FORMATS for one in message.media):
        raise BadInput("SDP", "has more media or formats than a call can use")
    return message


def known_codecs(text: str, where: str) -> tuple[str, ...]:
    """Names of codecs, as written in SDP. Raises BadInput for an unknown one, whose `where` names the setting."""
    names = []
    for name in text.replace(",", " ").split():
        if name.lower() not in _KNOWN:
            raise BadInput(where, f"{name!r} is none of opus, G722, PCMA, PCMU")
        names.append(_KNOWN[name.lower()][0])
    if not names:
        raise BadInput(where, "names no codec")
    return tuple(dict.fromkeys(names))


def _ours(name: str) -> Agreed:
    written, clock, _, number = _KNOWN[name.lower()]
    return Agreed(written, number, clock, _OUR_EVENTS[clock], clock, ("", 0), sending=True, receiving=True, mux=False)


def _audio(message: SdpMessage) -> tuple[int, MediaDescription]:
    for number, media in enumerate(message.media):
        if media.media == "audio" and media.proto in _PROTOCOLS and media.port:
            return number, media
    secured = any("SAVP" in media.proto for media in message.media)
    raise BadInput("SDP", "offers encrypted audio only (SRTP)" if secured else "has no audio over RTP")


def _agree(message: SdpMessage, audio: MediaDescription, codecs: Sequence[str]) -> Agreed:
    chosen = next((codec for codec in audio.codecs if _accepts(codec, codecs)), None)
    if chosen is None:
        raise BadInput("SDP", f"offers none of {' '.join(codecs)}")
    name, clock, _, _ = _KNOWN[chosen.encoding_name.lower()]
    events = [codec for codec in audio.codecs if codec.encoding_name.lower() == _EVENTS]
    events.sort(key=lambda codec: codec.clock_rate != clock)  # the same clock as the voice's, where there is one
    remote = _remote(message, audio)
    direction = _direction(message, audio)
    # RFC 2543's way to say hold was an address of zeros.
    sending = direction in ("sendrecv", "recvonly") and not ipaddress.ip_address(remote[0]).is_unspecified
    return Agreed(
        codec=name,
        payload_type=chosen.payload_type,
        clock_hz=clock,
        events_type=events[0].payload_type if events else None,
        events_hz=(events[0].clock_rate or 8000) if events else 8000,
        remote=remote,
        sending=sending,
        receiving=direction in ("sendrecv", "sendonly"),
        mux="rtcp-mux" in audio.attributes,
    )


def _accepts(codec: Codec, names: Sequence[str]) -> bool:
    known = _KNOWN.get(codec.encoding_name.lower())
    if known is None or known[0] not in names or not 0 <= codec.payload_type <= 127:
        return False
    return codec.clock_rate == known[1]


def _direction(message: SdpMessage, audio: MediaDescription) -> str:
    for attributes in (audio.attributes, message.attributes):
        for direction in _ANSWERS:
            if direction in attributes:
                return direction
    return "sendrecv"


def _remote(message: SdpMessage, audio: MediaDescription) -> tuple[str, int]:
    connection = audio.connection or message.connection
    if connection is None:
        raise BadInput("SDP", "has no connection address")
    try:
        address = ipaddress.ip_address(connection.address)
    except ValueError:
        raise BadInput("SDP", "has a connection address that is no IP address") from None
    if address.is_multicast or str(address) == "255.255.255.255":
        raise BadInput("SDP", "wants audio sent to many")
    if not 0 < audio.port <= 65535:
        raise BadInput("SDP", "has a port that is none")
    return str(address), audio.port
