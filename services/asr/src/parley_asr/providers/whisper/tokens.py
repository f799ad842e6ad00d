"""Whisper's tokens: the prompt that steers a decode, what it may not write, the way back to words; for `decoding`."""

from collections.abc import Sequence

from tokenizers import Tokenizer

# In English figures are spelled out, as the contract asks. Written as digits, "10.30" cannot be told from a decimal.
_UNWANTED = frozenset("0123456789$£€%@")
MAX_HOT_TOKENS = 60
_DEFAULT_UNWANTED = -1  # stands for the list in the model's own configuration


class Vocabulary:
    """One model's tokenizer."""

    def __init__(self, tokenizer_json: bytes, *, multilingual: bool) -> None:
        self._tokenizer = Tokenizer.from_buffer(tokenizer_json)
        self.end = self._id("<|endoftext|>")
        self._start = self._id("<|startoftranscript|>")
        self._previous = self._id("<|startofprev|>")
        self._transcribe = self._id("<|transcribe|>")
        self._untimed = self._id("<|notimestamps|>")
        self._multilingual = multilingual
        found = self._tokenizer.get_vocab()
        codes = (token[2:-2] for token in found if token.startswith("<|"))
        # The English model lists all languages, too.
        self.languages = frozenset(code for code in codes if len(code) in (2, 3)) if multilingual else frozenset({"en"})
        texts = self._tokenizer.decode_batch([[number] for number in range(self.end)])
        self.figures = [number for number, text in enumerate(texts) if _UNWANTED.intersection(text)]

    def _id(self, token: str) -> int:
        number = self._tokenizer.token_to_id(token)
        if number is None:
            raise ValueError(f"the tokenizer has no {token}")
        return int(number)

    def start(self, language: str) -> list[int]:
        """What the text follows, without anything that steers it."""
        if not self._multilingual:
            return [self._start, self._untimed]
        return [self._start, self._id(f"<|{language}|>"), self._transcribe, self._untimed]

    def prompt(self, language: str, hot_words: str, said: str = "") -> list[int]:
        """The same behind words that are likely to be heard, and before what was said already."""
        before: list[int] = []
        if hot_words:
            hot = self._tokenizer.encode(f" {hot_words.strip()}", add_special_tokens=False).ids
            before = [self._previous, *hot[:MAX_HOT_TOKENS]]
        return [*before, *self.start(language), *(self.encode(said) if said else ())]

    def unwanted(self, language: str) -> list[int]:
        """What may not be written: the model's own list, and in English figures."""
        return [_DEFAULT_UNWANTED, *(self.figures if language == "en" else ())]

    def encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(f" {text}", add_special_tokens=False).ids)

    def text(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))

    def words(self, tokens: Sequence[int]) -> list[tuple[str, int]]:
        """The written words, each with the number of its tokens; a token of half a character belongs to its other."""
        words: list[tuple[str, int]] = []
        pending: list[int] = []
        for token in tokens:
            pending.append(token)
            piece = self.text(pending)
            if "\ufffd" in piece:
                continue
            if piece.startswith(" ") or not words:
                words.append((piece.strip(), len(pending)))
            else:
                before, count = words[-1]
                words[-1] = (before + piece, count + len(pending))
            pending = []
        if pending and words:
            before, count = words[-1]
            words[-1] = (before, count + len(pending))
        return words
