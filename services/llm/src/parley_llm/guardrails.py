"""Rules on both sides of a conversation, whatever the model: what a caller's words trip, what a reply may not say.

Pure: an agent document and a text in, a verdict out. `reply.guard` acts on the verdict and logs it.
"""

import re
from dataclasses import dataclass
from typing import Literal

from parley_core.agents import AgentDocument, Guardrail

from parley_llm.providers.rule_based.values.phones import digit_runs
from parley_llm.providers.rule_based.words import plain

EMERGENCY = "emergency"
NO_DIAGNOSIS = "no_diagnosis"
NO_CARD_NUMBERS = "no_card_numbers"

_NOT_NOW = r"(?<!no )(?<!not having )(?<!don't have )(?<!do not have )"
_EMERGENCY = re.compile(
    rf"{_NOT_NOW}\bchest (?:pain|pains|hurts|is (?:hurting|tight))|\bpain in (?:my|his|her|the) chest\b|"
    r"\b(?:can't|cannot|can not|could not|couldn't|not able to|trouble|difficulty|hard to|"
    r"struggling to) breath(?:e|ing)?\b|"
    r"\b(?:not|stopped|isn't|is not) breathing\b|\bchoking\b|"
    r"\bheart attack\b|\b(?:having|had|has) (?:a )?(?:stroke|seizure|seizures)\b|\bhaving a stroke\b|"
    r"\bunconscious\b|\bpassed out\b|\bwon't wake up\b|\bcollapsed\b|\bunresponsive\b|"
    r"\bbleeding (?:heavily|badly|a lot|out|severely)|\b(?:heavy|severe|bad|won't stop|"
    r"can't stop(?: the)?) bleeding\b|"
    r"\bbleeding (?:won't|will not|does not|doesn't) stop\b|\b(?:is|am|i'm|he's|she's) bleeding\b|"
    r"\bsuicid\w*|\bkill(?:ing)? (?:myself|himself|herself)\b|\bend my life\b|\bwant to die\b|"
    r"\bhurt(?:ing)? myself\b|"
    r"\boverdos\w*|\bswallowed (?:poison|bleach|pills)\b|\bpoisoned\b|\banaphyla\w+|\bthroat is (?:closing|"
    r"swelling)\b|"
    r"\bface is drooping\b|\bthis is an emergency\b|\b(?:it's|it is|have) an emergency\b|\bemergency please\b|"
    r"\bcall (?:an ambulance|nine one one|911)\b|\bneed an ambulance\b"
)
_ASKS_DIAGNOSIS = re.compile(
    r"\b(?:do|could|might|would) (?:i|he|she|my \w+) have (?:the |a |an )?(?:flu|cold|covid|infection|cancer|"
    r"diabetes|"
    r"pneumonia|migraine|disease|virus|strep|measles|allergy|fracture|concussion)\b|"
    r"\bwhat(?:'s| is| could be| might be) wrong with (?:me|him|her|my \w+)\b|"
    r"\bwhat (?:do|could|might) (?:i|he|she|my \w+) have\b(?! to\b)|"
    r"\bdo you (?:think|believe) (?:i|it|this|that|he|she|my)\b.*\b(?:have|is|got|sick|broken|infected|serious|"
    r"infection|flu)\b|"
    r"\bis (?:it|this|that|my \w+) (?:serious|infected|broken|cancer|contagious|dangerous|normal)\b|"
    r"\b(?:what|which|how much|how many) (?:medicine|medication|medications|drug|drugs|pill|pills|dose|dosage|"
    r"antibiotics?|"
    r"painkillers?|ibuprofen|aspirin|paracetamol|tylenol)\b.*\b(?:should|can|take|need|give|for)\b|"
    r"\bshould i (?:take|stop taking|increase|double)\b|\bcan i take \w+ (?:with|for|and)\b|"
    r"\b(?:diagnose|diagnosis for) (?:me|my)\b|\bwhat should i (?:take|do) (?:for|about) (?:my|the|this|a)\b"
)
_GIVES_DIAGNOSIS = re.compile(
    r"\byou (?:probably |likely |may |might |could |most likely |definitely |clearly )?(?:have|"
    r"are suffering from|suffer from) "
    r"(?:a |an |the )?(?:\w+ )?(?:flu|cold|covid|infection|cancer|diabetes|pneumonia|migraine|disease|virus|"
    r"strep|measles|"
    r"allergy|fracture|concussion|bronchitis|sinusitis|asthma|arthritis|hypertension|appendicitis)\b|"
    r"\b(?:it|this|that) (?:sounds|looks|seems) like (?:you have )?(?:a |an |the )?(?:\w+ )?(?:flu|cold|covid|"
    r"infection|cancer|"
    r"diabetes|pneumonia|migraine|disease|virus|strep|measles|allergy|fracture|concussion|bronchitis|appendicitis)\b|"
    r"\byou should (?:take|stop taking|increase|double) (?:\w+ ){0,3}(?:mg|milligrams?|tablets?|pills?|"
    r"ibuprofen|aspirin|"
    r"antibiotics?|paracetamol|tylenol|medication|medicine|dose)\b|\bmy diagnosis\b|\bi diagnose\b"
)
_CARD_WORDS = re.compile(
    r"\b(?:card number|credit card|debit card|visa|mastercard|amex|american express|cvv|security code)\b"
)
_FIGURE_RUN = re.compile(r"(?:\d[ \-.]?){12,18}\d")


@dataclass(frozen=True, slots=True)
class Tripped:
    rule: str
    side: Literal["caller", "agent"]
    action: Literal["replaced", "escalated", "refused", "redacted"]
    say: str
    then: Literal["continue", "hand_off", "hang_up"]


def check_caller(agent: AgentDocument, text: str) -> Tripped | None:
    """The first rule that the caller's words trip; emergencies come first, whatever the document's order."""
    for rule in sorted(agent.guardrails, key=lambda one: one.rule != EMERGENCY):
        if not _caller_trips(rule, text):
            continue
        action: Literal["replaced", "escalated", "refused", "redacted"] = "refused"
        if rule.then == "hand_off":
            action = "escalated"
        elif rule.rule == NO_CARD_NUMBERS:
            action = "redacted"
        return Tripped(rule.rule, "caller", action, rule.say, rule.then)
    return None


def check_sentence(agent: AgentDocument, sentence: str) -> Tripped | None:
    """The first rule that a sentence of the agent breaks: it is replaced before it is played."""
    for rule in agent.guardrails:
        if rule.say and sentence.strip() == rule.say.strip():
            return None
        if (rule.rule == NO_DIAGNOSIS and _GIVES_DIAGNOSIS.search(plain(sentence))) or (
            rule.rule == NO_CARD_NUMBERS and has_card_number(sentence)
        ):
            return Tripped(rule.rule, "agent", "replaced", rule.say, rule.then)
    return None


def has_card_number(text: str) -> bool:
    """Whether the digits said or written in the text hold a payment card's number (13 to 19 digits, Luhn)."""
    if any(_is_card(re.sub(r"\D", "", run)) for run in _FIGURE_RUN.findall(text)):
        return True
    # A date or a phone number elsewhere in the sentence is no part of a card's digits.
    runs = digit_runs(text)
    if any(_is_card(run) for run in runs):
        return True
    # Its date may follow the card without a word between: a card is 16 digits, or 15 for Amex.
    return any(
        _is_card(run[at : at + length])
        for run in runs
        if len(run) > 16 or _CARD_WORDS.search(plain(text))
        for length in (16, 15)
        for at in range(len(run) - length + 1)
    )


def without_card_digits(text: str) -> str:
    """The text with its digits left out where it holds a card number: what a model may be shown."""
    return "(the caller said a card number)" if has_card_number(text) else text


def luhn(digits: str) -> bool:
    """ISO/IEC 7812 check digit."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_card(digits: str) -> bool:
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and luhn(digits)


def _caller_trips(rule: Guardrail, text: str) -> bool:
    said = plain(text)
    if any(f" {plain(phrase)} " in f" {said} " for phrase in rule.phrases):
        return True
    if rule.rule == EMERGENCY:
        return bool(_EMERGENCY.search(said))
    if rule.rule == NO_DIAGNOSIS:
        return bool(_ASKS_DIAGNOSIS.search(said))
    if rule.rule == NO_CARD_NUMBERS:
        return has_card_number(text)
    return False
