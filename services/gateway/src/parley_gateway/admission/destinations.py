"""Where calls may go: the kind of destination that an address is, by the numbering plans, and a policy for it. Pure.

`outgoing` asks for every order and every transfer. Fraudsters have platforms call numbers that cost much and pay them:
what is not known to be an ordinary number is denied until a policy names it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import phonenumbers
from parley_core.errors import BadInput
from parley_core.settings import JsonPart
from parley_sip.addresses import Uri
from phonenumbers import PhoneNumberType
from pydantic import Field, field_validator

_SHORT = 6  # digits; longer ones are dialled out
_EXITS = ("", "00", "011", "0011", "010", "810", "8~10")  # what is dialled before a country's code, by country
_SEPARATORS = re.compile(r"[-.()\s]")
_DIALLED = re.compile(r"\+?[0-9*#]+")
_ESCAPED_CONTROL = re.compile(r"%(?:[01][0-9a-fA-F]|7[fF])")
_SIP = re.compile(r"sips?:[!$%&'()*+\-./0-9:;=@A-Z\[\]_a-z~]{1,200}", re.IGNORECASE)
_TEL = re.compile(r"tel:\+[1-9][0-9]{1,14}")
_CALLER = re.compile(r"(?:tel:)?(?:\+[1-9][0-9]{2,14}|[0-9]{3,15})")


class Kind(StrEnum):
    FIXED_LINE = "fixed_line"
    MOBILE = "mobile"
    TOLL_FREE = "toll_free"
    VOIP = "voip"
    SIP = "sip"  # a name at a host
    SHORT = "short"  # an extension or short number at a SIP host
    UAN = "uan"
    SHARED_COST = "shared_cost"
    PREMIUM_RATE = "premium_rate"
    PERSONAL_NUMBER = "personal_number"
    PAGER = "pager"
    VOICEMAIL = "voicemail"
    SATELLITE = "satellite"
    EMERGENCY = "emergency"
    UNKNOWN = "unknown"


ORDINARY = frozenset((Kind.FIXED_LINE, Kind.MOBILE, Kind.TOLL_FREE, Kind.VOIP, Kind.SIP, Kind.SHORT))
_BY_HOST = frozenset((Kind.SHORT, Kind.UNKNOWN))  # what naming a host allows there: its own numbering plan

# ITU-T E.164, codes of no country: Inmarsat, universal personal numbers, satellites, international networks.
_GLOBAL = (
    (re.compile(r"\+(?:870|878|881|882|883)"), Kind.SATELLITE),
    (re.compile(r"\+979"), Kind.PREMIUM_RATE),
    (re.compile(r"\+808"), Kind.SHARED_COST),
)
_KINDS = {
    PhoneNumberType.FIXED_LINE: Kind.FIXED_LINE,
    PhoneNumberType.MOBILE: Kind.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Kind.FIXED_LINE,
    PhoneNumberType.TOLL_FREE: Kind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: Kind.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST: Kind.SHARED_COST,
    PhoneNumberType.VOIP: Kind.VOIP,
    PhoneNumberType.PERSONAL_NUMBER: Kind.PERSONAL_NUMBER,
    PhoneNumberType.PAGER: Kind.PAGER,
    PhoneNumberType.UAN: Kind.UAN,
    PhoneNumberType.VOICEMAIL: Kind.VOICEMAIL,
}


@dataclass(frozen=True, slots=True)
class Destination:
    kind: Kind
    number: str = ""  # +…; empty where none is known
    region: str = ""  # ISO 3166; "001": of no country
    host: str = ""  # of a SIP address


class OutgoingPolicy(JsonPart):
    """A tenant's, or everybody's. A destination is named by its kind, by the first digits of its number (`+4930`), by
    its country (`DE`) or by the host of its SIP address (`@pbx.example.com`)."""

    allow: tuple[str, ...] = Field((), max_length=1000, description="Destinations beside the ordinary ones")
    only: tuple[str, ...] = Field((), max_length=1000, description="No others than these; empty: no such limit")
    deny: tuple[str, ...] = Field((), max_length=1000, description="Goes before the other two")
    per_minute: int = Field(60, ge=1, le=100_000, description="Calls and transfers a minute")
    per_day: int = Field(0, ge=0, description="Calls and transfers a day (UTC); 0: no limit")
    spend_per_day_micros: int = Field(0, ge=0, description="Cost a day, by `prices_micros`; 0: no limit")
    prices_micros: dict[str, int] = Field(
        default_factory=dict, max_length=1000, description="Price of a minute by first digits; `*`: of the others"
    )

    @field_validator("allow", "only", "deny")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            country = name in phonenumbers.SUPPORTED_REGIONS
            if not (name in set(Kind) or country or re.fullmatch(r"\+[1-9][0-9]{0,14}|@[^\s@]{1,200}", name)):
                raise ValueError(f"{name!r} is no kind, +digits, country or @host")
        return names

    def denial(self, to: Destination) -> str:
        """Why a call may not go there; "" where it may."""
        if _named(self.deny, to):
            return f"{_words(to)} is denied"
        if self.only and not _named(self.only, to):
            return f"{_words(to)} is not among the destinations that are allowed"
        host = to.kind in _BY_HOST and f"@{to.host}" in (*self.allow, *self.only)
        explicit = to.kind in self.allow or _by_digits((*self.allow, *self.only), to) or host
        return "" if to.kind in ORDINARY or explicit else f"{_words(to)} is denied unless a policy allows it"

    def price_micros(self, number: str) -> int:
        """Of a minute to it: that of the longest first digits that are known."""
        known = [digits for digits in self.prices_micros if number.startswith(digits)]
        return self.prices_micros[max(known, key=len)] if known else self.prices_micros.get("*", 0)


def check_address(text: str, what: str) -> str:
    """`tel:+…` or a SIP URI without headers, password and control characters. Raises BadInput."""
    address = text if ":" in text else f"tel:{text}"
    if _TEL.fullmatch(address) or (_SIP.fullmatch(address) and not _ESCAPED_CONTROL.search(address)):
        if re.match(r"sips?:[^@]*:[^@]*@", address, re.IGNORECASE):  # it would be stored with the order
            raise BadInput(what, "must carry no password")
        if address.startswith("tel:") or Uri.parse(address).user:
            return address
    raise BadInput(what, "must be a number like +12125550142 or a SIP address like sip:ann@example.com")


def check_caller(text: str, what: str) -> str:
    """The number that is shown: digits with or without a plus, or an address. Raises BadInput."""
    return text if not text or _CALLER.fullmatch(text) else check_address(text, what)


def destination(address: str) -> Destination:
    """What an address is that `check_address` has passed, or an agent document names. Raises BadInput for others."""
    uri = Uri.parse(address)
    if uri.scheme == "tel":
        return _number(unicodedata.normalize("NFKC", uri.user))
    dialled = _SEPARATORS.sub("", unicodedata.normalize("NFKC", uri.user.partition(";")[0]))
    if not _DIALLED.fullmatch(dialled):
        return Destination(Kind.SIP, host=uri.host.lower())
    found = _dialled(dialled)
    return Destination(found.kind, found.number, found.region, uri.host.lower())


def _dialled(text: str) -> Destination:
    """What a switch makes of digits is not known here: of all readings the worst counts."""
    if text.startswith("+"):
        return _number(text)
    if not text.isdigit():
        return Destination(Kind.UNKNOWN)  # star codes forward calls, among other things
    if len(text) <= _SHORT:
        return Destination(Kind.EMERGENCY if text in _emergency_numbers() else Kind.SHORT)
    readings = [_number("+" + text[len(exit_) :]) for exit_ in _EXITS if text.startswith(exit_)]
    known = [one for one in readings if one.kind is not Kind.UNKNOWN]
    return next((one for one in known if one.kind not in ORDINARY), known[0] if known else Destination(Kind.UNKNOWN))


def _number(text: str) -> Destination:
    for pattern, kind in _GLOBAL:
        if pattern.match(text):
            return Destination(kind, text, "001")
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return Destination(Kind.UNKNOWN)
    kind = _KINDS.get(phonenumbers.number_type(number), Kind.UNKNOWN)
    return Destination(kind, text, phonenumbers.region_code_for_number(number) or "")


@cache
def _emergency_numbers() -> frozenset[str]:
    numbers = (f"{digits}" for digits in range(100, 1000))
    regions = phonenumbers.SUPPORTED_REGIONS
    return frozenset(one for one in numbers if any(phonenumbers.is_emergency_number(one, region) for region in regions))


def _named(names: Sequence[str], to: Destination) -> bool:
    return to.kind in names or to.region in names or (bool(to.host) and f"@{to.host}" in names) or _by_digits(names, to)


def _by_digits(names: Sequence[str], to: Destination) -> bool:
    return bool(to.number) and any(name.startswith("+") and to.number.startswith(name) for name in names)


def _words(to: Destination) -> str:
    return f"a destination of the kind {to.kind.value}" + (f" ({to.region})" if to.region else "")
