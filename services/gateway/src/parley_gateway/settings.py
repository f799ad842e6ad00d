"""The gateway's settings: what every service is told, and the slice of each room and channel. Read once at the start.

`app` hands each part its slice; nothing but `app` and the list of channels knows this class.
"""

from typing import ClassVar

from parley_core.settings import ServiceSettings, constants

from parley_gateway.addresses import WebSettings
from parley_gateway.admission.settings import AdmissionSettings
from parley_gateway.call.settings import CallSettings
from parley_gateway.channels.asterisk.settings import AsteriskSettings
from parley_gateway.channels.livekit.settings import LiveKitSettings
from parley_gateway.channels.sip.settings import SipSettings
from parley_gateway.channels.telnyx.settings import TelnyxSettings
from parley_gateway.channels.twilio.settings import TwilioSettings
from parley_gateway.channels.webrtc.settings import WebRtcSettings


class GatewaySettings(ServiceSettings, service="gateway"):
    web: WebSettings = WebSettings()
    admission: AdmissionSettings = AdmissionSettings()
    calls: CallSettings = CallSettings()
    asterisk: AsteriskSettings = AsteriskSettings()
    livekit: LiveKitSettings = LiveKitSettings()
    sip: SipSettings = SipSettings()
    telnyx: TelnyxSettings = TelnyxSettings()
    twilio: TwilioSettings = TwilioSettings()
    webrtc: WebRtcSettings = WebRtcSettings()

    removed: ClassVar = {
        **constants(
            "claim_wait_s",
            "resume_wait_s",
            "start_timeout_s",
            "gone_after_s",
            "ahead_s",
            "unread_bytes",
            "time_warning_s",
            "heard_timeout_s",
            "reply_timeout_s",
            "max_utterance_s",
            "digits_wait_s",
            "client_tool_s",
            "playout_lead_ms",
            "livekit_wait_s",
            "sip_realm",
            "sip_rtp_timeout_s",
            "sip_hold_s",
            "sip_session_expires_s",
            "telnyx_rate_hz",
            "telnyx_resumes",
            "telnyx_ring_s",
            "twilio_resumes",
            "twilio_dial_timeout_s",
            "webrtc_connect_s",
            "webrtc_pending",
        ),
        **dict.fromkeys(
            ("apology_text", "silence_text", "time_limit_text", "time_warning_text"),
            "agent documents (`notices`) and language packs have these sentences",
        ),
        **dict.fromkeys(("busy_text", "limit_text"), "language packs have these sentences"),
        **dict.fromkeys(("sip_routes", "telnyx_routes", "twilio_routes"), "set PARLEY_GATEWAY_ROUTES"),
        **dict.fromkeys(
            ("telnyx_stream_url", "telnyx_relay_url", "twilio_stream_url", "twilio_relay_url"),
            "set PARLEY_GATEWAY_WS_PUBLIC_URL, without a path",
        ),
        "sip_default_agent": "set PARLEY_GATEWAY_ROUTES (`*=agent`) or PARLEY_GATEWAY_DEFAULT_AGENT",
        "twilio_public_url": "set PARLEY_GATEWAY_PUBLIC_URL",
        "url": "the parley command reads PARLEY_URL",
        "webrtc": "set PARLEY_GATEWAY_WEBRTC_ENABLED",
        "ws_host": "set PARLEY_GATEWAY_HTTP_HOST, which binds both ports",
    }
