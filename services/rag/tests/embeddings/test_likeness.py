"""What the cosines of the two local models mean, on questions and passages of a swimming pool, which is no agent's."""

import numpy as np
import pytest
from parley_rag.embeddings.base import Likeness
from parley_rag.embeddings.local import LocalE5, LocalMiniLm
from parley_rag.embeddings.minilm import MiniLm
from parley_rag.embeddings.multilingual_e5 import MultilingualE5

PASSAGES = [
    "Opening hours of the pool. The pool opens at seven in the morning and closes at nine at night, on Sundays at six.",
    "Prices. A day ticket costs eight euros, for students five. Children under six swim free.",
    "Courses. Swimming lessons for beginners take ten weeks and cost one hundred and twenty euros.",
    "Lockers. Lockers take a coin of one euro, which you get back.",
    "Sauna. The sauna may be used from sixteen years of age. A towel is required.",
    "Parking. Forty parking spaces lie behind the building; the first two hours are free.",
    "Lost property. What is found is kept at the desk for four weeks and then given to charity.",
    "Vouchers. Gift vouchers can be bought online and are valid for three years.",
    "Pets. Dogs must wait outside, except guide dogs.",
    "Refunds. A ticket is refunded if you cancel at least one day before.",
]
ASKED = {
    0: [
        "when does the pool open",
        "what time do you close on sunday",
        "a qué hora abre la piscina",
        "wann macht das schwimmbad auf",
        "à quelle heure fermez vous le dimanche",
    ],
    1: [
        "how much is a ticket",
        "is it cheaper for students",
        "cuánto cuesta la entrada",
        "was kostet der eintritt für kinder",
        "combien coûte l'entrée",
    ],
    2: [
        "how long is the beginners course",
        "quanto dura el curso para principiantes",
        "wie teuer ist der schwimmkurs",
        "combien de temps durent les cours",
    ],
    3: [
        "do i need a coin for the locker",
        "necesito una moneda para la taquilla",
        "brauche ich geld für den spind",
        "faut-il une pièce pour le casier",
    ],
    4: [
        "can my fourteen year old use the sauna",
        "necesito toalla en la sauna",
        "ab wann darf man in die sauna",
        "peut on utiliser le sauna",
    ],
    5: ["where can i leave my car", "hay aparcamiento", "kann ich bei euch parken", "y a-t-il un parking"],
    6: [
        "i forgot my watch yesterday",
        "perdí mis gafas",
        "ich habe meine uhr vergessen",
        "j'ai perdu mes clés chez vous",
    ],
    7: ["do you sell gift cards", "venden tarjetas de regalo", "gibt es gutscheine", "vendez vous des chèques cadeaux"],
    8: ["may i bring my dog", "puedo traer a mi perro", "darf mein hund mit", "les chiens sont admis"],
    9: ["do i get my money back", "me devuelven el dinero", "bekomme ich mein geld zurück", "puis je être remboursé"],
}
ENGLISH = ("when", "what", "how", "is", "do", "can", "where", "i", "may")
UNANSWERED = [
    "do you rent bicycles",
    "who is the president of france",
    "hay wifi",
    "habt ihr ein restaurant",
    "is there a waterslide",
    "quel temps fait il",
    "what is your instagram",
    "can i book a massage",
    "do you have a diving board",
    "tienen gimnasio",
    "kann man bei euch heiraten",
    "do you teach yoga",
    "how deep is the water",
    "puis je louer une salle",
    "who manages the place",
    "was kostet ein kaffee",
]


def shares(likeness: Likeness, right: list[float], best_of_none: list[float]) -> tuple[float, float]:
    """Of passages that answer, how many are more than half related; of those that do not, how many less."""
    return (
        float(np.mean([likeness.of(one) > 0.5 for one in right])),
        float(np.mean([likeness.of(one) < 0.5 for one in best_of_none])),
    )


def test_multilingual_cosines_tell_passages_that_answer_from_others() -> None:
    model = MultilingualE5()
    passages = model.passages(PASSAGES)
    right = [float(passages[at] @ row) for at, asked in ASKED.items() for row in model.queries(asked)]
    first = [int(np.argmax(passages @ row)) == at for at, asked in ASKED.items() for row in model.queries(asked)]
    others = [float((passages @ row).max()) for row in model.queries(UNANSWERED)]
    found, refused = shares(LocalE5.likeness, right, others)
    assert np.mean(first) > 0.8
    assert found > 0.45
    assert refused > 0.9


def test_english_cosines_tell_passages_that_answer_from_others(model: MiniLm) -> None:
    passages = model.embed(PASSAGES)
    right = [
        float(passages[at] @ row)
        for at, asked in ASKED.items()
        for row in model.embed([one for one in asked if one.split()[0] in ENGLISH])
    ]
    others = [float((passages @ row).max()) for row in model.embed(UNANSWERED)]
    found, refused = shares(LocalMiniLm.likeness, right, others)
    assert found > 0.8
    assert refused > 0.9


def test_likeness_stays_between_none_and_all() -> None:
    likeness = Likeness(0.2, 0.6)
    assert [likeness.of(one) for one in (-1.0, 0.2, 0.6, 1.0)] == pytest.approx([0, 0, 1, 1])
