"""The program of a decoder process: PocketSphinx decoders of several calls, driven over stdin and stdout.

`decoder_pool.py` starts it (`python -m parley_asr.providers.decoder_process`) and is the only one that speaks with it.
A request is answered by one reply, in order. Frames in both directions: length (4 bytes), a byte for what it is, the
session (4 bytes), then PCM, JSON, text or nothing. It ends when stdin does.
"""

import json
import os
import signal
import struct
import sys
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pocketsphinx import Decoder  # type: ignore[import-untyped]

from parley_asr.language import model

HEAD = struct.Struct("<IBI")  # length of what follows the length, kind, session

OPEN, START, AUDIO, FINISH, DROP, CLOSE, BUILD = range(1, 8)
OK, FAILED = 0, 1
MAX_FRAME = 64 * 1024 * 1024

FRAME_MS = 10
# Measured on synthetic speech of four voices, word error and real-time factor (eval/): the second pass (fwdflat)
# costs a tenth of a second per utterance, after the caller has fallen silent, and gains little with models this
# small; wide beams gain a tenth of the errors and cost a tenth of the time.
SETTINGS: dict[str, object] = {
    "samprate": 16000,
    "loglevel": "FATAL",
    "fwdflat": False,
    "beam": 1e-60,
    "pbeam": 1e-60,
    "wbeam": 1e-40,
    "topn": 8,
    "lw": model.LANGUAGE_WEIGHT,
}
# A cepstral mean of clean speech, where a call begins; after its first utterance it follows the speaker. Without it
# the first utterance of a call has three times the errors.
START_MEAN = "54,-3,-3,17,-10,-2,-12,-8,-2,-4,6,-10,2"


# Lines that send exact zeros between words (browsers, synthetic callers) have frames that are like nothing the
# acoustic model knows: with them four times as many words are misheard, and the mean that is learnt of the speaker is
# wrong for the rest of the call. So each sample gets noise, at a distance below the caller's loudest 20 ms so far.
NOISE_OF_LOUDEST = 1 / 100
NOISE_RANGE = (8.0, 64.0)  # root mean square of 16-bit samples; the upper one until a caller has been heard
_LOUDNESS_FRAME = 320


class Noise:
    """The noise floor of one call."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(1)
        self._loudest = 0.0
        self._level = NOISE_RANGE[1]

    def add(self, pcm: bytes) -> bytes:
        samples = np.frombuffer(pcm, np.int16).astype(np.float32)
        frames = samples[: len(samples) // _LOUDNESS_FRAME * _LOUDNESS_FRAME].reshape(-1, _LOUDNESS_FRAME)
        if len(frames):
            self._loudest = max(self._loudest, float(np.sqrt(np.mean(frames * frames, axis=1).max())))
        samples += self._random.standard_normal(len(samples), np.float32) * self._level
        return bytes(np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes())

    def utterance_ended(self) -> None:
        """Take the level that fits what was heard so far; within an utterance it stays as it is."""
        if self._loudest:
            self._level = min(max(self._loudest * NOISE_OF_LOUDEST, NOISE_RANGE[0]), NOISE_RANGE[1])


class Session:
    """One call's decoder."""

    def __init__(self, files: dict[str, str]) -> None:
        self._decoder = Decoder(lmctl=files["lm"], lmname="agent", dict=files["dict"], **SETTINGS)
        self._decoder.set_cmn(files.get("mean") or START_MEAN)
        self._noise = Noise()
        self._running = False

    def start(self) -> None:
        self.stop()
        self._decoder.start_utt()
        self._running = True

    def accept(self, pcm: bytes) -> str:
        self._decoder.process_raw(self._noise.add(pcm))
        found = self._decoder.hyp()
        return _clean(found.hypstr) if found is not None else ""

    def finish(self) -> dict[str, object]:
        self.stop()
        words = []
        for segment in self._decoder.seg() or ():
            text = _clean(segment.word)
            if text:
                end_ms = (segment.end_frame + 1) * FRAME_MS
                words.append((text, segment.start_frame * FRAME_MS, end_ms, min(max(segment.prob, 0.0), 1.0)))
        return {"words": words, "mean": self._decoder.get_cmn(False)}

    def stop(self) -> None:
        if self._running:
            self._running = False
            self._noise.utterance_ended()
            self._decoder.end_utt()


def _clean(text: str) -> str:
    """Words without the marks of silence, noise and alternative pronunciations."""
    words = (word.partition("(")[0].partition(model.MARK)[0] for word in text.split())
    return " ".join(word for word in words if word and word[0] not in "<[+")


def answer(sessions: dict[int, Session], kind: int, session: int, body: bytes) -> bytes:
    """Do one request; return the reply's body."""
    if kind == OPEN:
        sessions[session] = Session(json.loads(body))
    elif kind == START:
        sessions[session].start()
    elif kind == AUDIO:
        return sessions[session].accept(body).encode()
    elif kind == FINISH:
        return json.dumps(sessions[session].finish()).encode()
    elif kind == DROP:
        sessions[session].stop()
    elif kind == CLOSE:
        sessions.pop(session, None)
    elif kind == BUILD:
        request = json.loads(body)
        files = model.build(Path(request["folder"]), request["sentences"])
        made = {"lm": str(files.language_model), "dict": str(files.dictionary)}
        return json.dumps({**made, "words": files.words, "guessed": files.guessed}).encode()
    return b""


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    sessions: dict[int, Session] = {}
    while len(head := requests.read(HEAD.size)) == HEAD.size:
        length, kind, session = HEAD.unpack(head)
        body = requests.read(length)
        if len(body) < length:
            return
        try:
            status, said = OK, answer(sessions, kind, session, body)
        except Exception as error:  # noqa: BLE001 one call's failure is told to its call and never ends the others
            status, said = FAILED, f"{type(error).__name__}: {error}".encode()
        replies.write(HEAD.pack(len(said), status, session) + said)
        replies.flush()


def main() -> None:
    # Ctrl-C reaches the whole process group; this process ends when the service that started it closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The decoder's C code prints to stdout in places: replies go to a copy that it does not know.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
