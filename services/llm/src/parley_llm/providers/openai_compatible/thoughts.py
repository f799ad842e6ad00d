"""Keeps out of the spoken text what a model writes for itself: its thoughts, raw tool calls, marks of its template.

Servers without the model's parser let them through in the content, cut anywhere between chunks.
"""

import re

_NAMES = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "scratchpad", "seed:think")
_THOUGHTS = {
    **{f"<{name}>": f"</{name}>" for name in _NAMES},
    "[think]": "[/think]",
    "◁think▷": "◁/think▷",
    "<|begin_of_thought|>": "<|end_of_thought|>",
}
_PAIRS = {
    **_THOUGHTS,
    "<|channel|>analysis<|message|>": "<|end|>",
    "<|channel|>commentary<|message|>": "<|end|>",
}
_MARKS = (
    *(close for close in _PAIRS.values() if close.strip()),  # one without its beginning
    "<tool_call>",  # what stands between them is `written_calls`'
    "</tool_call>",
    "[tool_calls]",
    "<|start|>assistant",
    "<|channel|>final<|message|>",
    "<|return|>",
    "<|im_end|>",
    "<end_of_turn>",
    "<|eot_id|>",
    "<|endoftext|>",
    "</s>",
)
_ENDS_OF_THOUGHT = frozenset(_THOUGHTS.values())
_ANY = re.compile("|".join(re.escape(tag) for tag in sorted((*_PAIRS, *_MARKS), key=len, reverse=True)), re.IGNORECASE)
_BEGINNINGS = frozenset(tag[:length] for tag in (*_PAIRS, *_MARKS) for length in range(1, len(tag)))
_LONGEST = max(map(len, _BEGINNINGS))


class SpokenText:
    """The text of one stream that is for the caller."""

    def __init__(self, *, begins_with_thoughts: bool = False) -> None:
        """`begins_with_thoughts`: hold all text back until thoughts end. Some templates write the beginning of the
        thoughts into the prompt, and the answer has only their end."""
        self.unannounced = False  # thoughts ended that had not begun
        self._held = ""
        self._waits = begins_with_thoughts
        self._closes = ""  # what ends the hidden part that is open
        self._hid = False

    def feed(self, text: str) -> str:
        """Take the next piece; returns what may be said of it and of what was held back."""
        self._held += text
        if self._waits and not self._closes:
            return self._behind_thoughts()
        said = []
        while self._held:
            if self._closes:
                if not self._drop_hidden():
                    break
                continue
            tag = _ANY.search(self._held)
            if tag is None:
                kept = self._beginning()
                said.append(self._held[: len(self._held) - kept])
                self._held = self._held[len(self._held) - kept :]
                break
            said.append(self._held[: tag.start()])
            self._held = self._held[tag.end() :]
            self._met(tag.group().lower())
        return "".join(said)

    def flush(self) -> str:
        """The stream has ended: what is left to be said."""
        self._waits = False
        said = self.feed("")
        rest, self._held = ("" if self._closes else self._held), ""
        return said + rest

    def waits_no_more(self) -> None:
        """The server gives thoughts apart from the text."""
        self._waits = False

    def _met(self, tag: str) -> None:
        if tag in _PAIRS:
            self._closes, self._hid = _PAIRS[tag], True
        elif tag in _ENDS_OF_THOUGHT and not self._hid:
            self.unannounced = True

    def _behind_thoughts(self) -> str:
        found = _ANY.search(self._held)
        while found is not None and found.group().lower() not in _ENDS_OF_THOUGHT:
            found = _ANY.search(self._held, found.end())
        if found is None:
            return ""
        self._waits, self.unannounced = False, True
        rest, self._held = self._held[found.end() :], ""
        return self.feed(rest)

    def _drop_hidden(self) -> bool:
        """Drop what is hidden; whether its end has come."""
        at = self._held.lower().find(self._closes)
        if at < 0:
            self._held = self._held[-(len(self._closes) - 1) :] if len(self._closes) > 1 else ""
            return False
        self._held, self._closes = self._held[at + len(self._closes) :], ""
        return True

    def _beginning(self) -> int:
        """How many of the last characters may be the beginning of a tag."""
        tail = self._held[-_LONGEST:].lower()
        return next((len(tail) - at for at in range(len(tail)) if tail[at:] in _BEGINNINGS), 0)
