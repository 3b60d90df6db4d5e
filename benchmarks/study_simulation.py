"""How often the 95 % intervals of a study hold what is true, and what an analysis costs.

python benchmarks/study_simulation.py                  # 200 studies of 100 people
python benchmarks/study_simulation.py --studies 20

Every study is drawn with a known bias, spread, repeatability and share of failures. Each of the six directions is drawn
independently, so every study gives six intervals of each figure. The last line analyses one study of 100 people from
its files, check and report included.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from datetime import date
from pathlib import Path

from scipy.stats import binomtest

from neckrom.study.analysis import Figure, MovementFound, Part, analyse
from neckrom.study.checking import check_study
from neckrom.study.plan import Plan, StudyFolder
from neckrom.study.report import write_analysis
from neckrom.study.simulation import Truth, simulated_data, simulated_plan, write_simulated
from neckrom.study.starting import init_study

TRUTH = Truth(restricted=0.0)


def truths(plan: Plan) -> dict[str, float]:
    """What each figure should be."""
    lower, upper = TRUTH.limits_deg
    sem = TRUTH.sem_deg(plan.trials)
    return {
        "bias": TRUTH.bias_deg,
        "lower limit": lower,
        "upper limit": upper,
        "sd of a difference": TRUTH.sd_deg,
        "ICC(2,1) between days": TRUTH.icc(plan.trials),
        "ICC(3,1) between days": TRUTH.icc(plan.trials),
        "SEM within a day": sem,
        "MDC95 within a day": 1.959964 * 2**0.5 * sem,
        "MDC95 between days": 1.959964 * 2**0.5 * sem,
        "coverage of intervals": TRUTH.coverage,
    }


def figures(found: MovementFound) -> dict[str, Figure | Part]:
    """The same figures as they were found."""
    assert found.within_day is not None and found.between_days is not None
    return {
        "bias": found.agreement.bias,
        "lower limit": found.agreement.lower,
        "upper limit": found.agreement.upper,
        "sd of a difference": found.agreement.sd,
        "ICC(2,1) between days": found.between_days.icc_2_1,
        "ICC(3,1) between days": found.between_days.icc_3_1,
        "SEM within a day": found.within_day.sem,
        "MDC95 within a day": found.within_day.mdc95,
        "MDC95 between days": found.between_days.mdc95,
        "coverage of intervals": found.coverage,
    }


def main() -> None:
    """Print how often each interval holds the truth."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--people", type=int, default=100)
    asked = parser.parse_args()
    plan = simulated_plan(people=asked.people)
    expected = truths(plan)
    held: dict[str, list[bool]] = defaultdict(list)
    started = time.process_time()
    for seed in range(asked.studies):
        for movement in analyse(simulated_data(plan, TRUTH, seed)).movements:
            for name, figure in figures(movement).items():
                assert figure.low is not None and figure.high is not None
                held[name].append(figure.low <= expected[name] <= figure.high)
    print(f"{asked.studies} studies of {asked.people} people, six directions each\n")
    print(f"{'95 % interval of':<24} {'truth':>8} {'holds it':>9}  (95 % interval of that)")
    for name, hits in held.items():
        ends = binomtest(sum(hits), len(hits)).proportion_ci()
        share = 100 * sum(hits) / len(hits)
        print(
            f"{name:<24} {expected[name]:8.3f} {share:7.1f} %  ({100 * ends.low:.1f} to {100 * ends.high:.1f})"
        )
    print(f"\n{(time.process_time() - started) / asked.studies:.2f} s of processor time for each drawn study")
    print(f"{from_files(asked.people):.1f} s for the check, analysis and report of one from its files")


def from_files(people: int) -> float:
    """Processor time of one study of three sessions, from its files to its report."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = StudyFolder(Path(temporary) / "study")
        init_study(folder, simulated_plan(people=people))
        write_simulated(folder, TRUTH, 1)
        started = time.process_time()
        loaded, problems = check_study(folder, date(2100, 1, 1))
        assert not [problem for problem in problems if problem.grave], problems[:3]
        write_analysis(folder, loaded.data, analyse(loaded.data))
        return time.process_time() - started


if __name__ == "__main__":
    main()
