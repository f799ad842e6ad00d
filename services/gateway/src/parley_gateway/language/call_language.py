"""The language of one call: what the caller wants is compared with what can be had, and a change goes on the log.

`call.caller_side` asks at every final text, typed text and key. Everything in the gateway that depends on the language
asks here: notices, the goodbye, backchannels, rules for the end of a turn, what the recogniser is claimed for.
"""

from collections.abc import Callable, Sequence

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument
from parley_core.bus.log import CallLog
from parley_core.languages.registry import primary

from parley_gateway.language.wishes import Identify, LanguageSense, Wanted
from parley_gateway.turns import barge_in
from parley_gateway.turns import events as ev
from parley_gateway.turns.dictation import Expects
from parley_gateway.turns.state import State
from parley_gateway.turns.types import CommitReason, Sound


class CallLanguage:
    def __init__(
        self,
        agent: AgentDocument,
        language: str,
        call_log: CallLog,
        identify: Identify,
        *,
        on_change: Callable[[events_pb2.LanguageChanged], None],
    ) -> None:
        """`on_change` is called when it is on the log."""
        self._document = agent
        self._log = call_log
        self._on_change = on_change
        self._sense = LanguageSense(agent, agent.tag_of(language) or agent.language, identify)
        self._several = len(agent.tags) > 1
        self._recognised: frozenset[str] | None = None  # None: the recogniser does not say
        self._key = ""  # the one that was taken for a wish
        self.agent = agent.spoken_in(self.current)  # as it is in the language of the call
        self._notices = agent.notices_in(self.current)

    @property
    def current(self) -> str:
        return self._sense.current

    @property
    def named(self) -> str:
        """For messages that name the language: "" where the agent has only one."""
        return self.current if self._several else ""

    def notice(self, name: str) -> str:
        """The platform's own words: a field of `Notices`."""
        return str(getattr(self._notices, name))

    def manner(self) -> ev.InLanguage:
        """What turn-taking must know of the language."""
        return ev.InLanguage(self.current, self.agent.backchannels)

    # What is heard

    def heard(self, heard: events_pb2.Heard, state: State, *, playing: str, level_below_caller_db: float) -> None:
        """A final transcript; one that is not the caller's, or came late, is ignored."""
        owed = next((one for one in state.utterances if one.number == heard.utterance and one.text is None), None)
        sound = owed.sound if owed is not None else Sound.UNKNOWN
        ignored = (
            state.digits_only
            or level_below_caller_db >= state.config.background_db
            or barge_in.is_echo(heard.text, playing, sound, self.current)
        )
        if self._several and owed is not None and not ignored:
            asked_for_name = state.expects is Expects.NAME
            self._want(
                self._sense.said(heard.text, detected=heard.detected_language, name_expected=asked_for_name), state
            )

    def typed(self, text: str, state: State, told: str = "") -> None:
        """`told`: a carrier's word on the language. That it is the call's own may only mean that it listens for no
        other."""
        detected = "" if primary(told) == primary(self.current) else told
        if self._several and state.consent is None:
            asked_for_name = state.expects is Expects.NAME
            self._want(self._sense.said(text, detected=detected, name_expected=asked_for_name), state)

    def keyed(self, digits: str, state: State) -> bool:
        """Whether the key asks for a language: not while digits are awaited."""
        busy = state.digits or state.digits_only or state.consent is not None
        if not self._several or busy or state.expects is not Expects.ANYTHING:
            return False
        wanted = self._sense.keyed(digits)
        if wanted is not None:
            self._key = digits
            self._want(wanted, state)
        return wanted is not None

    def wish(self, text: str, reason: CommitReason) -> str:
        """The language that a turn asks for and nothing else."""
        if not self._several:
            return ""
        if reason is CommitReason.DIGITS:
            taken, self._key = self._key, ""
            wanted = self._sense.keyed(text) if text == taken else None
            return wanted.language if wanted is not None else ""
        return self._sense.wish(text)

    # What can be had

    def recognised(self, languages: Sequence[str]) -> None:
        """A recogniser was claimed that knows these of the agent's languages; none: it does not say."""
        self._recognised = frozenset(primary(one) for one in languages) or None
        self._leave_unheard(0, "the recogniser does not know it")

    def unheard(self, refused: events_pb2.LanguageRefused, turn: int) -> None:
        """The recogniser could not be had for a language after all."""
        known = self._recognised or frozenset(primary(tag) for tag in self._document.tags)
        self._recognised = known - {primary(refused.language)}
        self._leave_unheard(turn, "")

    def _leave_unheard(self, turn: int, detail: str) -> None:
        if not self._several or self._can(self.current):
            return
        other = next((tag for tag in self._document.tags if self._can(tag)), "")
        if not other:
            return  # then one language is as good as another
        unheard = events_pb2.LANGUAGE_REASON_UNHEARD
        if detail:
            self._refuse(self.current, detail, unheard, turn)
        self._change(Wanted(other, unheard), turn)

    def _can(self, language: str) -> bool:
        entry = self._document.entry(language)
        spoken_anyway = entry is not None and entry.hearing == "optional"
        return self._recognised is None or primary(language) in self._recognised or spoken_anyway

    def _want(self, wanted: Wanted | None, state: State) -> None:
        if wanted is None or wanted.language == self.current:
            return
        turn = state.turn + 1
        if self._can(wanted.language):
            self._change(wanted, turn)
        else:
            self._refuse(wanted.language, "the recogniser does not know it", wanted.reason, turn)

    def _change(self, wanted: Wanted, turn: int) -> None:
        changed = events_pb2.LanguageChanged(
            language=wanted.language,
            **{"from": self.current},
            reason=wanted.reason,
            turn=turn,
            confidence=wanted.confidence,
        )
        self._sense.changed(wanted.language, detected=wanted.reason == events_pb2.LANGUAGE_REASON_DETECTED)
        self.agent = self._document.spoken_in(wanted.language)
        self._notices = self._document.notices_in(wanted.language)
        self._log.append(changed)
        self._on_change(changed)

    def _refuse(self, language: str, detail: str, reason: "events_pb2.LanguageReason.ValueType", turn: int) -> None:
        self._log.append(
            events_pb2.LanguageRefused(language=language, role="asr", detail=detail, reason=reason, turn=turn)
        )
