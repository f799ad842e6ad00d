"""The Kubernetes manifests against Kubernetes' schemas and against the settings of the services that they start."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import kubernetes_validate
import pytest
import yaml
from parley_core.settings import load

VERSIONS = ("1.31", "1.37")
SCALED = ("gateway", "asr", "tts", "llm", "rag", "tools", "billing", "postcall")  # ClickHouse stands for the warehouse
SECRETS = {"database-url": "postgresql+asyncpg://parley@db/parley", "clickhouse-url": "http://parley@clickhouse:8123"}
Document = dict[str, Any]


@dataclass(frozen=True)
class Manifests:
    documents: list[Document]
    addresses: dict[str, str]

    def of(self, kind: str) -> dict[str, Document]:
        return {one["metadata"]["name"]: one for one in self.documents if one["kind"] == kind}

    def pod(self, service: str) -> Document:
        spec: Document = self.of("Deployment")[f"parley-{service}"]["spec"]["template"]["spec"]
        return spec

    def container(self, service: str) -> Document:
        (container,) = self.pod(service)["containers"]
        assert isinstance(container, dict)
        return container

    def ports(self, service: str) -> dict[str, int]:
        return {port["name"]: port["containerPort"] for port in self.container(service)["ports"]}

    def environment(self, service: str) -> dict[str, str]:
        """What the pod's process reads, with made-up secrets."""
        values = dict(self.addresses)
        for item in self.container(service)["env"]:
            key = item.get("valueFrom", {}).get("secretKeyRef", {}).get("key", "")
            values[item["name"]] = item.get("value") or SECRETS.get(key, "sixteen-bytes-or-more")
        return values


def read_env(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture(scope="module")
def k8s(root: Path) -> Path:
    return root / "deploy" / "k8s"


@pytest.fixture(scope="module")
def base(k8s: Path) -> Manifests:
    folder = k8s / "base"
    names = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    documents = [document for name in names for document in yaml.safe_load_all((folder / name).read_text())]
    return Manifests(documents, read_env(folder / "addresses.env"))


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("PARLEY_")]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_what_kubernetes_accepts(base: Manifests, version: str) -> None:
    for document in base.documents:
        kubernetes_validate.validate(document, version, strict=True)


def test_every_file_is_listed_and_every_service_is_there(base: Manifests, k8s: Path, settings_book: ModuleType) -> None:
    for folder in (k8s / "base", *(k8s / "overlays").iterdir()):
        text = (folder / "kustomization.yaml").read_text()
        assert not [
            path.name for path in folder.iterdir() if path.name not in text and "kustomization" not in path.name
        ]
    assert sorted(SCALED) == sorted(set(settings_book.services()) - {"warehouse"})
    for kind in ("Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
        assert set(base.of(kind)) == {f"parley-{service}" for service in SCALED}


@pytest.mark.parametrize("service", SCALED)
def test_the_environment_of_every_pod_starts_its_service(
    base: Manifests, service: str, settings_book: ModuleType, clean_environment: pytest.MonkeyPatch
) -> None:
    """Every name is a setting of that service or a key that its vendors refer to, every value is within its range."""
    environment = base.environment(service)
    keys = set(re.findall(r'"env:(\w+)"', environment.get("PARLEY_VENDORS", "")))
    assert set(environment) - settings_book.names_of(service) == keys
    for name, value in environment.items():
        clean_environment.setenv(name, value)
    load(settings_book.settings_of(service))


@pytest.mark.parametrize("service", SCALED)
def test_ports_are_those_of_the_settings(
    base: Manifests, service: str, settings_book: ModuleType, clean_environment: pytest.MonkeyPatch
) -> None:
    for name, value in base.environment(service).items():
        clean_environment.setenv(name, value)
    settings = load(settings_book.settings_of(service))
    ports = base.ports(service)
    wanted = {"health": settings.health_port}
    wanted |= {"http": settings.web.http_port, "ws": settings.web.ws_port} if service == "gateway" else {}
    wanted |= {} if service == "gateway" else {"grpc": settings.grpc_port}
    assert ports == wanted
    served = {port["name"]: port["port"] for port in base.of("Service")[f"parley-{service}"]["spec"]["ports"]}
    assert served == {name: port for name, port in ports.items() if name != "health"}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        request = base.container(service)[probe]["httpGet"]
        assert request == {"path": "/readyz" if probe == "readinessProbe" else "/healthz", "port": "health"}


@pytest.mark.parametrize("service", SCALED)
def test_a_pod_has_longer_to_end_than_its_service_takes_to_drain(base: Manifests, service: str) -> None:
    drain_s = int(base.environment(service)[f"PARLEY_{service.upper()}_DRAIN_TIMEOUT_S"])
    before_s = int(
        base.container(service).get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", "00")[1]
    )
    assert base.pod(service)["terminationGracePeriodSeconds"] >= drain_s + before_s + 5


@pytest.mark.parametrize("service", SCALED)
def test_kubernetes_adds_no_variable_that_stops_the_start(base: Manifests, service: str) -> None:
    """A Service named parley-asr would put PARLEY_ASR_PORT, an unknown setting, into every pod of the namespace."""
    assert base.pod(service)["enableServiceLinks"] is False


@pytest.mark.parametrize("service", SCALED)
def test_pods_run_without_rights(base: Manifests, service: str) -> None:
    pod, container = base.pod(service), base.container(service)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_addresses_lead_to_services_that_listen_there(base: Manifests) -> None:
    led = 0
    for name, value in base.addresses.items():
        host, _, port = value.partition(":")
        if name.endswith("_ADDRESS") and host.startswith("parley-"):
            assert {"name": "grpc", "port": int(port)}.items() <= base.of("Service")[host]["spec"]["ports"][0].items()
            led += 1
    assert led == 6


def test_selectors_and_references_meet_what_they_name(base: Manifests) -> None:
    labels = {
        deployment["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]: name
        for name, deployment in base.of("Deployment").items()
    }
    for name in labels.values():
        assert base.of("Service")[name]["spec"]["selector"]["app.kubernetes.io/name"] in labels
        budget = base.of("PodDisruptionBudget")[name]["spec"]
        assert budget["selector"]["matchLabels"]["app.kubernetes.io/name"] == name
        scaler = base.of("HorizontalPodAutoscaler")[name]["spec"]
        assert scaler["scaleTargetRef"]["name"] == name
        assert scaler["minReplicas"] > budget["maxUnavailable"]  # a drained node never takes the last one
    for policy in base.of("NetworkPolicy").values():
        for target in selected(policy):
            assert target in labels
        own = policy["spec"]["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name")
        for rule in policy["spec"].get("ingress", []):
            ports = base.ports(own.removeprefix("parley-")) if own else base.ports("gateway")
            assert {port["port"] for port in rule["ports"] if isinstance(port["port"], str)} <= set(ports)
    for rule in base.of("Ingress")["parley-gateway"]["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            backend = path["backend"]["service"]
            assert backend["port"]["name"] in {p["name"] for p in base.of("Service")[backend["name"]]["spec"]["ports"]}


def selected(policy: Document) -> Iterator[str]:
    """Names of pods that a policy speaks of: whom it guards and whom it lets in."""
    peers = [peer for rule in policy["spec"].get("ingress", []) for peer in rule.get("from", [])]
    for selector in [policy["spec"]["podSelector"], *(peer["podSelector"] for peer in peers if "podSelector" in peer)]:
        yield from selector.get("matchLabels", {}).values()


@pytest.mark.parametrize("service", SCALED)
def test_a_pod_has_the_key_of_its_own_service_and_no_other(base: Manifests, service: str) -> None:
    key = Path(base.environment(service)["PARLEY_IDENTITY"])
    (mount,) = [one for one in base.container(service)["volumeMounts"] if one["mountPath"] == str(key.parent)]
    secrets = {one["name"]: one["secret"]["secretName"] for one in base.pod(service)["volumes"] if "secret" in one}
    assert key.name == f"{service}.nk"
    assert secrets[mount["name"]] == f"parley-{service}-identity"
    assert [name for name in secrets.values() if name.endswith("-identity")] == [f"parley-{service}-identity"]


def test_secrets_are_only_referred_to(base: Manifests, settings_book: ModuleType) -> None:
    assert not base.of("Secret")
    for service in SCALED:
        for item in base.container(service)["env"]:
            if settings_book.SECRET.search(item["name"]) or item["name"].endswith("DATABASE_URL"):
                assert "secretKeyRef" in item["valueFrom"]


def test_overlays_change_only_what_the_base_has(base: Manifests, k8s: Path, settings_book: ModuleType) -> None:
    for overlay in (k8s / "overlays").iterdir():
        kustomization = yaml.safe_load((overlay / "kustomization.yaml").read_text())
        assert {image["name"] for image in kustomization["images"]} == {f"parley-{service}" for service in SCALED}
        for patch in kustomization["patches"]:
            document = yaml.safe_load((overlay / patch["path"]).read_text())
            if "target" in patch:  # operations on one that the base has
                assert patch["target"]["name"] in base.of(patch["target"]["kind"])
                continue
            assert document["metadata"]["name"] in base.of(document["kind"])
            if document["kind"] != "Deployment":
                continue
            service = document["metadata"]["name"].removeprefix("parley-")
            for container in document["spec"]["template"]["spec"].get("containers", []):
                assert container["name"] == service
                names = {item["name"] for item in container["env"]}
                assert not names - settings_book.names_of(service)
        assert not set(read_env(overlay / "addresses.env")) - settings_book.names_of("gateway")


def test_the_example_overlay_serves_the_example_clinics_calendar(k8s: Path, root: Path) -> None:
    mine = (k8s / "overlays" / "example" / "clinic-calendar.yaml").read_text()
    assert mine == (root / "examples" / "clinic" / "calendar.yaml").read_text()
