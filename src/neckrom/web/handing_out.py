"""What the pages hand out of people and sessions alike: hand-outs, exports, and the word that something is deleted."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from neckrom.exports.write import Format, made_export
from neckrom.handouts.handout_page import Handout, handout_html, handout_pdf
from neckrom.records.audit import Action
from neckrom.records.views import Deleted
from neckrom.report.wording import display_name
from neckrom.web.desk import Desk
from neckrom.web.record_files import download, packed, page_of_its_own


def removed_page(desk: Desk, request: Request, removed: Deleted, back: str) -> Response:
    """Say what was deleted."""
    label = display_name(removed.label, limit=250)
    return desk.show(request, "deleted.html.j2", removed=removed, what=label, back=back)


def handed_out(handout: Handout, form: str, name: str) -> Response:
    """A hand-out as a page of its own, or to be stored as PDF."""
    if form == "html":
        return page_of_its_own(handout_html(handout).encode("utf-8"))
    return download(f"{name}.pdf", handout_pdf(handout))


def exported(desk: Desk, what: str, form: Format, *, with_name: bool) -> Response:
    """Sessions in the form of other programs, packed; written into the log."""
    name, contents, remarks = made_export(desk.records, what, form, with_name=with_name)
    if remarks and form is not Format.MOT:  # a motion has its remarks beside it already
        contents = contents | {"remarks.txt": ("\n".join(remarks) + "\n").encode("utf-8")}
    session = desk.records.find_session(what) if what.startswith("S-") else None
    person_id = what if session is None else session.person_id
    detail = f"{form.value}, with name" if with_name else form.value
    desk.records.log(Action.EXPORTED, person_id, None if session is None else session.id, detail)
    return packed(f"{name}_{form.value}", contents)
