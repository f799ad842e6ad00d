"""The TwiML that the channel's webhooks answer with, made by Twilio's SDK."""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Relay:
    """A ConversationRelay: Twilio recognises and speaks. Empty texts are Twilio's choice."""

    url: str
    token: str
    language: str
    voice: str


def relay(asked: Relay, public_url: str) -> str:
    """Connect the caller to the text protocol; what follows it is asked of `/twilio/relay-after`. Twilio says nothing
    by itself: the greeting comes from the conversation. Played words and the voice's end are reported; speech that may
    not interrupt is not.
    """
    response = VoiceResponse()
    connecting = Connect(action=f"{public_url}/twilio/relay-after", method="POST")
    relaying = connecting.conversation_relay(
        url=asked.url,
        tts_language=asked.language or None,
        transcription_language=asked.language or None,
        voice=asked.voice or None,
        dtmf_detection=True,
        interruptible="any",
        report_input_during_agent_speech="none",
        events="speaker-events tokens-played",
    )
    relaying.parameter(name="token", value=asked.token)
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


def reject() -> str:
    """Do not answer the call: nothing is billed."""
    response = VoiceResponse()
    response.reject()
    return str(response)


def nothing() -> str:
    return str(VoiceResponse())
