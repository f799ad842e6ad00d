"""Starts the tools service: `python -m parley_tools`."""

from parley_core.runtime import main

from parley_tools.app import NAME, app
from parley_tools.settings import ToolsSettings

if __name__ == "__main__":
    main(NAME, ToolsSettings, app)
