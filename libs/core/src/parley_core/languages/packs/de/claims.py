"""What a German-speaking agent says when it claims an effect or promises one."""

import re

from parley_core.languages.claim_words import ClaimWords, patterns

_ANY = r"(?: [\wäöüß:.-]+){0,8}?"
_I_HAVE = rf"\b(?:ich habe|ich hab|wir haben|habe ich|haben wir|hab ich){_ANY} "
_VISIT = r"(?:termin|buchung|reservierung|tisch|besuch|platz|stunde|zimmer|sitzung)"
_YOUR = rf"\b(?:ihr|dein|der|die|ihre|deine|das){_ANY} {_VISIT}{_ANY} (?:ist|sind|wurde|wurden){_ANY} "
_NOTE = r"(?:nachricht|sms|mail|e-mail|email|bestätigung|link|quittung|code|erinnerung|rechnung|beleg)"
_SOMEBODY = (
    r"(?:jemand|ein kollege|eine kollegin|unser team|ein mitarbeiter|eine mitarbeiterin|meine kollegin|mein kollege)"
)

CLAIMS = ClaimWords(
    done=patterns(
        booked=rf"""
            {_I_HAVE}(?:gebucht|reserviert|eingetragen|vorgemerkt|angemeldet|vereinbart)\b
            {_YOUR}(?:gebucht|reserviert|eingetragen|bestätigt|vereinbart)\b
            \b(?:sie sind|du bist){_ANY} (?:gebucht|eingetragen|vorgemerkt|angemeldet)\b
        """,
        moved=rf"""
            {_I_HAVE}(?:verschoben|verlegt|umgebucht)\b
            {_YOUR}(?:verschoben|verlegt|umgebucht)\b
        """,
        cancelled=rf"""
            {_I_HAVE}(?:storniert|abgesagt|gestrichen|gelöscht)\b
            {_YOUR}(?:storniert|abgesagt|gestrichen)\b
        """,
        sent=rf"""
            {_I_HAVE}(?:geschickt|gesendet|gesandt|zugeschickt|geschrieben|gemailt|weitergeleitet|verschickt)\b
            \b(?:eine|die|der|ihre|ein|ihr){_ANY} {_NOTE} (?:ist unterwegs|wurde{_ANY} (?:geschickt|gesendet|verschickt))\b
        """,
        transferred=rf"{_I_HAVE}(?:verbunden|durchgestellt|weitergeleitet an)\b",
        paid=rf"""
            \b(?:ihre|die|deine) zahlung (?:ist|wurde){_ANY} (?:eingegangen|verarbeitet|bestätigt|erfolgt)\b
            {_I_HAVE}(?:abgebucht|belastet)\b
        """,
        refunded=rf"""
            {_I_HAVE}(?:erstattet|zurückerstattet|zurückgezahlt|zurücküberwiesen)\b
            \b(?:ihre|die|deine) (?:rück)?erstattung (?:ist|wurde){_ANY} (?:veranlasst|erfolgt|bearbeitet)\b
        """,
        ordered=rf"""
            {_I_HAVE}(?:bestellt|ihre bestellung aufgegeben)\b
            \b(?:ihre|die|deine) bestellung (?:ist|wurde){_ANY} (?:aufgegeben|bestätigt|eingegangen)\b
        """,
        updated=rf"{_I_HAVE}(?:aktualisiert|korrigiert|geändert|gespeichert|hinterlegt)\b",
        anything=r"\b(?:alles|das) ist{0}(?: \w+)? (?:erledigt|geregelt)\b".replace("{0}", "(?: jetzt| schon| nun)*"),
    ),
    promised=patterns(
        sent=rf"""
            \b(?:ich|wir) (?:schicke|schicken|sende|senden|maile|mailen|schreibe|schreiben) (?:ihnen|dir|euch|es|das|die)\b
            \b(?:schicke|sende|maile|schreibe) ich (?:ihnen|dir|euch|es|das)\b
            \b(?:ich werde|wir werden|werde ich|werden wir){_ANY} (?:schicken|senden|mailen|schreiben|zuschicken|zusenden)\b
            \b(?:sie|du) (?:erhalten|bekommen|erhältst|bekommst){_ANY} (?:eine|einen|die|ihre|den){_ANY} {_NOTE}\b
        """,
        called_back=rf"""
            \b(?:ich|wir) (?:rufe|rufen) (?:sie|dich|euch){_ANY} (?:zurück|an)\b
            \b{_SOMEBODY} (?:ruft|meldet|wird)(?: (?:sie|dich|sich|euch))?{_ANY} (?:zurück|an|melden|anrufen|zurückrufen|bei ihnen|bei dir)\b
            \b(?:ich|wir) (?:melde mich|melden uns)\b
            \b(?:ich werde|wir werden) (?:sie|dich|mich|uns){_ANY} (?:zurückrufen|anrufen|melden)\b
        """,
        transferred=r"""
            \b(?:ich|wir) (?:verbinde|verbinden|leite|stelle)(?: (?:sie|dich|euch))\b
            \b(?:ich werde|wir werden) (?:sie|dich) (?:\w+ ){0,4}(?:verbinden|durchstellen|weiterleiten)\b
        """,
        refunded=rf"""
            \b(?:ich|wir) (?:erstatte|erstatten) (?:ihnen|dir|euch|es|das)\b
            \b(?:sie|du) (?:erhalten|bekommen|bekommst){_ANY} (?:ihr|dein|das) geld{_ANY} zurück\b
        """,
    ),
    unclaimed=re.compile(
        r"\b(?:nicht|nichts|nie|niemand|kein|keine|keinen|wenn|falls|sobald|bevor|nachdem|bis|ob|soll|sollen|möchten|möchte|kann|können|könnte|könnten|"
        r"würde|würden|darf|leider|noch nicht)\b"
    ),
    breaks=re.compile(
        r"[,;:–—]| - |\b(?:und|aber|dann)\b(?= (?:ich|wir|sie|du|ihr|ihre|dein|es|das|jemand|ein|eine)\b)"
    ),
)
