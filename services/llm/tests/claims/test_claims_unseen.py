"""Claims and harmless sentences in wordings that no pattern was written from: how many are told apart.

They were written after the patterns, in the words of other trades, and no pattern was changed for them.
"""

import pytest
from parley_llm.reply.claims import claims_in

CLAIMS = {
    "en": """
        Wonderful, you are down for the three o'clock tour.
        All right, I've gone ahead and booked the cabin for two nights.
        Perfect, your consultation with the notary is scheduled for Monday at noon.
        We have reserved two seats by the window for you.
        Good news, you're confirmed for the yoga class.
        I've put you in for nine fifteen.
        Okay, I've switched your slot to the afternoon.
        I moved your lesson to next week.
        Your reservation has been changed to six people.
        I've canceled the pickup.
        Your session on Thursday was cancelled.
        I have emailed the invoice to you.
        I've already sent the tracking number.
        The receipt is on its way to you.
        I just messaged you the door code.
        Your verification code has been sent.
        I've processed your payment.
        The payment has been received, thank you.
        I have refunded the delivery fee.
        Your refund is on its way.
        I've put the order in for you.
        Your order has been placed and arrives on Friday.
        I've changed your delivery address.
        I have added your insurance to the account.
        Done, you are all set for tomorrow.
        Everything is taken care of.
        I'll send you the paperwork this afternoon.
        I will email you a copy right away.
        You'll receive a text with the link shortly.
        We'll call you back within the hour.
        A member of our team will be in touch.
        My colleague will contact you tomorrow.
        Somebody will ring you before noon.
        I'm going to transfer you to billing.
        I am putting you through to the workshop.
        You will get your full refund within five days.
        I'll place the order for you now.
        You are registered for the webinar.
        I've signed you up for the newsletter.
        I've arranged your visit with the technician.
    """,
    "es": """
        Perfecto, he reservado su habitación para dos noches.
        Le acabo de apuntar para la clase de las seis.
        Su mesa está reservada para las nueve.
        Ya he cancelado su pedido.
        Hemos cambiado su turno a la tarde.
        Te acabo de enviar el código.
        Su pago ha sido recibido.
        Ya hemos tramitado su reembolso.
        Le mandaremos la factura por correo.
        Un agente le contactará esta tarde.
        Le pongo con el taller.
        Le devolveremos la llamada hoy mismo.
    """,
    "de": """
        Ich habe Ihnen den Tisch für acht Uhr reserviert.
        Sie sind jetzt für den Kurs angemeldet.
        Ihr Platz ist bestätigt.
        Ich habe die Lieferung auf Freitag verschoben.
        Ihre Bestellung wurde aufgegeben.
        Wir haben Ihnen den Code gerade zugeschickt.
        Ich habe Ihre Adresse geändert.
        Ihre Zahlung ist eingegangen.
        Ich maile Ihnen die Rechnung.
        Jemand meldet sich heute noch bei Ihnen.
        Wir rufen Sie morgen zurück.
        Ich stelle Sie jetzt durch.
    """,
}
HARMLESS = {
    "en": """
        What time should I put you down for?
        Do you want me to cancel it for you?
        I haven't sent anything so far.
        Unless it is confirmed by noon, the room is released.
        I was not able to move your lesson.
        I'm afraid the two o'clock tour is booked out.
        Before your order is placed, I need a street name.
        We could call you when it arrives.
        Orders are shipped within two days.
        You may receive an invoice from the laboratory.
        Refunds take about a week.
        Our technician comes between eight and noon.
        Payments are processed at the end of the month.
        It would be booked under your company's name.
        I see three open slots on Thursday.
        The workshop sends a message as soon as the car is ready.
        I need your name to look up the booking.
        Did you get the message that we sent last week?
        The class is held on the second floor.
        You said that you had booked for two.
        Cancelling is free until the evening before.
        I'll check that for you.
        I will look at Thursday then.
        Let me see what is free.
        I'm looking for a table now.
        You will need a valid passport.
        That costs forty pounds per hour.
        May I have the number on your card, please?
        I'll need your phone number as well.
        Your appointment would be at ten, is that right?
        So it's a table for two on Friday at eight, correct?
        The doctor calls patients in by their number.
        I understand that you have been charged twice.
        You wanted to know about the refund.
        Thank you, and have a good day.
        The library is closed on public holidays.
        I don't know whether it has been sent.
        A technician might call you on the way.
        If you like, I can transfer you.
        Sorry, I did not catch the address.
    """,
    "es": """
        ¿A qué hora le apunto?
        No he podido cambiar su turno.
        Si su pago ha sido rechazado, use otra tarjeta.
        El taller cierra a las seis.
        ¿Le envío la factura por correo?
        Podemos llamarle mañana.
        Los pedidos se envían en dos días.
        Voy a mirar qué hay libre.
        Necesito su nombre para buscar la reserva.
        La mesa de la ventana no está libre.
    """,
    "de": """
        Wann soll ich Sie eintragen?
        Ich konnte den Kurs nicht verschieben.
        Wenn die Zahlung eingegangen ist, wird geliefert.
        Der Kurs ist leider ausgebucht.
        Möchten Sie, dass ich Ihnen die Rechnung schicke?
        Bestellungen werden in zwei Tagen geliefert.
        Ich sehe nach, was frei ist.
        Wir können Sie morgen anrufen.
        Dafür brauche ich Ihren Namen.
        Die Praxis ist am Freitag geschlossen.
    """,
}


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("tag", CLAIMS)
def test_claims_in_unseen_words_are_known(tag: str) -> None:
    assert [text for text in lines(CLAIMS[tag]) if not claims_in(text, tag)] == []


@pytest.mark.parametrize("tag", HARMLESS)
def test_harmless_sentences_in_unseen_words_pass(tag: str) -> None:
    assert [text for text in lines(HARMLESS[tag]) if claims_in(text, tag)] == []
