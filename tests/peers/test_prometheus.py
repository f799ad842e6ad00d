"""Prometheus with the rules of deploy/prometheus and the queries of deploy/grafana: each alert fires and clears, each
panel has series."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from parley_testing.peers import require
from parley_testing.servers import free_port

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "rules.yaml"
DASHBOARDS = sorted((ROOT / "deploy" / "grafana").glob("*.json"))
ALERTS = {
    "ParleyCallsNotAnswered": "ParleyCallsNotAnsweredSlowly",
    "ParleySlowTurns": "ParleySlowTurnsSlowly",
    "ParleyDeadAir": "ParleyDeadAirSlowly",
}
# What counts up by one a minute in good times, and what in bad ones, by the alert that is to fire.
OFFERED = 'parley_gateway_offered_total{{outcome="{}"}}'
SERIES = {
    "ParleyCallsNotAnswered": ([OFFERED.format("answered")], [OFFERED.format("platform")]),
    "ParleySlowTurns": (
        ["parley_gateway_turn_seconds_count", 'parley_gateway_turn_seconds_bucket{le="1"}'],
        ["parley_gateway_turn_seconds_count"],
    ),
    "ParleyDeadAir": (
        ["parley_gateway_turn_seconds_count", 'parley_gateway_turn_seconds_bucket{le="1"}'],
        [
            "parley_gateway_turn_seconds_count",
            'parley_gateway_turn_seconds_bucket{le="1"}',
            "parley_gateway_dead_air_total",
        ],
    ),
}
GOOD, BAD = 240, 120  # minutes: good, bad, and good again


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def told(alert: str, good: int, bad: int, good_again: int) -> list[dict[str, str]]:
    """The series of an alert's objective: ten events a minute for so many minutes each."""
    whole, faulty = SERIES[alert]
    series = []
    for name in dict.fromkeys([*whole, *faulty]):
        steps, value = [], 0
        for minutes, counts in ((good, name in whole), (bad, name in faulty), (good_again, name in whole)):
            rise = 10 if counts else 0
            steps.append(f"{value}+{rise}x{minutes - 1}")
            value += rise * minutes
        series.append({"series": name, "values": " ".join(steps)})
    return series


def firing(alert: str, at_minutes: int, *, fires: bool) -> dict[str, Any]:
    query = f'count(ALERTS{{alertname="{alert}", alertstate="firing"}}) or vector(0)'
    samples = [{"labels": "{}", "value": 1 if fires else 0}]
    return {"expr": query, "eval_time": f"{at_minutes}m", "exp_samples": samples}


def test_each_alert_fires_in_bad_times_and_clears_in_good_ones(tmp_path: Path) -> None:
    end, hours = GOOD + BAD, 60
    tests = [
        {
            "interval": "1m",
            "input_series": told(page, GOOD, BAD, 8 * hours),
            "promql_expr_test": [
                *(firing(alert, GOOD - 1, fires=False) for alert in (page, ticket)),
                *(firing(alert, end - 1, fires=True) for alert in (page, ticket)),
                firing(page, end + hours, fires=False),
                firing(ticket, end + 7 * hours, fires=False),
            ],
        }
        for page, ticket in ALERTS.items()
    ]
    written = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(written))
    command = [require("promtool"), "test", "rules", str(tmp_path / "tests.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr


def test_few_faults_on_a_quiet_night_wake_nobody(tmp_path: Path) -> None:
    answered, refused = SERIES["ParleyCallsNotAnswered"]
    series = [
        {"series": answered[0], "values": "0+0x60 1x60 2x60"},
        {"series": refused[0], "values": "0+0x60 1+0x60 2+0x60"},
    ]
    tests = [
        {
            "interval": "1m",
            "input_series": series,
            "promql_expr_test": [firing("ParleyCallsNotAnswered", 130, fires=False)],
        }
    ]
    written = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(written))
    command = [require("promtool"), "test", "rules", str(tmp_path / "tests.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_runbook() -> None:
    assert {alert["alert"] for alert in alerts()} == {*ALERTS, *ALERTS.values()}
    for alert in alerts():
        assert (ROOT / alert["annotations"]["runbook"]).is_file(), alert["alert"]


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[str]:
    """A server that remembers three days of faults and scrapes every instrument; yields its address."""
    port = free_port()
    remember(tmp_path)
    instruments = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("every_instrument.py"))], stdout=subprocess.PIPE, text=True
    )
    assert instruments.stdout is not None
    target = instruments.stdout.readline().strip()
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "parley", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}],
    }
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(config))
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [
                require("prometheus"),
                f"--config.file={tmp_path / 'prometheus.yaml'}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        for process in (server, instruments):
            process.terminate()
            process.wait(30)


def remember(folder: Path) -> None:
    """Three days of the past, in which every event was a fault, as blocks of the server's storage."""
    now, lines = int(time.time()), []
    series: dict[str, tuple[str, list[str]]] = {}
    for _, faulty in SERIES.values():
        for name in faulty:
            family = name.partition("{")[0].removesuffix("_total").removesuffix("_count").removesuffix("_bucket")
            series.setdefault(family, ("counter" if "_total" in name else "unknown", []))[1].append(name)
    for family, (kind, names) in series.items():
        lines.append(f"# TYPE {family if kind == 'counter' else names[0]} {kind}")
        rises = [name for name in dict.fromkeys(names) if "le=" not in name]  # no answer within a second
        for name in rises:
            lines += [f"{name} {10 * step} {now - 3 * 86400 + 300 * step}" for step in range(3 * 288 + 1)]
    (folder / "past.txt").write_text("\n".join([*lines, "# EOF", ""]))
    command = [require("promtool"), "tsdb", "create-blocks-from", "openmetrics", "--quiet"]
    subprocess.run([*command, str(folder / "past.txt"), str(folder / "data")], check=True, timeout=100)


async def asked(client: aiohttp.ClientSession, url: str, query: str) -> list[Any]:
    async with client.get(f"{url}/api/v1/query", params={"query": query}) as answer:
        body = await answer.json()
    assert body["status"] == "success", (query, body)
    return list(body["data"]["result"])


async def until(condition: Any) -> Any:
    """What the condition gives, once it gives something."""
    async with asyncio.timeout(90):
        while True:
            try:
                if found := await condition():
                    return found
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.2)


async def test_a_server_fires_every_alert_and_has_series_for_every_panel(prometheus: str) -> None:
    async with aiohttp.ClientSession() as client:

        async def all_fire() -> bool:
            found = await asked(client, prometheus, 'ALERTS{alertstate="firing"}')
            return {one["metric"]["alertname"] for one in found} == {*ALERTS, *ALERTS.values()}

        assert await until(all_fire)
        assert DASHBOARDS
        for path in DASHBOARDS:
            for panel in json.loads(path.read_text())["panels"]:
                for target in panel["targets"]:
                    query = target["expr"].replace("$__rate_interval", "1m")
                    assert await until(lambda query=query: asked(client, prometheus, query)), (path.name, query)
