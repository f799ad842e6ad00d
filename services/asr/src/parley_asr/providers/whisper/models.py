"""The two Whisper models of a process, and which of them decodes what. `process.py` loads them and calls `decode`."""

from pathlib import Path

from parley_core import weights
from parley_core.errors import NotFound

from parley_asr.providers.whisper.decoding import WhisperModel
from parley_asr.providers.whisper.wire import Decoded, Wish

MANY_FINALS = 3  # waiting; from there on the smaller model helps


class Models:
    """The multilingual model and, where it is installed, the small English one."""

    def __init__(self, folder: Path, threads: int) -> None:
        files, source = weights.read(weights.WHISPER_BASE, folder)
        self.sources = {weights.WHISPER_BASE.name: source.where}
        self._large = WhisperModel(weights.WHISPER_BASE.name, files, threads=threads)
        self._small: WhisperModel | None = None
        try:
            files, source = weights.read(weights.WHISPER_TINY_EN, folder)
        except NotFound:
            return
        self.sources[weights.WHISPER_TINY_EN.name] = source.where
        self._small = WhisperModel(weights.WHISPER_TINY_EN.name, files, threads=threads)

    @property
    def languages(self) -> list[str]:
        return sorted(self._large.languages)

    def decode(self, pcm: bytes, wish: Wish, *, interim: bool, waiting: int) -> Decoded:
        """`waiting`: how many finals stand behind this decode."""
        quick = interim or waiting >= MANY_FINALS
        model = self._small if self._small is not None and quick and wish.language == "en" else self._large
        return model.decode(pcm, wish)
