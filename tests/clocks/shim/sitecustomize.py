"""Loaded by every Python below `tests/clocks/run.py`: libfaketime turns a sleep of under a millisecond into EINVAL."""

import errno
import time

_sleep = time.sleep


def sleep(seconds: float) -> None:
    try:
        _sleep(seconds)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


time.sleep = sleep
