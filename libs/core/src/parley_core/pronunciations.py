"""How an agent document says that words are pronounced; every voice follows it: see `parley_tts.text.prepare`."""

from typing import Annotated

from pydantic import Field

_Written = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^\S+( \S+){0,4}$")]
_Said = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\[\]()<>]+$")]
# A word, or several, to IPA between slashes or to another spelling.
Pronunciations = Annotated[dict[_Written, _Said], Field(max_length=500)]
