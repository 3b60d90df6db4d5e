"""Help and complaints of the command line, read as the person reads them."""

from __future__ import annotations

import re

import pytest
import typer
from typer.testing import CliRunner

from neckrom.cli.main import app
from neckrom.cli.screen import _Place
from neckrom.errors import ExitCode
from neckrom.messages import load_messages

COMMAND = typer.main.get_command(app)


def commands(command, *path):
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *path, name)


def refused(*arguments):
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "120", "NO_COLOR": "1"})
    return done.exit_code, " ".join(done.stderr.replace("\u2502", " ").split())


WIDEST = (("live",), ("measure",), ("sessions", "import"))


@pytest.mark.parametrize(("columns", "paths"), [("80", tuple(commands(COMMAND))), ("120", WIDEST)])
def test_every_help_says_what_is_to_be_typed(monkeypatch, columns, paths):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERMINAL_WIDTH", columns)
    for path in paths:
        shown = CliRunner().invoke(app, [*path, "--help"]).stdout
        assert "Show this message" in shown
        for wrong in ("<bool>", "<path>", "<str>", "list[", "Path]", "...}", "\u2026"):
            assert wrong not in shown, (path, wrong)
        assert max(map(len, shown.splitlines())) <= int(columns)


def test_no_metavar_is_cut():
    """In 80 columns a longer one is broken in the middle of a word."""

    def long_ones(command):
        for parameter in command.params:
            if len(getattr(parameter, "metavar", None) or "") > 17:
                yield f"{command.name} {parameter.name}: {parameter.metavar}"
        for inner in getattr(command, "commands", {}).values():
            yield from long_ones(inner)

    assert not list(long_ones(COMMAND))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("mesure", "x"), "Did you mean neckrom measure?"),
        (("add", "Anna"), "Did you mean neckrom people add"),
        (("people", "ad"), "Did you mean 'add'?"),
        (("reprot",), "Did you mean neckrom report?"),
        (("measure", "x", "--viw", "front"), "No such option: --viw. Did you mean --view?"),
        (("measure", "x", "--overlai"), "Did you mean --overlay?"),
        (("measure", "x", "--view", "frnt"), "'frnt' is not one of 'auto', 'front', 'side'"),
        (("live", "--fps", "abc"), "'--fps': give a number, such as 30."),
        (("schema", "runn"), "'runn' is not one of"),
    ],
)
def test_suggestions_fit(typed, meant):
    code, said = refused(*typed)
    assert code == ExitCode.USAGE
    assert meant in said
    assert "Value error" not in said


def test_nothing_is_suggested_where_nothing_is_near():
    assert refused("xyzzy") == (ExitCode.USAGE, refused("xyzzy")[1])
    assert "Did you mean" not in refused("xyzzy")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("live", "--size", "1x"),
        ("live", "--port", "99999"),
        ("live", "--protocol", "nix"),
        ("live", "--lang", "xx"),
        ("live", "--phone-address", "192.168.1.20"),
        ("open", "--lang", "xx"),
        ("measure", "x", "--norms", "nix"),
        ("measure", "x", "--camera", "nix"),
        ("measure", "x", "--jobs", "0"),
        ("measure", "x", "--lang", "xx"),
        ("calibrate", "camera", "x", "--name", "a/b"),
        ("people", "list", "--store", "mysql://x"),
        ("run", "x", "--speed", "quick"),
    ],
)
def test_a_wrong_value_of_an_option_is_a_wrong_command_line(arguments, monkeypatch, tmp_path):
    monkeypatch.setenv("NECKROM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").write_bytes(b"")
    code, said = refused(*arguments)
    assert code == ExitCode.USAGE, said
    assert said


@pytest.mark.parametrize(
    ("language", "said"), [("en", "2 of 13"), ("de", "2 von 13"), ("es", "2 de 13"), ("fr", "2 sur 13")]
)
def test_the_screen_says_which_question_of_how_many(language, said):
    place = _Place(load_messages(language), 13)
    place.before("first?")
    assert re.fullmatch(rf"{said}: second\?", place.before("second?"))
