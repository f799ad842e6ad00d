"""The ports of audio, read from the settings once. Pure."""

from parley_core.errors import BadInput


def port_range(text: str) -> range:
    """The even ports of `first-last`. Raises BadInput."""
    low, _, high = text.partition("-")
    first, last = int(low) + int(low) % 2, int(high)
    if not 1024 <= first < last <= 65535:
        raise BadInput("sip_rtp_ports", "must be two ports of 1024 to 65535, the lower one first")
    return range(first, last, 2)
