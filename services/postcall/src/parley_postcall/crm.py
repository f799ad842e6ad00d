"""The CRM note of a finished call: who called, what came of it. Pure; stored by `stores.crm`."""

import hashlib
import re
from dataclasses import dataclass

import phonenumbers
from parley_core.callers import is_withheld
from parley_core.conversation import Conversation

from parley_postcall.outcomes import booking_of, fields_of

# A tool of a tenant's own may name its fields in its own way; these are looked at in this order.
_NAME_FIELDS = ("name", "patient_name", "patient", "full_name", "customer_name")
_PHONE_FIELDS = ("phone", "phone_number", "mobile")
_WHEN_FIELDS = ("local_time", "starts_at", "start", "when", "time")
_ID_FIELDS = ("appointment_id", "booking_id", "id")
_URI = re.compile(r"^(?:sips?|tel):", re.IGNORECASE)
_INTERNATIONAL = re.compile(r"^\s*\(?\s*(?:00|011)\s*\)?(?=[\s.-]*[1-9]\d?)")
_PHONE = re.compile(r"[+\d\s()./\-\u2010-\u2015\u00a0]+(?:\s*(?:ext|x|#)\.?\s*\d{1,6})?", re.IGNORECASE)
_FEWEST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of the tenant's CRM. `key` finds the same person again: by phone where one is known, else by name."""

    name: str
    phone: str  # E.164; as given, in digits, where the country is not known
    key: str


@dataclass(frozen=True, slots=True)
class Note:
    id: str  # made from the call, so a note written twice is one note
    tenant: str
    call: str
    contact: Contact | None
    subject: str
    body: str
    appointment: str  # id of what was booked, as the booking tool gave it
    called_us: int  # Unix time at which the call started


def note_of(tenant: str, call: str, conversation: Conversation, region: str = "") -> Note:
    """Write the note from the facts on the log; the summary is added when there is one.

    `region`: the country of phone numbers without a country code; empty: not known.
    """
    known = dict(conversation.flow.slots) if conversation.flow else {}
    booking = booking_of(conversation)
    appointment = when = ""
    if booking is not None:
        result = fields_of(booking.result_json)
        known |= fields_of(booking.arguments_json) | result
        appointment, when = _first(result, _ID_FIELDS), _first(known, _WHEN_FIELDS)
    session = conversation.session
    phone = _number(_first(known, _PHONE_FIELDS), region) or _number(session.user if session else "", region)
    contact = _contact(_first(known, _NAME_FIELDS), phone)
    ended = conversation.ended
    facts = [
        f"Agent: {session.agent}" if session else "",
        f"Length: {round(ended.duration_ms / 1000)} s, ended: {ended.reason}" if ended else "",
        f"Appointment booked: {when} ({appointment})".replace(" ()", "") if booking else "",
        *(f"Handed off to {handoff.target}: {handoff.reason}" for handoff in conversation.handoffs),
    ]
    return Note(
        id=f"note-{hashlib.sha256(f'{tenant}/{call}'.encode()).hexdigest()[:24]}",
        tenant=tenant,
        call=call,
        contact=contact,
        subject=_subject(contact, booked=booking is not None, handed_off=bool(conversation.handoffs)),
        body="\n".join(fact for fact in facts if fact),
        appointment=appointment,
        called_us=conversation.started_us,
    )


def region_of(language: str) -> str:
    """The country of a language tag: "US" of "en-US"; empty where it names none."""
    return next((part.upper() for part in language.split("-")[1:] if len(part) == 2 and part.isalpha()), "")


def _subject(contact: Contact | None, *, booked: bool, handed_off: bool) -> str:
    who = (contact.name or contact.phone) if contact else "an unknown caller"
    came_of_it = "appointment booked" if booked else "handed off" if handed_off else "call answered"
    return f"Call with {who}: {came_of_it}"


def _contact(name: str, phone: str) -> Contact | None:
    name = " ".join(name.split())
    if phone:
        return Contact(name, phone, f"phone:{phone}")
    if name:
        return Contact(name, "", f"name:{name.casefold()}")
    return None


def _first(fields: dict[str, str], names: tuple[str, ...]) -> str:
    return next((fields[name].strip() for name in names if fields.get(name, "").strip()), "")


def _number(text: str, region: str) -> str:
    """A phone number in E.164, whatever its notation; "" for what is none, and for a number that is withheld."""
    if is_withheld(text):
        return ""
    text = _URI.sub("", text.strip().strip("<>")).partition("@")[0].partition(";")[0]
    text = _INTERNATIONAL.sub("+", text)
    if not _PHONE.fullmatch(text):
        return ""
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        digits = re.sub(r"\D", "", text)
        return digits if not region and len(digits) >= _FEWEST_DIGITS else ""
    if not phonenumbers.is_possible_number(number):
        return ""
    number.extension = None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
