"""Azure AI Speech's socket messages, of one connection. See `sockets`."""

import json
from collections.abc import Mapping, Sequence

from parley_testing.vendors.sockets import Asked, Failure, Spoken

CODES: dict[Failure, int] = {"key": 1008, "funds": 1007, "busy": 1013, "server": 1011}
WAV_HEADER_BYTES = 44


class AzureWire:
    path = "/speech/recognition/conversation/cognitiveservices/v1"

    def __init__(self) -> None:
        self._turn = ""
        self._heard = self._from_ms = 0.0
        self._configured = self._phrases = False

    @staticmethod
    def handshake(headers: Mapping[str, str], query: Mapping[str, Sequence[str]], key: str) -> int:
        if headers.get("Ocp-Apim-Subscription-Key") != key:
            return 401
        return 0 if query.get("format") == ["detailed"] and len(headers.get("X-ConnectionId", "")) == 32 else 400

    def opened(self) -> Sequence[str]:
        return ()

    def read(self, message: str | bytes) -> Asked:
        if isinstance(message, str):
            headers, body = _parted(message)
            json.loads(body)
            self._configured = self._configured or headers["path"] == "speech.config"
            self._phrases = headers["path"] == "speech.context"
            return Asked("set up")
        length = int.from_bytes(message[:2], "big")
        headers, _ = _parted(message[2 : 2 + length].decode() + "\r\n")
        pcm = message[2 + length :]
        if not self._configured or headers["path"] != "audio" or len(headers["x-requestid"]) != 32:
            return Asked("bye", refused=((), 1002))
        if headers["x-requestid"] != self._turn:
            self._turn, self._from_ms = headers["x-requestid"], self._heard
            if not pcm.startswith(b"RIFF") or headers.get("content-type") != "audio/x-wav":
                return Asked("bye", refused=((), 1007))
            started = (self._message("turn.start", {"context": {"serviceTag": "t"}}),)
            pcm = pcm[WAV_HEADER_BYTES:]
            self._heard += len(pcm) / 32
            return Asked("audio", pcm, answers=started)
        self._heard += len(pcm) / 32
        return Asked("audio", pcm) if pcm else Asked("flush")

    def interim(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        said = " ".join(word.text.lower().strip(".") for word in words)
        return (self._message("speech.hypothesis", {"Text": said, **self._span(words[0].start_ms, words[-1].end_ms)}),)

    def settled(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        if not words:
            phrase: dict[str, object] = {"RecognitionStatus": "InitialSilenceTimeout", **self._span(heard_ms, heard_ms)}
        else:
            said = " ".join(word.text for word in words)
            lexical = [word.text.lower().strip(".") for word in words]
            timed = [
                {"Word": text, **self._span(word.start_ms, word.end_ms)}
                for text, word in zip(lexical, words, strict=True)
            ]
            best = {"Confidence": 0.8, "Lexical": " ".join(lexical), "ITN": said, "Display": said, "Words": timed}
            span = self._span(words[0].start_ms, words[-1].end_ms)
            phrase = {"RecognitionStatus": "Success", "NBest": [best], **span}
        return (
            self._message("speech.endDetected", {"Offset": 0}),
            self._message("speech.phrase", phrase),
            self._message("turn.end", {}),
        )

    def discarded(self, heard_ms: float) -> Sequence[str]:
        raise AssertionError("there is no such message")

    def failure(self, kind: Failure) -> tuple[Sequence[str], int]:
        return (), CODES[kind]

    def unknown(self) -> str:
        return self._message("speech.keyword", {"Status": "Accepted"})

    def _span(self, start_ms: float, end_ms: float) -> dict[str, object]:
        start = start_ms - self._from_ms
        return {"Offset": round(start * 10_000), "Duration": round((end_ms - start_ms) * 10_000)}

    def _message(self, path: str, body: object) -> str:
        head = f"X-RequestId:{self._turn}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}\r\n"
        return f"{head}\r\n{json.dumps(body)}"


def _parted(message: str) -> tuple[dict[str, str], str]:
    head, _, body = message.partition("\r\n\r\n")
    pairs = (line.partition(":") for line in head.split("\r\n") if line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}, body
