"""The name of what was measured with changes with every number in the code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from neckrom.kinematics import front, side
from neckrom.kinematics.constants import constants_of, digest_of
from neckrom.kinematics.front import bodies, parameters
from neckrom.kinematics.front import filter as state_filter
from neckrom.kinematics.front import identity as front_identity
from neckrom.kinematics.front.estimator import FrontEstimator
from neckrom.kinematics.side import identity as side_identity
from neckrom.kinematics.side.estimator import SideViewEstimator

WITHOUT_NUMBERS_OF_THEIR_OWN = {"__init__", "estimator", "identity", "truth_table", "facing"}
"""``truth_table`` is not used to measure; ``facing`` finds neutral and measures nothing."""


@pytest.mark.parametrize(
    ("package", "named"), [(front, front_identity.MODULES), (side, side_identity.MODULES)]
)
def test_every_module_that_measures_is_counted(package, named):
    files = {path.stem for folder in package.__path__ for path in Path(folder).glob("*.py")}
    counted = {module.__name__.split(".")[-1] for module in named}
    assert files - WITHOUT_NUMBERS_OF_THEIR_OWN <= counted


@pytest.mark.parametrize(
    ("module", "name", "changed"),
    [
        pytest.param(bodies, "HEAD", replace(bodies.HEAD, behind_eyes=0.9), id="body"),
        pytest.param(parameters, "LIMITS", replace(parameters.LIMITS, rim=0.9), id="limit"),
        pytest.param(state_filter, "SURPRISE", 5.0, id="gate"),
    ],
)
def test_a_changed_number_changes_the_name(monkeypatch, module, name, changed):
    before = digest_of(front_identity.MODULES)
    monkeypatch.setattr(module, name, changed)
    assert digest_of(front_identity.MODULES) != before


def test_what_is_inside_a_body_counts():
    head = bodies.HEAD
    wider = replace(head, shape=replace(head.shape, half_axes=head.shape.half_axes * 1.001))
    assert constants_of([bodies])["front.bodies.HEAD"] != constants_of([made(HEAD=wider)])["made.HEAD"]


def made(**values: object) -> ModuleType:
    module = ModuleType("made")
    vars(module).update(values)
    return module


def test_numbers_count_and_nothing_else():
    module = made(
        A=1, _B=2.5, C=np.array([1, 2]), D=(1, (2, 3)), E="text", F=("a", 1), G=int, lower=3, H=slice(0, 2)
    )
    assert set(constants_of([module])) == {"made.A", "made._B", "made.C", "made.D", "made.H"}


@pytest.mark.parametrize("estimator", [FrontEstimator(), SideViewEstimator("side_left")])
def test_results_name_the_file_and_the_numbers_in_the_code(estimator):
    *_, digest, constants = estimator.calibration_id.split("-")
    assert len(digest) == 12
    assert len(constants) == 8
