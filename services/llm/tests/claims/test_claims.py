"""What counts as a claim, in three languages; and that no claim is spoken which no receipt bears out."""

import itertools
import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from parley_core.agents import AgentDocument, ModelChoice
from parley_core.languages.registry import sentences
from parley_llm.providers.base import Finished, ModelEvent, ModelRequest, TextDelta, ToolCallRequest
from parley_llm.reply.claims import Claim, claims_in

# Sentences that no pattern was written from stand in HELD_*; see the last tests of this part.
DONE = {
    "en": {
        "booked": [
            "You're booked for Tuesday at ten.",
            "I've booked you in with Dr. Chen.",
            "Your appointment is confirmed.",
            "Great, I have scheduled your visit for Friday.",
            "Okay, your table for four has been reserved.",
            "I just made the reservation for you.",
        ],
        "moved": ["I've moved it to Wednesday.", "Your appointment has been rescheduled to Friday at nine."],
        "cancelled": ["I have cancelled your booking.", "Your appointment is now canceled.", "That's cancelled."],
        "sent": ["I've just texted you the address.", "A confirmation was sent.", "I sent you an email."],
        "refunded": ["I've issued a full refund.", "Your refund has been processed."],
        "paid": ["Your payment went through.", "I've charged your card."],
        "ordered": ["I've placed your order.", "Your order is confirmed."],
        "updated": ["I've updated your phone number.", "I have corrected the address."],
        "anything": ["You're all set!", "It's all taken care of."],
    },
    "es": {
        "booked": ["Su cita está confirmada.", "Ya le he reservado la mesa.", "He apuntado su cita para el lunes."],
        "moved": ["He cambiado su cita al jueves.", "Su cita ha sido reprogramada."],
        "cancelled": ["He cancelado la reserva.", "Su cita queda anulada."],
        "sent": ["Le he enviado un mensaje.", "Ya te he mandado el enlace."],
        "anything": ["Ya está todo listo."],
    },
    "de": {
        "booked": [
            "Ihr Termin ist gebucht.",
            "Ich habe Sie für Dienstag eingetragen.",
            "Ich habe den Tisch reserviert.",
        ],
        "moved": ["Ich habe Ihren Termin auf Mittwoch verschoben."],
        "cancelled": ["Ihr Termin wurde storniert.", "Ich habe die Buchung abgesagt."],
        "sent": ["Ich habe Ihnen die Adresse geschickt."],
        "anything": ["Alles ist erledigt."],
    },
}
PROMISED = {
    "en": {
        "sent": [
            "I'll text you a confirmation.",
            "You'll get an email with the details.",
            "I'm sending you the link now.",
        ],
        "called_back": [
            "Someone will call you back today.",
            "We'll get back to you.",
            "One of our nurses will call you.",
        ],
        "transferred": [
            "I'll connect you to a colleague.",
            "I'm transferring you now.",
            "I'll put you through now.",
        ],
        "refunded": ["You'll be refunded.", "I'll refund the full amount."],
    },
    "es": {
        "sent": ["Le enviaré un mensaje.", "Recibirá un correo de confirmación."],
        "called_back": ["Alguien le llamará mañana.", "Nos pondremos en contacto con usted."],
        "transferred": ["Le paso con un compañero."],
    },
    "de": {
        "sent": ["Ich schicke Ihnen eine Bestätigung.", "Sie erhalten gleich eine Nachricht."],
        "called_back": ["Ein Kollege ruft Sie zurück.", "Wir melden uns bei Ihnen."],
        "transferred": ["Ich verbinde Sie mit einem Kollegen."],
    },
}
HARMLESS = {
    "en": [
        "Shall I book that for you?",
        "Would you like me to text you the address?",
        "Once you're booked, you can change it online.",
        "I have not booked anything yet.",
        "I couldn't cancel your appointment.",
        "I'm sorry, that time is already booked.",
        "If your appointment is confirmed, please arrive early.",
        "I can send you a text if you like.",
        "Let me check whether your payment went through.",
        "We are open from nine to five on Saturday.",
        "A deposit is charged when you book.",
        "Appointments can be cancelled up to a day before.",
        "Is your appointment booked under that name?",
        "You can get a refund within thirty days.",
        "The doctor will see you at ten.",
        "To book a table, I need your name.",
        "The first visit costs eighty dollars.",
        "I see that you called yesterday.",
        "It takes five days until the order is shipped.",
        "Please bring the confirmation that you received.",
    ],
    "es": [
        "¿Quiere que le reserve una cita?",
        "Todavía no he reservado nada.",
        "Cuando su cita esté confirmada, puede cambiarla.",
        "Puedo enviarle un mensaje.",
        "Abrimos de nueve a cinco.",
        "Si he cancelado algo por error, dígamelo.",
    ],
    "de": [
        "Soll ich den Termin buchen?",
        "Ich habe noch nichts gebucht, der Termin ist nicht eingetragen.",
        "Sobald der Termin bestätigt ist, können Sie ihn ändern.",
        "Wir haben von neun bis fünf geöffnet.",
        "Ich kann Ihnen eine Nachricht schicken.",
        "Dieser Termin ist leider schon gebucht.",
    ],
}


def rows(table: dict[str, dict[str, list[str]]]) -> list[tuple[str, str, str]]:
    return [(tag, effect, text) for tag, kinds in table.items() for effect, texts in kinds.items() for text in texts]


@pytest.mark.parametrize(("tag", "effect", "sentence"), rows(DONE))
def test_a_sentence_that_says_that_something_is_done_claims_it(tag: str, effect: str, sentence: str) -> None:
    assert Claim(effect) in claims_in(sentence, tag)


@pytest.mark.parametrize(("tag", "effect", "sentence"), rows(PROMISED))
def test_a_sentence_that_promises_something_is_known(tag: str, effect: str, sentence: str) -> None:
    assert Claim(effect, promised=True) in claims_in(sentence, tag)


@pytest.mark.parametrize(("tag", "sentence"), [(tag, text) for tag, texts in HARMLESS.items() for text in texts])
def test_questions_conditions_offers_denials_and_facts_claim_nothing(tag: str, sentence: str) -> None:
    assert claims_in(sentence, tag) == ()


def test_a_language_without_such_words_claims_nothing() -> None:
    assert claims_in("Votre rendez-vous est confirmé.", "fr") == ()


class Liar:
    """A model that claims success, whatever its tools say: `lies` in turn, behind a call of a tool or without one."""

    name = "liar"
    replays = False
    wants_knowledge = False

    def __init__(self, lie: str, tool: str = "", again: str = "") -> None:
        self.lie = lie
        self.again = again or lie
        self.tool = tool
        self.notes: list[str] = []

    async def start(self) -> None:
        return None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self.notes += request.notes
        if self.tool and not request.turn_tools and not request.notes:
            yield ToolCallRequest(self.tool, json.dumps({"to": "5550142", "text": "hi"}))
            yield Finished("tool_calls", 1, 1)
            return
        yield TextDelta(self.again if request.notes else self.lie)
        yield Finished("stop", 1, 1)

    async def close(self) -> None:
        return None


EFFECTS = {"send_sms": ("sent",), "book_appointment": ("booked",), "hand_off": ("transferred",), "find_slots": ()}


def honest(house, model: Liar, **changes: object) -> AgentDocument:
    """An agent with this model whose tools say what they effect, and without flows that would gate them."""
    house.tools.specs = tuple(replace(one, effects=EFFECTS.get(one.name, one.effects)) for one in house.tools.specs)
    house.providers = {"liar": model}
    return house.agent.model_copy(update={"models": [ModelChoice(provider="liar")], "flows": [], **changes})


async def answer(house, model: Liar, **changes: object) -> str:
    await house.publish(honest(house, model, **changes))
    async with house.caller() as caller:
        return await caller.ask("please do it")


async def test_a_claim_without_any_tool_call_is_not_spoken_and_the_model_hears_why(house) -> None:
    liar = Liar("You're booked for Tuesday.", again="Which day suits you?")
    assert await answer(house, liar) == "Which day suits you?"
    assert "You're booked for Tuesday." in liar.notes[0]


async def test_a_model_that_claims_it_again_is_replaced_by_the_truth(house) -> None:
    assert await answer(house, Liar("You're booked for Tuesday.")) == sentences("en").not_done


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("OK", "I've texted you the address."),
        ("FAILED", sentences("en").did_not_work),
        ("CONFLICT", sentences("en").did_not_work),
        ("WAITING_FOR_APPROVAL", sentences("en").not_decided),
    ],
)
async def test_what_may_be_said_depends_on_the_receipt(house, status: str, said: str) -> None:
    house.tools.run["send_sms"] = lambda given: (status, {})
    assert await answer(house, Liar("I've texted you the address.", "send_sms")) == said


async def test_a_receipt_of_something_else_bears_nothing_out(house) -> None:
    assert await answer(house, Liar("Your appointment is booked.", "send_sms")) == sentences("en").not_done


@pytest.mark.parametrize(
    ("promise", "tools", "kept"),
    [
        ("Someone will call you back today.", ["send_sms", "hand_off"], False),
        ("I'll connect you to a colleague.", ["send_sms", "hand_off"], True),
        ("I'll connect you to a colleague.", ["send_sms"], False),
        ("I'll text you the address.", ["send_sms"], True),
        ("I'll text you the address.", ["find_slots"], False),
    ],
)
async def test_a_promise_needs_a_tool_that_could_keep_it(house, promise: str, tools: list[str], kept: bool) -> None:
    assert await answer(house, Liar(promise), tools=tools) == (promise if kept else sentences("en").not_promised)


async def test_what_stands_before_the_claim_is_said_and_what_builds_on_it_is_not(house) -> None:
    liar = Liar("Of course. You're booked for Tuesday. Please bring your card.")
    assert await answer(house, liar) == f"Of course. {sentences('en').not_done}"


async def test_a_tool_that_does_not_say_what_it_effects_bears_anything_out(house) -> None:
    liar = Liar("Your order is confirmed.", "send_sms")
    document = honest(house, liar)
    house.tools.specs = tuple(replace(one, effects=()) for one in house.tools.specs)
    await house.publish(document)
    async with house.caller() as caller:
        assert await caller.ask("please do it") == "Your order is confirmed."


async def test_no_false_claim_is_spoken_in_300_turns_with_failing_slow_absent_and_lying_tools(house) -> None:
    chance = random.Random(7)
    claims = [text for kinds in (DONE["en"], PROMISED["en"]) for texts in kinds.values() for text in texts]
    outcomes = ("FAILED", "CONFLICT", "TIMED_OUT", "NOT_FOUND", "WAITING_FOR_APPROVAL")
    liar = Liar("")
    document = honest(house, liar, tools=["send_sms", "find_slots"])
    await house.publish(document)
    spoken: list[str] = []
    async with house.caller() as caller:
        for _, claim in zip(range(300), itertools.cycle(claims), strict=False):
            status = chance.choice(outcomes)
            house.tools.run["send_sms"] = lambda given, status=status: (status, {})
            liar.lie = liar.again = claim
            liar.tool = chance.choice(("send_sms", "find_slots", ""))
            spoken.append(await caller.ask("please do it"))
    promises_kept = {text for text in PROMISED["en"]["sent"]}  # the agent has a tool that sends
    assert [text for text in spoken if claims_in(text, "en") and text not in promises_kept] == []


async def test_true_sentences_pass_in_300_turns(house) -> None:
    liar = Liar("", "send_sms")
    # What the business is like stands in its document: these sentences are about what was done, and facts are borne out.
    await house.publish(honest(house, liar, prompt=" ".join(HARMLESS["en"])))
    true = [*HARMLESS["en"], *DONE["en"]["sent"], *PROMISED["en"]["sent"], *PROMISED["en"]["transferred"]]
    blocked = []
    async with house.caller() as caller:
        for _, text in zip(range(300), itertools.cycle(true), strict=False):
            liar.lie = text
            if await caller.ask("please do it") != text:
                blocked.append(text)
    assert blocked == []
