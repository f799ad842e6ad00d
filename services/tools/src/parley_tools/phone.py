"""Phone numbers as callers say them, made into the one form that is stored and dialled: E.164."""

from dataclasses import dataclass

import phonenumbers
from parley_core.errors import BadInput

_LOCAL_DIGITS = 7


@dataclass(frozen=True, slots=True)
class PhoneBook:
    """Knows where numbers without a country or an area belong."""

    region: str = "US"
    area_code: str = ""

    def normalise(self, text: str, where: str) -> str:
        """Return the number as E.164. Raises BadInput at `where`, with a reason that quotes no digits."""
        digits = "".join(letter for letter in text if letter.isdigit())
        international = text.strip().startswith("+")
        if len(digits) == _LOCAL_DIGITS and not international:
            if not self.area_code:
                raise BadInput(where, "needs an area code")
            text = self.area_code + digits
        try:
            number = phonenumbers.parse(text, self.region)
        except phonenumbers.NumberParseException:
            raise BadInput(where, "is not a phone number") from None
        # Only lengths are checked: whether an exchange is in use is not a question of form, and 555 numbers never are.
        match phonenumbers.is_possible_number_with_reason(number):
            case phonenumbers.ValidationResult.IS_POSSIBLE:
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            case phonenumbers.ValidationResult.TOO_SHORT | phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
                raise BadInput(where, f"has too few digits: {len(digits)}")
            case phonenumbers.ValidationResult.TOO_LONG:
                raise BadInput(where, f"has too many digits: {len(digits)}")
            case _:
                raise BadInput(where, "is not a phone number")
