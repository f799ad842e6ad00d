"""Tells the language of a text: py3langid's model, which is in its wheel. Used by `wishes`; some 50 µs a text.

The model knows 97 languages. It is asked about all of them: a text in none of those that matter counts for none.
"""

import math
from collections.abc import Iterable
from functools import lru_cache

from parley_core.languages.registry import primary
from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

_LEAST_SHARE = 0.02  # of the likeliest language's probability: below it the text is in neither of those that were asked


@lru_cache(maxsize=1)
def _model() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE)


def warm() -> None:
    """Load the model (a tenth of a second): in a thread, before the first call that needs it."""
    _model()


def is_warm() -> bool:
    return bool(_model.cache_info().currsize)


def identify(text: str, among: Iterable[str]) -> tuple[str, float]:
    """The likeliest of these languages (BCP 47) for a text and its probability among them; ("", 0) for neither."""
    wanted = {primary(language): language for language in among}
    ranked = _model().rank(text)
    best = ranked[0][1]
    scores = [(wanted[name], score) for name, score in ranked if name in wanted]
    if not scores or scores[0][1] < best + math.log(_LEAST_SHARE):
        return "", 0.0
    top = scores[0][1]
    return scores[0][0], 1.0 / sum(math.exp(score - top) for _, score in scores)
