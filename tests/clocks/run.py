"""Runs tests with the machine's clock and time zone set to moments at which dates go wrong. `make test-clocks`.

Every process that a test starts gets the same clock through libfaketime (Debian's faketime; `make peers` installs it).
Programs that are not Python and read the clock past the C library (NATS, Temporal) keep the real one: they count
durations, and no date of theirs is read.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Where dates are read, said, stored or compared.
PURE = ("cli", "libs/core", "services/llm", "services/tools", "services/rag", "services/postcall", "services/billing")
# Seconds, and no servers. The generated phrases have moments of their own, so the machine's clock shows nothing there.
FIRST = (
    "cli",
    *(
        f"services/llm/tests/{part}"
        for part in ("rule_based", "values", "claims", "test_dates.py", "test_slot_values.py")
    ),
    "services/tools/tests/test_calendar.py",
    "tests/clocks",
)
OWN_MOMENTS = "services/llm/tests/values/test_generated_phrases.py"
TWO_AT_ONCE = ("-n", "2", "--dist", "loadfile")
SPOKEN = ("tests/e2e/test_first_call.py",)


@dataclass(frozen=True, slots=True)
class Moment:
    at: str  # ISO 8601, UTC
    zone: str  # the machine's
    why: str


MOMENTS = (
    Moment("2026-12-31T00:30+00:00", "Asia/Tokyo", "still the 30th in New York, already the 31st here"),
    Moment("2026-11-26T03:00+00:00", "America/Los_Angeles", "the evening before a closed day"),
    Moment("2027-02-28T23:30+00:00", "Europe/London", "the last minutes of February"),
    Moment("2027-03-14T12:00+00:00", "America/Los_Angeles", "the day on which America's summer time begins"),
    Moment("2027-03-28T00:30+00:00", "Europe/London", "the night on which Europe's summer time begins"),
    Moment("2026-10-25T00:30+00:00", "Europe/London", "the night on which Europe's summer time ends"),
    Moment("2027-11-07T03:00+00:00", "Asia/Tokyo", "the day on which America's summer time ends"),
    Moment("2026-12-31T23:30+00:00", "UTC", "the last half hour of the year"),
)
QUICK = 2


def run(moment: Moment, arguments: Sequence[str]) -> bool:
    """Run pytest at the moment; whether all passed."""
    offset = round(datetime.fromisoformat(moment.at).timestamp() - time.time())
    print(f"clocks: {moment.at}, TZ={moment.zone}: {moment.why}", flush=True)
    shim = str(Path(__file__).parent / "shim")
    environment = os.environ | {"TZ": moment.zone, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": shim}
    command = ["faketime", "-f", f"{offset:+d}s", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run([*command, *arguments], cwd=ROOT, env=environment, check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} moments, without the spoken call")
    options = parser.parse_args()
    if shutil.which("faketime") is None:
        print("clocks: faketime is not installed (Debian: faketime; make peers)", file=sys.stderr)
        return 1 if os.environ.get("PARLEY_REQUIRE_PEERS") else 0
    moments = MOMENTS[:QUICK] if options.quick else MOMENTS
    marks = "not e2e and not chaos and not peers"
    failed = [
        one
        for one in moments
        if not run(one, [*TWO_AT_ONCE, "-m", marks, f"--ignore={OWN_MOMENTS}", *(FIRST if options.quick else PURE)])
    ]
    if not options.quick:
        failed += [one for one in moments if not run(one, list(SPOKEN))]
    for one in failed:
        print(f"clocks: failed at {one.at}, TZ={one.zone}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
