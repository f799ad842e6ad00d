"""The order in which the process decodes, and its bounds."""

from parley_asr.providers.whisper.process import MAX_QUEUED, Job, Queue


def job(number: int, *, interim: bool = False) -> Job:
    return Job(interim, number, {}, b"")


def test_finals_go_before_interims_and_in_order() -> None:
    queue = Queue(threads=2)
    for made in (job(1, interim=True), job(2), job(3)):
        assert queue.put(made)
    taken = [queue.take() for _ in range(3)]
    assert [(one.number, waiting) for one, waiting in taken] == [(2, 1), (3, 0), (1, 0)]


def test_interims_leave_a_thread_for_finals() -> None:
    queue = Queue(threads=2)
    queue.put(job(1, interim=True))
    queue.put(job(2, interim=True))
    first, _ = queue.take()
    queue.put(job(3))
    assert queue.take()[0].number == 3  # not the second interim
    queue.done(first)
    assert queue.take()[0].number == 2


def test_a_job_that_waits_can_be_taken_back() -> None:
    queue = Queue(threads=1)
    queue.put(job(1))
    assert queue.forget(1)
    assert not queue.forget(1)
    queue.put(job(2))
    assert queue.take()[0].number == 2


def test_it_is_bounded() -> None:
    queue = Queue(threads=1)
    assert all(queue.put(job(number)) for number in range(MAX_QUEUED))
    assert not queue.put(job(99))
