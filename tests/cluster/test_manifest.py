"""What a run remembers, whatever ends it."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.cluster.connection import _quiet, connected
from neckrom.cluster.content import content_of, packed, unpacked
from neckrom.cluster.identity import differences, own_identity
from neckrom.cluster.manifest import JOURNAL, MANIFEST, Manifest, Row
from neckrom.cluster.measuring import Run
from neckrom.cluster.options import Cluster
from neckrom.errors import ConfigurationError, InputError, OptionValueError
from neckrom.service import MeasureOptions
from neckrom.service.measure import prepared_options

ROOT = Path(__file__).parents[2]


def row(name: str, **more: object) -> Row:
    return Row(f"key of {name}", f"{name}.mp4", name, "done", **more)


def test_a_run_that_was_killed_loses_nothing(tmp_path):
    manifest = Manifest(tmp_path)
    manifest.note(row("a"))
    manifest.note(Row("key of b", "b.mp4", "b", "begun"))
    with (tmp_path / JOURNAL).open("a") as journal:  # no close(): killed in the middle of a line
        journal.write('{"key": "key of c", "inp')
    again = Manifest(tmp_path)
    assert again.row("a") == row("a")
    assert again.begun("b") == "key of b"
    assert again.row("c") is None
    again.note(row("d"))
    again.close()
    assert Manifest(tmp_path).row("d") == row("d"), "a line after one that was cut off"


def test_a_run_that_ends_well_leaves_the_table_alone(tmp_path):
    manifest = Manifest(tmp_path)
    manifest.note(Row("key of a", "a.mp4", "a", "begun"))
    manifest.note(row("a", bytes=7, seconds=0.5))
    manifest.close()
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]
    assert Manifest(tmp_path).row("a") == row("a", bytes=7, seconds=0.5)


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", b"{}"])
def test_a_table_that_is_none_is_named(tmp_path, content):
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"{MANIFEST} is no table of neckrom's that can be read"):
        Manifest(tmp_path)


def test_what_a_killed_client_had_asked_for_and_a_worker_finished_is_taken(tmp_path):
    """The worker writes the folder; nobody is there to hear it."""
    path, out = tmp_path / "a.mp4", tmp_path / "out"
    path.write_bytes(b"a clip")
    out.mkdir()
    options = MeasureOptions()
    first = Manifest(out)
    (wanted,) = Run([path], out, options, prepared_options(options), first).wanted()
    (out / "a").mkdir()
    (out / "a" / "result.json").write_text("{}")
    run = Run([path], out, options, prepared_options(options), Manifest(out))
    assert list(run.wanted()) == []
    (outcome,) = run.outcomes()
    assert outcome.error is None
    assert wanted.folder == outcome.folder


def test_a_folder_travels_as_what_is_read_of_it(tmp_path):
    folder = tmp_path / "session"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "picture.jpg").write_bytes(b"1")
    (folder / "timestamps.csv").write_text("file,time_s\n")
    unpacked(packed(folder), tmp_path / "there", folder=True)
    assert content_of(tmp_path / "there") == content_of(folder)
    (tmp_path / "there" / "deep" / "picture.jpg").write_bytes(b"2")
    assert content_of(tmp_path / "there") != content_of(folder)
    result = tmp_path / "result"
    result.mkdir()
    (result / "landmarks.parquet").write_bytes(b"l")
    before = content_of(result)
    (result / "report.html").write_text("said again")
    assert content_of(result) == before


def test_a_file_is_known_by_what_it_holds(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"clip")
    assert content_of(tmp_path / "a.mp4").sha256 == hashlib.sha256(b"clip").hexdigest()


def test_what_another_machine_has_otherwise_is_named():
    ours = own_identity()
    assert differences(ours, ours) == []
    theirs = replace(ours, models="f" * 64, packages=(*ours.packages[:-1], "distributed 1.0"))
    models, package = differences(ours, theirs)
    assert models == f"models {ours.models[:12]} here, ffffffffffff there"
    assert package.endswith("here, 1.0 there")
    assert "other files of neckrom" in differences(ours, replace(ours, code="0" * 64))[0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"address": "scheduler:8786"}, "tcp://scheduler:8786"),
        ({"address": "tcp://host"}, "tcp://scheduler:8786"),
        ({"address": "tcp://host:0"}, "tcp://scheduler:8786"),
        ({"address": "local:0"}, "local:2"),
        ({"address": "https://host:8786"}, "local:2"),
        ({"address": "tcp://h:1", "files": "nfs"}, "auto, shared, sent"),
        ({"address": "tcp://h:1", "memory_gb": float("nan")}, "as in 2"),
        ({"address": "tcp://h:1", "wait_s": -1}, "as in 60"),
        ({"address": "tcp://h:1", "tls_ca": "ca.pem"}, "starts with tls://"),
        ({"address": "tls://h:1", "tls_ca": "ca.pem"}, "certificate and key missing"),
        ({"address": "tls://h:1", "tls_ca": "a", "tls_cert": "b", "tls_key": "c"}, "there is no file c"),
    ],
)
def test_a_cluster_that_cannot_be_meant(settings, said):
    with pytest.raises(ConfigurationError, match=r"cannot be used") as refused:
        Cluster(**settings)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.1:8786", "tls://[fe80::1]:8786", "local:4", "tcp://a-b.example:1"]
)
def test_addresses_that_can_be_meant(address):
    assert Cluster(address).address == address


def test_dask_loads_only_where_a_cluster_is_used():
    script = (
        "import sys, neckrom.cli.main, neckrom.cluster.fleet, neckrom.library.measuring;"
        "print([name for name in ('dask', 'distributed') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ran.stdout == "[]\n"


def test_the_container_copies_what_there_is():
    """It cannot be built everywhere; what it asks for has to be there all the same."""
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [
        word
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    assert len(copied) > 5
    assert [name for name in copied if not (ROOT / name).exists()] == []
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    shipped = build["targets"]["wheel"]["force-include"]
    assert [name for name in shipped if not any(Path(name).is_relative_to(part) for part in copied)] == []


def test_the_content_of_a_path_that_is_gone(tmp_path: Path):
    with pytest.raises(InputError, match="does not exist"):
        content_of(tmp_path / "gone")


def test_tls_without_certificates_names_the_options_before_anything_connects(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.delenv("DASK_DISTRIBUTED__COMM__TLS__CA_FILE", raising=False)
    with (
        pytest.raises(OptionValueError, match="--tls-ca, --tls-cert and --tls-key"),
        connected(Cluster(address="tls://127.0.0.1:1")),
    ):
        pass


def test_dask_keeps_its_tracebacks_to_itself():
    """Its configuration gives "distributed.client" a level of its own, which does not follow its parent's."""
    pytest.importorskip("distributed")
    with _quiet():
        for name in ("distributed.client", "distributed.scheduler", "tornado.application", "asyncio"):
            assert not logging.getLogger(name).isEnabledFor(logging.ERROR), name


@given(ends=st.permutations(range(3)))
def test_loggers_of_the_program_have_their_levels_back_whoever_ends_last(ends):
    pytest.importorskip("distributed")
    names = ("distributed", "distributed.client", "tornado", "asyncio")
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    wanted = [logging.INFO, logging.WARNING, logging.NOTSET, logging.DEBUG]
    for logger, level in zip(loggers, wanted, strict=True):
        logger.setLevel(level)
    try:
        users = [_quiet() for _ in ends]
        for user in users:
            user.__enter__()
        for number in ends:
            assert all(logger.level == logging.CRITICAL for logger in loggers)
            users[number].__exit__(None, None, None)
        assert [logger.level for logger in loggers] == wanted
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
