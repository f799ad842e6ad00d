"""Serves Parley's Whisper from a real Triton server, with the tensors that the provider `triton` of asr knows.

It runs in an environment of its own (`make triton-setup`): pytriton needs NumPy 1, the rest of Parley NumPy 2.
"""

import argparse
import json
import logging
import sys
from pathlib import Path

import numpy as np
from parley_asr.providers.whisper.decoding import WhisperModel
from parley_asr.providers.whisper.wire import Wish
from parley_core import weights
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

NAME = "parley_whisper"
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
    ears = Ears(given.weights, given.threads)
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
        triton.serve()


if __name__ == "__main__":
    main()
