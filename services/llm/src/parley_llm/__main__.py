"""`python -m parley_llm`: run the llm service."""

from parley_core.runtime import main

from parley_llm.app import app
from parley_llm.settings import LlmSettings

if __name__ == "__main__":
    main("llm", LlmSettings, app)
