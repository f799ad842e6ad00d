"""The CRM note of a finished call: who called, what came of it. Pure; stored by `stores.crm`."""

import hashlib
from dataclasses import dataclass

from parley_core.conversation import Conversation

from parley_postcall.outcomes import booking_of, fields_of

# A tool of a tenant's own may name its fields in its own way; these are looked at in this order.
_NAME_FIELDS = ("name", "patient_name", "patient", "full_name", "customer_name")
_PHONE_FIELDS = ("phone", "phone_number", "mobile")
_WHEN_FIELDS = ("local_time", "starts_at", "start", "when", "time")
_ID_FIELDS = ("appointment_id", "booking_id", "id")


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of the tenant's CRM. `key` finds the same person again: by phone where one is known, else by name."""

    name: str
    phone: str  # digits with "+" where the number was international
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


def note_of(tenant: str, call: str, conversation: Conversation) -> Note:
    """Write the note from the facts on the log; the summary is added when there is one."""
    known = dict(conversation.flow.slots) if conversation.flow else {}
    booking = booking_of(conversation)
    appointment = when = ""
    if booking is not None:
        result = fields_of(booking.result_json)
        known |= fields_of(booking.arguments_json) | result
        appointment, when = _first(result, _ID_FIELDS), _first(known, _WHEN_FIELDS)
    session = conversation.session
    phone = _digits(_first(known, _PHONE_FIELDS)) or _digits(session.user if session else "")
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


def _digits(text: str) -> str:
    """A phone number without its punctuation; "" for what has too few digits to be one."""
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) < 7 or any(letter.isalpha() for letter in text):
        return ""
    return f"+{digits}" if text.strip().startswith("+") else digits
