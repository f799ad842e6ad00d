"""Who can be asked in one call, best first. asr and tts keep one for each language of a call."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

C = TypeVar("C")


class Candidates(Generic[C]):
    """One that fails goes behind the others for the rest of the call: a voice or an ear does not change to and fro."""

    def __init__(self, candidates: Iterable[C]) -> None:
        self._line = list(candidates)
        if not self._line:
            raise ValueError("there is nobody to ask")

    @property
    def first(self) -> C:
        return self._line[0]

    def failed(self) -> C:
        """The first one has failed; returns who is first now."""
        self._line.append(self._line.pop(0))
        return self._line[0]

    def __len__(self) -> int:
        return len(self._line)

    def __iter__(self) -> Iterator[C]:
        return iter(self._line)
