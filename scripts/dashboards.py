"""The dashboards as code: `python scripts/dashboards.py` writes `deploy/grafana/*.json`, `--check` compares them.

A panel is a title, a unit and its queries; `tests/peers/test_prometheus.py` asks a real Prometheus for each of them.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "grafana"
ROLES = ("gateway", "asr", "llm", "tts")
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2  # Grafana's grid is 24 wide


@dataclass(frozen=True, slots=True)
class Panel:
    """`queries`: PromQL by legend."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    about: str = ""


def by(label: str, metric: str) -> str:
    return f"sum by ({label}) (rate({metric}[$__rate_interval]))"


def quantiles(metric: str, label: str = "") -> tuple[tuple[str, str], ...]:
    legend, group = (f"{{{{{label}}}}} ", f"le, {label}") if label else ("", "le")
    return tuple(
        (f"{legend}p{share * 100:g}", f"histogram_quantile({share:g}, {by(group, f'{metric}_bucket')})")
        for share in (0.5, 0.95, 0.99)
    )


DASHBOARDS: dict[str, tuple[str, tuple[Panel, ...]]] = {
    "calls": (
        "Calls now",
        (
            Panel("Running calls", "short", (("calls", "sum(parley_gateway_calls)"),)),
            Panel("Beginnings of calls", "cps", (("{{outcome}}", by("outcome", "parley_gateway_offered_total")),)),
            Panel("Refused, by reason", "cps", (("{{reason}}", by("reason", "parley_gateway_refused_total")),)),
            Panel("Ended, by reason", "cps", (("{{reason}}", by("reason", "parley_gateway_ended_total")),)),
            Panel(
                "Share of the error budget's rate, over an hour",
                "none",
                (
                    ("calls answered", "parley:calls_answered:error_ratio_1h / 0.001"),
                    ("turns within 1 s", "parley:turns_in_time:error_ratio_1h / 0.05"),
                    ("no dead air", "parley:dead_air:error_ratio_1h / 0.001"),
                ),
                "1 uses up the budget of 30 days in 30 days; 14.4 wakes a person.",
            ),
            Panel(
                "Interruptions",
                "cps",
                (("replies cut off", "sum(rate(parley_gateway_interruptions_total[$__rate_interval]))"),),
            ),
        ),
    ),
    "latency": (
        "Latency by part",
        (
            Panel("Caller's last sound to agent's first", "s", quantiles("parley_gateway_turn_seconds")),
            Panel(
                "Dead air, by what took longest", "cps", (("{{part}}", by("part", "parley_gateway_dead_air_total")),)
            ),
            Panel("Recognition: end of speech to final text", "s", quantiles("parley_asr_final_seconds")),
            Panel("Model: committed turn to first token", "s", quantiles("parley_llm_first_token_seconds")),
            Panel("Speech: sentence to first audio", "s", quantiles("parley_tts_first_audio_seconds")),
            Panel("Knowledge, by RPC", "s", quantiles("parley_rag_duration_seconds", "rpc")),
            Panel("Tools", "s", quantiles("parley_tools_call_duration_seconds")),
        ),
    ),
    "roles": (
        "Roles and bus",
        (
            *(
                Panel(
                    f"{role}: in use and capacity",
                    "short",
                    (("in use", f"sum(parley_{role}_in_use)"), ("capacity", f"sum(parley_{role}_capacity)")),
                )
                for role in ROLES
            ),
            Panel("Workers lost", "cps", (("{{role}}", by("role", "parley_gateway_workers_lost_total")),)),
            Panel("Event loop: how late a timer ran", "s", quantiles("parley_event_loop_blocked_seconds", "instance")),
            Panel("Bus: a write to the stored log and back", "s", quantiles("parley_bus_write_seconds")),
            Panel(
                "Bus: events that the log has not confirmed",
                "short",
                (("{{instance}}", "sum by (instance) (parley_bus_unsent_events)"),),
            ),
        ),
    ),
    "providers": (
        "Providers",
        tuple(
            panel
            for role in ("asr", "llm", "tts")
            for panel in (
                Panel(
                    f"{role}: requests, by provider and outcome",
                    "reqps",
                    (("{{provider}} {{outcome}}", by("provider, outcome", f"parley_{role}_provider_requests_total")),),
                ),
                Panel(
                    f"{role}: first result", "s", quantiles(f"parley_{role}_provider_first_result_seconds", "provider")
                ),
                Panel(
                    f"{role}: fallbacks",
                    "reqps",
                    (("{{provider}} to {{next}}", by("provider, next", f"parley_{role}_provider_fallbacks_total")),),
                ),
            )
        ),
    ),
}


def dashboard(name: str, title: str, panels: tuple[Panel, ...]) -> dict[str, object]:
    return {
        "uid": f"parley-{name}",
        "title": f"Parley: {title}",
        "tags": ["parley"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}]
        },
        "panels": [_panel(at, panel) for at, panel in enumerate(panels)],
    }


def _panel(at: int, panel: Panel) -> dict[str, object]:
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "id": at + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": source,
        "gridPos": {"x": at % _COLUMNS * _WIDTH, "y": at // _COLUMNS * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": source, "expr": query, "legendFormat": legend}
            for number, (legend, query) in enumerate(panel.queries)
        ],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="change nothing; 1 where a file is not what it should be")
    check = parser.parse_args().check
    stale = []
    for name, (title, panels) in DASHBOARDS.items():
        path = FOLDER / f"{name}.json"
        text = json.dumps(dashboard(name, title, panels), indent=1, ensure_ascii=False) + "\n"
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(path.name)
        elif not check:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"dashboards: {', '.join(stale)} not as made: run python scripts/dashboards.py\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
