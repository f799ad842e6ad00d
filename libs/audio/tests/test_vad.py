import sys

import numpy as np
from parley_audio.formats import pcm_of, silence
from parley_audio.vad import WINDOW, VadBatch, VadStream


def score(batch: VadBatch, pcm: bytes) -> list[float]:
    stream = VadStream()
    stream.push(pcm)
    found = []
    while (window := stream.window()) is not None:
        found += batch.run([(stream, window)])
    return found


def test_speech_is_voice_and_silence_is_not(speech: bytes) -> None:
    batch = VadBatch()
    found = score(batch, silence(500) + speech + silence(1000))
    before = found[: 500 * 16 // WINDOW - 1]
    inside = found[500 * 16 // WINDOW + 2 : (500 * 16 + len(speech) // 2) // WINDOW - 4]
    assert max(before) < 0.2
    assert sum(value > 0.5 for value in inside) > 0.85 * len(inside)
    assert max(found[-10:]) < 0.2


def test_noise_is_not_voice() -> None:
    noise = pcm_of(np.random.default_rng(1).normal(0, 0.02, 32_000))
    found = score(VadBatch(), noise)
    assert max(found[3:]) < 0.5


def test_a_batch_scores_each_stream_as_if_it_were_alone(speech: bytes) -> None:
    batch = VadBatch()
    sources = [speech, silence(300) + speech, pcm_of(np.random.default_rng(2).normal(0, 0.1, 48_000))]
    streams = [VadStream() for _ in sources]
    for stream, pcm in zip(streams, sources, strict=True):
        stream.push(pcm[:48_000])
    together: list[list[float]] = [[] for _ in sources]
    while all(stream.ready for stream in streams):
        work = [(stream, window) for stream in streams if (window := stream.window()) is not None]
        for one, value in zip(together, batch.run(work), strict=True):
            one.append(value)
    for pcm, found in zip(sources, together, strict=True):
        np.testing.assert_allclose(found, score(batch, pcm[:48_000])[: len(found)], atol=1e-4)


def test_a_stream_takes_frames_of_any_size(speech: bytes) -> None:
    batch = VadBatch()
    stream = VadStream()
    found = []
    for start in range(0, len(speech), 640):
        stream.push(speech[start : start + 640])
        while (window := stream.window()) is not None:
            found += batch.run([(stream, window)])
    np.testing.assert_allclose(found, score(batch, speech), atol=1e-5)


def test_skipped_windows_leave_the_next_speech_recognisable(speech: bytes) -> None:
    batch = VadBatch()
    stream = VadStream()
    stream.push(silence(3200))
    while (window := stream.window()) is not None:
        stream.skip(window)
    assert not stream.state.any()
    stream.push(speech)
    found = []
    while (window := stream.window()) is not None:
        found += batch.run([(stream, window)])
    assert max(found[:4]) > 0.5


def test_torch_and_the_silero_package_are_not_imported() -> None:
    assert "silero_vad" not in sys.modules
    assert "torch" not in sys.modules


def test_an_empty_batch_is_nothing() -> None:
    assert VadBatch().run([]) == []
