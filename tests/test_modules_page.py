"""The table of the modules is the code's: ``python -m tests.test_modules_page > docs/modules.md``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "neckrom"
HEAD = """# Modules

What each module is for, in its own words: the first line of its docstring. Drawn from the code by
`python -m tests.test_modules_page > docs/modules.md`; who may import whom is in [architecture.md](architecture.md).
"""


def first_line(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ").replace("``", "`").replace("|", r"\|")


def lines() -> Iterator[str]:
    yield HEAD
    for package in [SOURCE, *sorted(path.parent for path in SOURCE.rglob("*/__init__.py"))]:
        yield f"## {'.'.join(package.relative_to(SOURCE.parent).parts)}\n"
        yield f"{first_line(package / '__init__.py')}\n"
        modules = [path for path in sorted(package.glob("*.py")) if path.stem != "__init__"]
        if modules:
            yield from ("| | |", "|---|---|")
            yield from (f"| `{path.stem}` | {first_line(path)} |" for path in modules)
            yield ""


def test_the_page_is_the_code_s():
    assert "\n".join(lines()) + "\n" == (ROOT / "docs" / "modules.md").read_text(encoding="utf-8")


def test_every_module_says_what_it_is_for():
    silent = [path for path in SOURCE.rglob("*.py") if not first_line(path)]
    assert silent == []


if __name__ == "__main__":
    print("\n".join(lines()))
