"""What is fuzzed: every place where a stranger's bytes are read. A target names what it may raise; all else is a crash.

A target is a function of bytes, with inputs that it accepts as seeds. Add one beside every new parser.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parley_core.errors import BadInput, NotAllowed


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]  # what it says no with
    seeds: Sequence[bytes]


def _json(*messages: dict[str, object]) -> list[bytes]:
    return [json.dumps(message).encode() for message in messages]


def websocket() -> Target:
    from parley_gateway.channels.client_json import parse_message

    seeds = _json(
        {"type": "start", "agent": "clinic", "format": {"encoding": "pcm16", "sample_rate": 16_000, "channels": 1}},
        {"type": "start", "user": "web", "language": "en-US", "attributes": {"page": "home"}},
        {"type": "digits", "digits": "12#"},
        {"type": "text", "text": "hello"},
        {"type": "hangup"},
        {"type": "ping"},
    )
    return Target("websocket", parse_message, (BadInput,), seeds)


def token() -> Target:
    from parley_gateway.admission.token_keys import TokenKeys
    from parley_gateway.admission.tokens import Grant, Tokens

    tokens = Tokens(TokenKeys(b"thirty-two bytes of a secret, or more"))
    valid = tokens.issue(Grant("local", "clinic", "web", 60)).encode()
    return Target("token", lambda data: tokens.read(data.decode("latin-1"), 0.0), (NotAllowed,), [valid])


def resume_token() -> Target:
    from parley.v1 import session_pb2
    from parley_gateway.admission.token_keys import TokenKeys
    from parley_gateway.admission.tokens import Tokens

    tokens = Tokens(TokenKeys(b"thirty-two bytes of a secret, or more"))
    session = session_pb2.Session(tenant="local", call="c-1", session="s-1")
    valid = tokens.issue_resume(session, hold_s=4_000_000_000).encode()
    return Target("resume_token", lambda data: tokens.read_resume(data.decode("latin-1"), 0.0), (NotAllowed,), [valid])


def forwarded() -> Target:
    from parley_core.bus.memory import MemoryBus
    from parley_core.networks import site_of
    from parley_core.rates import RateLimiter
    from parley_gateway.admission.clients import addresses_of, exempt, number_of
    from parley_gateway.admission.settings import AdmissionSettings

    rules = AdmissionSettings(trusted_proxies="10.0.0.0/8, ::1", deny_addresses="203.0.113.0/24")
    addresses = addresses_of(rules, RateLimiter(MemoryBus()))

    def read(data: bytes) -> None:
        text = data.decode("latin-1")
        client = addresses.client("10.0.0.1", text)
        exempt(client)
        addresses.rules.permit(client)
        addresses.rules.permit(text)
        site_of(text)
        number_of(text)

    return Target("forwarded", read, (), [b"203.0.113.7, 10.0.0.2", b"fe80::1%eth0, ::1", b"+15550100"])


def request_bodies() -> Target:
    """Bodies of the HTTP API; the first byte chooses the request."""
    from parley_gateway.channels.livekit.request import RoomRequest
    from parley_gateway.channels.outbound.api import CallRequest
    from parley_gateway.channels.realtime.secrets import SecretRequest
    from parley_gateway.channels.requests import read_body
    from parley_gateway.web.server import TokenRequest

    models = (TokenRequest, RoomRequest, CallRequest, SecretRequest)
    bodies = _json(
        {"tenant": "local", "agent": "clinic", "origins": ["https://example.com"], "concurrency": 2},
        {"room": "r1", "agent": "clinic", "user": "ann"},
        {"to": "+15550100", "from": "tel:+15550101", "via": "sip", "attributes": {"a": "b"}, "timeout_s": 30},
        {"expires_after": {"anchor": "created_at", "seconds": 60}, "session": {"type": "realtime", "model": "clinic"}},
    )
    seeds = [bytes([number]) + body for number, body in enumerate(bodies)]
    return Target("request_bodies", lambda data: read_body(models[data[0] % 4], data[1:]) if data else None,
                  (BadInput,), seeds)  # fmt: skip


def consent() -> Target:
    from parley_gateway.turns.config import ConsentTerms
    from parley_gateway.turns.consent import answer_of

    terms = ConsentTerms(
        ask="", again="", accepted="", refused="", on_refusal="hang_up", keyed=False, yes=("si claro",), no=("de nada",)
    )
    seeds = [b"yes please", b"no thank you", b"si claro", b"yes no"]
    return Target("consent", lambda data: answer_of(data.decode("utf-8", "replace"), terms), (), seeds)


def asterisk() -> Target:
    from parley_gateway.channels.asterisk.protocol import parse_event

    plain = b"MEDIA_START connection_id:c1 channel:WebSocket/c1/0x1 format:slin16 optimal_frame_size:640 ptime:20"
    fields = {"connection_id": "c1", "channel": "WebSocket/c1/0x1", "format": "ulaw", "optimal_frame_size": 160}
    seeds = [plain, b"DTMF_END digit:5", b"MEDIA_XOFF", *_json({"event": "MEDIA_START", **fields}, {"event": "STATUS"})]
    return Target("asterisk", parse_event, (BadInput,), seeds)


def realtime() -> Target:
    from parley_gateway.channels.realtime.protocol import SessionUpdate, parse_event
    from parley_gateway.channels.realtime.session import SessionSettings, updated

    def read(data: bytes) -> None:
        event = parse_event(data)
        if isinstance(event, SessionUpdate):
            updated(SessionSettings(), event.session, "clinic")

    tool = {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}
    audio = {"input": {"format": {"type": "audio/pcm", "rate": 24_000}, "turn_detection": {"type": "server_vad"}}}
    session = {"type": "realtime", "instructions": "Hi", "tools": [tool], "audio": audio}
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    seeds = _json(
        {"type": "session.update", "session": session},
        {"type": "input_audio_buffer.append", "audio": "AAAA"},
        {"type": "conversation.item.create", "item": message},
        {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": "1"}},
        {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 10},
        {"type": "response.create", "response": {"instructions": "Hi"}},
        {"type": "response.cancel"},
    )
    return Target("realtime", read, (BadInput,), seeds)


def rtvi() -> Target:
    from parley_gateway.call.client_tools import parse_tools
    from parley_gateway.channels.rtvi.messages import Request, parse_message

    def read(data: bytes) -> None:
        message = parse_message(data.decode("latin-1"))
        if isinstance(message, Request):
            parse_tools(message.data.get("tools"))

    def of(kind: str, **data: object) -> dict[str, object]:
        return {"label": "rtvi-ai", "type": kind, "id": "m1", "data": data}

    seeds = _json(
        of("client-ready", version="2.1.0"),
        of("send-text", content="hello", options={"run_immediately": True}),
        of("dtmf", buttons=["1", "#"]),
        of("client-message", t="parley-configure", d={"tools": [{"name": "f", "parameters": {"type": "object"}}]}),
        of("llm-function-call-result", tool_call_id="t1", result={"a": [1]}),
    )
    return Target("rtvi", read, (BadInput,), seeds)


def rtvi_frames() -> Target:
    """The WebSocket transport's frames, up to the audio of a call."""
    from google.protobuf.message import DecodeError
    from parley_audio.resample import Resampler
    from rtvi.v1 import frames_pb2

    def read(data: bytes) -> None:
        told = frames_pb2.Frame.FromString(data)
        if told.WhichOneof("frame") == "audio" and len(told.audio.audio) % 2 == 0:
            Resampler(44_100).push(told.audio.audio)

    frames = (
        frames_pb2.Frame(audio=frames_pb2.Audio(audio=bytes(640), sample_rate=16_000, num_channels=1)),
        frames_pb2.Frame(message=frames_pb2.Message(data="{}")),
    )
    return Target("rtvi_frames", read, (DecodeError,), [frame.SerializeToString() for frame in frames])


_SDP = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=msid-semantic: WMS s\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:0123456789012345678901\r\na=ice-options:trickle\r\na=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\n"
    "a=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\na=msid:s t\r\na=rtcp-mux\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=ssrc:1001 cname:x\r\na=candidate:1 1 udp 2122260223 127.0.0.1 5000 typ host\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=mid:1\r\n"
    "a=sctp-port:5000\r\na=max-message-size:262144\r\n"
)


def webrtc_sdp() -> Target:
    from parley_gateway.channels.webrtc.messages import check_sdp

    return Target("webrtc_sdp", lambda data: check_sdp(data.decode("latin-1")), (BadInput,), [_SDP.encode()])


def webrtc_messages() -> Target:
    from parley_gateway.channels.webrtc.messages import ice_candidate, parse_candidates, parse_offer

    def read(data: bytes) -> None:
        try:
            parse_offer(data)
        except BadInput:
            for candidate in parse_candidates(data).candidates:
                ice_candidate(candidate)

    line = "candidate:1 1 udp 2122260223 192.168.1.5 5000 typ srflx raddr 10.0.0.1 rport 9 tcptype active"
    seeds = _json(
        {"sdp": "v=0", "type": "offer", "pc_id": None, "restart_pc": False, "attributes": {"page": "home"}},
        {"pc_id": "x", "candidates": [{"candidate": line, "sdp_mid": "0", "sdp_mline_index": 0}, {"candidate": ""}]},
    )
    return Target("webrtc_messages", read, (BadInput,), seeds)


def jitter() -> Target:
    from parley_audio.jitter import JitterBuffer

    def read(data: bytes) -> None:
        buffer, now = JitterBuffer(8000), 0.0
        for at in range(0, len(data) - 4, 5):
            now += data[at + 4] / 100
            put = buffer.skip if data[at + 4] & 1 else lambda seq, time, now: buffer.push(seq, time, b"x", now)
            put(int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4]) << 8, now)
            for _ in range(200):
                if buffer.pull(now, quiet=bool(data[at] & 1)) is None:
                    break
            else:
                raise AssertionError("it hands out without end")

    return Target("jitter", read, (), [bytes(range(50)), bytes([0, 1, 0, 2, 4] * 30)])


def _sip_invite() -> bytes:
    from parley_testing.simulated.sip import Line, Phone, offer

    more = {"Record-Route": "<sip:192.0.2.1;lr>", "Session-Expires": "1800;refresher=uac", "Supported": "timer, 100rel"}
    return Phone(Line("UDP")).message("INVITE", body=offer(4000), more=more, cseq=1)


def sip() -> Target:
    from parley_sip import wire
    from parley_sip.dtmf import INFO_TYPES

    def read(data: bytes) -> None:
        message = wire.parse(data)
        if isinstance(message, wire.Request):
            wire.stamp(message, ("192.0.2.1", 5060))
            bytes(wire.answer(message, 200, tag="x"))
            assert "secret" not in message.identity.uri.who
            message.part(INFO_TYPES)
        message.sdp()

    answer = (
        b"SIP/2.0 200 OK\r\nv: SIP/2.0/UDP h;branch=z9hG4bKx\r\nf: <sip:a@b>;tag=1\r\nt: c <sip:c@[::1]:5>;tag=2\r\n"
    )
    parts = _sip_invite().replace(b"Content-Type: application/sdp", b"Content-Type: multipart/mixed; boundary=b1")
    parts = parts.replace(b"\r\n\r\n", b"\r\n\r\n--b1\r\nContent-Type: application/sdp\r\n\r\n", 1) + b"\r\n--b1--\r\n"
    named = b'P-Asserted-Identity: "Lopez, \\"Ann\\"" <sip:ann:secret@h;x="1">, <tel:+1-555-0100;ext=1>\r\n'
    invites = [_sip_invite(), re.sub(rb"Content-Length: \d+", b"MIME-Version: 1.0", parts)]
    invites.append(_sip_invite().replace(b"Max-Forwards: 70\r\n", named))
    return Target("sip", read, (BadInput,), [*invites, answer + b"i: x\r\nCSeq: 1 INVITE\r\nl: 0\r\n\r\n"])


def sip_sdp() -> Target:
    from parley_sip import sdp

    def read(data: bytes) -> None:
        sdp.Local("127.0.0.1", 4000, 1, ("opus", "G722", "PCMA", "PCMU")).answer(sdp.read(data.decode("latin-1")))

    return Target("sip_sdp", read, (BadInput,), [_sip_invite().partition(b"\r\n\r\n")[2], _SDP.encode()])


def sip_stream() -> Target:
    from parley_sip.framing import Framer

    def read(data: bytes) -> None:
        framer = Framer()
        for at in range(0, len(data), 100):
            framer.feed(data[at : at + 100])

    return Target("sip_stream", read, (BadInput,), [b"\r\n\r\n" + _sip_invite() * 2])


def sip_digest() -> Target:
    from parley_sip.digest import Digest

    digest = Digest("trunk", "secret", "parley", secret=b"0" * 32)
    nonce = digest.challenge(0.0).partition('nonce="')[2].partition('"')[0]
    seed = (
        f'Digest username="trunk", realm="parley", nonce="{nonce}", uri="sip:100@h", response="0", qop=auth, '
        'nc=00000001, cnonce="abc", algorithm=MD5'
    )

    def read(data: bytes) -> None:
        digest.check(data.decode("utf-8", "replace"), "INVITE", 1.0)

    return Target("sip_digest", read, (BadInput,), [seed.encode()])


def rtp() -> Target:
    from parley_sip.dtmf import INFO_TYPES, KeyPresses, parse_info
    from parley_sip.rtcp import Reports
    from parley_sip.rtp import build_rtp, parse_rtp
    from parley_sip.rtp_sender import RtpSender

    reports = Reports(RtpSender(lambda packet: None, frame_bytes=640, ssrc=1, seq=1, timestamp=1, now=0.0), 8000)
    keys = KeyPresses()

    def read(data: bytes) -> None:
        for parse in (lambda: keys.packet(parse_rtp(data), 8000, 1.0), lambda: reports.received(data, 1.0)):
            try:
                parse()
            except BadInput:
                continue
        keys.info(parse_info(INFO_TYPES[len(data) % len(INFO_TYPES)], data), 1.0)

    seeds = [build_rtp(101, 1, 2, 3, bytes([5, 0x8A, 3, 0xC0])), reports.report(1.0, None), b"Signal=5\r\nDuration=160"]
    return Target("rtp", read, (BadInput,), seeds)


def agent_document() -> Target:
    from parley_core.agents import parse_agent

    seed = b"agent: clinic\ngreeting: {text: Hello}\nturns: {pause_ms: 500}\nflows: []\nlanguage: en-US\n"
    return Target("agent_document", lambda data: parse_agent(data.decode("latin-1"), "agent"), (BadInput,), [seed])


def twilio() -> Target:
    from parley_gateway.channels.twilio.protocol import parse_message

    audio = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    start = {"streamSid": "MZ1", "callSid": "CA1", "customParameters": {"session": "x"}, "mediaFormat": audio}
    seeds = _json(
        {"event": "connected", "protocol": "Call", "version": "1.0.0"},
        {"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": start},
        {"event": "media", "streamSid": "MZ1", "media": {"track": "inbound", "chunk": "2", "payload": "//8="}},
        {"event": "dtmf", "streamSid": "MZ1", "dtmf": {"track": "inbound_track", "digit": "1"}},
        {"event": "mark", "streamSid": "MZ1", "mark": {"name": "m1"}},
        {"event": "stop", "streamSid": "MZ1", "stop": {"callSid": "CA1"}},
    )
    return Target("twilio", parse_message, (BadInput,), seeds)


def telnyx() -> Target:
    from parley_gateway.channels.telnyx.protocol import parse_message

    audio = {"encoding": "PCMU", "sample_rate": 8000, "channels": 1}
    start = {"call_control_id": "v3:x", "client_state": "e30=", "media_format": audio}
    seeds = _json(
        {"event": "start", "sequence_number": "1", "stream_id": "1", "start": start},
        {"event": "media", "stream_id": "1", "media": {"track": "inbound", "chunk": "2", "payload": "//8="}},
        {"event": "dtmf", "stream_id": "1", "dtmf": {"digit": "1"}},
        {"event": "error", "stream_id": "1", "payload": {"code": 100003, "title": "x", "detail": "y"}},
        {"event": "stop", "stream_id": "1", "stop": {"call_control_id": "v3:x"}},
    )
    return Target("telnyx", parse_message, (BadInput,), seeds)


def telnyx_webhook() -> Target:
    from parley_gateway.channels.telnyx.webhooks import parse_webhook

    payload = {"call_control_id": "v3:x", "direction": "incoming", "from": "+1", "to": "+2"}
    seeds = _json({"data": {"event_type": "call.initiated", "id": "1", "payload": payload}})
    return Target("telnyx_webhook", parse_webhook, (BadInput,), seeds)


def telnyx_state() -> Target:
    import base64

    from parley_gateway.channels.telnyx import relay
    from parley_gateway.channels.telnyx.client_state import read_order, read_state

    def read(data: bytes) -> None:
        for state in (data.decode("latin-1"), base64.b64encode(data).decode()):
            read_order(state)
            relay.read_state(state)
            read_state(state)

    seeds = _json(
        {"ticket": "t", "resume": "", "take_ups": 1},
        {"order": "o-1", "tenant": "local"},
        {"relay": ["local", "clinic", "+15550100"]},
    )
    return Target("telnyx_state", read, (NotAllowed,), [*seeds, b'{"ticket":"t","resume":"","take_ups":Infinity}'])


def relay() -> Target:
    from parley_gateway.channels.relay.handoff import read_handoff
    from parley_gateway.channels.relay.protocol import parse_message

    call = {"sessionId": "VX0", "callSid": "CA0", "from": "+18005550100", "to": "+18005550101"}
    seeds = _json(
        {"type": "setup", **call, "customParameters": {"token": "t"}},
        {"type": "prompt", "voicePrompt": "hello", "lang": "en-US", "last": True},
        {"type": "interrupt", "utteranceUntilInterrupt": "Hello", "durationUntilInterruptMs": 460},
        {"type": "dtmf", "digit": "1"},
        {"type": "info", "name": "tokensPlayed", "value": "Hello"},
        {"type": "info", "name": "agentSpeaking", "value": "off"},
        {"type": "error", "description": "Invalid message"},
        {"reason": "handed_off", "address": "tel:+15550999", "summary": "A caller"},
    )

    def read(data: bytes) -> object:
        read_handoff(data.decode("latin-1"))
        return parse_message(data)

    return Target("relay", read, (BadInput,), seeds)


TARGETS: dict[str, Callable[[], Target]] = {
    make.__name__: make
    for make in (
        websocket,
        token,
        resume_token,
        forwarded,
        request_bodies,
        consent,
        asterisk,
        webrtc_sdp,
        webrtc_messages,
        jitter,
        relay,
        twilio,
        telnyx,
        telnyx_webhook,
        telnyx_state,
        sip,
        sip_sdp,
        sip_stream,
        sip_digest,
        rtp,
        realtime,
        rtvi,
        rtvi_frames,
        agent_document,
    )
}
