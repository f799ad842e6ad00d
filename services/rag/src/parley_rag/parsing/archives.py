"""What a zip archive claims, checked before a parser unpacks it: bombs are refused by their directory.

The figures of the directory can lie; the sandbox's limit on memory holds where they do.
"""

import zipfile
from io import BytesIO

from parley_core.errors import BadInput

MAX_UNPACKED = 256 * 1024 * 1024
MAX_RATIO = 200  # of an entry above the size below; XML of office files packs 20 to 50 times
_SMALL = 1024 * 1024
MAX_ENTRIES = 5000


def check_archive(content: bytes) -> zipfile.ZipFile:
    """The archive, with a directory that is not absurd. Raises BadInput."""
    try:
        archive = zipfile.ZipFile(BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise BadInput("content", "is not the archive that its type says, or it is damaged") from None
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise BadInput("content", f"is an archive of {len(entries)} entries; at most {MAX_ENTRIES} are taken")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        raise BadInput("content", f"unpacks to {unpacked} bytes; at most {MAX_UNPACKED} are taken")
    for entry in entries:
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            raise BadInput(
                "content", f"has an entry packed {MAX_RATIO} times or more, as bombs are: {entry.filename[:80]!r}"
            )
    return archive
