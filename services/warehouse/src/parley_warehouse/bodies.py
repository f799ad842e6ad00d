"""Request bodies: unpacked as they come, bounded in size, with the bulk of an INSERT put into a file.

`requests` reads one body through this module. ClickHouse clients pack with lz4, zstd, gzip or deflate; a few bytes
that unpack to gigabytes end at the limit.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final, Protocol

import lz4.frame  # type: ignore[import-untyped]
import zstandard

from parley_warehouse.errors import Code, refused

_PIECE: Final = 256 * 1024
HEAD_LIMIT: Final = 1024 * 1024  # bytes of a statement, without its data


class Chunked(Protocol):
    """The part of aiohttp's stream readers that bodies use."""

    async def read(self, n: int = -1) -> bytes: ...


Unpack = Callable[[bytes], Iterator[bytes]]


async def pieces(source: Chunked, encoding: str, *, limit: int, stall_limit_s: float) -> AsyncIterator[bytes]:
    """The unpacked body in pieces. Raises QueryFailed: too large, badly packed, or a client that stopped sending."""
    unpack = _unpacker(encoding)
    size = 0
    while True:
        try:
            packed = await asyncio.wait_for(source.read(_PIECE), stall_limit_s)
        except TimeoutError:
            raise refused(Code.SOCKET_TIMEOUT, f"The client sent nothing for {stall_limit_s:g} s.") from None
        if not packed:
            return
        try:
            for piece in unpack(packed):
                size += len(piece)
                if size > limit:
                    raise refused(Code.QUERY_IS_TOO_LARGE, f"The body is larger than {limit} bytes.")
                yield piece
        except (zlib.error, RuntimeError, zstandard.ZstdError) as error:
            raise refused(Code.INCORRECT_DATA, f"The body is not {encoding}: {error}.") from None


def _unpacker(encoding: str) -> Unpack:
    match encoding.lower():
        case "" | "identity":
            return lambda packed: iter((packed,))
        case "gzip" | "x-gzip":
            return _zlib(zlib.MAX_WBITS | 16)
        case "deflate":
            return _zlib(zlib.MAX_WBITS)
        case "lz4":
            return _lz4()
        case "zstd":
            return _zstd()
    raise refused(Code.UNKNOWN_COMPRESSION_METHOD, "Unknown Content-Encoding. Known: lz4, zstd, gzip, deflate.")


def _zlib(window: int) -> Unpack:
    machine = zlib.decompressobj(window)

    def unpack(packed: bytes) -> Iterator[bytes]:
        while packed:
            yield machine.decompress(packed, _PIECE)
            packed = machine.unconsumed_tail

    return unpack


def _lz4() -> Unpack:
    machine = lz4.frame.LZ4FrameDecompressor()

    def unpack(packed: bytes) -> Iterator[bytes]:
        nonlocal machine
        while packed:
            yield machine.decompress(packed, max_length=_PIECE)
            packed = b""
            while not machine.needs_input and not machine.eof:
                yield machine.decompress(b"", max_length=_PIECE)
            if machine.eof and machine.unused_data:  # frames may follow each other
                packed = machine.unused_data
                machine = lz4.frame.LZ4FrameDecompressor()

    return unpack


def _zstd() -> Unpack:
    # The push interface unpacks a whole chunk at once, however much it becomes; a small step keeps that bounded.
    machine = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj(write_size=_PIECE)

    def unpack(packed: bytes) -> Iterator[bytes]:
        nonlocal machine
        for at in range(0, len(packed), 1024):
            step = packed[at : at + 1024]
            while step:
                yield machine.decompress(step)
                step = machine.unused_data if machine.eof else b""
                if machine.eof:
                    machine = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj(write_size=_PIECE)

    return unpack


def packer(accepted: str) -> tuple[str, Callable[[bytes], bytes], Callable[[], bytes]] | None:
    """How to pack an answer for this Accept-Encoding: its name, a function for each piece, one for the end."""
    names = {part.split(";")[0].strip().lower() for part in accepted.split(",") if "q=0" not in part.replace(" ", "")}
    if "lz4" in names:
        machine = lz4.frame.LZ4FrameCompressor()
        opening = [machine.begin()]
        return "lz4", lambda piece: (opening.pop() if opening else b"") + machine.compress(piece), machine.flush
    if "zstd" in names:
        zstd = zstandard.ZstdCompressor(level=1).compressobj()
        return "zstd", zstd.compress, zstd.flush
    for name, window in (("gzip", zlib.MAX_WBITS | 16), ("deflate", zlib.MAX_WBITS)):
        if name in names:
            deflate = zlib.compressobj(3, zlib.DEFLATED, window)
            return name, deflate.compress, deflate.flush
    return None
