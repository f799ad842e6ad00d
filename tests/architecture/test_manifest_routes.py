"""Every channel's way in on Kubernetes: ingress, service, port of the pod, and the handler of the gateway behind it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from parley_bench.channel_context import simulated_context
from parley_core.settings import load
from parley_core.tasks import Tasks
from parley_gateway.channels.base import Channel
from parley_gateway.channels.registry import open_channels
from parley_gateway.settings import GatewaySettings

Document = dict[str, Any]
ALL_CHANNELS = {
    "ASTERISK_PASSWORD": "a password of sixteen",
    "LIVEKIT_URL": "wss://livekit.example.org",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "a secret that is long enough for it",
    "PUBLIC_URL": "https://voice.example.org",
    "SIP_PORT": "5060",
    "SIP_TRUNK": "udp:sip.example.org:5060",
    "TELNYX_API_KEY": "key",
    "TELNYX_PUBLIC_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "TWILIO_AUTH_TOKEN": "token",
}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> GatewaySettings:
    for name in [name for name in os.environ if name.startswith("PARLEY_")]:
        monkeypatch.delenv(name)
    for name, value in ALL_CHANNELS.items():
        monkeypatch.setenv(f"PARLEY_GATEWAY_{name}", value)
    return load(GatewaySettings)


@pytest.fixture
async def channels(settings: GatewaySettings) -> list[Channel]:
    return open_channels(simulated_context(settings, object(), Tasks("channels"), agents=None), settings)


@pytest.fixture(scope="module")
def k8s(root: Path) -> Path:
    return root / "deploy" / "k8s"


def documents(folder: Path, *names: str) -> Iterator[Document]:
    for name in names:
        yield from yaml.safe_load_all((folder / name).read_text())


class Way:
    """From a path of the ingress to a port of the pod."""

    def __init__(self, base: Path) -> None:
        all_ = list(documents(base, "ingress.yaml", "gateway.yaml"))
        (ingress,) = (one for one in all_ if one["kind"] == "Ingress")
        (service,) = (one for one in all_ if one["kind"] == "Service")
        (deployment,) = (one for one in all_ if one["kind"] == "Deployment")
        self.paths = ingress["spec"]["rules"][0]["http"]["paths"]
        self._service = {port["name"]: port["targetPort"] for port in service["spec"]["ports"]}
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        self._pod = {port["name"]: port["containerPort"] for port in container["ports"]}

    def port(self, path: str) -> int:
        """As Kubernetes chooses: the exact path, else the longest prefix."""
        exact = [one for one in self.paths if one["pathType"] == "Exact" and one["path"] == path]
        prefixes = [
            one
            for one in self.paths
            if one["pathType"] == "Prefix" and (path + "/").startswith(one["path"].rstrip("/") + "/")
        ]
        chosen = exact[0] if exact else max(prefixes, key=lambda one: len(one["path"]))
        return int(self._pod[self._service[chosen["backend"]["service"]["port"]["name"]]])


async def test_every_path_of_every_channel_reaches_the_port_that_serves_it(
    channels: list[Channel], settings: GatewaySettings, k8s: Path
) -> None:
    way = Way(k8s / "base")
    sockets = {path for channel in channels for path in channel.websockets()}
    requests = {route.path for channel in channels for route in channel.http_routes()}
    assert {"/v1/call", "/v1/realtime", "/v1/rtvi", "/relay"} <= sockets
    assert {"/v1/webrtc/offer", "/v1/realtime/client_secrets", "/twilio/voice", "/telnyx/webhook"} <= requests
    assert not sockets & requests  # one path is served at one port
    for path in sockets:
        assert way.port(path) == settings.web.ws_port, path
    for path in requests | {"/", "/v1/config", "/v1/tokens", "/healthz"}:
        assert way.port(path) == settings.web.http_port, path
    # And no path of the ingress leads to where nobody listens.
    assert {one["path"] for one in way.paths if one["backend"]["service"]["port"]["name"] == "ws"} == sockets


def test_public_addresses_are_the_ingress_hosts(k8s: Path) -> None:
    all_ = list(documents(k8s / "base", "ingress.yaml", "gateway.yaml"))
    host = next(one for one in all_ if one["kind"] == "Ingress")["spec"]["rules"][0]["host"]
    (container,) = next(one for one in all_ if one["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"]
    environment = {item["name"]: item.get("value") for item in container["env"]}
    assert environment["PARLEY_GATEWAY_PUBLIC_URL"] == f"https://{host}"
    assert environment["PARLEY_GATEWAY_WS_PUBLIC_URL"] == f"wss://{host}"
    assert environment["PARLEY_GATEWAY_TRUSTED_PROXIES"]  # else all callers share the ingress pod's limits


def test_media_that_no_ingress_carries_has_open_ports(k8s: Path, settings: GatewaySettings) -> None:
    policies = {one["metadata"]["name"]: one for one in documents(k8s / "base", "network.yaml")}
    ports = [port for rule in policies["parley-gateway"]["spec"]["ingress"] for port in rule["ports"]]
    assert {"protocol": "UDP", "port": 1024, "endPort": 65535} in ports
    patch = yaml.safe_load((k8s / "components" / "host-media" / "gateway.yaml").read_text())
    pod = patch["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    environment = {item["name"]: item.get("value") for item in container["env"]}
    assert pod["hostNetwork"] is True
    assert {port["containerPort"] for port in container["ports"]} == {int(environment["PARLEY_GATEWAY_SIP_PORT"])}
    assert {port["protocol"] for port in container["ports"]} == {"UDP", "TCP"}
    text = (k8s / "components" / "host-media" / "kustomization.yaml").read_text()
    assert " to ".join(environment["PARLEY_GATEWAY_SIP_RTP_PORTS"].split("-")) in text  # the firewall's list


@pytest.mark.parametrize("name", ["host-media", "turn"])
def test_components_change_the_gateway_by_settings_that_it_has(k8s: Path, name: str, settings_book: Any) -> None:
    folder = k8s / "components" / name
    patch = yaml.safe_load((folder / "gateway.yaml").read_text())
    (container,) = patch["spec"]["template"]["spec"]["containers"]
    assert (patch["metadata"]["name"], container["name"]) == ("parley-gateway", "gateway")
    assert {item["name"] for item in container["env"]} <= settings_book.names_of("gateway")
    base = next(one for one in documents(k8s / "base", "gateway.yaml") if one["kind"] == "Deployment")
    pod = base["spec"]["template"]["spec"]
    own = dict(patch["spec"]["template"]["spec"])
    (mine,) = own.pop("containers")
    pod.update(own)
    pod["containers"][0]["env"] += mine["env"]
    pod["containers"][0]["ports"] += mine.get("ports", [])
    kubernetes_validate.validate(base, "1.31", strict=True)
