"""Agent documents: what an agent is, as its builders write it. Checked when published, versioned, read by all services.

Documents live in the KV bucket `agents`: `<tenant>.<agent>.<version>` holds one, `<tenant>.<agent>` the version that
new calls take, `<tenant>.<agent>.published` those that they have taken.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from parley_core.bus.port import Bus
from parley_core.errors import BadInput, Conflict, NotFound
from parley_core.ids import TOKEN, check_token
from parley_core.languages.registry import pack, primary, sentences
from parley_core.languages.value_words import ValueKind
from parley_core.pronunciations import Pronunciations
from parley_core.providers.choices import ModelChoice as ModelChoice
from parley_core.providers.choices import Part
from parley_core.providers.choices import Recogniser as Recogniser
from parley_core.providers.choices import Voice as Voice
from parley_core.providers.names import Kind, Names
from parley_core.publishing.people import Address as Address
from parley_core.publishing.people import Consent as Consent
from parley_core.publishing.people import Handoff as Handoff
from parley_core.publishing.people import Outbound as Outbound
from parley_core.text import load_json

BUCKET = "agents"
PUBLISHED = "published"
KEPT = 100  # of the versions that were published
TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


class Greeting(Part):
    text: str = Field(min_length=1, max_length=1000, description="The sentence or sentences")
    uninterruptible: bool = Field(False, description="The caller cannot interrupt it")


class TurnSettings(Part):
    pause_ms: int = Field(
        500, ge=100, le=5000, description="Silence that ends a turn; after a complete sentence 200 to 300 ms are enough"
    )
    min_commit_ms: int = Field(200, ge=0, le=5000, description="Minimum silence before a turn can end")
    max_commit_ms: int = Field(
        2500, ge=200, le=20000, description="Silence that ends an unfinished sentence, or a number or name in dictation"
    )
    drafts: bool = Field(True, description="Prepare replies inside the pause; drop them when the caller goes on")
    draft_after_ms: int = Field(140, ge=40, le=2000, description="Silence after which a draft may begin")
    barge_in_ms: int = Field(
        1000,
        ge=50,
        le=2000,
        description="Speech over the agent that interrupts it even if no word shows an intention to interrupt",
    )
    background_db: float = Field(
        9, ge=3, le=60, description="A voice this far below the caller's own level does not interrupt (dB)"
    )
    silence_prompt_s: float = Field(12, ge=2, le=600, description='Silence before "Are you still there?" (s)')
    silence_hangup_prompts: int = Field(2, ge=0, le=10, description="Unanswered prompts before the agent hangs up")
    max_call_s: int = Field(1200, ge=10, le=24 * 3600, description="Maximum length of a call (s)")
    backchannels: list[str] = Field(
        default_factory=list,
        description="Words that do not interrupt the agent, beside sounds such as mm-hmm; empty: the language pack's",
    )


class Guardrail(Part):
    rule: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Name of a built-in rule (below) or of your own")
    say: str = Field("", description="Reply that replaces the model's")
    phrases: list[str] = Field(default_factory=list, description="Further wordings that trip the rule")
    then: Literal["continue", "hand_off", "hang_up", "note"] = Field(
        "continue", description="What follows the reply; `note`: nothing is replaced, the log has it"
    )


class Slot(Part):
    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="Name of the argument that `call` and `check` get the value in"
    )
    kind: ValueKind = Field(description="How the answer is understood (below)")
    ask: str = Field(description="The question")
    choices: list[str] = Field(default_factory=list, description="Accepted values of a `choice`")
    pattern: str = Field("", max_length=200, description="What a `spelled` or `membership` value must match")
    check: str = Field("", description="Look-up tool that says whether the value is available and offers others")
    required: bool = Field(True, description="Ask until there is a value")
    digits_only: bool = Field(False, description="The value is keyed in and ended by #; spoken words are ignored")


class Flow(Part):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Name of the flow, for logs")
    goal: str = Field("", description="What it is for; part of a language model's prompt")
    starts_on: list[str] = Field(min_length=1, description="Examples of what a caller says to begin it, by meaning")
    slots: list[Slot] = Field(default_factory=list, description="Facts to collect, in this order (below)")
    confirm: str = Field("", description="Read-back; the caller's yes allows the call. `{slot}` is the spoken value")
    call: str = Field("", description="Tool that the flow ends with; its arguments are the slots, by name")
    done: str = Field("", description="Said after success; also the text of a message that `then_call` sends")
    taken: str = Field("", description="Said when the value is no longer available; others are offered")
    then_call: str = Field("", description="Tool to call after success, such as `send_sms`")


class Notices(Part):
    """The platform's own words in a language; empty: the platform's usual ones."""

    silence: str = Field("", max_length=500, description="Said to a silent caller")
    apology: str = Field("", max_length=500, description="Said when a reply failed")
    say_again: str = Field("", max_length=500, description="Said when no reply could be made")
    time_warning: str = Field("", max_length=500, description="Said shortly before the time limit")
    time_limit: str = Field("", max_length=500, description="Said at the time limit, before the goodbye")
    unheard: str = Field("", max_length=500, description="Said when the recogniser does not know the wanted language")
    fillers: list[str] = Field(default_factory=list, description="Said in turn while a reply is slow")


class Language(Part):
    """A language that the agent speaks beside its own, or (the same tag) more about its own."""

    tag: str = Field(pattern=TAG, description="BCP 47, for example `es-MX`; a wish for `es` is a wish for it")
    voice: Voice | None = Field(None, description="Unset: the agent's provider, with its own voice for the language")
    recogniser: Recogniser | None = Field(None, description="Unset: the agent's")
    models: list[ModelChoice] = Field(default_factory=list, description="Unset: the agent's")
    greeting: Greeting | None = Field(
        None, description="Greets calls that begin in it, and callers who ask for it and say nothing else"
    )
    goodbye: str = Field("", description="Said before the agent hangs up; empty: the language pack's, else the agent's")
    prompt: str = Field("", description="Added to the agent's prompt")
    phrases: list[str] = Field(default_factory=list, description="What callers say in it, for the recogniser")
    pronunciations: Pronunciations = Field({}, description="As the agent's, for this language")
    handoff: str = Field("", description="Said before a person takes over; empty: the pack's, else the agent's")
    backchannels: list[str] = Field(
        default_factory=list, description="Words that do not interrupt; empty: those of the language pack"
    )
    notices: Notices = Field(Notices(), description="The platform's sentences in it (below)")
    key: str = Field("", pattern=r"^[0-9*]?$", description='Key that asks for it: "Press 2 for Spanish"')
    asked_with: list[str] = Field(
        default_factory=list, description="Further wordings that ask for it, beside its names in many languages"
    )
    hearing: Literal["needed", "optional"] = Field(
        "needed", description="`optional`: spoken even if the recogniser does not know it; callers key or type"
    )


class Postcall(Part):
    summary: bool = Field(True, description="Summarise the call")
    crm: bool = Field(True, description="Write a note to the CRM")
    region: str = Field("", pattern="^([A-Z]{2})?$", description="Country of local phone numbers; empty: `language`'s")


class Retention(Part):
    recording_days: int = Field(30, ge=0, description="Not enforced yet: nothing is deleted")
    transcript_days: int = Field(365, ge=0, description="Not enforced yet: nothing is deleted")


PrivateKind = Literal["card", "account", "social", "record", "phone", "email", "address", "birth", "name"]


class Privacy(Part):
    redact: list[PrivateKind] = Field(
        ["card", "account", "social"],
        description="Kinds of personal data that are replaced (`[card]`) in all that is made of a call's log",
    )


class AgentDocument(Part):
    """One version of one agent. Unknown fields are refused, so that a misspelt one is not silently ignored."""

    agent: str = Field(
        pattern=TOKEN.pattern,
        description="Name in URLs and on the bus: lower-case letters, digits, `-`, `_`. Unique in the tenant",
    )
    version: int = Field(0, ge=0, description="Set when the document is published; leave it out")
    name: str = Field("", description="Name for people: on the call page, in text messages")
    language: str = Field("en-US", description="BCP 47; the language in which a call begins")
    languages: list[Language] = Field(default_factory=list, max_length=20, description="Further languages")
    timezone: str = Field("UTC", description='IANA name; what "tomorrow at ten" refers to')
    voice: Voice = Field(Voice(), description="Speech synthesis")
    recogniser: Recogniser = Field(Recogniser(), description="Speech recognition")
    greeting: Greeting | None = Field(None, description="First words. Required if the agent speaks first")
    first_speaker: Literal["agent", "caller"] = Field("agent", description="Who begins")
    goodbye: str = Field("", description="Said before the agent hangs up. Empty: the language pack's")
    goals: list[str] = Field(default_factory=list, description="Part of a language model's prompt")
    prompt: str = Field("", description="Part of a language model's prompt; `rule_based` does not read it")
    knowledge: list[str] = Field(default_factory=list, description="Files for rag, relative to the document")
    speech_corpus: list[str] = Field(
        default_factory=list, description="Set at publishing to the knowledge's sentences, for the recogniser"
    )
    models: list[ModelChoice] = Field(
        default_factory=lambda: [ModelChoice(provider="rule_based")],
        min_length=1,
        description="Models, in order of preference",
    )
    tools: list[str] = Field(default_factory=list, description="Names of the tools that the agent may call; no others")
    grants: dict[str, list[str]] = Field(default_factory=dict, description="Groups that a tool's OK, or a flow, grants")
    client_tools: bool = Field(False, description="A caller's client may add tools, which it runs itself")
    client_instructions: bool = Field(False, description="A caller's client may add to the prompt")
    turns: TurnSettings = Field(TurnSettings(), description="Turn-taking")
    guardrails: list[Guardrail] = Field(default_factory=list, description="Rules with fixed replies")
    flows: list[Flow] = Field(default_factory=list, description="Steps of the business with an order")
    pronunciations: Pronunciations = Field({}, description="How words are said: `Nguyen: /wɪn/` in IPA, `SQL: sequel`")
    phrases: list[str] = Field(
        default_factory=list,
        description="What callers say; only PocketSphinx needs it, beside the flows and the knowledge",
    )
    handoff: Handoff = Field(Handoff(), description="Where callers go who want a person")
    consent: Consent = Field(Consent(), description="Whether the caller is asked before the call is recorded")
    outbound: Outbound = Field(Outbound(), description="Outgoing calls: machines, menus, screening assistants")
    postcall: Postcall = Field(Postcall(), description="What is made of a finished call")
    privacy: Privacy = Field(Privacy(), description="What is kept out of transcripts, prompts after the call and rows")
    retention: Retention = Field(Retention(), description="How long data of a call is kept")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{value!r} is not an IANA time zone") from None
        return value

    @model_validator(mode="after")
    def _coherent(self) -> "AgentDocument":
        for flow in self.flows:
            wanted = {flow.call, flow.then_call, *(slot.check for slot in flow.slots)} - {""}
            if missing := sorted(wanted - set(self.tools)):
                raise ValueError(f"flow {flow.name!r} uses tools that the agent does not list: {', '.join(missing)}")
        if self.first_speaker == "agent" and self.greeting is None:
            raise ValueError("an agent that speaks first needs a greeting")
        for what, names in (
            ("language", [primary(one.tag) for one in self.languages]),
            ("key", [one.key for one in self.languages if one.key]),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{what} {twice[0]!r} is given twice in languages")
        return self

    @property
    def backchannels(self) -> frozenset[str]:
        """The words and sounds of a listener in the agent's language; of others, see `spoken_in`."""
        return frozenset((*self.turns.backchannels, *pack(self.language).sounds))

    @property
    def tags(self) -> tuple[str, ...]:
        """Every language that a call may be in, the agent's own first."""
        others = (one.tag for one in self.languages if primary(one.tag) != primary(self.language))
        return (self.language, *others)

    def tag_of(self, language: str) -> str:
        """The agent's language that is nearest to this one; "" for one that it does not speak."""
        same = [tag for tag in self.tags if tag.lower() == language.lower()]
        near = [tag for tag in self.tags if primary(tag) == primary(language)]
        return (same or near or [""])[0]

    def entry(self, language: str) -> Language | None:
        """What `languages` says of a language."""
        return next((one for one in self.languages if primary(one.tag) == primary(language)), None)

    def spoken_in(self, language: str) -> "AgentDocument":
        """The agent as it is in one of its languages: `language`, voice, greeting, goodbye, prompt, words.

        What the document leaves unsaid is said in the words of the language's pack.
        """
        tag = self.tag_of(language) or self.language
        own = tag == self.language
        entry = self.entry(tag) or Language(tag=tag)
        voice = entry.voice or (self.voice if own else self.voice.model_copy(update={"name": ""}))
        return self.model_copy(
            update={
                "language": tag,
                "voice": voice,
                "recogniser": entry.recogniser or self.recogniser,
                "models": entry.models or self.models,
                "greeting": (self.greeting or entry.greeting) if own else (entry.greeting or self.greeting),
                "goodbye": self._said(entry.goodbye, self.goodbye, "goodbye", tag),
                "prompt": "\n\n".join(part for part in (self.prompt.strip(), entry.prompt.strip()) if part),
                "phrases": [*self.phrases, *entry.phrases] if own else entry.phrases,
                "pronunciations": {**(self.pronunciations if own else {}), **entry.pronunciations},
                "handoff": self.handoff.model_copy(
                    update={
                        "say": self._said(entry.handoff, self.handoff.say, "handoff", tag),
                        "failed": self._said("", self.handoff.failed, "handoff_failed", tag),
                    }
                ),
                "consent": self._consent_in(tag),
                "turns": self.turns.model_copy(
                    update={
                        "backchannels": entry.backchannels
                        or (self.turns.backchannels if own else [])
                        or list(pack(tag).backchannels)
                    }
                ),
            }
        )

    def _said(self, of_entry: str, of_agent: str, name: str, tag: str) -> str:
        """The language's own text; else the agent's, in its own language; else the pack's. Where that has none, the
        agent's text in another language says more than a sentence in English."""
        own = of_agent if tag == self.language else ""
        return of_entry or own or str(getattr(pack(tag).says, name)) or of_agent or str(getattr(sentences(tag), name))

    def _consent_in(self, tag: str) -> Consent:
        asked, says = self.consent, sentences(tag)
        return asked.model_copy(
            update={
                "ask": asked.ask or says.consent_ask,
                "again": asked.again or says.consent_again,
                "accepted": says.consent_accepted if asked.accepted is None else asked.accepted,
                "refused": says.consent_refused if asked.refused is None else asked.refused,
            }
        )

    def providers(self) -> Iterator[tuple[str, Kind, str]]:
        """Every provider that the document names: its place, its kind, its name."""
        for place, models in [
            ("", self.models),
            *((f"languages.{at}.", one.models) for at, one in enumerate(self.languages)),
        ]:
            yield from ((f"{place}models.{at}.provider", "model", one.provider) for at, one in enumerate(models))
        spoken: list[tuple[str, Voice | None, Recogniser | None]] = [("", self.voice, self.recogniser)]
        spoken += [(f"languages.{at}.", one.voice, one.recogniser) for at, one in enumerate(self.languages)]
        for before, voice, recogniser in spoken:
            if voice is not None:
                if voice.provider:
                    yield f"{before}voice.provider", "voice", voice.provider
                yield from ((f"{before}voice.fallbacks.{at}", "voice", one) for at, one in enumerate(voice.fallbacks))
            if recogniser is not None:
                place = f"{before}recogniser"
                if recogniser.provider:
                    yield f"{place}.provider", "recogniser", recogniser.provider
                yield from (
                    (f"{place}.fallbacks.{at}", "recogniser", one) for at, one in enumerate(recogniser.fallbacks)
                )

    def notices_in(self, language: str) -> Notices:
        """The platform's words in a language: the document's, else the pack's, else English."""
        entry, says = self.entry(language), sentences(language)
        given = entry.notices if entry is not None else Notices()
        return Notices.model_validate(
            {name: getattr(given, name) or getattr(says, name) for name in Notices.model_fields}
            | {"fillers": given.fillers or list(says.fillers)}
        )

    def unheard_in(self, language: str) -> str:
        """What a caller is answered who asks for a language that is not recognised here, in that language; "" where
        neither the document nor the pack has it."""
        entry = self.entry(language)
        return (entry.notices.unheard if entry is not None else "") or pack(language).says.unheard


def parse_agent(text: str, where: str) -> AgentDocument:
    """Parse YAML or JSON. Raises BadInput naming the place in the document and the problem."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" at line {mark.line + 1}" if mark is not None else ""
        raise BadInput(where, f"is not YAML{line}") from None
    if not isinstance(raw, dict):
        raise BadInput(where, "is not a mapping")
    try:
        return AgentDocument.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{where}: {place}" if place else where, first["msg"]) from None


def load_agent(path: Path) -> AgentDocument:
    """Read a document from a file. Raises BadInput, also when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(str(path), error.strerror or "cannot be read") from None
    return parse_agent(text, path.name)


def agent_schema() -> dict[str, object]:
    """The JSON Schema of agent documents."""
    return AgentDocument.model_json_schema()


class AgentStore:
    """Agent documents by tenant, agent and version, and which version new calls take."""

    def __init__(self, bus: Bus, names: Names | None = None) -> None:
        """`names`: of the providers that published documents may use; without: Parley's own."""
        self._kv = bus.kv(BUCKET)
        self._names = names or Names()

    async def put(self, tenant: str, document: AgentDocument) -> int:
        """Publish a document, as the agent's newest version unless nothing changed; returns its version.

        Raises BadInput, naming the place, for a provider that does not exist.
        """
        version = await self.draft(tenant, document)
        await self.publish(tenant, document.agent, version)
        return version

    async def draft(self, tenant: str, document: AgentDocument) -> int:
        """Store a document as the agent's newest version, unless nothing changed; calls do not take it yet."""
        check_token(tenant, "tenant")
        for place, kind, name in document.providers():
            self._names.check(kind, name, f"agent {document.agent}: {place}")
        for _ in range(20):
            newest = max(await self.versions(tenant, document.agent), default=0)
            if newest and _same(await self._read(tenant, document.agent, newest), document):
                return newest
            text = document.model_copy(update={"version": newest + 1}).model_dump_json().encode()
            if await self._kv.create(f"{tenant}.{document.agent}.{newest + 1}", text):
                return newest + 1
        raise Conflict(f"agent {document.agent}", "is being published by others without end")

    async def publish(self, tenant: str, agent: str, version: int) -> None:
        """New calls take this version from now on; calls that run keep theirs. Raises NotFound."""
        await self._read(check_token(tenant, "tenant"), check_token(agent, "agent"), version)
        live = await self.live(tenant, agent)
        if live == version:
            return
        await self._kv.put(f"{tenant}.{agent}", str(version).encode())
        past = [*await self.published(tenant, agent), version][-KEPT:]
        await self._kv.put(f"{tenant}.{agent}.{PUBLISHED}", json.dumps(past).encode())

    async def roll_back(self, tenant: str, agent: str) -> int:
        """Publish what was published before the version that new calls take; returns it. Raises NotFound."""
        live = await self.live(tenant, agent)
        before = [one for one in await self.published(tenant, agent) if one != live]
        if not before:
            raise NotFound("earlier version of agent", agent)
        await self.publish(tenant, agent, before[-1])
        return before[-1]

    async def live(self, tenant: str, agent: str) -> int:
        """The version that new calls take; 0: none."""
        stored = await self._kv.get(f"{tenant}.{agent}")
        return int(stored) if stored else 0

    async def versions(self, tenant: str, agent: str) -> list[int]:
        """All that are stored, drafts among them, oldest first."""
        keys = await self._kv.keys(f"{tenant}.{agent}.")
        return sorted(int(end) for key in keys if (end := key.rpartition(".")[2]).isdigit())

    async def published(self, tenant: str, agent: str) -> list[int]:
        """What new calls have taken, in order, the last one now; at most 100."""
        stored = await self._kv.get(f"{tenant}.{agent}.{PUBLISHED}")
        found = load_json(stored) if stored else []
        return [int(one) for one in found] if isinstance(found, list) else []

    async def get(self, tenant: str, agent: str, version: int = 0) -> AgentDocument:
        """Return one version; 0: the one that new calls take. Raises NotFound, BadInput for names that cannot be."""
        check_token(tenant, "tenant")
        check_token(agent, "agent")
        version = version or await self.live(tenant, agent)
        if not version:
            raise NotFound("agent", agent)
        return await self._read(tenant, agent, version)

    async def names(self, tenant: str) -> list[str]:
        keys = await self._kv.keys(f"{check_token(tenant, 'tenant')}.")
        return [key.split(".")[1] for key in keys if key.count(".") == 1]

    async def _read(self, tenant: str, agent: str, version: int) -> AgentDocument:
        stored = await self._kv.get(f"{tenant}.{agent}.{version}")
        if stored is None:
            raise NotFound("agent", f"{agent} version {version}")
        return AgentDocument.model_validate(load_json(stored))


def _same(one: AgentDocument, other: AgentDocument) -> bool:
    return one.model_copy(update={"version": 0}) == other.model_copy(update={"version": 0})
