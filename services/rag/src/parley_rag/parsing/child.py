"""The process of one document: bytes on the input, blocks as JSON on the output, an error as text and by status.

Started by `sandbox` as `python -m parley_rag.parsing.child MEDIA_TYPE`. Limits are set before the first byte is read.
"""

import json
import resource
import sys

from parley_core.errors import BadInput, Unavailable

from parley_rag.parsing.blocks import to_json
from parley_rag.parsing.formats import parser_of

BAD_INPUT, NOT_INSTALLED, TOO_LARGE = 65, 69, 70

MEMORY_BYTES = 3 * 1024**3  # of address space: the recogniser of pictures maps about two thirds of it
CPU_S = 110
OPEN_FILES = 128


def main(media_type: str) -> int:
    _limit()
    content = sys.stdin.buffer.read()
    try:
        parsed = parser_of(media_type)(content)
        answer = json.dumps(to_json(parsed)).encode()
    except BadInput as error:
        return _end(BAD_INPUT, error.problem)
    except (Unavailable, ImportError) as error:
        return _end(NOT_INSTALLED, str(error))
    except (MemoryError, RecursionError):
        return _end(TOO_LARGE, "")
    except Exception as error:  # noqa: BLE001  # whatever a parser makes of a broken file
        return _end(BAD_INPUT, f"cannot be read: {type(error).__name__}")
    sys.stdout.buffer.write(answer)
    return 0


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end(status: int, text: str) -> int:
    sys.stdout.buffer.write(text.encode())
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
