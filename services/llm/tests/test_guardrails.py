import pytest
from parley_llm.guardrails import check_caller, check_sentence, has_card_number, luhn, without_card_digits


@pytest.mark.parametrize(
    "said",
    [
        "i have chest pain",
        "my chest hurts and i feel dizzy",
        "i can't breathe",
        "my husband cannot breathe",
        "he is bleeding heavily",
        "the bleeding won't stop",
        "i want to kill myself",
        "i feel suicidal",
        "i think i am having a heart attack",
        "she passed out",
        "my son swallowed pills",
        "i took an overdose",
        "there is pain in my chest",
        "this is an emergency",
        "he is having a stroke",
        "my baby is not breathing",
        "i have trouble breathing",
        "i want to die",
    ],
)
def test_emergencies_are_escalated(clinic, said):
    tripped = check_caller(clinic, said)
    assert tripped is not None
    assert (tripped.rule, tripped.action, tripped.then) == ("emergency", "escalated", "hand_off")


@pytest.mark.parametrize(
    "said",
    [
        "do i have the flu",
        "what is wrong with me",
        "should i take ibuprofen",
        "how much aspirin can i take",
        "is it serious",
        "do you think i have an infection",
        "what medicine should i take for a cold",
        "could i have covid",
    ],
)
def test_questions_for_a_diagnosis_are_refused(clinic, said):
    tripped = check_caller(clinic, said)
    assert tripped is not None
    assert tripped.rule == "no_diagnosis"


@pytest.mark.parametrize(
    "said",
    [
        "what are your opening hours on saturday",
        "do you accept blue cross insurance",
        "i would like to book an appointment",
        "my name is maria lopez",
        "five five five zero one four two",
        "yes that is right",
        "i need to see a doctor for my cough",
        "do i have to pay in advance",
        "is it free",
        "do you have flu shots",
        "what do i have to bring",
        "my number is 212 555 0142",
    ],
)
def test_ordinary_words_trip_nothing(clinic, said):
    assert check_caller(clinic, said) is None


@pytest.mark.parametrize(
    "said",
    [
        "my card is four one one one one one one one one one one one one one one one",
        "4111 1111 1111 1111",
        "it is 5500-0000-0000-0004 thank you",
        "three seven eight two eight two two four six three one zero zero zero five",
        "visa four one one one one one one one one one one one one one one one expiry twelve twenty eight",
    ],
)
def test_card_numbers_are_known_in_words_and_figures(clinic, said):
    assert has_card_number(said)
    assert check_caller(clinic, said).rule == "no_card_numbers"
    assert not any(char.isdigit() for char in without_card_digits(said))
    assert "one" not in without_card_digits(said)


@pytest.mark.parametrize(
    "said",
    [
        "4111 1111 1111 1112",
        "two one two five five five zero one four two",
        "1234567890",
        # A date, a time and a phone number read back together have 13 digits that pass the check digit.
        "I have Maria Lopez for Monday, November twenty third at eleven thirty in the morning, "
        "phone number five five five, zero one four two. Is that right?",
    ],
)
def test_other_numbers_are_no_cards(said):
    assert not has_card_number(said)


def test_luhn():
    assert luhn("79927398713")
    assert not luhn("79927398710")


@pytest.mark.parametrize(
    "sentence",
    [
        "You probably have the flu.",
        "It sounds like a sinus infection.",
        "You should take two tablets of ibuprofen.",
        "Your card is 4111 1111 1111 1111.",
    ],
)
def test_the_agent_says_no_diagnosis_and_no_card(clinic, sentence):
    tripped = check_sentence(clinic, sentence)
    assert tripped is not None
    assert tripped.action == "replaced"


def test_the_agents_own_sentences_pass(clinic):
    sentences = [rule.say for rule in clinic.guardrails] + [flow.done for flow in clinic.flows]
    sentences += [
        "You have an appointment on Tuesday.",
        "We treat colds and the flu.",
        clinic.greeting.text,
        clinic.goodbye,
    ]
    assert [check_sentence(clinic, one) for one in sentences] == [None] * len(sentences)


EMERGENCIES = {
    "es-ES": [
        "tengo un dolor en el pecho muy fuerte",
        "me duele mucho el pecho",
        "mi marido no puede respirar",
        "no respira",
        "creo que es un infarto",
        "se ha desmayado y no reacciona",
        "no para de sangrar",
        "quiero morirme",
        "ha tomado una sobredosis",
        "es una emergencia",
        "necesito una ambulancia",
    ],
    "de-DE": [
        "ich habe starke Brustschmerzen",
        "ich bekomme keine Luft",
        "mein Mann atmet nicht",
        "ich glaube das ist ein Herzinfarkt",
        "sie ist bewusstlos",
        "er blutet sehr stark",
        "ich will mich umbringen",
        "mein Kind hat Tabletten geschluckt",
        "das ist ein Notfall",
        "wir brauchen einen Krankenwagen",
        "Überdosis",
    ],
}
NO_EMERGENCIES = {
    "es-ES": [
        "quisiera una cita para el martes",
        "no tengo dolor en el pecho",
        "cuánto cuesta la consulta",
        "me duele la espalda",
        "gracias",
    ],
    "de-DE": [
        "ich möchte einen Termin am Dienstag",
        "ich habe keine Brustschmerzen",
        "was kostet das",
        "mir tut der Rücken weh",
        "danke",
    ],
}


def spoken(texts):
    return [(language, text) for language, some in texts.items() for text in some]


@pytest.mark.parametrize(("language", "said"), spoken(EMERGENCIES))
def test_emergencies_are_known_in_the_agents_languages(clinic, language, said):
    tripped = check_caller(clinic.model_copy(update={"language": language}), said)
    assert tripped is not None
    assert tripped.rule == "emergency"


@pytest.mark.parametrize(("language", "said"), spoken(NO_EMERGENCIES))
def test_other_words_are_no_emergency_in_any_language(clinic, language, said):
    assert check_caller(clinic.model_copy(update={"language": language}), said) is None


def test_an_emergency_is_known_in_whatever_language_it_comes(clinic):
    french = clinic.model_copy(update={"language": "fr-FR"})
    assert check_caller(french, "i have chest pain") is not None
    assert check_caller(french, "no puedo respirar") is not None
    assert check_caller(french, "what is wrong with me") is None, "other rules know the agent's languages only"


def test_a_documents_phrases_trip_in_any_script_of_accents(clinic):
    rule = clinic.guardrails[0].model_copy(update={"rule": "own", "phrases": ["corazón roto"]})
    agent = clinic.model_copy(update={"guardrails": [rule]})
    assert check_caller(agent, "tengo el corazon roto") is not None
