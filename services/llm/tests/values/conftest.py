"""How many phrases are generated of each kind: few by default, `--phrases 2000` in `make test-values-nightly`."""

import pytest

FEW = 300


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--phrases", type=int, default=FEW, help="phrases of each kind and each set of templates")


@pytest.fixture
def count(request: pytest.FixtureRequest) -> int:
    """The option is unknown where pytest meets this folder only while it collects."""
    return int(request.config.getoption("--phrases", default=FEW))
