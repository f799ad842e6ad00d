from parley_tts.alignment import WordClock, spread
from parley_tts.text import prepare


def test_words_that_the_engine_runs_together_share_its_time() -> None:
    clock = WordClock(prepare("end of the day"))
    told = clock.word(0, 0)
    told += clock.word(4, 300)  # "of the" in one
    told += clock.word(11, 500)
    told += clock.finish(900)
    assert [(word.text, word.start_ms, word.end_ms) for word in told] == [
        ("end", 0, 300),
        ("of", 300, 380),
        ("the", 380, 500),
        ("day", 500, 900),
    ]


def test_one_token_said_as_several_words_is_one_word() -> None:
    clock = WordClock(prepare("at 10:30 sharp"))
    told = [*clock.word(0, 0), *clock.word(3, 100), *clock.word(6, 300), *clock.word(9, 600), *clock.finish(900)]
    assert [(word.text, word.start_ms, word.end_ms) for word in told] == [
        ("at", 0, 100),
        ("10:30", 100, 600),
        ("sharp", 600, 900),
    ]


def test_an_estimate_gives_longer_words_more_time() -> None:
    told = spread(prepare("a appointment"), 1200)
    assert [(word.start_ms, word.end_ms) for word in told] == [(0, 100), (100, 1200)]
