"""`python -m parley_tts`: the speech service as a process."""

from parley_core.runtime import main

from parley_tts.app import app
from parley_tts.settings import TtsSettings

if __name__ == "__main__":
    main("tts", TtsSettings, app)
