"""No module imports itself round a circle: what a module needs can be read before it, from the bottom up.

Every import counts: at module level, inside a function, and under TYPE_CHECKING. A name that is needed late, or only
for its type, still ties two modules together. To import a module is to import the packages above it, too.
"""

import ast
from collections.abc import Mapping
from typing import Any


def module_name(path: str) -> str:
    """ "services/llm/src/parley_llm/app.py" is `parley_llm.app`."""
    return path.partition("/src/")[2].removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def packages_of(name: str) -> set[str]:
    return {name[:at] for at, char in enumerate(name) if char == "."}


def imported_by(name: str, tree: ast.Module, known: set[str]) -> set[str]:
    """The known modules that a module imports, apart from its own packages."""
    asked: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            asked |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            asked |= {one if one in known else node.module for one in inner}
    packages = {package for one in asked for package in packages_of(one)}
    return (asked | packages) & known - packages_of(name) - {name}


def circles(imports: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules that reach each other (Tarjan's strongly connected components of more than one)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        number[module] = low[module] = len(number)
        stack.append(module)
        for other in sorted(imports[module]):
            if other not in number:
                visit(other)
            if other in stack:
                low[module] = min(low[module], low[other])
        if low[module] == number[module]:
            at = stack.index(module)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for module in sorted(imports):
        if module not in number:
            visit(module)
    return found


def test_no_modules_import_each_other_in_a_circle(modules: list[Any]) -> None:
    trees = {module_name(module.path): module.tree for module in modules if "/src/" in module.path}
    imports = {name: imported_by(name, tree, set(trees)) for name, tree in trees.items()}
    assert sum(len(one) for one in imports.values()) > len(trees), "the reader finds hardly any import"
    assert circles(imports) == []


def test_a_circle_is_found_however_the_import_is_written() -> None:
    sources = {
        "shop": "",
        "shop.till": "from shop import stock",
        "shop.stock": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.prices import Price",
        "shop.prices": "def price():\n    import shop.till",
        "shop.sign": "import shop.till",
    }
    imports = {name: imported_by(name, ast.parse(source), set(sources)) for name, source in sources.items()}
    assert circles(imports) == [["shop.prices", "shop.stock", "shop.till"]]
