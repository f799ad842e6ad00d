from pathlib import Path

import pytest
from parley_core.errors import BadInput, NotAllowed
from parley_tools.pipeline.permission import permit
from parley_tools.policy import PolicyDocument, TenantPolicy, load_policy


def test_a_tool_must_be_named_by_the_agent_and_not_be_withheld_by_the_tenant() -> None:
    permit(TenantPolicy(), "send_sms", frozenset({"send_sms"}))
    with pytest.raises(NotAllowed, match="agent's document"):
        permit(TenantPolicy(), "send_sms", frozenset())
    with pytest.raises(NotAllowed, match="tenant's rules"):
        permit(TenantPolicy(tools=["find_slots"]), "send_sms", frozenset({"send_sms"}))


def test_rules_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("default: {calls_per_minute: 5}\ntenants: {acme: {approve: [send_sms]}}\n")
    rules = load_policy(str(path))
    assert rules.of("acme").approve == ["send_sms"]
    assert rules.of("other").calls_per_minute == 5
    assert load_policy("") == PolicyDocument()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("tenants: {acme: {colour: red}}", "tenants.acme.colour"),
        ("a: [", "is not YAML"),
        ("default: {calls_per_minute: 0}", "default.calls_per_minute"),
    ],
)
def test_wrong_rules_are_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as failure:
        load_policy(str(path))
    assert str(path) in str(failure.value)
    assert named in str(failure.value)


def test_a_missing_file_of_rules_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        load_policy(str(tmp_path / "none.yaml"))
