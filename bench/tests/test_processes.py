from pathlib import Path

import psutil
import pytest
from parley_bench.processes import Stack, StartFailed

pytestmark = pytest.mark.outside


def test_every_process_ends_with_the_stack(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        stack.start_nats()
        stack.start_service("tts", {"PARLEY_TTS_PROVIDER": "fake"})
        stack.wait_ready(lambda name: None)
        pids = stack.pids()
        use = stack.usage()
        assert set(use) == {"nats", "tts"}
        assert use["tts"].cpu_s > 0
        assert all(one.rss_bytes > 1_000_000 for one in use.values())
    assert not [pid for pid in pids.values() if psutil.pid_exists(pid)]


def test_a_service_that_does_not_start_is_named(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        stack.start_nats()
        stack.start_service("tts", {"PARLEY_TTS_PROVIDER": "nobody"})
        with pytest.raises(StartFailed, match="tts ended"):
            stack.wait_ready(lambda name: None)
