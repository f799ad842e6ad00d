"""What a client can do wrong: it breaks a rule of its channel's protocol or sends what is out of bounds.

`frame_limits` and the channels name the fault; the client is shown it, and the log has it as the detail of
`EndReason.CLIENT_ERROR`.
"""

from parley_core.reasons import Meaning, Party, Reason

_CLIENTS = Meaning(Party.CALLER)


class ClientFault(Reason):
    BAD_JSON = "bad_json", _CLIENTS
    BAD_MESSAGE = "bad_message", _CLIENTS
    BAD_OFFER = "bad_offer", _CLIENTS
    WRONG_FORMAT = "wrong_format", _CLIENTS
    FRAGMENTED = "fragmented", _CLIENTS
    ODD_FRAME = "odd_frame", _CLIENTS
    FRAME_SIZE = "frame_size", _CLIENTS
    MESSAGE_SIZE = "message_size", _CLIENTS
    NOT_STARTED = "not_started", _CLIENTS
    START_TIMEOUT = "start_timeout", _CLIENTS
    TOO_FAST = "too_fast", _CLIENTS
    NO_AUDIO = "no_audio", _CLIENTS
