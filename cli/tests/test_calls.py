"""The small parts of placing and reviewing a call: times as people say them, money, bookings, WAV files."""

import json
import wave
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from parley.v1 import events_pb2, tools_pb2
from parley_cli.doctor import write_wav
from parley_cli.place import read_wav
from parley_cli.review import booked_appointments, money
from parley_cli.slots import spoken_time
from parley_core.conversation import fold
from parley_core.errors import BadInput

MONDAY = datetime.fromisoformat("2026-11-23T09:00")


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("2026-11-24T10:30", "tomorrow at ten thirty in the morning"),
        ("2026-11-25T08:00", "next Wednesday at eight in the morning"),
        ("2026-11-26T12:00", "next Thursday at twelve in the afternoon"),
        ("2026-11-26T12:15", "next Thursday at twelve fifteen in the afternoon"),
        ("2026-11-27T16:45", "next Friday at four forty five in the afternoon"),
        ("2026-11-27T17:00", "next Friday at five in the evening"),
    ],
)
def test_a_time_is_said_as_a_person_would(when: str, said: str) -> None:
    assert spoken_time(datetime.fromisoformat(when), MONDAY) == said


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0.000000 USD"),
        (1, "0.000001 USD"),
        (12_345, "0.012345 USD"),
        (1_000_000, "1.000000 USD"),
        (-1_500_000, "-1.500000 USD"),
        (9_007_199_254_740_993, "9007199254.740993 USD"),
    ],
)
def test_money_is_shown_exactly(micros: int, text: str) -> None:
    assert money(micros, "USD") == text


def tool_events(tool: str, result: dict[str, object] | None) -> list[events_pb2.Event]:
    called = events_pb2.ToolCalled(turn=1, tool_call="c1", tool=tool, arguments_json="{}", idempotency_key="k")
    events = [
        events_pb2.Event(id="e1", turn_committed=events_pb2.TurnCommitted(turn=1, text="x")),
        events_pb2.Event(id="e2", tool_called=called),
    ]
    if result is not None:
        status = tools_pb2.ToolStatus.Name(tools_pb2.TOOL_STATUS_OK)
        returned = events_pb2.ToolReturned(turn=1, tool_call="c1", tool=tool, status=status)
        returned.result_json = json.dumps(result)
        events.append(events_pb2.Event(id="e3", tool_returned=returned))
    return events


def test_only_appointments_that_were_booked_are_booked() -> None:
    assert booked_appointments(fold(tool_events("book_appointment", {"appointment_id": "a-1"}))) == ["a-1"]
    assert booked_appointments(fold(tool_events("book_appointment", {"problem": "taken"}))) == []
    assert booked_appointments(fold(tool_events("book_appointment", None))) == []
    assert booked_appointments(fold(tool_events("find_slots", {"appointment_id": "a-1"}))) == []


def test_a_wav_that_was_written_is_read_again_unchanged(tmp_path: Path) -> None:
    pcm = np.arange(-800, 800, dtype="<i2").tobytes()
    write_wav(tmp_path / "a.wav", pcm)
    assert read_wav(tmp_path / "a.wav") == pcm


def test_another_rate_is_resampled_and_the_first_channel_taken(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    left = (np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000) * 10_000).astype("<i2")
    with wave.open(str(path), "wb") as target:
        target.setnchannels(2)
        target.setsampwidth(2)
        target.setframerate(8000)
        target.writeframes(np.column_stack([left, np.full_like(left, 30_000)]).tobytes())
    samples = np.frombuffer(read_wav(path), "<i2")
    assert len(samples) == 16_000
    assert 9_000 < np.abs(samples).max() < 12_000


def test_eight_bit_audio_is_refused_with_the_reason(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "eight.wav"), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(1)
        target.setframerate(8000)
        target.writeframes(bytes(100))
    with pytest.raises(BadInput, match="8-bit samples; 16 are read"):
        read_wav(tmp_path / "eight.wav")


@pytest.mark.parametrize("content", [b"", b"not audio at all", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_wav_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(BadInput, match="is not a WAV file"):
        read_wav(tmp_path / "x.wav")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.wav: No such file"):
        read_wav(tmp_path / "none.wav")
