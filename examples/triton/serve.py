"""Serves Parley's Whisper and its voice from a real Triton server, with the tensors that asr and tts know.

It runs in an environment of its own (`make triton-setup`): pytriton needs NumPy 1, the rest of Parley NumPy 2.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from hibari import Hibari
from parley_asr.providers.whisper.decoding import WhisperModel
from parley_asr.providers.whisper.wire import Wish
from parley_core import weights
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.proxy.types import Request
from pytriton.triton import Triton, TritonConfig

NAME, VOICE = "parley_whisper", "parley_voice"
PIECE = Hibari.sample_rate // 5  # samples of one answer
PCM_SCALE = 32767.0


class Ears:
    """One model for all requests; CTranslate2 decodes as many at once as it has threads."""

    def __init__(self, folder: Path, threads: int) -> None:
        files, source = weights.read(weights.WHISPER_BASE, folder)
        logging.getLogger(__name__).info("weights from %s", source.where)
        self._model = WhisperModel(weights.WHISPER_BASE.name, files, threads=threads)

    @batch
    def hear(
        self,
        WAV: np.ndarray,
        LANGUAGE: np.ndarray,
        PROMPT: np.ndarray,
    ) -> dict[str, np.ndarray]:
        heard = [
            self._model.decode(
                (np.clip(wav, -1, 1) * PCM_SCALE).astype("<i2").tobytes(),
                Wish(language=language[0].decode() or "en", hot_words=prompt[0].decode()),
            )
            for wav, language, prompt in zip(WAV, LANGUAGE, PROMPT, strict=True)
        ]
        words = [
            [[word.text.strip(), word.start_ms, word.end_ms, word.confidence] for word in one.words] for one in heard
        ]
        said = [" ".join(str(word[0]) for word in row) for row in words]
        return {
            "TRANSCRIPTS": np.array([[text.encode()] for text in said], np.bytes_),
            "WORDS": np.array([[json.dumps(row).encode()] for row in words], np.bytes_),
            "CONFIDENCE": np.array([[one.confidence] for one in heard], np.float32),
        }


class Voice:
    """A small neural voice; it makes a sentence whole and sends it in pieces, the last one marked."""

    def __init__(self) -> None:
        self._voice = Hibari()

    def speak(self, requests: list[Request]) -> Iterator[list[dict[str, np.ndarray]]]:
        """As a decoupled model: one request, many answers."""
        for request in requests:
            text = request.data["TEXT"].reshape(-1)[0].decode()
            audio = np.asarray(self._voice(text, speed=float(request.data["SPEED"].reshape(-1)[0])), np.float32)
            for at in range(0, len(audio), PIECE):
                yield [self._answer(audio[at : at + PIECE], final=False)]
            yield [self._answer(audio[:0], final=True)]

    @staticmethod
    def _answer(audio: np.ndarray, *, final: bool) -> dict[str, np.ndarray]:
        rate = np.asarray([Hibari.sample_rate], np.int32)
        return {"AUDIO": audio, "IS_FINAL": np.asarray([final]), "SAMPLE_RATE": rate}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--grpc-port", type=int, default=8001)
    asked.add_argument("--http-port", type=int, default=8000)
    asked.add_argument("--metrics-port", type=int, default=8002)
    asked.add_argument("--weights", type=Path, default=Path("var/models"))
    asked.add_argument("--packages", default="", help="folder with installed packages, for those that carry weights")
    asked.add_argument("--threads", type=int, default=2)
    given = asked.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    if given.packages:
        sys.path.append(given.packages)
    ears, voice = Ears(given.weights, given.threads), Voice()
    where = "127.0.0.1"  # Triton listens everywhere where it is not told otherwise
    config = TritonConfig(
        grpc_address=where,
        grpc_port=given.grpc_port,
        http_address=where,
        http_port=given.http_port,
        metrics_port=given.metrics_port,
        allow_metrics=False,
        log_verbose=0,
    )
    with Triton(config=config) as triton:
        triton.bind(
            model_name=NAME,
            infer_func=ears.hear,
            inputs=[
                Tensor(name="WAV", dtype=np.float32, shape=(-1,)),
                Tensor(name="LANGUAGE", dtype=np.bytes_, shape=(1,)),
                Tensor(name="PROMPT", dtype=np.bytes_, shape=(1,)),
            ],
            outputs=[
                Tensor(name="TRANSCRIPTS", dtype=np.bytes_, shape=(1,)),
                Tensor(name="WORDS", dtype=np.bytes_, shape=(1,)),
                Tensor(name="CONFIDENCE", dtype=np.float32, shape=(1,)),
            ],
            config=ModelConfig(max_batch_size=1),
        )
        triton.bind(
            model_name=VOICE,
            infer_func=voice.speak,
            inputs=[
                Tensor(name="TEXT", dtype=np.bytes_, shape=(1,)),
                Tensor(name="SPEED", dtype=np.float32, shape=(1,)),
            ],
            outputs=[
                Tensor(name="AUDIO", dtype=np.float32, shape=(-1,)),
                Tensor(name="IS_FINAL", dtype=np.bool_, shape=(1,)),
                Tensor(name="SAMPLE_RATE", dtype=np.int32, shape=(1,)),
            ],
            config=ModelConfig(batching=False, decoupled=True),
        )
        triton.serve()


if __name__ == "__main__":
    main()
