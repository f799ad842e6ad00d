"""The house rules that a small reading of the source can enforce. Each test names the rule; each failure the place."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BROAD = {"Exception", "BaseException"}
LOG_CALLS = {"debug", "info", "warning", "error", "exception", "critical"}
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 75
MAX_MODULES = 20

# Tasks that no `Tasks` owns: each is named, held by one object and awaited in that object's end.
OWN_TASKS = {
    "libs/core/src/parley_core/tasks.py": "this is the owner",
    "libs/core/src/parley_core/bus/memory.py": "a subscription's reader, cancelled by close()",
    "libs/core/src/parley_core/bus/claims.py": "a claim's requests, cancelled and awaited in the same function",
    "libs/testing/src/parley_testing/callers.py": "two tasks of one block, which awaits both",
    "libs/testing/src/parley_testing/simulated/sip.py": "a phone's reader and talker, cancelled in the same function",
    "services/asr/src/parley_asr/providers/decoder_pool.py": "one reader per decoder process, ended with the process",
    "services/asr/src/parley_asr/providers/vendors/deepgram.py": "two tasks per vendor's socket, ended with the socket",
    "services/asr/src/parley_asr/providers/vendors/call_stream.py": "one reader per utterance, ended with it",
    "services/asr/src/parley_asr/providers/vendors/sockets/session.py": "two tasks per socket, ended with it",
    "services/gateway/src/parley_gateway/call/lifecycle.py": "set-up and hang-up, awaited in the same function",
    "services/postcall/src/parley_postcall/boundary.py": "an activity's heartbeat, cancelled when the activity ends",
    "bench/src/parley_bench/caller.py": "a caller's sender, cancelled in the same function",
    "bench/src/parley_bench/scenario.py": "a child's output, awaited in the same function",
    "sim/src/parley_sim/clock.py": "the world itself, awaited by the loop that runs it",
    "sim/src/parley_sim/world.py": "things done as a worker, with its clock; awaited in the same world",
    "sim/src/parley_sim/providers.py": "a tool that runs on whoever waits, cancelled by close()",
}

# `Any` in public signatures: only where a library hands over or wants exactly that.
ANY_ALLOWED: dict[str, str] = {
    "libs/testing/src/parley_testing/options.py:take": "what a test chose, checked by the settings' classes",
    "cli/src/parley_cli/caller.py:until": "a JSON message of the gateway's protocol",
    "cli/src/parley_cli/caller.py:until_ended": "the same",
    "libs/testing/src/parley_testing/callers.py:event": "the same",
    "libs/testing/src/parley_testing/callers.py:send": "the same",
    "libs/testing/src/parley_testing/callers.py:start": "the same",
    "services/llm/src/parley_llm/providers/rule_based/arguments.py:tool_arguments": "a JSON object of the tool",
    "services/llm/src/parley_llm/providers/rule_based/turn.py:tool": "the same",
}

# Where a broad error may vanish: nothing is left that could be done about it.
VANISHING = {
    "services/asr/src/parley_asr/providers/vendors/deepgram.py": "closing a socket that may be gone; a new one is made",
    "services/asr/src/parley_asr/providers/pocketsphinx.py": "a dropped utterance; nobody waits for its answer",
    "libs/testing/src/parley_testing/workers.py": "a worker that is killed cannot say goodbye",
}

# Where even a cancellation is caught without being raised there.
HELD_BACK = {
    "services/tts/src/parley_tts/providers/espeak_library.py": "a callback from C: `speak` raises it afterwards",
}

# JSON that no peer wrote: all other JSON may have surrogates, which `parley_core.text.load_json` replaces.
JSON_OF_OUR_OWN = {
    "services/asr/src/parley_asr/providers/decoder_pool.py": "a child process",
    "services/asr/src/parley_asr/providers/decoder_process.py": "the parent process",
    "services/asr/src/parley_asr/providers/pocketsphinx.py": "a child process",
    "services/asr/src/parley_asr/providers/whisper/decoder.py": "a decoder process",
    "services/asr/src/parley_asr/providers/whisper/process.py": "the workers",
    "services/gateway/src/parley_gateway/admission/call_limits.py": "kept by gateways",
    "services/gateway/src/parley_gateway/channels/carrier/records.py": "kept by gateways",
    "services/gateway/src/parley_gateway/channels/outbound/calls.py": "kept by gateways",
    "services/gateway/src/parley_gateway/channels/telnyx/client_state.py": "given to Telnyx by a gateway",
    "services/gateway/src/parley_gateway/channels/telnyx/relay.py": "given to Telnyx by a gateway",
    "services/gateway/src/parley_gateway/web/knowledge.py": "kept by gateways",
    "services/llm/src/parley_llm/memory.py": "compared, not kept",
    "services/llm/src/parley_llm/providers/openai_compatible/tool_calls.py": "checked, not kept",
    "services/rag/src/parley_rag/embeddings/minilm.py": "a model's file",
    "services/tts/src/parley_tts/providers/hibari.py": "a model's file",
    "services/tts/src/parley_tts/providers/piper.py": "a model's file",
    "services/tts/src/parley_tts/providers/pyttsx3.py": "a child process",
    "services/tts/src/parley_tts/providers/pyttsx3_child.py": "the parent process",
}


def names_in(node: ast.AST | None) -> set[str]:
    found = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} if node else set()
    return found | ({one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)} if node else set())


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def dotted(node: ast.AST) -> str:
    """ "a.b.c" of an expression that is only names; calls inside it are named without their arguments."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return dotted(node.func) if isinstance(node, ast.Call) else ""


def test_every_module_opens_with_a_docstring(modules: list[Any]) -> None:
    bare = [m.path for m in modules if not m.path.endswith("__init__.py") and not ast.get_docstring(m.tree)]
    assert not bare


def test_every_task_has_an_owner_and_a_name(modules: list[Any]) -> None:
    bare = []
    for module in modules:
        for call in calls(module.tree):
            name = dotted(call.func)
            if name.endswith(".ensure_future"):
                bare.append(module.at(call))
            elif re.search(r"(^asyncio|loop)\.create_task$", name):
                named = any(keyword.arg == "name" for keyword in call.keywords)
                if module.path not in OWN_TASKS or not named:
                    bare.append(module.at(call))
    assert not bare


def test_lists_of_exceptions_hold_nothing_that_is_gone(modules: list[Any]) -> None:
    listed = {name.split(":")[0] for name in [*OWN_TASKS, *ANY_ALLOWED, *VANISHING, *HELD_BACK, *JSON_OF_OUR_OWN]}
    assert not listed - {module.path for module in modules}


def test_subjects_are_spelled_only_in_the_bus(modules: list[Any]) -> None:
    spelled = [
        module.at(node)
        for module in modules
        if module.path != "libs/core/src/parley_core/bus/subjects.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"(call|claim|worker)\.([\w*>{}-]+(\.[\w*>{}-]+)*)?\.?", node.value)
    ]
    assert not spelled


def test_files_and_functions_stay_readable(modules: list[Any]) -> None:
    long = [f"{m.path}: {m.text.count(chr(10))} lines" for m in modules if m.text.count("\n") > MAX_FILE_LINES]
    long += [
        f"{module.at(function)} {function.name}: {lines} lines"
        for module in modules
        for function in functions(module.tree)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert not long


def test_a_public_class_has_its_name_to_itself_in_its_service(modules: list[Any]) -> None:
    """Who reads a name in a log, a traceback or a search finds one class."""
    places: dict[tuple[str, str], list[str]] = {}
    for module in modules:
        package, inside, _ = module.path.partition("/src/")
        for node in module.tree.body:
            if inside and package.startswith(("services/", "libs/")) and isinstance(node, ast.ClassDef):
                places.setdefault((package, node.name), []).append(module.at(node))
    shared = {name: at for (_, name), at in places.items() if len(at) > 1 and not name.startswith("_")}
    assert not shared


def test_json_of_peers_is_read_with_its_surrogates_replaced(service_modules: list[Any]) -> None:
    readers = [
        module.at(node)
        for module in service_modules
        if module.path not in JSON_OF_OUR_OWN
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and (
            node.attr == "model_validate_json"
            or (node.attr in ("load", "loads") and isinstance(node.value, ast.Name) and node.value.id == "json")
        )
    ]
    assert not readers


def test_services_print_nothing(service_modules: list[Any]) -> None:
    assert not [m.at(call) for m in service_modules for call in calls(m.tree) if dotted(call.func) == "print"]


def test_public_signatures_name_no_any(modules: list[Any]) -> None:
    vague = []
    for module in modules:
        hidden = private_functions(module.tree) if "Any" in module.text else set()
        for function in functions(module.tree) if "Any" in module.text else ():
            arguments = function.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            annotations = [one.annotation for one in every if one is not None] + [function.returns]
            private = function.name.startswith("_") or function.name in hidden
            if not private and any("Any" in vague_parts(one) for one in annotations):
                vague.append(f"{module.path}:{function.name}")
    assert sorted(set(vague) - set(ANY_ALLOWED)) == []


def private_functions(tree: ast.Module) -> set[str]:
    """Functions inside functions and methods of private classes: nobody else can name them."""
    inside = {inner.name for outer in functions(tree) for inner in functions(outer) if inner is not outer}
    hidden = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name.startswith("_"))
    return inside | {function.name for owner in hidden for function in functions(owner)}


def vague_parts(annotation: ast.AST | None) -> set[str]:
    """Names of an annotation, without the two parts of Coroutine and Task that nobody uses."""
    if isinstance(annotation, ast.Subscript) and dotted(annotation.value) in ("Coroutine", "asyncio.Task"):
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else []
        return names_in(parts[-1]) if parts else set()
    return names_in(annotation)


def test_log_messages_are_constant(modules: list[Any]) -> None:
    made = []
    for module in modules:
        for call in calls(module.tree):
            owner, _, kind = dotted(call.func).rpartition(".")
            if kind in LOG_CALLS and owner.split(".")[-1] in ("log", "_log", "logger"):
                first = call.args[0] if call.args else None
                constant = isinstance(first, ast.Constant) and isinstance(first.value, str) and "%" not in first.value
                if not constant or len(call.args) > 1:
                    made.append(module.at(call))
    assert not made


def handlers(tree: ast.AST) -> Iterator[tuple[ast.ExceptHandler, set[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            yield node, names_in(node.type) if node.type else {"BaseException"}


def test_no_broad_except_hides_what_it_caught(modules: list[Any]) -> None:
    """A handler of Exception logs, raises, or hands the error on; it never just goes on."""
    silent = []
    for module in modules:
        if module.path in VANISHING:
            continue
        for handler, caught in handlers(module.tree):
            goes_on = (ast.Pass, ast.Continue, ast.Break, ast.Return)
            if caught & BROAD and all(
                isinstance(one, goes_on) and not getattr(one, "value", None) for one in handler.body
            ):
                silent.append(module.at(handler))
        silent += [
            module.at(call)
            for call in calls(module.tree)
            if dotted(call.func).endswith("suppress") and BROAD & {n for one in call.args for n in names_in(one)}
        ]
    assert not silent


def test_cancellation_is_never_swallowed(modules: list[Any]) -> None:
    """Who catches CancelledError or BaseException raises it again."""
    swallowed = [
        module.at(handler)
        for module in modules
        if module.path not in HELD_BACK
        for handler, caught in handlers(module.tree)
        if caught & {"CancelledError", "BaseException"}
        and not any(isinstance(node, ast.Raise) for node in ast.walk(handler))
    ]
    assert not swallowed


def test_every_listener_of_http_bounds_the_connections_of_an_address(service_modules: list[Any]) -> None:
    """`BoundedSite` of `parley_core.http.connections` listens, and aiohttp's own nowhere."""
    own = [
        module.at(call)
        for module in service_modules
        for call in calls(module.tree)
        if dotted(call.func).endswith("TCPSite")
    ]
    assert not own


def test_calls_of_grpc_stubs_have_a_deadline(modules: list[Any]) -> None:
    endless = []
    for module in modules:
        stubs = {
            dotted(target)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
            if dotted(node.value.func).endswith("Stub")
            for target in node.targets
        }
        for call in calls(module.tree):
            owner = dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
            bounded = any(keyword.arg == "timeout" for keyword in call.keywords)
            if (owner in stubs or owner.endswith("Stub")) and not bounded:
                endless.append(module.at(call))
    assert not endless


def test_the_environment_is_read_in_settings_alone(service_modules: list[Any]) -> None:
    """A child's environment may be built from it; a value may not be looked up in it."""
    read = [
        module.at(node)
        for module in service_modules
        if not module.path.endswith("/settings.py")
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Call) and dotted(node.func) in ("os.getenv", "os.environ.get"))
        or (isinstance(node, ast.Subscript) and dotted(node.value) == "os.environ" and isinstance(node.ctx, ast.Load))
    ]
    assert not read


def test_no_state_is_shared_between_calls_of_a_function(modules: list[Any]) -> None:
    assert not [m.at(node) for m in modules for node in ast.walk(m.tree) if isinstance(node, ast.Global)]


def test_modules_are_named_after_what_they_hold(modules: list[Any]) -> None:
    vague = re.compile(r"/(utils?|helpers?|managers?|common|misc)(\.py|/)")
    assert not [module.path for module in modules if vague.search(module.path)]


def test_a_folder_holds_at_most_20_modules(modules: list[Any], test_modules: list[Any]) -> None:
    """Past that it wants rooms inside: somebody who looks for a file reads the whole list."""
    folders = Counter(Path(one.path).parent for one in [*modules, *test_modules] if Path(one.path).stem != "__init__")
    assert {str(folder): count for folder, count in folders.items() if count > MAX_MODULES} == {}


def test_nothing_is_left_for_later(modules: list[Any], test_modules: list[Any]) -> None:
    ignored = ("architecture", "parley_testing/peers.py")  # the latter skips where an outside client is not installed
    here = [module for module in [*modules, *test_modules] if not any(part in module.path for part in ignored)]
    later = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b|pytest\.(mark\.)?(skip|skipif|xfail)\b")
    assert not [module.path for module in here if later.search(module.text)]


def test_a_test_sleeps_only_between_two_looks(test_modules: list[Any]) -> None:
    """Nobody sleeps and hopes: a sleep stands in a loop that asks another process again, within a deadline."""
    hoping = []
    for module in test_modules:
        looped = {id(call) for node in ast.walk(module.tree) if isinstance(node, ast.While) for call in calls(node)}
        hoping += [
            module.at(call)
            for call in calls(module.tree)
            if dotted(call.func) in ("time.sleep", "asyncio.sleep") and not is_zero(call) and id(call) not in looped
        ]
    assert not hoping


def is_zero(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
