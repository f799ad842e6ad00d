"""Voice activity: the Silero model on ONNX Runtime, one batched run for all streams of a process.

The model file comes from the `silero-vad` wheel and is found by the wheel's file list; the package itself, which
imports torch, is never imported. Shapes and the 64 samples of context are those of Silero VAD 5 and 6 at 16 kHz.
"""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

from parley_audio.formats import samples_of

WINDOW = 512  # samples: 32 ms
CONTEXT = 64
WINDOW_S = WINDOW / 16_000
_WINDOW_BYTES = WINDOW * 2
_STATE = (2, 128)


def model_path() -> Path:
    """Where the wheel put the model. Raises FileNotFoundError."""
    for file in metadata.files("silero-vad") or ():
        if file.name == "silero_vad.onnx":
            return Path(str(file.locate()))
    raise FileNotFoundError("silero_vad.onnx is not in the silero-vad package")


class VadStream:
    """One caller's audio on its way through the model: samples not yet seen, recurrent state, context.

    `window` gives the next whole window as floats; its reader either has it scored by `VadBatch.run` or calls
    `skip` for a window that is known to be silent.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()
        self.state = np.zeros(_STATE, dtype=np.float32)
        self.context = np.zeros(CONTEXT, dtype=np.float32)
        self._skipped = 0

    def push(self, pcm: bytes | bytearray | memoryview) -> None:
        """Take PCM16 of any whole number of samples."""
        self._waiting += pcm

    @property
    def ready(self) -> bool:
        return len(self._waiting) >= _WINDOW_BYTES

    def window(self) -> NDArray[np.float32] | None:
        """Take the next window, scaled to -1 to 1; None when there is not a whole one."""
        if len(self._waiting) < _WINDOW_BYTES:
            return None
        window = samples_of(bytes(self._waiting[:_WINDOW_BYTES])).astype(np.float32)
        del self._waiting[:_WINDOW_BYTES]
        window *= 1.0 / 32768.0
        return window

    def skip(self, window: NDArray[np.float32]) -> None:
        """Pass over a silent window. After a second of them the state starts anew, as on a new stream."""
        self.context = window[-CONTEXT:]
        self._skipped += 1
        if self._skipped == 32:
            self.state = np.zeros(_STATE, dtype=np.float32)

    def scored(self, window: NDArray[np.float32], state: NDArray[np.float32]) -> None:
        self.context = window[-CONTEXT:]
        self.state = state
        self._skipped = 0


class VadBatch:
    """The model. Single-threaded and stateless; every stream of a process may share it."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(model_path()), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._rate = np.array(16_000, dtype=np.int64)

    def run(self, work: Sequence[tuple[VadStream, NDArray[np.float32]]]) -> list[float]:
        """Score one window of each stream in one run; returns the probability of voice for each, in order."""
        if not work:
            return []
        samples = np.empty((len(work), CONTEXT + WINDOW), dtype=np.float32)
        states = np.empty((2, len(work), 128), dtype=np.float32)
        for row, (stream, window) in enumerate(work):
            samples[row, :CONTEXT] = stream.context
            samples[row, CONTEXT:] = window
            states[:, row] = stream.state
        voice, after = self._session.run(None, {"input": samples, "state": states, "sr": self._rate})
        for row, (stream, window) in enumerate(work):
            stream.scored(window, after[:, row])
        return [float(value) for value in voice[:, 0]]
