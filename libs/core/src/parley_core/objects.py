"""The object store: recordings, transcripts, knowledge files. A folder on one machine, S3 and others by URL."""

import re
from collections.abc import Sequence
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from parley_core.errors import BadInput, NotFound, Unavailable

_PATH = re.compile(r"[A-Za-z0-9_.=-]+(/[A-Za-z0-9_.=-]+)*")


class Objects:
    """Objects by path. Every path begins with its kind and its tenant: `recordings/<tenant>/<call>.wav`."""

    def __init__(self, url: str) -> None:
        """`url`: a folder (made where missing), or s3://bucket/prefix, gs://…, az://… as obstore documents them."""
        self._url = url
        self._store: ObjectStore
        if "://" in url:
            self._store = from_url(url)
        else:
            self._store = LocalStore(prefix=Path(url).resolve(), mkdir=True)

    async def put(self, path: str, content: bytes | Path) -> None:
        """Store whole, replacing what was there. A Path is read in parts, off the event loop."""
        try:
            await obstore.put_async(self._store, _checked(path), content)
        except BaseError as error:
            raise Unavailable("the object store", type(error).__name__) from error

    async def get(self, path: str) -> bytes:
        """Raises NotFound."""
        try:
            found = await obstore.get_async(self._store, _checked(path))
            return bytes(await found.bytes_async())
        except (NotFoundError, FileNotFoundError):
            raise NotFound("object", path) from None
        except BaseError as error:
            raise Unavailable("the object store", type(error).__name__) from error

    async def exists(self, path: str) -> bool:
        try:
            await obstore.head_async(self._store, _checked(path))
        except (NotFoundError, FileNotFoundError):
            return False
        except BaseError as error:
            raise Unavailable("the object store", type(error).__name__) from error
        return True

    async def list(self, prefix: str) -> Sequence[str]:
        found: list[str] = []
        try:
            async for batch in obstore.list(self._store, prefix=_checked(prefix)):
                found += [str(entry["path"]) for entry in batch]
        except BaseError as error:
            raise Unavailable("the object store", type(error).__name__) from error
        return sorted(found)

    async def delete(self, path: str) -> None:
        try:
            await obstore.delete_async(self._store, _checked(path))
        except (NotFoundError, FileNotFoundError):
            return
        except BaseError as error:
            raise Unavailable("the object store", type(error).__name__) from error


def _checked(path: str) -> str:
    if not _PATH.fullmatch(path) or ".." in path.split("/"):
        raise BadInput("object path", f"{path!r} is not parts of letters, digits, '_', '.', '=', '-' joined by '/'")
    return path
