"""The caller's audio on its way in: voice activity, the caller's clock, utterances, rate."""

from typing import Any

import pytest
from parley.v1 import live_pb2
from parley_audio.formats import FRAME_SAMPLES, silence
from parley_gateway.call.context import LoopScheduler
from parley_gateway.listening.caller_clock import CallerClock
from parley_gateway.listening.loudness import Loudness
from parley_gateway.listening.utterances import Utterances
from parley_gateway.listening.vad import BatchedVad, CallVad


async def heard_by(vad: BatchedVad, pcm: bytes) -> tuple[list[int], list[int]]:
    started: list[int] = []
    ended: list[int] = []
    ear = CallVad(started.append, ended.append)
    for at in range(0, len(pcm), 640):
        vad.push(ear, pcm[at : at + 640].ljust(640, b"\0"))
        vad.run()
    return started, ended


async def test_the_ear_tells_where_speech_begins_and_to_a_few_ms_where_it_ends(speech: bytes) -> None:
    speech = speech.rstrip(b"\0")
    speech += bytes(len(speech) % 2)
    started, ended = await heard_by(BatchedVad(LoopScheduler()), silence(600) + speech + silence(800))
    assert abs(started[0] - 600 * 16) < 130 * 16
    # espeak fades out: the last 28 dB below the peak may be some 60 ms before its very last sample.
    assert 0 <= 600 * 16 + len(speech) // 2 - ended[-1] < 90 * 16


async def test_silence_costs_no_model_run() -> None:
    vad = BatchedVad(LoopScheduler())
    assert await heard_by(vad, silence(5000)) == ([], [])
    assert vad.windows == 0


async def test_windows_of_several_calls_share_a_run(speech: bytes) -> None:
    vad = BatchedVad(LoopScheduler(), gather_s=10)
    ears = [CallVad(lambda _: None, lambda _: None) for _ in range(8)]
    for at in range(0, 64_000, 640):
        for ear in ears:
            vad.push(ear, speech[at : at + 640])
        vad.run()
    assert vad.windows > 4 * vad.runs


async def test_a_removed_ear_is_heard_no_more() -> None:
    vad = BatchedVad(LoopScheduler(), gather_s=10)
    ear = CallVad(lambda _: None, lambda _: None)
    vad.push(ear, silence(60))
    vad.remove(ear)
    vad.run()
    assert ear.position == 0


async def test_what_may_be_the_first_of_a_voice_is_scored_at_once(speech: bytes) -> None:
    vad = BatchedVad(LoopScheduler(), gather_s=10)
    told: list[int] = []
    ear = CallVad(told.append, lambda _: None)
    for at in range(0, 320 * 40, 640):
        vad.push(ear, speech[at : at + 640])
    assert told


def test_a_pause_and_its_end_are_told_by_energy_while_the_model_still_hears_voice(speech: bytes) -> None:
    told: list[tuple[str, int, int]] = []
    pushed = 0
    ear = CallVad(lambda at: told.append(("start", at, pushed)), lambda at: told.append(("end", at, pushed)))
    loud = speech[3200:9600]  # in the middle of a word
    for pcm in (loud, silence(80), loud):
        for at in range(0, len(pcm), 640):
            pushed += 320
            ear.push(pcm[at : at + 640])
            window = ear.stream.window()
            if window is not None and not ear.gated(window):
                ear.scored(0.9)
    assert [kind for kind, _, _ in told] == ["start", "end", "start"]
    (_, end, end_told), (_, again, again_told) = told[1:]
    assert end == pytest.approx(3200, abs=64)
    assert end_told - end <= 84 * 16
    assert again == 3200 + 80 * 16
    assert again_told - again == 320


def test_the_level_of_a_voice_follows_its_loud_parts_and_not_its_gaps() -> None:
    loudness = Loudness()
    loudness.begin(500)
    for level in (4000, 100, 100, 3000):
        loudness.window(level, voiced=True)
    assert loudness.level == pytest.approx(4000, rel=0.1)


def test_a_closure_inside_a_word_does_not_make_the_rest_of_it_a_distant_voice() -> None:
    loudness = Loudness()
    loudness.begin(4000)
    for _ in range(3):
        loudness.window(50, voiced=False)
    loudness.begin(300)
    assert loudness.level > 2000


def test_a_distant_voice_behind_a_pause_is_as_far_as_it_is() -> None:
    loudness = Loudness()
    loudness.begin(4000)
    for _ in range(31):
        loudness.window(50, voiced=False)
    assert loudness.level == 4000  # the last voice's, until there is another
    loudness.begin(300)
    assert loudness.level == 300


def test_positions_follow_the_quickest_frames() -> None:
    clock = CallerClock(10.0)
    for frame in range(50):
        late = 0.1 if frame % 5 == 0 else 0.0
        assert clock.arrived(FRAME_SAMPLES, 12.0 + frame * 0.02 + late) == 0
        position = clock.advance(FRAME_SAMPLES)
    # Frame 1 came 0.1 s quicker than frame 0, which set the position.
    assert clock.time_of(position + FRAME_SAMPLES) == pytest.approx(12.0 + 49 * 0.02, abs=0.002)


def test_a_paused_stream_leaves_silence_behind() -> None:
    clock = CallerClock(0.0)
    clock.arrived(FRAME_SAMPLES, 1.0)
    clock.advance(FRAME_SAMPLES)
    gap = clock.arrived(FRAME_SAMPLES, 3.02)
    assert gap == pytest.approx(2.0 * 16_000, abs=FRAME_SAMPLES)
    assert gap % FRAME_SAMPLES == 0


def sent() -> tuple[list[tuple[str, Any]], Utterances]:
    posts: list[tuple[str, Any]] = []

    def post(subject: str, data: bytes) -> None:
        kind = live_pb2.AudioIn if subject.endswith("audio.in") else live_pb2.Speech
        posts.append((subject.rsplit(".", 1)[1], kind.FromString(data)))

    return posts, Utterances(post, "t", "c")


def test_an_utterance_begins_with_its_pre_roll_and_silence_is_not_sent() -> None:
    posts, utterances = sent()
    for frame in range(100):
        utterances.frame(frame * 320, silence(20))
    assert posts == []
    utterances.open(1, 98 * 320)
    utterances.frame(100 * 320, silence(20))
    utterances.pause(1, 99 * 320, 101 * 320)
    utterances.frame(101 * 320, silence(20))
    audio = [body for kind, body in posts if kind == "in"]
    assert [one.seq for one in audio] == list(range(len(audio)))
    assert audio[0].start_ms == 98 * 20 - 300
    assert audio[-1].start_ms == 100 * 20
    assert posts[0][1].kind == live_pb2.Speech.KIND_STARTED
    assert posts[-1][1].kind == live_pb2.Speech.KIND_PAUSED
    assert posts[-1][1].audio_messages == len(audio)


def test_two_utterances_share_no_frame() -> None:
    posts, utterances = sent()
    for frame in range(60):
        utterances.frame(frame * 320, silence(20))
        if frame == 20:
            utterances.open(1, 20 * 320)
        if frame == 40:
            utterances.pause(1, 35 * 320, 40 * 320)
        if frame == 45:
            utterances.open(2, 44 * 320)
    starts = [body.start_ms for kind, body in posts if kind == "in"]
    assert starts == sorted(set(starts))


def test_a_replay_has_what_was_not_heard_and_only_that() -> None:
    posts, utterances = sent()
    for number in (1, 2):
        utterances.open(number, number * 3200)
        for frame in range(5):
            utterances.frame(number * 3200 + frame * 320, silence(20))
        utterances.pause(number, 0, 0)
    utterances.heard(1)
    posts.clear()
    utterances.replay()
    assert {body.utterance for _, body in posts} == {2}
    assert [kind for kind, _ in posts] == ["speech", *["in"] * 5, "speech"]
