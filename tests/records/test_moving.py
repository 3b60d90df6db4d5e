"""A session goes to another person, with its files, in one piece."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from neckrom.errors import InputError, UnknownRecordError
from neckrom.records import moving
from neckrom.records.api import Records
from neckrom.records.audit import Action
from neckrom.records.location import locate


def two_people(records, folder):
    anna, bea = records.add_person("Anna"), records.add_person("Bea")
    done = records.import_result(folder(), anna.id, note="by hand")
    return anna, bea, done.session_id


def test_a_session_is_moved_with_files_and_is_on_record(records, folder):
    anna, bea, session = two_people(records, folder)
    before = records.session(session)
    names = {entry.name for entry in before.files}
    view = records.move_session(session, bea.id)
    assert view.person.id == bea.id
    assert view.files_here
    assert view.folder.parent.name == bea.id
    assert {path.name for path in view.folder.iterdir() if path.is_file()} >= {"result.json"}
    assert {entry.name for entry in view.files} == names
    assert (view.row.note, view.values) == (before.row.note, before.values)
    assert not before.folder.exists()
    assert records.sessions(anna.id) == []
    moved = [entry for entry in records.log_entries() if entry.action == Action.MOVED]
    assert {(entry.person_id, entry.detail) for entry in moved} == {
        (anna.id, f"to {bea.id}"),
        (bea.id, f"from {anna.id}"),
    }


def test_what_cannot_be_moved_stays(records, folder):
    anna, _, session = two_people(records, folder)
    with pytest.raises(InputError, match="already"):
        records.move_session(session, anna.id)
    with pytest.raises(UnknownRecordError):
        records.move_session(session, "P-NOBODY")
    with pytest.raises(UnknownRecordError):
        records.move_session("S-NOTHING", anna.id)
    assert records.session(session).files_here


@pytest.mark.parametrize("where", ["before the commit", "after the commit"])
def test_a_kill_on_the_way_leaves_it_whole(address, folder, monkeypatch, where):
    with Records(locate(address)) as records:
        anna, bea, session = two_people(records, folder)

        def die(*_arguments, **_named):
            raise KeyboardInterrupt

        if where == "before the commit":
            monkeypatch.setattr(moving, "write_entry", die)
        monkeypatch.setattr(records.files, "put_back", die)
        with pytest.raises(KeyboardInterrupt):
            records.move_session(session, bea.id)
    with Records(locate(address)) as again:
        view = again.session(session)
        assert view.person.id == (anna.id if where == "before the commit" else bea.id)
        assert view.files_here


def test_by_command(data_dir, folder):
    from neckrom.cli.main import app  # noqa: PLC0415

    with Records(locate(None)) as records:
        _, bea, session = two_people(records, folder)
    done = CliRunner().invoke(app, ["sessions", "move", session, "--person", "Bea"])
    assert done.exit_code == 0, done.output
    assert "is filed under Bea (" in done.output
    with Records(locate(None)) as records:
        assert records.session(session).person.id == bea.id
