"""What no part may do: log an exception, or let one reach the event loop. `world` listens with these."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping


def problem(context: Mapping[str, object]) -> str:
    error = context.get("exception")
    return f"{context.get('message')}: {error!r}" if error else str(context.get("message"))


@contextlib.contextmanager
def unforeseen(tell: Callable[[str], None]) -> Iterator[None]:
    """Whatever any part logs with an exception is a fault of that part; what it logs else is kept quiet."""

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and record.exc_info[1] is not None:
                error = record.exc_info[1]
                place = error.__traceback__
                while place is not None and place.tb_next is not None:
                    place = place.tb_next
                where = f" at {place.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{place.tb_lineno}" if place else ""
                tell(f"{record.name}: {record.getMessage()}: {error!r}{where}")

    root = logging.getLogger()
    handlers, level, handler = root.handlers, root.level, Listening(logging.ERROR)
    root.handlers = [handler]
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
