"""German: what is said before personal data, and numbers as they are dictated."""

import re

from parley_core.languages.phrases import listed, words

from parley_redaction.languages.words import PrivateWords

_ONES = listed(
    """null, eins, zwei, drei, vier, funf, sechs, sieben, acht, neun, zehn, elf, zwolf, dreizehn, vierzehn, funfzehn,
    sechzehn, siebzehn, achtzehn, neunzehn"""
)
_TENS = {2: "zwanzig", 3: "dreißig", 4: "vierzig", 5: "funfzig", 6: "sechzig", 7: "siebzig", 8: "achtzig", 9: "neunzig"}
_JOINED = ("", "ein", *_ONES[2:10])


def _below_hundred() -> dict[str, str]:
    found = {word: str(value) for value, word in enumerate(_ONES)}
    for ten, written in _TENS.items():
        for word in {written, written.replace("ß", "ss")}:
            found[word] = f"{ten}0"
            for one, joined in enumerate(_JOINED):
                if one:
                    found[f"{joined}und{word}"] = found[f"{joined} und {word}"] = f"{ten}{one}"
    return found


_SMALL = _below_hundred()

PRIVATE = PrivateWords(
    figures=_SMALL
    | {"zwo": "2", "ein": "1"}
    | {f"neunzehnhundert{word}": f"19{int(value):02d}" for word, value in _SMALL.items() if " " not in word}
    | {f"zweitausend{word}": f"20{int(value):02d}" for word, value in _SMALL.items() if " " not in word}
    | {
        f"{hundred}hundert{word}": f"{at}{int(value):02d}"
        for at, hundred in enumerate(_JOINED)
        if at
        for word, value in _SMALL.items()
        if " " not in word and value != "0"
    }
    | {f"{hundred}hundert": f"{at}00" for at, hundred in enumerate(_JOINED) if at}
    | {"hundert": "100", "zweitausend": "2000", "tausend": "1000"},
    zeros={"hundert": "00", "tausend": "000"},
    repeats={"doppel": 2, "doppelte": 2, "zweimal": 2, "dreimal": 3},
    within=words("ah ahm hm und dann strich bindestrich schragstrich leerzeichen also"),
    months=words("januar februar marz april mai juni juli august september oktober november dezember janner feber"),
    date_words=words(
        """der den dem am im jahr ersten zweiten dritten vierten funften sechsten siebten achten neunten zehnten elften
        zwolften dreizehnten vierzehnten funfzehnten sechzehnten siebzehnten achtzehnten neunzehnten zwanzigsten
        einundzwanzigsten zweiundzwanzigsten dreiundzwanzigsten vierundzwanzigsten funfundzwanzigsten sechsundzwanzigsten
        siebenundzwanzigsten achtundzwanzigsten neunundzwanzigsten dreißigsten dreissigsten einunddreißigsten
        einunddreissigsten erste zweite dritte vierte funfte sechste siebte achte neunte zehnte"""
    ),
    card=re.compile(
        r"\b(?:(?:kredit|ec|bank|giro|debit)?[ -]?karte(?:nnummer)?|kreditkartennummer|visa\w*|mastercard|amex)\b"
    ),
    code=re.compile(r"\b(?:cvv|cvc|prufziffer|sicherheitscode|kartenprufnummer|drei ziffern auf der ruckseite)\b"),
    phone=re.compile(
        r"\b(?:telefon\w*|handy\w*|mobil(?:nummer)?|festnetz\w*|ruckruf\w*|erreich\w*|(?:rufen|rufe|ruf) (?:sie |du )?mich|"
        r"zuruckrufen|anrufen|meine nummer|durchwahl|fax\w*|whatsapp)\b"
    ),
    account=re.compile(r"\b(?:iban|konto(?:nummer)?|bankleitzahl|blz|bic|bankverbindung)\b"),
    social=re.compile(
        r"\b(?:sozialversicherung\w*|rentenversicherung\w*|steuer(?:identifikations)?nummer|steuer[ -]?id|"
        r"personalausweis\w*|ausweisnummer)\b"
    ),
    record=re.compile(
        r"\b(?:patientennummer|patientenakte|fallnummer|krankenversicher\w*|versichertennummer|krankenkassennummer|aktenzeichen der klinik)\b"
    ),
    birth=re.compile(r"\b(?:gebor(?:en|ene|ener)|geburtsdatum|geburtstag|geb)\b"),
    harmless=re.compile(
        r"\b(?:bestell\w*|auftrags\w*|buchungs?\w*|reservierungs?\w*|referenz\w*|bestatigungs\w*|rechnungs\w*|sendungs\w*|"
        r"ticket\w*|zimmer\w*|flug\w*|preis\w*|modell\w*|serien\w*|artikel\w*|postleitzahl|plz|euro|prozent|tisch|seite|zug|"
        r"version|vorgangs\w*|angebots\w*|kunden\w*|zahlerstand|gutschein\w*|police|gleis|verbrauch)\b"
    ),
    last_figures=re.compile(r"\b(?:endet (?:auf|mit)|endziffern?|letzten (?:vier|drei|zwei))\b"),
    name=re.compile(
        r"\b(?:mein (?:voller |vollstandiger )?name (?:ist|ware|lautet)|mein (?:vor|nach|familien)name (?:ist|lautet)|ich hei(?:ß|ss)e|"
        r"auf den namen|der name (?:ist|lautet|ware)|hier (?:ist|spricht)(?: (?:der|die|herr|frau))?|ich bin (?:der|die|herr|frau)|"
        r"(?:mann|frau|sohn|tochter|mutter|vater) hei(?:ß|ss)t|im auftrag von (?:herrn|frau))\b"
    ),
    weak_name=re.compile(r"(?:^|[,.;!?] )(?:(?:hallo|ja|guten tag|guten morgen|grü(?:ß|ss) gott),? )*(?:ich bin)\b"),
    name_ends=words(
        """und meine telefonnummer nummer ich mochte wurde hatte will brauche am um fur bitte danke aber mit ist es geschrieben
        ein eine einen im an auf bei wir vielen schon dass geboren wegen von aus mein der die das sie habe rufe nicht zu oder
        weil"""
    ),
    no_names=words(
        """nicht sehr so der die das ein eine neu neuer neue patient patientin kunde kundin krank da hier zu im in auf aus mir
        schon noch mutter vater allergisch schwanger gerade jetzt leider mit nur auch sicher unsicher am bei seit verheiratet
        zufrieden unzufrieden diabetiker diabetikerin mitglied rentner rentnerin vegetarier froh falsch"""
    ),
    closings=words("hier apparat"),
    particles=words("von van vom zu zur der den de la"),
    at=words("at ät klammeraffe"),
    dot=words("punkt dot"),
    joints=words("minus bindestrich unterstrich strich"),
    address=re.compile(
        r"\b(?:(?:[a-z]+(?: |-))?[a-zß]*(?:stra(?:ß|ss)e|weg|gasse|allee|platz|ring|damm|ufer|chaussee|stieg|steig)|"
        r"(?:am|an der|im|zum|zur|auf der) [a-zß]*(?:berg|markt|bach|tor|hof|see|park|wald|garten|kirche|brucke)) "
        r"(?:nummer )?\d+ ?[a-f]?\b(?: ?,? ?(?:in )?\d{5}(?: [a-zß]+)?|(?: ?,? in [a-zß]+))?"
    ),
)
