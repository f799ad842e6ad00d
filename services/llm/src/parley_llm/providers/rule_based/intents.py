"""What a caller wants: keyword rules for the short things, sentence vectors for what starts a flow.

The rules work without any other service; the vectors come from rag. Where rag does not answer, shared words decide.
Thresholds were set by hand against all-MiniLM-L6-v2; see the README.
"""

import math
import re
from collections import OrderedDict
from collections.abc import Sequence
from zlib import crc32

from parley_core.agents import Flow
from parley_core.errors import ParleyError

from parley_llm.ports import Knowledge, Vector
from parley_llm.providers.rule_based.words import plain

FLOW_SIMILARITY = 0.55  # an utterance this near to an example starts the flow
OFFER_SIMILARITY = 0.33  # words that nothing else fits: the flow is offered, not begun
QUESTION_SIMILARITY = 0.72  # a question must be nearer: "do I need an appointment for a flu shot" is no wish to book

_GOODBYE = re.compile(
    r"\b(?:good ?bye|bye(?: bye)?|that(?:'s| is| will be) (?:all|it|everything)(?: i (?:need|needed|wanted))?|"
    r"nothing else|"
    r"have a (?:nice|good|great) (?:day|one|evening|weekend)|hang up|see you(?: later)?|i'm done|i am done)\b"
)
_THANKS = re.compile(r"\b(?:thank you|thanks|thank|cheers|appreciate)\b")
_GREETING = re.compile(
    r"^(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|greetings)(?: there)?(?: (?:hello|hi|again))?$"
)
_PERSON = (
    r"(?:person|human|human being|someone|somebody|agent|representative|operator|receptionist|colleague|staff|"
    r"member of staff|nurse|manager|front desk|reception)"
)
_HUMAN = re.compile(
    rf"\b(?:speak|talk|connect me|transfer me|put me through|pass me|get me)\b.*\b{_PERSON}\b|"
    rf"\b(?:real|actual|live) (?:person|human|agent)\b|^(?:a |an )?(?:{_PERSON})(?: please)?$|"
    r"\b(?:transfer|connect) me\b"
)
_REPEAT = re.compile(
    r"\b(?:repeat(?: that| it| please)?|say (?:that|it) again|(?:can|could) you say (?:that|it)|pardon(?: me)?|"
    r"come again|"
    r"what did you say|what was that|one more time|didn't (?:hear|catch|get) (?:that|you|it)|"
    r"did not (?:hear|catch|get) (?:that|you|it))\b|^(?:sorry|what|excuse me|huh|sorry what)$"
)
_RESUME = re.compile(
    r"^(?:um |uh |oh |no |yes |okay |ok |well |sorry |excuse me |i'm sorry |my apologies )*"
    r"(?:(?:please )?(?:go on|go ahead|continue|carry on|keep going|finish)|(?:what )?(?:were you|you were) saying)"
    r"(?: please| then)?(?: sorry| i'm listening)?$"
)
_CANCEL = re.compile(
    r"\b(?:cancel(?: (?:it|that|this|the booking))?|never mind|nevermind|forget (?:it|about it|that)|"
    r"changed my mind|don't (?:book|want)|do not (?:book|want)|stop (?:it|this|the booking)|leave it)\b|^stop$"
)
_MESSAGE = re.compile(r"\b(?:message|note|call me back|call back|ring me back)\b")
_QUESTION = re.compile(
    r"^(?:um |uh |and |so |okay |ok |hi |hello |hey |yes |well |but |by the way |before that |quick question |"
    r"sorry )*"
    r"(?:what|what's|when|when's|where|where's|who|who's|which|why|how|how's|do|does|did|is|are|was|were|can|"
    r"could|will|would|"
    r"should|may|have you|am i|tell me|i have a question|i want to know|i would like to know|i'd like to know|"
    r"i was wondering|i wonder)\b"
)
_WISH = re.compile(r"\b(?:book|schedule|make an|make a|arrange|set up|reserve|get an appointment)\b")
_SLOT_QUESTION = re.compile(
    r"\b(?:do you have|have you got|is there|are there|how about|what about|can i|could i|can we|could we|would|"
    r"available|free|possible|can you do|could you do)\b"
)
_STOP_WORDS = frozenset(
    [
        "i",
        "a",
        "an",
        "the",
        "to",
        "for",
        "of",
        "in",
        "on",
        "at",
        "and",
        "or",
        "is",
        "it",
        "would",
        "like",
        "can",
        "could",
        "you",
        "my",
        "me",
        "do",
        "with",
        "please",
        "want",
        "need",
        "have",
        "will",
        "be",
        "we",
        "your",
        "am",
        "are",
        "this",
        "that",
        "some",
        "any",
        "get",
    ]
)


def is_goodbye(text: str) -> bool:
    said = plain(text)
    return bool(_GOODBYE.search(said)) and len(said.split()) <= 12 and not is_question(said)


def is_thanks(text: str) -> bool:
    said = plain(text)
    return bool(_THANKS.search(said)) and len(said.split()) <= 8 and not is_question(said)


def is_greeting(text: str) -> bool:
    return bool(_GREETING.search(plain(text)))


def wants_person(text: str) -> bool:
    return bool(_HUMAN.search(plain(text)))


def wants_repeat(text: str) -> bool:
    said = plain(text)
    return bool(_REPEAT.search(said)) and len(said.split()) <= 8


def wants_resume(text: str) -> bool:
    """ "Sorry, go on": the agent was talked over and may finish."""
    return bool(_RESUME.search(plain(text)))


def wants_cancel(text: str) -> bool:
    return bool(_CANCEL.search(plain(text)))


def wants_message(text: str) -> bool:
    return bool(_MESSAGE.search(plain(text)))


def is_question(text: str) -> bool:
    return bool(_QUESTION.search(plain(text)))


def asks_for_slot(text: str) -> bool:
    """A question that proposes a value: "do you have something at eleven", "how about friday"."""
    return bool(_SLOT_QUESTION.search(plain(text)))


def content(text: str) -> set[str]:
    return {word.rstrip("s") for word in plain(text).split() if word not in _STOP_WORDS}


def hashed_vector(text: str, dimensions: int = 256) -> Vector:
    """A bag of words as a vector of length 1: instead of the embedding model in tests and without rag."""
    values = [0.0] * dimensions
    for word in content(text):
        values[crc32(word.encode()) % dimensions] += 1.0
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return tuple(value / length for value in values)


def similarity(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


class Embeddings:
    """Vectors by text, remembered; shared by all calls of a process."""

    def __init__(self, knowledge: Knowledge, *, size: int = 4096) -> None:
        self._knowledge = knowledge
        self._size = size
        self._known: OrderedDict[str, Vector] = OrderedDict()

    async def vectors(self, tenant: str, texts: Sequence[str]) -> list[Vector]:
        """Raises a ParleyError when rag does not answer."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        found: dict[str, Vector] = {}
        for start in range(0, len(missing), 256):
            batch = missing[start : start + 256]
            found.update(zip(batch, await self._knowledge.embed(tenant, batch), strict=True))
        result = [found.get(text) or self._known[text] for text in texts]
        self._known.update(found)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        return result


class FlowMatcher:
    """Which flow an utterance starts, if any."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings

    async def warm(self, tenant: str, flows: Sequence[Flow]) -> None:
        """Fetch the examples' vectors ahead of the first utterance."""
        await self._embeddings.vectors(tenant, [example for flow in flows for example in flow.starts_on])

    async def match(self, tenant: str, text: str, flows: Sequence[Flow], *, least: float = 0.0) -> Flow | None:
        """`least`: a similarity that suffices instead of the usual ones."""
        words = content(text)
        for flow in flows:
            for example in flow.starts_on:
                wanted = content(example)
                if len(wanted) >= 2 and wanted <= words and (not is_question(text) or _WISH.search(plain(text))):
                    return flow
        examples = [(flow, example) for flow in flows for example in flow.starts_on]
        if not examples or not words:
            return None
        texts = [text, *(example for _, example in examples)]
        try:
            vectors = await self._embeddings.vectors(tenant, texts)
        except ParleyError:
            vectors = [hashed_vector(one) for one in texts]
        needed = least or FLOW_SIMILARITY
        if not least and is_question(text) and not _WISH.search(plain(text)):
            needed = QUESTION_SIMILARITY
        best = max(range(len(examples)), key=lambda at: similarity(vectors[0], vectors[at + 1]))
        return examples[best][0] if similarity(vectors[0], vectors[best + 1]) >= needed else None
