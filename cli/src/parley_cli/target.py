"""Where the platform is: addresses of a running stack, from the environment or the one-machine defaults."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from parley_local.keys import API_KEY, SETTING, WAREHOUSE_PASSWORD, adopt_operator, known_secret
from parley_local.plan import TENANT, Plan, Ports, port_offset


@dataclass(frozen=True, slots=True)
class Target:
    tenant: str
    gateway_url: str
    nats_url: str
    clickhouse_url: str
    rag_address: str
    tools_address: str
    asr_address: str
    tts_address: str
    temporal_ui: str
    api_key: str = ""  # of the gateway

    @staticmethod
    def from_environment() -> "Target":
        """`PARLEY_*` variables, as the services read them; what is not set is the local stack's. The process acts as
        that installation's operator from here on."""
        adopt_operator(var_folder())
        return _target(Ports().moved(port_offset(os.environ)), dict(os.environ), var_folder())

    @staticmethod
    def of_plan(plan: Plan) -> "Target":
        return _target(plan.ports, plan.environment, plan.var)


def _target(ports: Ports, given: dict[str, str], var: Path) -> Target:
    local = "127.0.0.1"
    return Target(
        tenant=given.get("PARLEY_TENANT", TENANT),
        gateway_url=given.get("PARLEY_URL", f"http://{local}:{ports.gateway_http}"),
        nats_url=given.get("PARLEY_NATS_URL", f"nats://{local}:{ports.nats}"),
        clickhouse_url=given.get("PARLEY_CLICKHOUSE_URL") or _warehouse(f"{local}:{ports.clickhouse}", var),
        rag_address=given.get("PARLEY_RAG_ADDRESS", f"{local}:{ports.rag}"),
        tools_address=given.get("PARLEY_TOOLS_ADDRESS", f"{local}:{ports.tools}"),
        asr_address=given.get("PARLEY_ASR_ADDRESS", f"{local}:{ports.asr}"),
        tts_address=given.get("PARLEY_TTS_ADDRESS", f"{local}:{ports.tts}"),
        api_key=given.get(SETTING) or known_secret(var, API_KEY),
        temporal_ui=f"http://{local}:{ports.temporal_ui}",
    )


def _warehouse(address: str, var: Path) -> str:
    password = known_secret(var, WAREHOUSE_PASSWORD)
    return f"http://default:{quote(password, safe='')}@{address}" if password else f"http://{address}"


def var_folder() -> Path:
    """Where the local stack keeps its files: PARLEY_VAR, or `var` in the current folder."""
    return Path(os.environ.get("PARLEY_VAR", "var"))
