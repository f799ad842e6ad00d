"""The gateway's settings: what every service is told, and the slice of each room and channel. Read once at the start.

`app` hands each part its slice; nothing but `app` and the list of channels knows this class.
"""

from parley_core.settings import ServiceSettings

from parley_gateway.admission.settings import AdmissionSettings
from parley_gateway.call.settings import CallSettings
from parley_gateway.channels.asterisk.settings import AsteriskSettings
from parley_gateway.channels.livekit.settings import LiveKitSettings
from parley_gateway.channels.sip.settings import SipSettings
from parley_gateway.channels.telnyx.settings import TelnyxSettings
from parley_gateway.channels.twilio.settings import TwilioSettings
from parley_gateway.channels.webrtc.settings import WebRtcSettings
from parley_gateway.web.settings import WebSettings


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
