"""The espeak-ng library through ctypes: its structures, its calls, and where its wheel keeps them.

Used by `espeak` only. The library is global to the process and not thread-safe: one thread makes every call here.
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

import espeakng_loader  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
from parley_core.errors import NotFound, Unavailable

# speak_lib.h
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_CHARS_UTF8 = 1
_PHONEMES = 0x100  # [[...]] in the text is sounds
_RATE = 1
_POSITION_CHARACTER = 1
_IPA = 0x02
EVENT_LIST_TERMINATED = 0
EVENT_WORD = 1

DEFAULT_WORDS_PER_MINUTE = 175


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


class _Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Mark:
    """A word begins at this sample; `position` counts characters of the text from 0."""

    sample: int
    position: int


# (samples made, marks up to their end) -> whether to go on
OnAudio = Callable[[npt.NDArray[np.int16], list[Mark]], bool]


class Library:
    """Made, used and closed by one thread; at most one lives in a process at a time."""

    def __init__(self, buffer_ms: int) -> None:
        """Load and initialise. Raises Unavailable where the library or its voices cannot be loaded."""
        try:
            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise Unavailable("espeak-ng", str(error)) from None
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        data = espeakng_loader.get_data_path().encode()
        self.rate_hz = int(self._library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, buffer_ms, data, 0))
        if self.rate_hz <= 0:
            raise Unavailable("espeak-ng", "its voice data cannot be read")
        self._on_audio: OnAudio | None = None
        self._failed: BaseException | None = None
        self._callback = _CALLBACK(self._called)  # kept: the library holds only its address
        self._library.espeak_SetSynthCallback(self._callback)
        self._voice = ""
        self._words_per_minute = 0

    def speak(self, text: str, *, voice: str, words_per_minute: int, on_audio: OnAudio) -> None:
        """Return when all is said or `on_audio` wanted no more. Raises NotFound for an unknown voice."""
        self._set_voice(voice)
        pace = words_per_minute or DEFAULT_WORDS_PER_MINUTE
        if pace != self._words_per_minute:
            self._library.espeak_SetParameter(_RATE, pace, 0)
            self._words_per_minute = pace
        self._on_audio, self._failed = on_audio, None
        data = text.encode()
        flags = _CHARS_UTF8 | (_PHONEMES if "[[" in text else 0)
        status = self._library.espeak_Synth(data, len(data) + 1, 0, _POSITION_CHARACTER, 0, flags, None, None)
        self._on_audio = None
        if self._failed is not None:
            raise self._failed
        if status != 0:
            raise Unavailable("espeak-ng", f"status {status}")

    def phonemes(self, text: str, voice: str) -> str:
        """The text in IPA, words apart by blanks; marks of punctuation are not in it. Raises NotFound."""
        self._set_voice(voice)
        written = ctypes.create_string_buffer(text.encode())
        rest = ctypes.c_void_p(ctypes.addressof(written))
        clauses: list[str] = []
        while rest.value:
            clause = self._library.espeak_TextToPhonemes(ctypes.byref(rest), _CHARS_UTF8, _IPA)
            clauses.append((clause or b"").decode("utf-8", "replace").strip())
        return " ".join(filter(None, clauses))

    def voices(self) -> list[tuple[str, str]]:
        """(name, language) of every voice."""
        listed = self._library.espeak_ListVoices(None)
        found: list[tuple[str, str]] = []
        at = 0
        while listed[at]:
            languages = listed[at].contents.languages or b""
            # One priority byte, then the language; further ones are its aliases.
            language = languages[1:].decode("utf-8", "replace")
            if language:
                found.append((language, language))
            at += 1
        return found

    def close(self) -> None:
        self._library.espeak_Terminate()

    def _set_voice(self, voice: str) -> None:
        if voice == self._voice:
            return
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise NotFound("voice", voice)
        self._voice = voice
        self._words_per_minute = 0  # a voice brings a pace of its own

    def _called(self, wave: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        """Called by the library, in the thread that speaks: 0 to go on, 1 to end."""
        if self._on_audio is None:
            return 1
        try:
            marks: list[Mark] = []
            at = 0
            while events[at].type != EVENT_LIST_TERMINATED:
                event = events[at]
                if event.type == EVENT_WORD:
                    marks.append(Mark(event.sample, event.text_position - 1))
                at += 1
            samples = np.ctypeslib.as_array(wave, (count,)).copy() if wave and count > 0 else np.zeros(0, np.int16)
            return 0 if self._on_audio(samples, marks) else 1
        except BaseException as error:  # noqa: BLE001 - nothing may be raised into the library; `speak` raises it
            self._failed = error
            return 1
