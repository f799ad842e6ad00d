"""Named queries: each says what it answers, is short, and is of one tenant and one period."""

import pytest
from parley_analytics.queries import named_queries, named_query
from parley_analytics.synthetic import CHUNK, STEPS, statements
from parley_core.errors import BadInput

QUERIES = named_queries()


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_has_a_title_and_is_short_and_of_one_tenant_and_period(query):
    assert query.title.endswith(".")
    assert len(query.title) < 140
    assert len(query.sql.splitlines()) <= 15
    for parameter in ("{tenant:String}", "{since:DateTime}", "{until:DateTime}"):
        assert parameter in query.sql
    assert " FINAL" not in query.sql, "the views show each row once"


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(BadInput, match="end_to_end_latency"):
        named_query("no_such")


def test_synthetic_calls_come_in_chunks_that_leave_none_out():
    made = list(statements(CHUNK + 10))
    assert len(made) == 2 * len(STEPS)
    assert [(more["first"], more["count"]) for _, _, more in made[:: len(STEPS)]] == [(0, CHUNK), (CHUNK, 10)]
    assert made[-1][0] == CHUNK + 10
