"""`python -m parley_rag` runs the service until SIGTERM."""

from parley_core.runtime import main

from parley_rag.app import app
from parley_rag.settings import RagSettings

if __name__ == "__main__":
    main("rag", RagSettings, app)
