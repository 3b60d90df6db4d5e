"""What ``import neckrom`` promises: its names, and that it costs nothing until they are used."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import neckrom

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")

IMPORT = """
import json, sys, time
before = time.process_time()
import neckrom
took = time.process_time() - before
print(json.dumps([took, [name for name in ("numpy", "pydantic", "mediapipe") if name in sys.modules]]))
"""


def test_the_names_are_those_of_the_page():
    """A name that goes, or comes, is a promise broken or made: the page says both."""
    table = PAGE[PAGE.index("## Names") : PAGE.index("## Shapes")]
    told = re.findall(r"^\| `(?:neckrom\.)?(\w+)", table, re.MULTILINE)
    assert sorted(told) == sorted(neckrom.__all__)
    assert neckrom.__all__ == sorted(neckrom.__all__)


def test_every_name_is_in_the_reference():
    """The site makes its page of the docstrings that this file names."""
    told = re.findall(r"^::: neckrom\.(\w+)$", (ROOT / "docs" / "reference.md").read_text(), re.MULTILINE)
    assert sorted([*told, "__version__"]) == neckrom.__all__


PROMISED = Path(__file__).with_name("promised.txt")
"""Parameters and attributes of the public names, a line each; renew it with ``python -m tests.library.test_public``."""


def promised():
    """What the public names offer now: parameters of functions, fields, methods and properties of classes."""
    lines = []
    for name in neckrom.__all__:
        value = getattr(neckrom, name)
        if inspect.isfunction(value):
            lines += [f"{name}({parameter})" for parameter in inspect.signature(value).parameters]
        elif inspect.isclass(value):
            fields = getattr(value, "model_fields", None) or getattr(value, "__dataclass_fields__", {})
            # what pydantic, enum and str bring along is theirs to promise
            own = [
                member
                for base in value.__mro__
                if base.__module__.startswith("neckrom")
                for member in vars(base)
            ]
            members = {
                member
                for member in (*fields, *own)
                if not member.startswith("_") and member != "model_config"
            }
            lines += [f"{name}.{member}" for member in sorted(members)]
    return lines


def test_nothing_that_was_promised_is_gone():
    """What goes has warned in a version before (docs/python.md); what comes is written down, and so promised."""
    before = PROMISED.read_text(encoding="utf-8").splitlines()
    now = promised()
    gone = sorted(set(before) - set(now))
    assert not gone, "a promise is broken: let the old name warn for one minor version first"
    assert sorted(set(now) - set(before)) == [], "write what is new down: python -m tests.library.test_public"


def test_importing_is_quick_and_loads_nothing():
    """Below a tenth of a second of processor time, the best of three."""
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True).stdout)
        for _ in range(3)
    ]
    assert min(took for took, _ in runs) < 0.1
    assert [loaded for _, loaded in runs] == [[]] * 3


@pytest.mark.parametrize("name", neckrom.__all__)
def test_every_name_is_there_typed_and_described(name):
    value = getattr(neckrom, name)
    assert name in dir(neckrom)
    if name == "__version__":
        return
    assert inspect.getdoc(value)
    if inspect.isfunction(value):
        told = inspect.signature(value)
        assert told.return_annotation is not inspect.Signature.empty
        assert "Parameters\n---" in inspect.getdoc(value)
        assert re.search(r"^(Returns|Yields|Raises)\n---", inspect.getdoc(value), re.MULTILINE)
        for parameter in told.parameters:
            assert re.search(rf"^\**{parameter}\b", inspect.getdoc(value), re.MULTILINE), parameter


def test_no_name_is_that_of_a_module():
    """Importing ``neckrom.x`` sets the attribute ``x``: it would take the name's place."""
    modules = {path.stem for path in (ROOT / "src" / "neckrom").iterdir()}
    assert modules.isdisjoint(neckrom.__all__)


def test_a_name_that_is_unknown_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonesuch"):
        _ = neckrom.nonesuch


def test_a_name_on_its_way_out_says_what_to_use(monkeypatch):
    monkeypatch.setitem(neckrom._OLD_NAMES, "result_of", ("read_result", "9.0"))
    with pytest.warns(
        DeprecationWarning, match=r"neckrom\.result_of goes in neckrom 9\.0: use neckrom\.read_result"
    ):
        assert neckrom.result_of is neckrom.read_result


def test_the_examples_of_the_page_are_python():
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)):
        compile(code, f"example {number}", "exec")
        for used in re.findall(r"neckrom\.(\w+)\(", code):
            assert used in neckrom.__all__, used


if __name__ == "__main__":
    PROMISED.write_text("\n".join(promised()) + "\n", encoding="utf-8")
