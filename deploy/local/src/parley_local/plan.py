"""What runs on one machine: every program of the stack, its command, its environment, its ports, how it shows health.

Pure: `stack` starts what this module plans; the environment of the person who starts it overrides every value.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import quote

from parley_core.errors import BadInput

from parley_local.keys import bus_configuration, identity_folder

TENANT = "demo"
WORKERS = 2  # of each claimed role, so that a call outlives one


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens, on loopback. `PARLEY_PORT_OFFSET` moves them all at once."""

    gateway_http: int = 8080
    gateway_ws: int = 8081
    gateway_sip: int = 5070  # UDP and TCP
    nats: int = 4222
    nats_monitor: int = 8222
    temporal: int = 7233
    temporal_ui: int = 8233
    clickhouse: int = 8123
    rag: int = 50051
    tools: int = 50052
    billing: int = 50053
    asr: int = 50061  # and one more for each further worker
    tts: int = 50071
    llm: int = 50081
    postcall: int = 50091
    health: int = 9001  # and one more for each further process

    def moved(self, offset: int) -> "Ports":
        moved = {item.name: getattr(self, item.name) + offset for item in fields(self)}
        if max(moved.values()) + 20 > 65535 or min(moved.values()) < 1:
            raise BadInput("PARLEY_PORT_OFFSET", f"{offset} moves a port out of 1 to 65535")
        return Ports(**moved)


@dataclass(frozen=True, slots=True)
class Program:
    """One process under the process manager."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    health_url: str  # answers 200 when the program may be given work
    listens: tuple[int, ...]
    group: str  # stopped together; see GROUPS
    stop_s: int = 8


# Stopped in this order: callers first, then those who serve them, then what everybody stands on.
GROUPS = ("channels", "services", "ground")


@dataclass(frozen=True, slots=True)
class Plan:
    var: Path
    ports: Ports
    programs: tuple[Program, ...]
    environment: dict[str, str] = field(default_factory=dict)  # what clients of the stack need, such as the cli

    def program(self, name: str) -> Program:
        return next(program for program in self.programs if program.name == name)


def make_plan(
    var: Path,
    *,
    examples: Path,
    ports: Ports | None = None,
    workers: int = WORKERS,
    overrides: Mapping[str, str] | None = None,
    api_key: str = "",
    warehouse_password: str = "",
) -> Plan:
    """Plan the stack with its files under `var`. `overrides`: environment that goes before every planned value.
    `api_key`: of the gateway; empty: it is open to this machine. So is the warehouse without `warehouse_password`."""
    given = dict(os.environ if overrides is None else overrides)
    ports = (ports or Ports()).moved(port_offset(given))
    var = var.resolve()
    password = given.get("PARLEY_WAREHOUSE_PASSWORD", warehouse_password)
    shared = _shared_environment(var, ports, warehouse_user=_user_info(given, password)) | {
        name: value for name, value in given.items() if name.startswith(("PARLEY_", "OTEL_"))
    }
    tools_keys = str(var / "secrets" / "tools_keys")
    health = iter(range(ports.health, ports.health + 40))

    def service(name: str, *, index: int = 0, grpc: int = 0, group: str = "services", **own: str) -> Program:
        port = next(health)
        environment = {f"PARLEY_{name.upper()}_{key}": value for key, value in own.items()}
        environment["PARLEY_HEALTH_PORT"] = str(port)
        environment["PARLEY_IDENTITY"] = str(identity_folder(var) / f"{name}.nk")
        if grpc:
            environment["PARLEY_GRPC_PORT"] = str(grpc)
        return Program(
            name=f"{name}-{index + 1}" if index or name in ("asr", "llm", "tts") else name,
            command=(sys.executable, "-m", f"parley_{name}"),
            environment={**environment, **shared, "PARLEY_HEALTH_PORT": str(port)},
            health_url=f"http://127.0.0.1:{port}/readyz",
            listens=tuple(number for number in (grpc, port) if number),
            group=group,
        )

    def database(name: str) -> str:
        return f"sqlite+aiosqlite:///{var}/db/{name}.db"

    programs = [
        _nats(var, ports, shared),
        _temporal(var, ports, shared),
        _warehouse(var, ports, shared, password),
        service("rag", grpc=ports.rag, STORE_PATH=str(var / "rag")),
        service("tools", grpc=ports.tools, DATABASE_URL=database("tools"), CALENDARS=str(examples), KEYS=tools_keys),
        service("billing", grpc=ports.billing, DATABASE_URL=database("billing")),
        service("postcall", grpc=ports.postcall, DATABASE_URL=database("postcall")),
    ]
    for index in range(workers):
        programs += [
            service(
                "asr",
                index=index,
                grpc=ports.asr + index,
                MODELS_DIR=str(var / "asr" / "models"),
                WEIGHTS_DIR=str(var / "models"),
                DECODERS="2",
            ),
            service("tts", index=index, grpc=ports.tts + index, WEIGHTS_DIR=str(var / "models")),
            service("llm", index=index, grpc=ports.llm + index),
        ]
    gateway = service(
        "gateway",
        group="channels",
        HTTP_PORT=str(ports.gateway_http),
        WS_PORT=str(ports.gateway_ws),
        SIP_PORT=str(ports.gateway_sip),
        DEFAULT_TENANT=TENANT,
        API_KEY=api_key,
    )
    programs.append(gateway)
    return Plan(var, ports, tuple(programs), shared)


def port_offset(given: Mapping[str, str]) -> int:
    """PARLEY_PORT_OFFSET of an environment. Raises BadInput for what is no whole number."""
    text = given.get("PARLEY_PORT_OFFSET") or "0"
    try:
        return int(text)
    except ValueError:
        raise BadInput("PARLEY_PORT_OFFSET", f"{text!r} is not a whole number") from None


def _user_info(given: Mapping[str, str], password: str) -> str:
    """Of the warehouse's URL."""
    return f"{quote(given.get('PARLEY_WAREHOUSE_USER', 'default'))}:{quote(password, safe='')}@" if password else ""


def _shared_environment(var: Path, ports: Ports, *, warehouse_user: str) -> dict[str, str]:
    return {
        "PARLEY_NATS_URL": f"nats://127.0.0.1:{ports.nats}",
        "PARLEY_OBJECTS_URL": str(var / "objects"),
        "PARLEY_TRACES_DIR": str(var / "traces"),
        "PARLEY_UNSENT_DIR": str(var / "unsent"),
        "PARLEY_RAG_ADDRESS": f"127.0.0.1:{ports.rag}",
        "PARLEY_TOOLS_ADDRESS": f"127.0.0.1:{ports.tools}",
        "PARLEY_BILLING_ADDRESS": f"127.0.0.1:{ports.billing}",
        "PARLEY_ASR_ADDRESS": f"127.0.0.1:{ports.asr}",
        "PARLEY_TTS_ADDRESS": f"127.0.0.1:{ports.tts}",
        "PARLEY_LLM_ADDRESS": f"127.0.0.1:{ports.llm}",
        "PARLEY_CLICKHOUSE_URL": f"http://{warehouse_user}127.0.0.1:{ports.clickhouse}",
        "PARLEY_TEMPORAL_ADDRESS": f"127.0.0.1:{ports.temporal}",
        # NumPy's threads of a dozen processes would fight for two cores.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        # Where bytecode is not kept, a dozen processes compile everything they import at every start.
        "PYTHONDONTWRITEBYTECODE": "",
    }


def _beside(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _nats(var: Path, ports: Ports, shared: dict[str, str]) -> Program:
    return Program(
        name="nats",
        command=(
            *(sys.executable, "-m", "parley_local.nats_guard", str(var / "nats")),
            *(_beside("nats-server"), "-a", "127.0.0.1", "-p", str(ports.nats), "-m", str(ports.nats_monitor)),
            *("-js", "-sd", str(var / "nats"), "-c", str(bus_configuration(var))),
        ),
        environment=dict(shared),
        health_url=f"http://127.0.0.1:{ports.nats_monitor}/healthz",
        listens=(ports.nats, ports.nats_monitor),
        group="ground",
    )


def _temporal(var: Path, ports: Ports, shared: dict[str, str]) -> Program:
    return Program(
        name="temporal",
        command=(
            *(_beside("temporal"), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(ports.temporal)),
            *("--ui-port", str(ports.temporal_ui), "--db-filename", str(var / "temporal" / "temporal.db")),
            *("--log-level", "warn"),
        ),
        environment=dict(shared),
        health_url=f"http://127.0.0.1:{ports.temporal_ui}/api/v1/namespaces/default",
        listens=(ports.temporal, ports.temporal_ui),
        group="ground",
    )


def _warehouse(var: Path, ports: Ports, shared: dict[str, str], password: str) -> Program:
    return Program(
        name="warehouse",
        command=(sys.executable, "-m", "parley_warehouse"),
        environment={
            "PARLEY_WAREHOUSE_DATA_DIR": str(var / "clickhouse"),
            "PARLEY_WAREHOUSE_PORT": str(ports.clickhouse),
            "PARLEY_WAREHOUSE_PASSWORD": password,
            **shared,
        },
        health_url=f"http://127.0.0.1:{ports.clickhouse}/ping",
        listens=(ports.clickhouse,),
        group="ground",
    )
