"""Addresses in SIP headers (RFC 3261 §19.1, §20.10, §25.1) and telephone numbers (RFC 3966). Pure.

Parsed by the grammar, and leniently where senders deviate from it: unquoted display names, unterminated quotes and
brackets, a name before a URI without brackets. A password in a URI is skipped; only `Uri.text` contains it, which goes
back to the peer and is neither stored nor logged.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from parley_core.errors import BadInput

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
_BARE_URI = re.compile(r"(?:^|\s)(?:sips?|tel):\S", re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^;"\s]*))?', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPACES = re.compile(r"\s+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SEPARATORS = re.compile(r"[-.()]")  # RFC 3966 §5.1.1: visual separators
_DIALLED = re.compile(r"\+?[0-9A-Da-d*#]+")
_NUMBER = re.compile(r"\+?[0-9*#]+")
_OPAQUE = frozenset(("urn", "mailto", "im", "pres", "xmpp", "h323", "http", "https"))
_MAX_TEXT = 2048


@dataclass(frozen=True, slots=True)
class Uri:
    """A sip:, sips: or tel: URI; of any other scheme, `scheme` and `text` alone."""

    text: str = field(repr=False)  # as it came, secrets too
    scheme: str
    user: str = ""  # unescaped, without the password; of tel: the number as written
    host: str = ""  # without the brackets of IPv6
    port: int | None = None
    params: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """Raises BadInput for what is none."""
        text = _SPACES.sub("%20", text.strip())  # some PBXs put a display name in the user part
        found = _SCHEME.match(text)
        scheme = found[0].lower() if found is not None else ""
        if scheme == "tel":
            number, _, params = text[4:].partition(";")
            return cls(text, scheme, user=_clean(unquote(number)), params=_params(f";{params}"))
        if scheme in ("sip", "sips"):
            return _sip(text, scheme, text[len(scheme) + 1 :])
        if scheme in _OPAQUE:
            return cls(text, scheme)
        if "@" not in text:
            raise BadInput("URI", "has no scheme")
        return _sip(text, "sip", text)  # lenient: without a scheme

    @property
    def number(self) -> str:
        """The telephone number, without separators and parameters; empty if it names none."""
        dialled = self.user.partition(";")[0]
        bare = _SEPARATORS.sub("", dialled)
        if self.scheme == "tel" or self.params.get("user", "").lower() == "phone":
            return bare if _DIALLED.fullmatch(bare) else ""
        # Without `user=phone` dots and dashes may belong to a name, except after a plus.
        return bare if _NUMBER.fullmatch(bare if dialled.startswith("+") else dialled) else ""

    @property
    def who(self) -> str:
        """The number, or else the user."""
        return self.number or self.user.partition(";")[0]

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port; None without a host."""
        if not self.host:
            return None
        secured = self.scheme == "sips" or self.params.get("transport", "").lower() == "tls"
        return self.host, self.port or (5061 if secured else 5060)

    @property
    def host_port(self) -> str:
        """As written in a URI."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port is not None else host


@dataclass(frozen=True, slots=True)
class Address:
    """A name-addr or addr-spec: From, To, Contact, P-Asserted-Identity, Route …"""

    name: str  # display name, unquoted
    uri: Uri
    params: Mapping[str, str]  # the header's, lower-case names; `tag` among them

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Raises BadInput where there is no URI."""
        if len(text) > _MAX_TEXT:
            raise BadInput("address", f"has more than {_MAX_TEXT} characters")
        name, uri, rest = _split(text.strip())
        return cls(_clean(_SPACES.sub(" ", name)).strip(), Uri.parse(uri), _params(rest))

    @property
    def tag(self) -> str:
        return self.params.get("tag", "")


def parse_list(values: Iterable[str]) -> list[Address]:
    """The addresses of a header that may hold several, in one line or in many; unreadable ones are skipped."""
    found = []
    for one in members(values):
        try:
            found.append(Address.parse(one))
        except BadInput:
            continue
    return found


def members(values: Iterable[str]) -> list[str]:
    """The members of such a header, as written: split at commas outside quotes and brackets."""
    return [one.strip() for one in _cut(", ".join(values)[: 8 * _MAX_TEXT]) if one.strip()]


def _split(text: str) -> tuple[str, str, str]:
    """Display name, URI, and the header's parameters."""
    name: list[str] = []
    at = 0
    while at < len(text):
        character = text[at]
        quoted = _QUOTED.match(text, at) if character == '"' else None
        if quoted is not None:
            name.append(_ESCAPED.sub(r"\1", quoted[1]))
            at = quoted.end()
        elif character == "<" and (_SCHEME.match(text, at + 1) or "<" not in text[at + 1 :]):
            end = text.find(">", at)
            if end < 0:
                uri, semicolon, rest = text[at + 1 :].partition(";")
                return "".join(name), uri.strip(), semicolon + rest
            return "".join(name), text[at + 1 : end].strip(), text[end + 1 :]
        elif _BARE_URI.match(text, at) and text.rfind("<") < at:
            return "".join(name), *_bare(text[at:].strip())
        else:
            if character != '"':  # an unterminated quote
                name.append(character)
            at += 1
    uri, rest = _bare(text)
    if '"' in text or _SPACES.search(uri):
        raise BadInput("address", "has no URI")
    return "", uri, rest


def _bare(text: str) -> tuple[str, str]:
    """An addr-spec and its parameters: they are the header's (§20.10); those of a user come before its "@"."""
    cut = text.find(";", text.find("@") + 1)
    return (text, "") if cut < 0 else (text[:cut].strip(), text[cut:])


def _sip(text: str, scheme: str, rest: str) -> Uri:
    user = ""
    at = rest.find("@")
    if at >= 0:
        # A password with an unescaped "@" must not end up in the host.
        tail = re.split("[;?]", rest[at + 1 :], maxsplit=1)[0]
        at += 1 + tail.rfind("@") if "@" in tail else 0
        user, rest = rest[:at].partition(":")[0], rest[at + 1 :]
    rest = rest.partition("?")[0]
    host_port, semicolon, params = rest.partition(";")
    if host_port.startswith("["):
        host, _, port = host_port[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = host_port.partition(":")
    if not host or host == "*" or (port and not (port.isascii() and port.isdigit() and int(port) <= 65535)):
        raise BadInput("URI", "names no host")
    return Uri(
        text, scheme, _clean(unquote(user)), _clean(host), int(port) if port else None, _params(semicolon + params)
    )


def _params(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(text):
        value = match[2] or ""
        quoted = _QUOTED.fullmatch(value)
        found.setdefault(match[1].lower(), _ESCAPED.sub(r"\1", quoted[1]) if quoted is not None else value)
    return found


def _cut(value: str) -> Iterable[str]:
    began = at = 0
    while at < len(value):
        quoted = _QUOTED.match(value, at) if value[at] == '"' else None
        end = value.find(">", at) if value[at] == "<" else -1
        if quoted is not None:
            at = quoted.end()
        elif end >= 0:
            at = end + 1
        else:
            if value[at] == ",":
                yield value[began:at]
                began = at + 1
            at += 1
    yield value[began:]


def _clean(text: str) -> str:
    """Without control characters, which escapes may contain."""
    return _CONTROLS.sub("", text)
