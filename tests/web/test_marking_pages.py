"""C7 is clicked on the page of a posture, looked at, and kept."""

from __future__ import annotations

import re
from html import unescape

import pytest

from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.api import Records
from neckrom.records.location import locate
from tests.posture.standing import C7, CVA_DEG, in_close, write_standing
from tests.records.body_folders import write_posture, write_run
from tests.web.test_records_pages import at_desk, open_page  # noqa: F401  (a fixture)


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    root = tmp_path_factory.mktemp("marking")
    with Records(locate(str(root / "store"))) as records:
        person = records.add_person("Anna Berg").id
        write_standing(root / "standing")
        bare = records.import_result(write_posture(root / "bare"), person).session_id
        run = records.import_result(write_run(root / "run"), person).session_id
        with at_desk(records, tmp_path_factory.mktemp("guided")) as desk:
            yield desk, person, root / "standing", (bare, run)


def stored(marked) -> str:
    desk, person, folder, _ = marked
    found = [row for row in desk.records.person(person).sessions if row.view == "side_left" and row.note]
    if found:
        return found[0].id
    return desk.records.import_result(folder, person, note="seen before breakfast").session_id


def asked(point, **more: str) -> dict[str, str]:
    x, y = in_close(point)
    return {"at.x": f"{x:.0f}", "at.y": f"{y:.0f}"} | more


def query(fields: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in fields.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_posture_leads_to_the_picture_on_which_a_click_is_shown_with_its_angle(marked, language):
    desk, texts = marked[0], load_messages(language)
    session = stored(marked)
    page = desk.page(f"/sessions/{session}?lang={language}")
    assert f'href="/sessions/{session}/c7/1"' in page
    assert f"/sessions/{session}/c7/2" not in page  # of this view no close picture was kept
    home = f"/sessions/{session}/c7/1"
    empty = desk.page(f"{home}?lang={language}")
    assert 'type="image"' in empty
    assert texts.text("pages.c7.keep") not in unescape(empty)
    shown = unescape(desk.page(f"{home}?lang={language}&{query(asked(C7, as_clicked='true'))}"))
    assert texts.text("pages.c7.keep") in shown
    angle = re.search(r"<strong>[^<]*: (\d+)°", shown)
    assert angle is not None
    assert abs(int(angle[1]) - CVA_DEG) < 2.5
    picture = re.search(r'src="([^"]+/picture\?[^"]+)"', shown)
    assert picture is not None
    drawn = desk.get(picture[1])
    assert drawn.body.startswith(b"\xff\xd8")
    assert drawn.body != desk.get(f"{home}/picture").body


def test_a_mark_elsewhere_is_refused_and_a_form_sent_by_keyboard_marks_nothing(marked):
    desk, session = marked[0], stored(marked)
    home = f"/sessions/{session}/c7/1"
    answer = desk.get(f"{home}?{query(asked((600, 130)))}")
    assert answer.status == 400
    assert b"not at the nape" in answer.body
    assert "Keep this mark" not in desk.page(f"{home}?at.x=0&at.y=0")
    for wrong in ("at.x=nan&at.y=3", "at.x=9e9&at.y=3", "at.x=a&at.y=b", "at.x=3"):
        assert "Keep this mark" not in desk.page(f"{home}?{wrong}")
    assert desk.post(home, {"at.x": "inf", "at.y": "3"}).status == 404
    for other in (f"{session}/c7/0", f"{session}/c7/3", f"{marked[3][1]}/c7/1"):
        assert desk.get(f"/sessions/{other}").status == 404
    assert desk.get(f"/sessions/{marked[3][0]}/c7/1").status == 409


def test_a_mark_is_kept_with_the_angle_in_result_report_and_picture(marked):
    desk, person = marked[0], marked[1]
    session = stored(marked)
    before = desk.records.body_session(session)
    answer = desk.post(f"/sessions/{session}/c7/1", asked(C7))
    assert answer.status == 303
    assert desk.get(f"/sessions/{session}").status == 404
    kept = desk.records.body_session(answer.headers["Location"].rpartition("/")[2])
    assert kept.row.person_id == person
    assert (kept.row.note, kept.row.measured) == (before.row.note, before.row.measured)
    view = kept.result.views[0]
    assert view.c7_origin == "clicked"  # a pony tail hides the neck's edge
    assert kept.result.craniovertebral_deg == view.craniovertebral_deg
    low, high = view.craniovertebral_interval95_deg
    assert low < CVA_DEG < high
    assert kept.result.views[1] == before.result.views[1]
    assert kept.result.configuration.c7 == view.points.c7
    for name in ("pictures/view_1.jpg", "report.html", "report.pdf"):
        assert (kept.folder / name).is_file()
    assert f"{view.craniovertebral_deg:.0f}°" in (kept.folder / "report.html").read_text(encoding="utf-8")
    # marked again elsewhere, on the one that is there now
    again = desk.post(f"/sessions/{kept.row.id}/c7/1", asked((C7[0] + 3, C7[1] - 6), as_clicked="true"))
    moved = desk.records.body_session(again.headers["Location"].rpartition("/")[2])
    assert moved.result.views[0].c7_origin == "clicked"
    assert moved.result.craniovertebral_deg < view.craniovertebral_deg


@pytest.mark.parametrize("width", [390, 1000])
def test_a_click_in_the_browser_marks_where_it_was_made(marked, open_page, width):  # noqa: F811
    desk, session = marked[0], stored(marked)
    page = open_page(desk, f"/sessions/{session}/c7/1")
    page.set_viewport_size({"width": width, "height": 900})
    page.locator("[name=as_clicked]").check()
    x, y = (round(float(value)) for value in in_close(C7))
    # a browser says where in the drawn picture: it has to be as large as it is
    box = page.locator("[type=image]").bounding_box()
    assert (box["width"], box["height"]) == (640, 640)
    page.locator("[type=image]").click(position={"x": x, "y": y})
    page.get_by_role("button", name="Keep this mark").wait_for()
    assert abs(float(page.locator("form[method=post] [name='at.x']").get_attribute("value")) - x) <= 1
    assert abs(float(page.locator("form[method=post] [name='at.y']").get_attribute("value")) - y) <= 1
