"""German ends of sentences: what is complete, what goes on, what is being dictated."""

import re

from parley_core.languages.phrases import numbers, words
from parley_core.languages.turn_words import Endings

_ONES = "ein zwei drei vier fünf sechs sieben acht neun"
_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
_COMPOUNDS = " ".join(f"{one}und{ten}" for one in _ONES.split() for ten in _TENS.split())
_ARTICLE = (
    r"(?:der|die|das|den|dem|des|ein|eine|einen|einem|einer|eines|mein\w*|dein\w*|ihr\w*|sein\w*|unser\w*|kein\w*|"
    r"diese\w*|jede\w*|welche\w*|im|am|zum|zur|vom|beim)"
)
_ADJECTIVE = (
    r"(?:neu|alt|gut|groß|klein|nächst|letzt|ander|ganz|günstig|billig|richtig|falsch|komisch|frei|eigen|selb|weiter|"
    r"best|früh|spät|einzig|gleich|ähnlich|link|recht|ober|unter|vorder|hinter|halb|erst|kurz|lang|schön|teuer"
    r"|leicht|"
    r"schwer|rot|blau|grün|schwarz|weiß|gelb|heiß|kalt)"
)
_WHO = "(?:ich|wir|sie|er|es|man|ihr|du)"
_MODAL = (
    "(?:kann|können|kannst|könnte|könnten|darf|dürfen|dürfte|muss|müssen|müsste|soll|sollen|sollte|sollten|würde|"
    "würden|möchte|möchten|will|wollen|wollte|wird|werden|hätte|hätten)"
)
_COUNT = "(?:zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwanzig|dreißig|vierzig|fünfzig|hundert)"
_MONTH = "(?:januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)"
_SUBORDINATES = (
    "(?:ob|dass|weil|wenn|falls|bis|seit|damit|obwohl|während|was|wann|wo|wie|warum|wer|welche\\w*|das|die|der)"
)

ENDINGS = Endings(
    hold=re.compile(
        r"^(?:(?:ja|okay|ok|ach|äh|ähm|entschuldigung|sorry|bitte|nur|moment)\s)*"
        r"(?:(?:warte|warten sie|warte mal|bleiben sie dran|gib mir|geben sie mir)(?: (?:bitte|mal))?"
        r"(?: (?:einen|nur einen|kurz einen) (?:moment|augenblick))?|"
        r"(?:(?:einen|kleinen|nur einen|einen kleinen) )?(?:moment|augenblick|sekunde|minute)(?: (?:mal|bitte))?|"
        r"eine (?:sekunde|minute)|ich bin (?:gerade )?am telefon|ich telefoniere(?: gerade)?|(?:jetzt|gerade) nicht|"
        r"ich komme gleich|bin gleich (?:da|bei dir|bei ihnen|wieder da)|sch+t?|pst|ruhe|leise|sei still|"
        r"lass mich (?:mal )?(?:schauen|sehen|überlegen)|lassen sie mich (?:mal )?(?:schauen|sehen|überlegen))"
        r"(?: (?:bitte|mal|okay))*$"
    ),
    fillers=words("äh ähm hm hmm öh naja tja also ehm"),
    carry_on=words(
        """der die das den dem des ein eine einen einem einer eines mein meine meinen meinem meiner dein
        deine ihre ihren ihrem ihrer seinen seinem seiner unser unsere unseren unserem unserer kein keine
        keinen keinem diese dieser diesen diesem jeder jede jedes jeden jedem welche welcher welches
        welchen welchem und oder aber weil dass ob wenn obwohl während denn sondern damit falls sodass
        sowie entweder weder deshalb deswegen trotzdem außerdem sobald solange bevor nachdem zu von für
        bei in im am um auf aus nach über unter zwischen ohne gegen bis seit vor mit durch wegen zum zur
        vom beim ins ans hinter neben trotz statt außer gegenüber innerhalb außerhalb ab pro laut namens
        ich wir er man bin sind war waren habe haben hätte hätten möchte möchten würde würden will wollen
        wollte kann können könnte könnten soll sollen sollte muss müssen darf dürfte wird werden wurde
        wurden hat hatte hatten ist seien wäre wären brauche brauchen bräuchte suche suchen heißt heiße
        gibt läuft wann wie wo warum wieso weshalb wer wen wem wessen wohin woher sehr ganz noch etwa
        ungefähr circa fast nur auch eigentlich vielleicht herr frau doktor dr punkt klammeraffe minus
        unterstrich doppel als so zwar lieber gerne schon gerade erst bereits beide alle einige viele
        mehrere"""
    ),
    goes_on=re.compile(
        rf"\b{_MODAL} {_WHO}$|\b{_MODAL} {_WHO} (?:bitte|mir|uns|ihnen|sich|mich|ihn|es|auch|noch|mal|da|dann"
        rf"|gerne?|bei|das|"
        rf"mir bitte|mir das|uns das|etwas|heute|morgen|schon|kurz|vielleicht)$|^(?:haben|hätten|sind|machen"
        rf"|nehmen) sie$"
        rf"|\b(?:ein|eine|einen|einem|einer|kein\w*|mein\w*|ihr\w*|unser\w*|am|im|zum|zur|vom|beim|etwas|in der"
        rf"|an der|auf der"
        rf"|mit der|von der|aus der|bei der) (?:sehr |ganz )?{_ADJECTIVE}(?:e|en|er|es|em)$"
        rf"|\b(?:ist|sind|hat|habe|haben|wurde|wird|war|geht|funktioniert|kam)\b.*\bnoch (?:nicht|nichts|kein\w*"
        rf"|immer)$"
        rf"|\b(?:in|vor|seit|{_ARTICLE}) {_COUNT}$"
        rf"|\b(?:am|den|der|ist|vom|zum) {_MONTH}$"
        r"|\bhalb$|\bviertel (?:vor|nach)$|\b(?:um wie viel|um wieviel) uhr$|\bwie (?:lange|viel|viele|oft|hoch"
        r"|weit|teuer)$"
        r"|\b(?:ich|wir) (?:glaube|denke|hoffe|meine|weiß|hätte|dachte|fürchte|wollte|würde|rufe|frage|brauche|suche|"
        r"habe|wohne|arbeite|komme|nehme|bestelle|interessiere|möchte|nur|hab)(?: mich| mir)?(?: nur| gerade"
        r"| gern| gerne)?$"
        r"|\b(?:in der nähe|an der ecke|auf den namen|der grund|im moment|zum ende|anfang|ende|mitte|es geht)$"
        r"|^(?:(?:ja|also|und|hallo) )*(?:mein|meine|die|der) (?:\w+ )?(?:name|nummer|telefonnummer|adresse"
        r"|mailadresse|geburtsdatum"
        r"|frage|termin|"
        r"problem|postleitzahl)$|\b(?:seit|vor|in|nach) (?:einer?|einem|ein paar|zwei|drei|vier)$"
        r"|\b(?:möglichkeit|gelegenheit)$|\b(?:nur|mal|noch) kurz$|\b(?:was|wie viel|wieviel) kostet$"
        r"|\b(?:und|oder) (?:zwar|dann|ich|die|das|ein|eine)$"
    ),
    may_go_on=re.compile(
        r"\b(?:können|könnten|könnte|würde|würden|muss|müssen|soll|sollte|darf|kann)\b(?!.*\b(?:ob|dass|weil|wenn"
        r"|was|wann|wo|wie)\b).* "
        r"(?!nicht\b|bitte\b|danke\b|das\b|auch\b|sein\b|mich\b)\w*[^n\W]$"
        rf"|\b{_ARTICLE} {_ADJECTIVE}(?:e|en|er|es|em)$|\b{_MONTH}$"
        r"|\b(?:habe|haben|hat|hätten?)\b(?=(?: \w+){2,}).* (?:\w+(?:karte|beutel|termin|paket|auto|schuhe"
        r"|rechnung))$"
    ),
    ends=re.compile(
        rf"^(?!(?:ob|dass|weil|wenn)\b)\w+ .*\b{_SUBORDINATES}(?: \w+)+ (?:\w*haben|habe|hat|hatte|hätte|{_MODAL}"
        rf"|bin|ist|"
        rf"sind|war|waren|wurde|wurden|brauche|brauchen|suche|suchen)$"
        r"|^(?:das|den|dies|es|so|da|hier|ja|nein|sonst|dann|wo|wer|was|wie|woher|wofür"
        r"|welche\w*) (?:\w+ )*(?:ist|sind|bin|habe|"
        r"weiß|mache|brauche|war|geht|heißt|kostet|bekomme|nehme|gibt|spreche|komme) (?:ich|wir|das|es|er|sie|man"
        r"|ihnen)$"
        r"|^(?:\w+ )?noch nicht$|\b(?:habe|hab|weiß|kenne) ich schon$|^(?:machen|nehmen|tun|lassen"
        r"|vergessen) sie das$"
        r"|\b(?:wofür|was|wie|wo|wer|wann|warum) (?:\w+ )?(?:ist|geht|macht|kostet|heißt) das$|\b(?:das|ja"
        r"|nein) (?:ist|bin|war|weiß|kann|möchte|habe|sind) (?:ich|es|das|er|sie|die)$"
        r"|\b(?:das ist es|das war es|das war alles|das wäre alles|so ist es|wie geht es ihnen|noch nie|immer noch|"
        r"noch da|noch mal|nochmal|noch etwas|sonst noch|auch so|ich auch|wir auch|ich auch nicht|auch nicht"
        r"|sehr gerne?|"
        r"ja gerne?|bitte gerne?|lieber nicht|zu mir|so weit|ab und zu|nach wie vor|das schon|schon gut"
        r"|auf und zu|und so)$"
        r"|\b(?:komm|ruf|fang|fäng|hör|mach|sag|lehn|hol|nehm|nimm|läuf|seh|sieh|geb|gib|biet|schließ|stell|zieh"
        r"|bring|fahr|meld|"
        r"schick|leg|dreh|pass)\w*\b.* (?:mit|an|ab|auf|zu|aus|ein|vor|um|nach|vorbei|zurück)$"
        r"|\b(?:machen|macht|haben|hat|ist|sind|bleibt|bleiben)\b.* (?:auf|zu|offen|geöffnet|geschlossen)$"
        r"|\bwas (?:kostet|ist|macht|heißt|bedeutet) (?:das|die|der|es)$|\b(?:die|das|der) (?:erste|zweite|dritte"
        r"|letzte|andere)$"
    ),
    answers=words(
        """ja nein danke bitte genau richtig gerne gern okay ok stimmt klar natürlich hallo tschüss tschüs
        heute morgen nie immer gut super passt wiederhören wiedersehen nichts alles"""
    ),
    asking=words(
        """was wann wo wer wie warum welche welcher welches wieviel haben hat kann können sind ist gibt wozu
        wofür wieso woher wohin darf nehmen machen liefern"""
    ),
    choices=words("oder"),
    verbs=words(
        """möchte hätte brauche habe kann können gibt ist sind würde will muss soll buchen absagen
        verschieben sprechen kommen wissen suche vereinbaren tut geht rufe funktioniert kostet heißt hat
        wurde war bin"""
    ),
    digits=numbers(
        "null eins ein zwei zwo drei vier fünf sechs sieben acht neun",
        f"""zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn {_TENS} {_COMPOUNDS}""",
    ),
    repeats={"doppel": 2},
    address=re.compile(
        r"\b(?:at|ät|klammeraffe|unterstrich)\b|@|\b(?:mail|adresse) (?:ist|lautet)\b(?=.*(?:\bat\b|@|punkt))"
        r"|mail\w* (?:ist|lautet)\b"
    ),
    domain=re.compile(r"(?: punkt |\.)(?:de|com|org|net|at|ch|eu|info|edu|io|biz)$"),
    longer=re.compile(r"(?: punkt |\.)co$"),
    figures=re.compile(
        r"\w*(?:hundert|tausend)\w*|(?:ers|zwei|drit|vier|fünf|sechs|sieb|sieben|ach|neun|zehn|elf|zwölf)te[nrs]?"
        r"|\w+(?:zehnte|zigste)[nrs]?"
    ),
    centuries=re.compile(r"neunzehnhundert|zweitausend|tausend|neunzehn|achtzehn"),
    phone=(9, 12),
    prefixes=words("plus"),
    born=re.compile(r"\b(?:geboren|geburtsdatum|geburtstag)\b"),
    lives=re.compile(r"\b(?:wohne (?:in|am|an|auf|im)|wohnhaft|(?<!mail)adresse (?:ist|lautet))\b"),
    street=re.compile(
        r"\becke \w+ und \w+|\b\w*(?:straße|strasse|weg|platz|allee|gasse|ring|damm|ufer|chaussee|markt|graben"
        r"|hof|steig|berg)\b"
    ),
    asked={
        "spelling": re.compile(r"\bbuchstabier|\bwie schreibt man\b|\bwie schreiben sie\b"),
        "birth": re.compile(r"\b(?:geburtsdatum|geburtstag|wann sind sie geboren)\b"),
        "phone": re.compile(r"\b(?:telefon|handy|rückruf)\w*"),
        "email": re.compile(r"\be-?mail|\bmailadresse"),
        "address": re.compile(r"\b(?:adresse|anschrift|wo wohnen sie)\b"),
        "number": re.compile(r"\b(?:nummer|postleitzahl)|\bcode\b"),
        "name": re.compile(r"\b(?:ihr|dein|vor-?|nach)\s?name|\bheißen sie\b"),
    },
)
