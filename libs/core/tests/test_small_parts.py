"""ids, subjects, tasks, objects."""

import asyncio
from pathlib import Path

import pytest
from parley_core.bus import subjects
from parley_core.errors import BadInput, NotFound
from parley_core.ids import TOKEN, check_token, new_id
from parley_core.objects import Objects
from parley_core.tasks import Tasks


def test_new_ids_are_tokens_and_differ() -> None:
    made = [new_id("call-") for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(TOKEN.fullmatch(one) for one in made)


@pytest.mark.parametrize("value", ["", "a.b", "A", "*", ">", "a b", "-a", "ä", "a" * 65])
def test_what_cannot_stand_in_a_subject_is_refused(value: str) -> None:
    with pytest.raises(BadInput, match="tenant"):
        check_token(value, "tenant")


@pytest.mark.parametrize(
    ("pattern", "subject", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.*", "a.b", True),
        ("a.*", "a.b.c", False),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        ("*.b", "a.b", True),
        ("a.b.c", "a.b", False),
    ],
)
def test_subject_rules(pattern: str, subject: str, expected: bool) -> None:
    assert subjects.matches(pattern, subject) is expected


def test_a_calls_subject_is_taken_apart() -> None:
    assert subjects.parse(subjects.live_audio_in("t", "c")) == subjects.CallSubject("t", "c", "live", "audio.in")
    assert subjects.parse(subjects.log("t", "c", "Heard")) == subjects.CallSubject("t", "c", "log", "Heard")
    assert subjects.parse("claim.asr") is None


async def test_a_failing_task_is_reported_and_leaves_its_siblings() -> None:
    failed: list[str] = []
    release = asyncio.Event()
    async with Tasks("owner", on_error=lambda name, error: failed.append(f"{name}: {error}")) as tasks:

        async def fail() -> None:
            raise ValueError("no")

        async def wait() -> str:
            await release.wait()
            return "done"

        sibling = tasks.spawn(wait(), "sibling")
        with pytest.raises(ValueError, match="no"):
            await tasks.spawn(fail(), "bad")
        release.set()
        assert await sibling == "done"
    assert failed == ["owner/bad: no"]


async def test_leaving_cancels_what_still_runs() -> None:
    cleaned = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    async with Tasks("owner") as tasks:
        tasks.spawn(work(), "work")
        await asyncio.sleep(0)
    assert cleaned.is_set()
    with pytest.raises(RuntimeError, match="closed"):
        tasks.spawn(work(), "late")


async def test_objects_are_stored_listed_and_deleted(tmp_path: Path) -> None:
    objects = Objects(str(tmp_path / "store"))
    await objects.put("recordings/t/a.wav", b"one")
    (tmp_path / "file").write_bytes(b"two")
    await objects.put("recordings/t/b.wav", tmp_path / "file")
    assert await objects.get("recordings/t/b.wav") == b"two"
    assert await objects.list("recordings/t") == ["recordings/t/a.wav", "recordings/t/b.wav"]
    assert await objects.exists("recordings/t/a.wav")
    await objects.delete("recordings/t/a.wav")
    await objects.delete("recordings/t/a.wav")
    assert not await objects.exists("recordings/t/a.wav")
    with pytest.raises(NotFound):
        await objects.get("recordings/t/a.wav")


@pytest.mark.parametrize("path", ["", "/etc/passwd", "a/../b", "a//b", "a/b/", "a b"])
async def test_paths_that_leave_the_store_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadInput):
        await Objects(str(tmp_path)).get(path)
