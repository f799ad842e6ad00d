"""What autoscaling is told: from heartbeats to `GET /metrics/scale/{role}`."""

import aiohttp
import pytest
from parley.v1 import live_pb2
from parley_core.bus.occupancy import GONE_S, Occupancy
from parley_core.health import Health, serve_health


def beat(
    worker: str, calls: int, *, role: str = "asr", capacity: int = 32, draining: bool = False
) -> live_pb2.Heartbeat:
    return live_pb2.Heartbeat(worker=worker, role=role, calls=calls, capacity=capacity, draining=draining)


def test_the_calls_of_a_role_are_added_up_over_its_processes() -> None:
    occupancy = Occupancy()
    for one in (beat("a", 20), beat("b", 30), beat("c", 7, role="tts", capacity=64), beat("a", 22)):
        occupancy.heard(one, 0.0)
    assert occupancy.scale("asr", 1.0) == {"value": 52, "capacity": 64, "processes": 2, "processes_at_70": 3}
    assert occupancy.scale("tts", 1.0) == {"value": 7, "capacity": 64, "processes": 1, "processes_at_70": 1}


def test_a_process_that_drains_has_calls_and_no_room() -> None:
    occupancy = Occupancy()
    occupancy.heard(beat("a", 10), 0.0)
    occupancy.heard(beat("b", 32, draining=True), 0.0)
    assert occupancy.scale("asr", 0.0) == {"value": 42, "capacity": 32, "processes": 1, "processes_at_70": 2}
    occupancy.heard(beat("a", 10, draining=True), 0.0)
    assert occupancy.scale("asr", 0.0) == {"value": 42, "capacity": 0, "processes": 0, "processes_at_70": 2}


def test_a_silent_process_counts_no_more() -> None:
    occupancy = Occupancy()
    occupancy.heard(beat("a", 10), 0.0)
    assert occupancy.scale("asr", GONE_S) is not None
    assert occupancy.scale("asr", GONE_S + 0.1) is None


@pytest.mark.outside
async def test_the_health_port_answers_for_the_roles_that_it_knows() -> None:
    health, occupancy = Health(), Occupancy()
    occupancy.heard(beat("a", 16), 0.0)
    runner, port = await serve_health(health, "127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            async with client.get("/metrics/scale/asr") as nothing:
                assert nothing.status == 404
            health.scale = lambda role: occupancy.scale(role, 0.0)
            async with client.get("/metrics/scale/asr") as found, client.get("/metrics/scale/rag") as unknown:
                assert (found.status, (await found.json())["value"]) == (200, 16)
                assert unknown.status == 404
    finally:
        await runner.cleanup()
