"""Runs one command's work. Every module of commands calls it."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import typer
from parley_core.errors import ParleyError


def run(work: Coroutine[Any, Any, int | None]) -> None:
    """Run a command; every expected failure is one line on standard error and a status that is not 0."""
    try:
        status = asyncio.run(work)
    except ParleyError as error:
        sys.stderr.write(f"parley: {error}\n")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(status or 0)
