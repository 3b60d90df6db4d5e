"""What measures says of every public function what goes in and what comes out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "neckrom"
PACKAGES = (
    *(
        "assessment",
        "body",
        "camera_profiles",
        "frames",
        "kinematics",
        "landmarks",
        "posture",
        "rom",
        "running",
    ),
    *("screening", "study", "validation"),
)


def functions(tree):
    """Public functions and methods; properties say what they are in a line."""
    for node in tree.body:
        public = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
        for one in public:
            if not isinstance(one, ast.FunctionDef) or one.name.startswith("_"):
                continue
            if not any("property" in ast.unparse(decorator) for decorator in one.decorator_list):
                yield one


def missing(function):
    """Parameters that have no line of their own, and "Returns" where what comes out has none."""
    said = ast.get_docstring(function) or ""
    given = function.args
    names = {arg.arg for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs)} - {"self", "cls"}
    told = re.search(r"^Parameters\n-+\n(.*?)(?=^\w+\n-+$|\Z)", said, re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^([\w*]+(?:, [\w*]+)*)(?: :|$)", told[1], re.MULTILINE) if told else []
    gone = sorted(names - {name for head in heads for name in head.replace("*", "").split(", ")})
    gives = "None" if function.returns is None else ast.unparse(function.returns)
    ends_always = re.search(r"^Raises\n-+\n\w+\n {4}Always\.", said, re.MULTILINE)
    if gives != "None" and not ends_always and not re.search(r"^(Returns|Yields)\n-+$", said, re.MULTILINE):
        gone.append("Returns")
    return gone


@pytest.mark.parametrize("package", PACKAGES)
def test_parameters_and_values_are_described(package):
    wrong = [
        f"{path.relative_to(SOURCE)}, {function.name}: {', '.join(gone)}"
        for path in sorted((SOURCE / package).rglob("*.py"))
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if (gone := missing(function))
    ]
    assert wrong == []
