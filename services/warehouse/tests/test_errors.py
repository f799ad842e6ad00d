import pytest
from parley_warehouse.errors import from_engine


@pytest.mark.parametrize(
    ("message", "code", "status", "text"),
    [
        ("Code: 60. DB::Exception: No t. (UNKNOWN_TABLE)", 60, 404, "No t. (UNKNOWN_TABLE)"),
        (
            "Streaming query failed: Code: 395. DB::Exception: Too far. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)",
            395,
            500,
            "Too far. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)",
        ),
        (
            "Code: 73. DB::Exception: Code: 73. DB::Exception: No format. (UNKNOWN_FORMAT) (version 26.9.2.1)."
            " (UNKNOWN_FORMAT)",
            73,
            404,
            "No format. (UNKNOWN_FORMAT)",
        ),
        ("something else", 49, 500, "something else (LOGICAL_ERROR)"),
    ],
)
def test_the_engines_words_become_clickhouses(message: str, code: int, status: int, text: str) -> None:
    failure = from_engine(message)
    assert (failure.code, failure.status, failure.text) == (code, status, text)
    assert failure.body("1.2.3.4") == f"Code: {code}. DB::Exception: {text} (version 1.2.3.4 (official build))\n"
