"""French: what is said before personal data, and numbers as they are dictated."""

import re

from parley_core.languages.phrases import listed, words

from parley_redaction.languages.words import PrivateWords

_ONES = listed(
    """zero, un, deux, trois, quatre, cinq, six, sept, huit, neuf, dix, onze, douze, treize, quatorze, quinze, seize, dix sept,
    dix huit, dix neuf"""
)
_TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante"}


def _below_hundred() -> dict[str, str]:
    found = {word: str(value) for value, word in enumerate(_ONES)} | {"une": "1"}
    for ten, word in _TENS.items():
        found[word] = f"{ten}0"
        found[f"{word} et un"] = f"{ten}1"
        found |= {f"{word} {_ONES[one]}": f"{ten}{one}" for one in range(2, 10)}
    found["soixante et onze"] = "71"
    found |= {f"soixante {_ONES[10 + one]}": f"7{one}" for one in range(10)}
    for four in ("quatre vingt", "quatre vingts"):
        found[four] = "80"
        found |= {f"{four} {_ONES[value]}": f"{80 + value}" for value in range(1, 20)}
    found |= {"septante": "70", "huitante": "80", "nonante": "90"}
    # Recognisers write the hyphens, which are tokens of their own.
    return found | {word.replace(" ", " - "): value for word, value in found.items() if " " in word}


_SMALL = _below_hundred()

PRIVATE = PrivateWords(
    figures=_SMALL
    | {"cent": "100"}
    | {f"mille neuf cent {word}": f"19{int(value):02d}" for word, value in _SMALL.items()}
    | {f"deux mille {word}": f"20{int(value):02d}" for word, value in _SMALL.items()}
    | {"deux mille": "2000", "mille": "1000"},
    zeros={"cents": "00", "mille": "000"},
    repeats={"double": 2, "triple": 3},
    within=words("euh heu et puis tiret espace alors barre"),
    months=words("janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre"),
    date_words=words("le la du de en annee premier"),
    card=re.compile(
        r"\b(?:(?:numero de (?:la |ma )?)?carte(?: (?:bancaire|bleue|de credit|de debit))?|visa|mastercard|amex)\b"
    ),
    code=re.compile(r"\b(?:cvv|cvc|cryptogramme|code de securite|trois chiffres au dos)\b"),
    phone=re.compile(
        r"\b(?:telephone|portable|mobile|fixe|rappel(?:er|ez)|joindre|appel(?:er|ez)[ -]moi|m'appeler|mon numero|fax|whatsapp)\b"
    ),
    account=re.compile(r"\b(?:iban|rib|(?:numero de )?compte(?: bancaire| courant)?|bic)\b"),
    social=re.compile(r"\b(?:securite sociale|secu|numero (?:d'insee|fiscal)|carte d'identite)\b"),
    record=re.compile(
        r"\b(?:dossier (?:medical|patient)|numero de (?:patiente?|dossier)|carte vitale|numero d'(?:assuree?|adherente?))\b"
    ),
    birth=re.compile(r"\b(?:nee?|naissance|anniversaire)\b"),
    harmless=re.compile(
        r"\b(?:commande|reservation|reference|confirmation|facture|suivi|billet|chambre|vol|prix|total|modele|serie|article|"
        r"code postal|euros?|pour cent|table|train|devis|contrat|coupon|version|page|ticket|compteur|colis)\b"
    ),
    last_figures=re.compile(r"\b(?:termine (?:par|en)|finit par|(?:quatre|trois|deux) derniers)\b"),
    name=re.compile(
        r"\b(?:je m'appelle|mon (?:nom(?: complet| de famille)?|prenom) (?:est|c'est)|mon nom|au nom de|le nom est|"
        r"(?:mon mari|ma femme|mon fils|ma fille|ma mere|mon pere|il|elle) s'appelle|(?:ici|je suis) (?:monsieur|madame|m|mme)|"
        r"de la part de)\b"
    ),
    weak_name=re.compile(r"(?:^|[,.;!?] )(?:(?:bonjour|oui|allo|bonsoir),? )*(?:je suis|c'est|ici)\b"),
    name_ends=words(
        """et mon ma je j'ai voudrais veux pour avec numero telephone merci s'il a au aux le la les un une en dans mais que qui
        ne nee est depuis j'appelle c'est ou par il elle l sur"""
    ),
    no_names=words(
        """le la les un une pas tres client cliente nouveau nouvelle patient patiente malade desole desolee pour au aux en chez
        a de d'accord bien mal content contente sur sous avec dans quand combien ca moi bon possible urgent la-bas allergique
        votre mon ma disponible retraite vegetarien vegetarienne enceinte inquiet inquiete perdu perdue"""
    ),
    closings=words("appareil"),
    particles=words("de du des la le van el ben"),
    at=words("arobase arrobase"),
    dot=words("point"),
    joints=words("tiret"),
    address=re.compile(
        r"\b(?:\d+ ){1,3}(?:bis |ter )?,? ?(?:rue|avenue|boulevard|place|chemin|allee|impasse|quai|route|cours|square|passage)"
        r"(?: (?:de|du|des|la|le|les|l'|d'))*(?: ?[a-z'-]+){1,3}?(?= ?(?:,|\.|$| \d{5}| a | et | au | appartement))(?: ?,? \d{5}(?: [a-z-]+)?)?"
        r"(?: ?,? a (?:paris|lyon|marseille|lille|nantes|toulouse|bordeaux|nice))?"
    ),
)
