"""What the detector finds: a kind and where in a text."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """Kinds of personal data, as agent documents name them."""

    CARD = "card"  # payment cards: numbers and their codes
    ACCOUNT = "account"  # IBAN and other numbers of bank accounts
    SOCIAL = "social"  # social-security, tax and identity-card numbers
    RECORD = "record"  # medical records, health insurance
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    BIRTH = "birth"  # dates of birth
    NAME = "name"
    NUMBER = "number"  # dictated, and not known yet what of: hidden while a call runs


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    start: int
    end: int
    kind: Kind


ALL: Final = frozenset(Kind)
_WEIGHT: Final = {kind: place for place, kind in enumerate(Kind)}  # of two at one place the earlier kind stays


def without_overlaps(findings: Iterable[Finding], kinds: Collection[Kind] = ALL) -> list[Finding]:
    """Those of these kinds in the text's order; of two that overlap the longer one stays.

    Kinds are chosen first: a card number that was taken for a phone number as well is still a card number.
    """
    kept: list[Finding] = []
    wanted = (one for one in findings if one.kind in kinds)
    for one in sorted(wanted, key=lambda one: (one.start - one.end, one.start, _WEIGHT[one.kind])):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept)
