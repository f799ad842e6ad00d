"""What callers of the WebRTC channel say over HTTP, checked: offers and trickled candidates.

The shapes are those of Pipecat's small WebRTC transport (client 1.10.8): `{"sdp", "type": "offer", "pc_id",
"restart_pc"}` and `{"pc_id", "candidates": [{"candidate", "sdp_mid", "sdp_mline_index"}]}`; Parley's own is optional.
"""

import ipaddress

from aiortc import RTCIceCandidate
from aiortc.sdp import SessionDescription, candidate_from_sdp
from parley_core.errors import BadInput
from parley_core.ids import TOKEN
from pydantic import BaseModel, ConfigDict, Field

from parley_gateway.admission.token_keys import MAX_LENGTH
from parley_gateway.channels.requests import read_body

MAX_SDP = 32 * 1024
_MAX_SECTIONS = 8
_MAX_CANDIDATES = 60
# What aiortc's parser raises for text that is no session description; it was not written for strangers.
MALFORMED = (ValueError, AssertionError, LookupError, AttributeError, TypeError, StopIteration)


class Offer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sdp: str = Field(max_length=MAX_SDP)
    type: str = Field("offer", pattern="^offer$")
    pc_id: str | None = Field(None, max_length=64)
    restart_pc: bool | None = None
    token: str = Field("", max_length=MAX_LENGTH)
    resume: str = Field("", max_length=MAX_LENGTH, description="The token that takes a call up again")
    agent: str = Field("", max_length=64)
    user: str = Field("", max_length=200)
    language: str = Field("", max_length=35)
    attributes: dict[str, str] = Field(default_factory=dict, max_length=20)


class Candidate(BaseModel):
    candidate: str = Field("", max_length=1000)
    sdp_mid: str | None = Field(None, max_length=64)
    sdp_mline_index: int | None = Field(None, ge=0, le=64)


class Candidates(BaseModel):
    pc_id: str = Field(max_length=64)
    candidates: list[Candidate] = Field(max_length=_MAX_CANDIDATES)


def parse_offer(body: bytes) -> Offer:
    """Raises BadInput."""
    offer = read_body(Offer, body)
    if offer.agent and not TOKEN.fullmatch(offer.agent):
        raise BadInput("agent", "is not an agent's name")
    if any(len(name) > 64 or len(value) > 500 for name, value in offer.attributes.items()):
        raise BadInput("attributes", "must be short texts")
    return offer


def parse_candidates(body: bytes) -> Candidates:
    """Raises BadInput."""
    return read_body(Candidates, body)


def check_sdp(sdp: str) -> str:
    """The offer's ICE user fragment, another one after every ICE restart. Raises BadInput for an unsupported offer."""
    try:
        description = SessionDescription.parse(sdp)
    except MALFORMED:
        raise BadInput("sdp", "is not a session description") from None
    media, fragment = description.media, ""
    if not 0 < len(media) <= _MAX_SECTIONS:
        raise BadInput("sdp", f"must have 1 to {_MAX_SECTIONS} media sections")
    mids = [section.rtp.muxId for section in media]
    if not all(mids) or len(set(mids)) != len(mids):
        raise BadInput("sdp", "needs a mid of its own for every media section")
    for section in media:
        if section.kind not in ("audio", "video", "application"):
            raise BadInput("sdp", f"has a section of kind {section.kind[:20]!r}")
        if section.dtls is None or not section.dtls.fingerprints:
            raise BadInput("sdp", "needs a=setup and a=fingerprint")
        if section.ice is None or not section.ice.usernameFragment or not section.ice.password:
            raise BadInput("sdp", "needs a=ice-ufrag and a=ice-pwd")
        fragment = fragment or section.ice.usernameFragment
        if section.kind != "application" and not section.rtcp_mux:
            raise BadInput("sdp", "needs a=rtcp-mux")
        if len(section.ice_candidates) > _MAX_CANDIDATES:
            raise BadInput("sdp", f"has more than {_MAX_CANDIDATES} candidates in a section")
    if not any(
        codec.mimeType.lower() == "audio/opus" and codec.clockRate == 48_000
        for section in media
        if section.kind == "audio"
        for codec in section.rtp.codecs
    ):
        raise BadInput("sdp", "offers no Opus audio")
    return fragment


def ice_candidate(told: Candidate) -> RTCIceCandidate | None:
    """None for the end of candidates. Raises BadInput."""
    line = told.candidate.removeprefix("candidate:")
    if not line:
        return None
    try:
        candidate = candidate_from_sdp(line)
        if not candidate.ip.endswith(".local"):
            ipaddress.ip_address(candidate.ip)
    except MALFORMED:
        raise BadInput("candidates", "has one that is no ICE candidate") from None
    if told.sdp_mid is None and told.sdp_mline_index is None:
        raise BadInput("candidates", "needs sdp_mid or sdp_mline_index")
    candidate.sdpMid = told.sdp_mid
    candidate.sdpMLineIndex = told.sdp_mline_index
    return candidate
