"""Every refusal has a remedy in `parley doctor` and a line in the docs, and the doctor reads what a gateway counted."""

import re
from pathlib import Path

from parley_cli.doctor import secret_state
from parley_cli.refusals import REMEDIES, counted
from parley_core.reasons import RefusalReason
from parley_local.keys import API_KEY, secret, secret_file

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "refusals.md").read_text("utf-8")


def test_every_reason_has_a_remedy() -> None:
    assert set(REMEDIES) == set(RefusalReason)


def test_every_reason_is_in_the_docs() -> None:
    told = set(re.findall(r"`([a-z_]+)`", DOCS))
    assert set(RefusalReason) <= told


def test_every_reason_for_which_a_webhook_is_refused_is_in_the_docs() -> None:
    gateway = ROOT / "services" / "gateway" / "src" / "parley_gateway" / "channels"
    sources = [path.read_text("utf-8") for path in gateway.rglob("*.py")]
    refused = {one for text in sources for one in re.findall(r'"webhook refused", extra=\{"reason": "(\w+)"', text)}
    assert refused >= {"bad_signature", "replayed"}
    assert all(f"| `{reason}` |" in DOCS for reason in refused)


def test_every_setting_that_a_remedy_names_exists() -> None:
    known = (ROOT / ".env.example").read_text("utf-8")
    for remedy in REMEDIES.values():
        for name in re.findall(r"PARLEY_GATEWAY_[A-Z_]+", remedy):
            assert name in known, name


def test_what_a_gateway_counted_is_read_from_its_metrics() -> None:
    metrics = """# TYPE parley_gateway_refused_total counter
parley_gateway_refused_total{otel_scope_name="parley",reason="low_disk"} 3.0
parley_gateway_refused_total{otel_scope_name="parley",reason="foreign_origin"} 1.0
parley_gateway_refused_total{otel_scope_name="parley",reason="something_newer"} 9.0
parley_gateway_ended_total{reason="busy"} 4.0
"""
    assert counted(metrics) == {RefusalReason.LOW_DISK: 3, RefusalReason.FOREIGN_ORIGIN: 1}
    assert counted("") == {}


def test_a_key_that_others_may_read_is_bad(tmp_path: Path) -> None:
    assert secret_state(tmp_path, API_KEY)[0]
    secret(tmp_path, API_KEY)
    assert secret_state(tmp_path, API_KEY)[0]
    secret_file(tmp_path, API_KEY).chmod(0o644)
    well, _, remedy = secret_state(tmp_path, API_KEY)
    assert not well
    assert "chmod 600" in remedy
