import numpy as np
from parley_tts.providers.base import SAMPLES_PER_MS, SpeechChunk, SpokenWord
from parley_tts.shaping import LEAD_MS, Shape, Shaper


def sound(length_ms: int) -> np.ndarray:
    return np.full(length_ms * SAMPLES_PER_MS, 5000, np.int16)


def silence(length_ms: int) -> np.ndarray:
    return np.zeros(length_ms * SAMPLES_PER_MS, np.int16)


def shaped(*pieces: SpeechChunk, shape: Shape | None = None) -> list[SpeechChunk]:
    shaper = Shaper(shape or Shape())
    return [chunk for piece in pieces for chunk in shaper.push(piece)] + shaper.finish()


def lengths_ms(chunks: list[SpeechChunk]) -> list[int]:
    return [len(chunk.pcm) // SAMPLES_PER_MS for chunk in chunks]


def test_the_first_chunk_is_small_and_the_rest_is_larger() -> None:
    assert lengths_ms(shaped(SpeechChunk(sound(500)), shape=Shape(gap_ms=0))) == [60, 160, 160, 120]


def test_silence_at_the_edges_is_cut_to_measure_and_silence_inside_stays() -> None:
    pieces = [silence(300), sound(100), silence(200), sound(100), silence(400)]
    chunks = shaped(*(SpeechChunk(piece) for piece in pieces), shape=Shape(gap_ms=120))
    assert sum(lengths_ms(chunks)) == LEAD_MS + 100 + 200 + 100 + 120


def test_words_move_with_the_silence_that_is_cut_and_stand_in_the_chunk_they_begin_in() -> None:
    words = (SpokenWord(0, "one", 200, 300), SpokenWord(1, "two", 300, 400))
    chunks = shaped(SpeechChunk(np.concatenate([silence(200), sound(200)]), words), shape=Shape(gap_ms=0))
    assert [[(word.text, word.start_ms, word.end_ms) for word in chunk.words] for chunk in chunks] == [
        [("one", LEAD_MS, 100 + LEAD_MS)],
        [("two", 100 + LEAD_MS, 200 + LEAD_MS)],
    ]


def test_a_first_chunk_goes_out_as_soon_as_it_is_full() -> None:
    assert lengths_ms(Shaper(Shape()).push(SpeechChunk(sound(60)))) == [60]


def test_a_sentence_without_sound_is_one_empty_chunk_with_all_its_words() -> None:
    chunks = shaped(SpeechChunk(silence(500), (SpokenWord(0, "…", 0, 500),)))
    assert lengths_ms(chunks) == [0]
    assert [word.text for word in chunks[0].words] == ["…"]


def test_a_silent_tail_of_a_provider_never_goes_out_before_the_end_is_known() -> None:
    shaper = Shaper(Shape())
    given = shaper.push(SpeechChunk(np.concatenate([sound(100), silence(1000)])))
    assert lengths_ms(given) == [60]
