"""Plan files: those that ship, and every mistake of a user's own named."""

from __future__ import annotations

import pytest

from neckrom.errors import ConfigurationError
from neckrom.plans.plan_file import CLINICIAN, load_plan, shipped_plans

GOOD = """
version = 1
title = "Mine"
test = "slr"
chosen_by = "runner"
source = "the article"
repetitions = { value = 5, source = "clinician" }
out_s = { value = 3, source = "clinician" }
below_symptom_deg = { value = 12, source = "Somebody 2020" }
retest_days = { value = 7, source = "clinician" }
"""


def _file(tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_text(content, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", shipped_plans())
def test_a_shipped_plan_names_where_every_number_comes_from(name):
    plan = load_plan(name)
    assert plan.shipped
    numbers = [plan.plan.repetitions, plan.plan.out_s, plan.plan.below_symptom_deg, plan.plan.retest_days]
    assert all(number.source for number in numbers if number is not None)
    assert plan.plan.repetitions.source == CLINICIAN  # no source names a number of repetitions


def test_a_file_of_ones_own(tmp_path):
    plan = load_plan(_file(tmp_path, GOOD))
    assert (plan.name, plan.shipped, plan.plan.sides) == ("mine", False, ("left", "right"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('value = 5, source = "clinician"', "value = 5"), "source"),
        (("value = 5", "value = 0"), "repetitions"),
        (("value = 5", "value = 500"), "repetitions"),
        (("value = 12", "value = -3"), "below_symptom_deg"),
        (("value = 12", "value = nan"), "below_symptom_deg"),
        (('test = "slr"', 'test = "hip"'), "test"),
        (('test = "slr"', 'test = "neck"'), "directions"),
        (('title = "Mine"', 'title = ""'), "title"),
        (("version = 1", "version = 2"), "version"),
        (('chosen_by = "runner"', 'chosen_by = "nobody"'), "chosen_by"),
        (('out_s = { value = 3, source = "clinician" }', ""), "out_s"),
        (("version = 1", 'version = 1\nsides = ["left", "left"]'), "sides"),
        (("version = 1", "version = 1\nraise_by = 5"), "raise_by"),
        (("version = 1", "version = "), "TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path, change, told):
    assert change[0] in GOOD
    with pytest.raises(ConfigurationError) as refused:
        load_plan(_file(tmp_path, GOOD.replace(*change)))
    assert told in str(refused.value)


def test_no_such_plan_names_those_that_there_are():
    with pytest.raises(ConfigurationError, match="slr_slider"):
        load_plan("sldr")


def test_a_plan_for_clinicians_asks_who_chose_it(tmp_path):
    path = _file(tmp_path, GOOD.replace('chosen_by = "runner"', 'chosen_by = "clinician"'))
    with pytest.raises(ConfigurationError, match="--clinician"):
        load_plan(path)
    assert load_plan(path, " Dr.  Ada ").clinician == "Dr. Ada"
