import gzip
import zlib

import lz4.frame
import pytest
import zstandard
from parley_warehouse.bodies import packer, pieces
from parley_warehouse.errors import QueryFailed

TEXT = b"INSERT INTO t FORMAT CSV\n" + b"1,2,3\n" * 50_000
PACKED = {
    "": TEXT,
    "identity": TEXT,
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "lz4": lz4.frame.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
}


class Source:
    """A body that comes in small parts."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data = data
        self._step = step

    async def read(self, n: int = -1) -> bytes:
        part, self._data = self._data[: self._step], self._data[self._step :]
        return part


async def whole(data: bytes, encoding: str, *, step: int = 1000, limit: int = 10**6) -> bytes:
    return b"".join([piece async for piece in pieces(Source(data, step), encoding, limit=limit, stall_limit_s=5)])


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("step", [61, 1000, 10**6])
async def test_every_encoding_is_unpacked(encoding: str, step: int) -> None:
    assert await whole(PACKED[encoding], encoding, step=step) == TEXT


@pytest.mark.parametrize("encoding", ["lz4", "zstd"])
async def test_frames_may_follow_each_other(encoding: str) -> None:
    assert await whole(PACKED[encoding] * 2, encoding) == TEXT * 2


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_body_that_becomes_too_large_ends_at_the_limit(encoding: str) -> None:
    with pytest.raises(QueryFailed) as refused:
        await whole(PACKED[encoding], encoding, limit=1000)
    assert (refused.value.code, refused.value.status) == (229, 413)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "lz4", "zstd"])
async def test_a_body_that_is_not_packed_as_it_says_is_refused(encoding: str) -> None:
    with pytest.raises(QueryFailed, match=encoding) as refused:
        await whole(TEXT, encoding)
    assert refused.value.status == 400


async def test_an_unknown_encoding_is_named_as_such() -> None:
    with pytest.raises(QueryFailed, match="Known: lz4"):
        await whole(TEXT, "snappy")


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, deflate", "gzip"), ("zstd", "zstd"), ("lz4,zstd,gzip", "lz4")]
)
async def test_answers_are_packed_as_the_client_takes_them(accepted: str, encoding: str) -> None:
    found = packer(accepted)
    assert found is not None
    name, pack, end = found
    packed = b"".join([pack(TEXT[:100]), pack(TEXT[100:]), end()])
    assert name == encoding
    assert await whole(packed, name) == TEXT


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_answers_stay_plain_otherwise(accepted: str) -> None:
    assert packer(accepted) is None
