"""Pages of the site that lie outside of docs/, and links that lead out of it.

The README is the first page, and CONTRIBUTING and CHANGELOG stand beside the others: each text exists once. A link
to a file of the checkout that is no page (a notebook, a folder) becomes its name, since the site is read without it.
"""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")

_ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):(?=<code>)")
_FOREIGN = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^\"' >]+")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie beside docs/."""
    for name, place in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, place, content=_within_docs(text)))
    return files


def on_page_markdown(markdown: str, **_known: object) -> str:
    """Links of docs/ that lead out of it."""
    for name, place in PAGES.items():
        markdown = markdown.replace(f"](../{name}", f"]({place}")
    return _LINK.sub(lambda found: _led(found, found[2].startswith("../")), markdown)


def on_page_content(html: str, **_known: object) -> str:
    """Docstrings name others as Sphinx does; the name alone is what is read."""
    return _ROLE.sub("", html)


def on_post_page(output: str, page: Page, **_known: object) -> str:
    """No page loads anything from elsewhere when it is read."""
    found = _FOREIGN.findall(output)
    if found:
        raise PluginError(f"{page.file.src_uri} loads something from elsewhere: {found[0]}")
    return output


def _within_docs(text: str) -> str:
    """Links of a page of the root, as they are from within docs/."""
    text = text.replace("](docs/", "](")
    for name, place in PAGES.items():
        text = text.replace(f"]({name}", f"]({place}")

    def leads_out(target: str) -> bool:
        path = target.partition("#")[0]
        return path not in PAGES.values() and not (ROOT / "docs" / path).exists()

    return _LINK.sub(lambda found: _led(found, leads_out(found[2])), text)


def _led(found: re.Match[str], out: bool) -> str:
    return found[1] if out else found[0]
