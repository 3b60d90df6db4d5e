"""The pages of records on a disk that takes nothing."""

from __future__ import annotations

import re

from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.api import Records
from neckrom.records.location import locate
from tests.records.archived import as_reader, taking_nothing
from tests.records.folders import write_folder
from tests.web.test_records_pages import at_desk, handed_over


def test_the_pages_are_read_and_say_that_nothing_can_be_changed(tmp_path):
    root, guided = tmp_path / "archive" / "store", tmp_path / "guided"
    guided.mkdir()
    with Records(locate(str(root))) as records:
        person = records.add_person("Anna Berg").id
        first = records.import_result(write_folder(tmp_path / "one", "one"), person).session_id
        later = write_folder(tmp_path / "two", "two", "2026-05-02T10:20:30+02:00")
        second = records.import_result(later, person).session_id

    def use() -> None:
        with Records(locate(str(root))) as records, at_desk(records, guided) as desk:
            for target in (
                "/people",
                "/people?search=anna",
                f"/people/{person}",
                f"/people/{person}/screen",
                f"/sessions/{first}",
                f"/compare?one={first}&other={second}",
            ):
                assert load_messages("en").text("pages.read_only") in desk.page(target), target
            for language in LANGUAGES:
                shown = desk.page(f"/people?lang={language}")
                assert load_messages(language).text("pages.read_only").replace("'", "&#39;") in shown
            assert desk.get(f"/people/{person}/course.pdf").body.startswith(b"%PDF")
            for target, fields in (
                ("/people", {"name": "Ben"}),
                (f"/people/{person}/change", {"name": "Ben"}),
                (f"/people/{person}/delete", {"confirm": "yes"}),
                (f"/sessions/{first}/delete", {"confirm": "yes"}),
                (f"/people/{person}/guided", {"camera": "0", "protocol": "quick"}),
            ):
                answer = desk.post(target, fields)
                assert answer.status in (400, 503), (target, answer.status, answer.body[-500:])
                assert re.search(r"can be read, not changed", answer.body.decode()), target
            answer = handed_over(desk, person, "result.json", (tmp_path / "one" / "result.json").read_bytes())
            assert answer.status in (400, 503)
            assert "can be read, not changed" in answer.body.decode()
            assert list(guided.iterdir()) == []

    with taking_nothing(root.parent):
        as_reader(use)
