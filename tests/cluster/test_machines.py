"""A real scheduler and real workers, each a process of its own, and what may happen to them.

One scheduler serves the whole file; workers come and end from test to test, in the order in which they stand here.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import neckrom
from neckrom.cli.main import app
from neckrom.cluster.measuring import measure_on_cluster
from neckrom.cluster.options import Cluster
from neckrom.errors import ClusterError, ExitCode, NoFaceError, WorkersEndedError
from neckrom.kinematics.front.truth_table import read_table, write_table
from neckrom.service import MeasureOptions, measure_all, unpack_table
from tests.cluster.stand_in import orders_held
from tests.conftest import Unheard
from tests.service.test_held_out import HELD_OUT, cut_short

distributed = pytest.importorskip("distributed")
BatchedSend = pytest.importorskip("distributed.batched").BatchedSend
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]

SOURCE = Path(neckrom.__file__).parents[1]
HERE = Path(__file__).parent
PATIENCE_S = 120.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass
class Machines:
    """A scheduler and its workers."""

    folder: Path
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start(self, name: str, *words: str, source: Path = SOURCE, **environment: str) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]],
            stdout=log,
            stderr=log,
            cwd=self.folder,
            env=os.environ
            | {"PYTHONPATH": f"{source}:{HERE.parents[1]}", "OMP_NUM_THREADS": "1"}
            | environment,
        )

    def scheduler(self) -> None:
        self.start(
            "scheduler", "dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )

    def worker(self, name: str, **more: object) -> None:
        self.start(
            name,
            *("dask_worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard", "--name", name),
            *("--resources", "MEMORY=4e9", "--local-directory", str(self.folder / name)),
            *("--preload", "tests.cluster.stand_in", "--death-timeout", "60"),
            **more,
        )

    def wait_for(self, *names: str) -> None:
        """Until the scheduler knows them."""
        for name in names:
            wait_for(lambda name=name: b"Registered to" in (self.folder / f"{name}.log").read_bytes())

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def measure(self, inputs, out, *, options=None, progress=None, **settings):
        """Outcomes, and what was said."""
        said: list[str] = []
        outcomes = measure_on_cluster(
            inputs,
            out,
            options or MeasureOptions(),
            Cluster(self.address, **({"wait_s": 60.0} | settings)),
            progress=progress or Unheard(),
            tell=said.append,
        )
        return outcomes, said


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    made = Machines(tmp_path_factory.mktemp("machines"))
    made.scheduler()
    made.worker("one")
    made.worker("two")
    made.wait_for("one", "two")
    yield made
    for name in list(made.processes):
        made.kill(name)


def files(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.parquet").write_bytes(name.encode())
    return [folder / f"{name}.parquet" for name in names]


def wait_for(happened) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.02)


class AtFirst:
    """Progress that does something once the first input is done."""

    def __init__(self, act) -> None:
        self.act, self.counts = act, []

    def step(self, _path, name, done, total) -> None:
        assert name == "clips"
        self.counts.append((done, total))
        if done == 1:
            self.act()


def rows(out: Path) -> dict[str, dict]:
    return {row["folder"]: row for row in pq.read_table(out / "manifest.parquet").to_pylist()}


def content(folder: Path) -> dict[str, object]:
    """Everything that is written but the moment at which."""
    held = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".parquet")}
    result = json.loads((folder / "result.json").read_text())
    del result["created"]
    return held | {"result": result, "names": sorted(path.name for path in folder.iterdir())}


@pytest.fixture(scope="module")
def landmarks(tmp_path_factory) -> Path:
    """Two repetitions of a rendered person."""
    folder = tmp_path_factory.mktemp("landmarks")
    write_table(folder / "table.npz", [cut_short(read_table(HELD_OUT)[0])], coarser=4)
    assert unpack_table(folder / "table.npz", folder) == 1
    (path,) = folder.glob("*.parquet")
    return path


def test_results_are_those_of_jobs(machines, landmarks, tmp_path):
    """Measured in earnest: the input sent as bytes, the result sent back."""
    (there,), said = machines.measure([landmarks], tmp_path / "out", files="sent")
    assert there.error is None, there.error
    assert said == []
    (here,) = measure_all([landmarks], tmp_path / "here", MeasureOptions(), 2, Unheard())
    assert content(there.folder) == content(here.folder)
    gone, measured = neckrom.measure_many([tmp_path / "gone.mp4", landmarks], cluster=machines.address)
    assert "does not exist" in str(gone.error)
    assert measured.path == landmarks
    assert measured.result.movements == here.result.movements
    assert measured.angles.num_rows == len(measured.series)


@pytest.mark.parametrize("travel", ["auto", "shared", "sent"])
def test_folders_appear_whole_and_for_their_owner_alone(machines, tmp_path, travel):
    inputs = [*files(tmp_path / "a", "quick_a"), *files(tmp_path / "b", "quick_a")]
    outcomes, said = machines.measure(inputs, tmp_path / "out", files=travel)
    assert [one.error for one in outcomes] == [None, None]
    assert said == []
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "manifest.parquet",
        "quick_a",
        "quick_a-2",
    ]
    for one in outcomes:
        assert {path.name for path in one.written} == {"result.json", "large.bin"}
        assert one.folder.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in one.written} == {0o600}
    seen_beside_the_input = (tmp_path / "a" / "seen_quick_a.parquet").exists()
    assert seen_beside_the_input == (travel != "sent")


def test_no_process_keeps_what_was_sent(machines, tmp_path):
    inputs = files(tmp_path / "in", *(f"quick_{number}" for number in range(8)))
    remembered: list[int] = []

    class Looking(Unheard):
        def step(self, *_):
            here = [one for one in gc.get_objects() if isinstance(one, BatchedSend)]
            remembered.append(sum(len(one.recent_message_log) for one in here))

    outcomes, _ = machines.measure(inputs, tmp_path / "out", files="sent", progress=Looking())
    assert [one.error for one in outcomes] == [None] * 8
    assert remembered == [0] * 9
    with distributed.Client(machines.address, set_as_default=False) as client:
        wait_for(lambda: client.run_on_scheduler(orders_held) == 0)
        wait_for(lambda: set(client.run(orders_held).values()) == {0})


def test_what_is_done_is_not_done_again(machines, tmp_path):
    inputs = files(tmp_path / "in", "quick_a", "refused_b", "quick_c")
    outcomes, _ = machines.measure([*inputs, tmp_path / "gone.mp4"], tmp_path / "out")
    assert [one.error is None for one in outcomes] == [True, False, True, False]
    assert isinstance(outcomes[1].error, NoFaceError)
    assert str(outcomes[1].error) == f"No face was found in {inputs[1]}."
    assert {name: row["status"] for name, row in rows(tmp_path / "out").items()} == {
        "quick_a": "done", "refused_b": "refused", "quick_c": "done", "gone": "failed",
    }  # fmt: skip
    before = [path.stat().st_ino for path in outcomes[0].written]
    (inputs[2]).write_bytes(b"something else")
    again, said = machines.measure(inputs, tmp_path / "out")
    assert said == ["2 of 3 are done already."]
    assert [path.stat().st_ino for path in again[0].written] == before
    assert str(again[1].error) == str(outcomes[1].error)
    assert "input" in str(again[2].error), "its content changed, and nothing is replaced without a word"
    assert "Remove that folder" in str(again[2].error)
    anew, _ = machines.measure(inputs, tmp_path / "out", options=MeasureOptions(overwrite=True))
    assert [path.stat().st_ino for path in anew[0].written] != before
    assert anew[2].error is None


def test_the_command_names_what_failed(machines, tmp_path):
    inputs = files(tmp_path / "in", "refused_a", "refused_b")
    words = ["measure", *map(str, inputs), "--cluster", machines.address, "-o", str(tmp_path / "out")]
    ran = CliRunner().invoke(app, words)
    assert ran.exit_code == ExitCode.PARTLY_FAILED
    assert ran.stdout == ""
    lines = ran.stderr.splitlines()
    assert lines[-4:] == [
        "0 of 2 inputs measured:",
        *(f"  {path} failed: No face was found in {path}." for path in inputs),
        f"What became of each input: {tmp_path / 'out' / 'manifest.parquet'}",
    ]
    assert any(line.startswith("out: clips, 1/2, ") and line.endswith(" left") for line in lines[:-4]) or (
        "out: clips, 2/2" in lines
    )
    wrong = CliRunner().invoke(app, ["measure", "a.mp4", "--cluster", "here", "--jobs", "2", "--tls-ca", "x"])
    assert wrong.exit_code == ExitCode.USAGE
    for said in ("--cluster and --jobs", "tcp://scheduler:8786", "starts with tls://"):
        assert said in wrong.stderr
    lonely = CliRunner().invoke(app, ["measure", "a.mp4", "--cluster-wait", "5"])
    assert "--cluster-wait: only with --cluster" in lonely.stderr


def test_a_worker_of_another_version_is_refused(machines, tmp_path):
    other = tmp_path / "other" / "src" / "neckrom"
    other.mkdir(parents=True)
    (tmp_path / "other" / "calibration").symlink_to(SOURCE.parent / "calibration")
    for path in (SOURCE / "neckrom").iterdir():
        if path.name != "_version.py":
            (other / path.name).symlink_to(path)
    (other / "_version.py").write_text('__version__ = "0.0.1"\n')
    machines.worker("other", source=other.parent)
    machines.wait_for("other")
    outcomes, said = machines.measure(files(tmp_path / "in", "quick_a", "quick_b"), tmp_path / "out")
    assert [one.error for one in outcomes] == [None, None]
    (line,) = said
    assert f"neckrom {neckrom.__version__} here, 0.0.1 there" in line
    assert "is not used" in line
    assert "pip install" in line
    address = line.split()[1]
    assert address not in {row["worker"].split()[0] for row in rows(tmp_path / "out").values()}
    machines.kill("other")


def test_a_full_disk_on_one_worker_costs_nothing(machines, tmp_path):
    machines.worker("full", FILE_BYTES="100000")
    machines.wait_for("full")
    names = [f"quick_{number}" for number in range(12)]
    outcomes, said = machines.measure(files(tmp_path / "in", *names), tmp_path / "out")
    assert [one.error for one in outcomes] == [None] * 12
    (line,) = said
    assert "gets no more inputs: no space left at" in line
    assert "--local-directory" in line
    machines.kill("full")


def test_a_worker_killed_in_the_middle_of_an_input(machines, tmp_path):
    inputs = files(tmp_path / "in", "slow_a", *[f"quick_{number}" for number in range(4)])
    (tmp_path / "in" / "slow_a.parquet").write_bytes(bytes(100))  # the largest comes first
    held: list[str] = []

    def kill() -> None:
        """Of the two, the one that measures the slow one."""
        if held:
            return
        wait_for((tmp_path / "in" / "seen_slow_a.parquet").exists)
        held.extend(name for name in ("one", "two") if list((machines.folder / name).glob("*/*/neckrom-*")))
        machines.kill(held[0])
        (tmp_path / "in" / "go").touch()

    outcomes, said = machines.measure(inputs, tmp_path / "out", progress=AtFirst(kill))
    assert [one.error for one in outcomes] == [None] * 5
    assert any("has ended. What it was measuring is tried again." in line for line in said)
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


def test_a_scheduler_that_is_lost_and_the_run_that_goes_on(machines, tmp_path):
    inputs = files(tmp_path / "in", "quick_a", "slow_b")
    (tmp_path / "in" / "quick_a.parquet").write_bytes(bytes(100))
    progress = AtFirst(lambda: machines.kill("scheduler"))
    with pytest.raises(ClusterError) as lost:
        machines.measure(inputs, tmp_path / "out", progress=progress)
    assert "is lost" in str(lost.value)
    assert "1 of 2 inputs were done by then" in str(lost.value)
    assert "Run the same command again" in str(lost.value)
    with pytest.raises(ClusterError, match=r"cannot be reached.*dask scheduler"):
        machines.measure(inputs, tmp_path / "out")
    (tmp_path / "in" / "go").touch()
    machines.scheduler()
    machines.worker("three")
    outcomes, said = machines.measure(inputs, tmp_path / "out")
    assert said[0] == "1 of 2 are done already."
    assert [one.error for one in outcomes] == [None, None]
    assert {row["status"] for row in rows(tmp_path / "out").values()} == {"done"}


def test_an_input_that_ends_every_worker_is_named_and_the_others_are_measured(machines, tmp_path):
    machines.worker("four")
    machines.wait_for("four")
    inputs = files(tmp_path / "in", "poison_a", *[f"quick_{number}" for number in range(6)])
    (tmp_path / "in" / "poison_a.parquet").write_bytes(bytes(100))
    outcomes, said = machines.measure(inputs, tmp_path / "out", wait_s=0.5)
    assert [one.error is None for one in outcomes] == [False] + [True] * 6
    assert isinstance(outcomes[0].error, WorkersEndedError)
    assert "2 workers in turn ended" in str(outcomes[0].error)
    assert outcomes[0].error.exit_code is ExitCode.ENVIRONMENT
    assert len([line for line in said if "has ended" in line]) == 2
    assert rows(tmp_path / "out")["poison_a"]["status"] == "failed"
    with pytest.raises(ClusterError, match=r"has no worker\. Start some, as in dask worker"):
        machines.measure(files(tmp_path / "more", "quick_x"), tmp_path / "out2", wait_s=0.5)
