"""Runs the post-call service: `python -m parley_postcall`."""

from parley_core.runtime import main

from parley_postcall.app import app
from parley_postcall.settings import PostcallSettings

if __name__ == "__main__":
    main("postcall", PostcallSettings, app)
