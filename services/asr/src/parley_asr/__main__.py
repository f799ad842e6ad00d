"""Starts asr: `python -m parley_asr`."""

from parley_core.runtime import main

from parley_asr.app import app
from parley_asr.settings import AsrSettings

if __name__ == "__main__":
    main("asr", AsrSettings, app)
