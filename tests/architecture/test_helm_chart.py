"""The Helm chart: made from the manifests of the kustomize base, and valid by Kubernetes' schemas once rendered."""

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

SERVICES = {"gateway", "asr", "tts", "llm", "rag", "tools", "billing", "postcall"}


@pytest.fixture(scope="module")
def parley(root: Path) -> Path:
    return root / "deploy" / "helm" / "parley"


def test_the_templates_are_made_from_the_base(root: Path, parley: Path) -> None:
    spec = importlib.util.spec_from_file_location("helm_chart", root / "scripts" / "helm_chart.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.chart() == {path.name: path.read_text() for path in (parley / "templates").glob("*.yaml")}


def test_values_are_valid_and_say_what_the_base_says(root: Path, parley: Path) -> None:
    values = yaml.safe_load((parley / "values.yaml").read_text())
    schema = json.loads((parley / "values.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(values, schema)
    base = root / "deploy" / "k8s" / "base"
    lines = [line for line in (base / "addresses.env").read_text().splitlines() if line and line[0] != "#"]
    assert {name: str(value) for name, value in values["addresses"].items()} == dict(
        line.split("=", 1) for line in lines
    )
    assert set(values["pods"]) == SERVICES
    for service, pods in values["pods"].items():
        (scaler,) = (
            one
            for one in yaml.safe_load_all((base / f"{service}.yaml").read_text())
            if one["kind"] == "HorizontalPodAutoscaler"
        )
        assert (pods["min"], pods["max"]) == (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"])


@pytest.mark.parametrize(
    "wrong", [{"typo": 1}, {"pods": {"gateway": {"min": 1, "max": 2}}}, {"host": "https://voice"}, {"hostMedia": "yes"}]
)
def test_wrong_values_are_refused(parley: Path, wrong: dict[str, Any]) -> None:
    values = yaml.safe_load((parley / "values.yaml").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values | wrong, json.loads((parley / "values.schema.json").read_text()))


@pytest.mark.outside
@pytest.mark.parametrize(
    "options",
    [(), ("--set", "hostMedia=true", "--set", "settings.gateway.PARLEY_GATEWAY_CAPACITY=60")],
    ids=["as it is", "host media"],
)
def test_what_helm_renders_is_what_kubernetes_accepts(parley: Path, options: Sequence[str]) -> None:
    helm = shutil.which("helm")
    if helm is None:
        pytest.skip("helm is not installed")
    rendered = subprocess.run([helm, "template", "parley", parley, *options], capture_output=True, check=True)
    documents = [one for one in yaml.safe_load_all(rendered.stdout) if one is not None]
    assert len(documents) > 40
    for document in documents:
        kubernetes_validate.validate(document, "1.31", strict=True)
