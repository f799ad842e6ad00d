"""What every service has in common: its anatomy, described settings, and that importing it does nothing."""

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ANATOMY = ("pyproject.toml", "README.md", "src/parley_{0}/settings.py", "src/parley_{0}/app.py")
MAIN_LINES = 30

# Imports every module of the packages that it is given, and ends at the first thing that a mere import must not do.
# What a library does while it is itself imported is its own matter: its frames meet importlib's before they meet ours.
IMPORT_ALL = """
import importlib, pkgutil, sys, threading
sys.dont_write_bytecode = True
FORBIDDEN = {"socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.mkdir", "os.remove", "os.rename"}
def is_ours():
    frame = sys._getframe(2)
    while frame is not None and "importlib" not in frame.f_code.co_filename:
        if "parley_" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False
def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if (writes or event in FORBIDDEN) and is_ours():
        raise SystemExit(f"does {event} {arguments} at import")
sys.addaudithook(watch)
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
busy = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
sys.exit(f"threads run after import: {busy}" if busy else 0)
"""


def test_every_service_has_the_same_anatomy(settings_book: ModuleType, root: Path) -> None:
    missing = [
        f"services/{service}/{name.format(service)}"
        for service in settings_book.services()
        for name in (*ANATOMY, "src/parley_{0}/__main__.py", "src/parley_{0}/py.typed", "tests")
        if not (root / "services" / service / name.format(service)).exists()
    ]
    assert not missing


def test_main_only_starts_the_app(settings_book: ModuleType, root: Path) -> None:
    mains = [root / f"services/{service}/src/parley_{service}/__main__.py" for service in settings_book.services()]
    assert not [str(path) for path in mains if len(path.read_text().splitlines()) > MAIN_LINES]


def test_every_readme_names_every_setting_of_its_service(settings_book: ModuleType, root: Path) -> None:
    """By its whole name, by the field, or as `_FIELD` after a sibling's whole name."""
    unnamed = []
    for service in settings_book.services():
        readme = root / "services" / service / "README.md"
        named = set(re.findall(r"[A-Za-z0-9_]+", readme.read_text())) if readme.exists() else set()
        for field in settings_book.own_fields(service):
            whole = f"PARLEY_{service}_{field}".upper()
            if not named & {field, field.upper(), whole, f"_{field}".upper()}:
                unnamed.append(whole)
    assert not unnamed


def test_every_setting_says_what_it_is(settings_book: ModuleType) -> None:
    assert not [one.name for _, variables in settings_book.groups() for one in variables if not one.description]


def test_every_number_among_the_settings_has_a_range(settings_book: ModuleType) -> None:
    unbounded = []
    for service in settings_book.services():
        for name, info in settings_book.settings_of(service).model_fields.items():
            signs = {sign for constraint in info.metadata for sign in settings_book.SIGNS if hasattr(constraint, sign)}
            if info.annotation in (int, float) and not signs & {"ge", "gt"}:
                unbounded.append(f"{service}.{name}")
    assert not unbounded


def test_the_example_of_the_environment_is_current_and_holds_no_secret(settings_book: ModuleType, root: Path) -> None:
    text = (root / ".env.example").read_text(encoding="utf-8")
    assert text == settings_book.text(), "run python scripts/env_example.py"
    secrets = [line for line in text.splitlines() if re.match(r"#\w*(SECRET|PASSWORD|API_KEY|HEADERS)=", line)]
    assert secrets
    assert not [line for line in secrets if not line.endswith("=")]
    assert not [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.outside
def test_importing_parley_does_nothing(settings_book: ModuleType) -> None:
    """No client, no file, no thread, no process before `main`: imports are only definitions."""
    packages = ["parley_core", "parley_audio", "parley_sip", "parley_store", "parley_local", "parley_cli"]
    packages += [f"parley_{service}" for service in settings_book.services()]
    run = subprocess.run([sys.executable, "-c", IMPORT_ALL, *packages], capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stderr[-2000:]
