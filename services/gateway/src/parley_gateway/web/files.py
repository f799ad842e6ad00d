"""The files browsers get: the call page, and the widget as one script that any site may load.

The widget is kept in parts under `widget/` and put together here, in one function so that it shares no name with the
page it runs in. What it loads besides, its audio worklet, may be fetched by pages of any origin, as the script may.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable

from aiohttp import web

_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PARTS = (
    "texts.js",
    "audio.js",
    "line.js",
    "websocket.js",
    "webrtc.js",
    "calling.js",
    "captions.js",
    "view.js",
    "element.js",
)
_ALONE = ("worklet.js",)
_COMMON = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
_PAGE = {**_COMMON, "Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
_SHARED = {**_COMMON, "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    kind: str
    headers: Mapping[str, str]
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", hashlib.sha256(self.content).hexdigest()[:32])

    def answer(self, request: web.Request) -> web.Response:
        known = request.if_none_match or ()
        if any(one.value == self.etag for one in known):
            response = web.Response(status=304, headers=self.headers)
        else:
            response = web.Response(body=self.content, content_type=self.kind, charset="utf-8", headers=self.headers)
        response.etag = self.etag
        return response


class WebFiles:
    """Reads every file once; serves them from memory."""

    def __init__(self) -> None:
        here = resources.files("parley_gateway.web")
        page, widget = here / "page", here / "widget"
        self._files = {f"/page/{name}": _read(page / name, _PAGE) for name in _names(page)}
        self._files["/"] = self._files["/page/index.html"]
        self._files["/widget.js"] = _File(_widget(widget), "text/javascript", _SHARED)
        self._files |= {f"/widget/{name}": _read(widget / name, _SHARED) for name in _ALONE}

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.get(path, self._serve) for path in self._files]

    async def _serve(self, request: web.Request) -> web.Response:
        return self._files[request.path].answer(request)


def _names(folder: Traversable) -> list[str]:
    return [file.name for file in folder.iterdir() if file.is_file() and _kind(file.name)]


def _kind(name: str) -> str:
    return _TYPES.get(name[name.rfind(".") :], "")


def _read(file: Traversable, headers: Mapping[str, str]) -> _File:
    return _File(file.read_bytes(), _kind(file.name), headers)


def _widget(folder: Traversable) -> bytes:
    style = json.dumps((folder / "style.css").read_text("utf-8"))
    opening = (
        '"use strict";',
        # The gateway that serves the script takes the calls, unless the element names another one.
        'const SERVER = document.currentScript ? new URL(".", document.currentScript.src).href : location.origin;',
        f"const STYLE = {style};",
    )
    parts = [(folder / name).read_text("utf-8") for name in _PARTS]
    return "\n".join(["(() => {", *opening, *parts, "})();", ""]).encode()
