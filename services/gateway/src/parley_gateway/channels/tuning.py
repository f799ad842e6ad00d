"""Bounds and deadlines of the channels that no operator needs to set: constants with their reasons, in one object so
that tests can change them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChannelTuning:
    # From the connection to the message that asks for a call.
    start_timeout_s: float = 5.0
    # Audio that a client may send ahead of real time: a network's stall and its burst, not a file in one go.
    ahead_s: float = 2.0
    # Audio that a client kept during a stall, and sends at once behind it.
    catch_up_s: float = 10.0
    # Outgoing buffer of a client: two seconds of PCM; a client that reads slower is disconnected.
    unread_bytes: int = 65_536
    # A browser's ICE and DTLS with a TURN server on the way.
    webrtc_connect_s: float = 15.0
    # Offers that await their connection: each holds sockets and a certificate's handshake.
    webrtc_pending: int = 64
    # An agent alone in a LiveKit room waits for a participant's audio.
    livekit_wait_s: float = 30.0
    # A SIP call without RTP, not on hold: RFC 4028's timers are too slow to notice a dead peer.
    sip_rtp_timeout_s: float = 20.0
    # A held call: music on hold is not for ever.
    sip_hold_s: float = 600.0
    # Session timer offered (RFC 4028 recommends 1800 s; at least 90 s).
    sip_session_expires_s: int = 1800
    # Reconnections of one carrier call after lost streams: more is a loop, and each is billed.
    carrier_resumes: int = 3
    # Ringing of a transfer's target: four to five rings.
    transfer_ring_s: int = 20
