"""asr, llm and tts choose their providers by name, in the same way: the same files, the same roles, the same names."""

import ast
import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from parley_asr.providers.registry import VENDORS as RECOGNISERS
from parley_asr.providers.registry import build_registry as recognisers
from parley_asr.settings import AsrSettings
from parley_core.providers import Names
from parley_core.vendors import Vendors
from parley_llm.providers.registry import build_registry as models
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.settings import LlmSettings
from parley_testing.conversation import FakeKnowledge
from parley_tts.providers.registry import VENDORS as VOICES
from parley_tts.providers.registry import build_registry as voices
from parley_tts.providers.registry import voices_of
from parley_tts.settings import TtsSettings

SERVICES = ("asr", "llm", "tts")
VENDORS = {
    "openai",
    "anthropic",
    "gemini",
    *(vendor for vendor, _ in RECOGNISERS.values()),
    *(vendor for vendor, _ in VOICES.values()),
}
ANATOMY = (
    "src/parley_{0}/opener.py",
    "src/parley_{0}/metrics.py",
    "src/parley_{0}/providers/base.py",
    "src/parley_{0}/providers/registry.py",
    "src/parley_{0}/providers/fake.py",
    "tests/contract/test_providers.py",
)


def classes(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)}


@pytest.mark.parametrize("service", SERVICES)
def test_services_with_providers_have_one_anatomy(root: Path, service: str) -> None:
    place = root / "services" / service
    assert not [name for name in ANATOMY if not (place / name.format(service)).exists()]
    package = place / f"src/parley_{service}"
    assert "CallOpener" in classes(package / "opener.py")
    assert "FakeProvider" in classes(package / "providers" / "fake.py")


def test_the_names_that_documents_may_use_are_those_of_the_registries(tmp_path: Path) -> None:
    """Every optional provider is switched on: what a process may have, publishing knows, and nothing else."""
    known = Names()
    vendors = Vendors.model_validate({vendor: {"key": "k"} for vendor in VENDORS})
    asr = AsrSettings(provider="fake", vendors=vendors, models_dir=str(tmp_path))
    assert set(recognisers(asr).names) == known.recogniser
    llm = LlmSettings(provider="fake", vendors=vendors)
    assert set(models(llm, RuleBasedProvider(FakeKnowledge())).names) == known.model
    (tmp_path / "piper").mkdir()
    (tmp_path / "piper" / "voice.onnx.json").touch()
    tts = TtsSettings(provider="fake", vendors=vendors, weights_dir=str(tmp_path))
    assert set(voices(tts).names) == known.voice


def test_every_provider_stands_in_the_docs(root: Path) -> None:
    text = (root / "docs" / "providers.md").read_text(encoding="utf-8")
    for heading, names in {
        "Recognition": Names().recogniser,
        "Models": Names().model,
        "Speech": Names().voice,
    }.items():
        _, _, section = text.partition(f"\n## {heading}\n")
        rows = re.findall(r"^\| `(\w+)` \|", section.partition("\n## ")[0], re.MULTILINE)
        assert sorted(rows) == sorted(names), heading


def test_only_main_imports_a_composition_root(modules: list[Any]) -> None:
    found = [
        module.at(node)
        for module in modules
        if not module.path.endswith("__main__.py")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("parley_")
        if node.module.endswith(".app")
    ]
    assert not found


def test_a_heavy_voice_is_loaded_for_its_name_only() -> None:
    """Behind another voice stand those that cost little: the stack with fakes would else load a model for no one."""

    async def scenario() -> None:
        async with voices(TtsSettings(provider="fake")) as registry:
            found = await voices_of(registry, ["fake"], "en-GB")
            assert found[0].name == "fake"
            assert "hibari" not in {one.name for one in found}
            assert not registry.started("hibari")
            named = await voices_of(registry, ["hibari"], "en-GB")
            assert named[0].name == "hibari"

    asyncio.run(scenario())


@pytest.mark.parametrize("service", ["asr", "tts"])
def test_a_service_loads_no_library_of_a_model_before_a_provider_starts(service: str) -> None:
    libraries = {"ctranslate2", "tokenizers", "onnxruntime", "hibari"}
    code = f"import sys, parley_{service}.app; print(*{libraries} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""
