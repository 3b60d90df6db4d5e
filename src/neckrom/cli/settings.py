"""``neckrom settings``: what stands at the head of every report, and the usual language."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neckrom.cli.terminal import console, print_json

if TYPE_CHECKING:
    from neckrom.service.clinic import SiteState

setting = typer.Typer()


@setting.command("settings")
def settings(
    *,
    clinic: Annotated[
        str | None, typer.Option("--clinic", metavar="NAME", help="Name of the clinic; '' for none.")
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", metavar="TEXT", help="Its address; '' for none.")
    ] = None,
    examiner: Annotated[
        str | None, typer.Option("--examiner", metavar="NAME", help="Who measures; '' for none.")
    ] = None,
    logo: Annotated[
        str | None,
        typer.Option("--logo", metavar="FILE", help="PNG or JPEG of at most 5 MB; '' for none."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="en|de|es|fr",
            help="In which commands and pages speak unless --lang says otherwise; '' for English.",
        ),
    ] = None,
    site: Annotated[
        str | None,
        typer.Option(
            "--site",
            metavar="FILE",
            help="What a study of this place measured (neckrom study analyse --site); '' for none.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Show or set what stands at the head of every report (clinic, address, logo, examiner) and the usual language."""
    import json  # noqa: PLC0415

    from neckrom.messages import FALLBACK  # noqa: PLC0415
    from neckrom.service.clinic import load_clinic, load_site, save_clinic, save_site, with_logo  # noqa: PLC0415

    before = load_clinic()
    changed = replace(
        before,
        clinic=before.clinic if clinic is None else clinic.strip(),
        address=before.address if address is None else address.strip(),
        examiner=before.examiner if examiner is None else examiner.strip(),
        language=before.language if language is None else language.strip(),
    )
    if logo is not None:
        changed = with_logo(changed, _read(Path(logo))) if logo else replace(changed, logo=b"")
    if changed != before:
        save_clinic(changed)
    if site is not None:
        save_site(Path(site) if site else None)
    kept = load_site()
    if as_json:
        told = {"clinic": changed.clinic, "address": changed.address, "examiner": changed.examiner}
        told["language"] = changed.language or FALLBACK
        more = {"logo": bool(changed.logo), "site": None if kept.site is None else kept.site.study}
        print_json(json.dumps(told | more, ensure_ascii=False, indent=1))
        return
    for title, text in (
        ("Clinic", changed.clinic),
        ("Address", changed.address),
        ("Examiner", changed.examiner),
        ("Logo", "kept" if changed.logo else ""),
        ("Language", changed.language or FALLBACK),
        ("Site", _site_line(kept)),
    ):
        console().print(f"{title + ':':<10} {text or '(none)'}", soft_wrap=True)


def _site_line(kept: SiteState) -> str:
    from neckrom.messages import FALLBACK, load_messages  # noqa: PLC0415

    if kept.damaged:
        return (
            "the file is damaged and not used: give it again with --site FILE, or take it out with --site ''"
        )
    if kept.site is None:
        return ""
    site = kept.site
    device = load_messages(FALLBACK).text(f"study.device.{site.reference}")
    return f"{site.study}: {site.people} people, {device}, neckrom {site.tool.version} ({site.created})"


def _read(path: Path) -> bytes:
    from neckrom.errors import InputError  # noqa: PLC0415
    from neckrom.private_files import read_plain  # noqa: PLC0415
    from neckrom.service.clinic import MAX_LOGO_BYTES  # noqa: PLC0415

    try:
        return read_plain(path.resolve(), MAX_LOGO_BYTES)
    except OSError as error:
        raise InputError(
            f"The logo {path} cannot be used: {error.strerror or error}. Give a PNG or JPEG of at most "
            f"{MAX_LOGO_BYTES / 1e6:.0f} MB."
        ) from error
