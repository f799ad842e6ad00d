"""The TwiML that the door's webhooks answer with, made by Twilio's SDK."""

from twilio.twiml.voice_response import Connect, Dial, VoiceResponse


def connect(stream_url: str, public_url: str, parameters: dict[str, str]) -> str:
    """Connect the caller to the media stream; what follows the stream is asked of `/twilio/after`."""
    response = VoiceResponse()
    connecting = Connect(action=f"{public_url}/twilio/after", method="POST")
    stream = connecting.stream(
        url=stream_url, status_callback=f"{public_url}/twilio/stream-status", status_callback_method="POST"
    )
    for name, value in parameters.items():
        stream.parameter(name=name, value=value)
    response.append(connecting)
    return str(response)


def dial(address: str, public_url: str, *, timeout_s: int, whisper: bool) -> str:
    """Ring a person; who answers hears the summary first, and then has the caller."""
    response = VoiceResponse()
    dialling = Dial(timeout=timeout_s, action=f"{public_url}/twilio/dialed", method="POST")
    more = {"url": f"{public_url}/twilio/whisper", "method": "POST"} if whisper else {}
    if address.startswith("tel:"):
        dialling.number(address.removeprefix("tel:"), **more)
    else:
        dialling.sip(address, **more)
    response.append(dialling)
    return str(response)


def say(text: str, language: str = "en-US") -> str:
    response = VoiceResponse()
    response.say(text, language=language)
    return str(response)


def hang_up() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response)


def nothing() -> str:
    return str(VoiceResponse())
