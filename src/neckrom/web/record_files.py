"""What the pages hand out of the records: made on demand, or named in a fixed table.

No name that a request holds reaches the disk: sessions are looked up in the database, files in
:data:`STORED`, forms of an export in :class:`~neckrom.exports.write.Format`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from starlette.responses import Response

from neckrom.messages import Messages
from neckrom.private_files import read_plain
from neckrom.records.stored_report import MAX_BYTES, stored_report
from neckrom.records.views import StoredSession
from neckrom.report.wording import display_name
from neckrom.web.access import REPORT_POLICY

STORED = {
    "report.html": "text/html; charset=utf-8",
    "result.json": "application/json",
}
"""The fixed table of what is handed out of a session's folder."""

_TYPES = {
    "json": "application/json",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "zip": "application/zip",
}


def download(name: str, data: bytes) -> Response:
    """A file to be saved; ``name`` is ours, never from outside."""
    media_type = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return Response(
        data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def page_of_its_own(html: bytes) -> Response:
    """A report: one file with its style and pictures in it, which may run nothing and ask for nothing."""
    return Response(
        html, media_type=STORED["report.html"], headers={"Content-Security-Policy": REPORT_POLICY}
    )


def packed(name: str, contents: Mapping[str, bytes]) -> Response:
    """One file as it is, several in an archive."""
    if len(contents) == 1:
        ((single, data),) = contents.items()
        return download(single, data)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in contents.items():
            archive.writestr(each, data)
    return download(f"{name}.zip", buffer.getvalue())


def stored_file(view: StoredSession, name: str) -> bytes | None:
    """A file of the fixed table; None where it is not in it, or not on this machine."""
    if name not in STORED:
        return None
    path = view.folder / name
    try:
        return stored_report(path, view.row.id) if name.startswith("report.") else read_plain(path, MAX_BYTES)
    except OSError:
        return None


def file_rows(view: StoredSession, texts: Messages) -> list[tuple[str, str]]:
    """Name and size of everything that is kept of a session."""
    return [(display_name(entry.name, limit=100), _size(entry.size, texts)) for entry in view.files]


def _size(size: int, texts: Messages) -> str:
    if size < 1e6:
        return texts.text("pages.kilobytes", size=max(1.0, size / 1e3))
    return texts.text("pages.megabytes", size=size / 1e6)
