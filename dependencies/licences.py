"""List what is installed beside neckrom, with its version and licence, as the packages say it themselves.

    python dependencies/licences.py

Run it in an environment that holds what is to be handed on, and nothing else. The list has a second
part: libraries inside the wheels that PyAV ships, which its own metadata does not name. An exit code of 1
says that a package names no licence.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

COPYLEFT = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
WEAK = re.compile(r"\b(LGPL|GNU Lesser|MPL|Mozilla)", re.IGNORECASE)
BUNDLED = {
    "libx264": "GPL-2.0-or-later",
    "libx265": "GPL-2.0-or-later",
    "libavcodec": "LGPL-2.1-or-later",
    "libvpx": "BSD-3-Clause",
    "libSvtAv1Enc": "BSD-3-Clause-Clear",
    "libdav1d": "BSD-2-Clause",
    "libopus": "BSD-3-Clause",
    "libmp3lame": "LGPL-2.0-or-later",
    "libgmp": "LGPL-3.0-or-later or GPL-2.0-or-later",
    "libgnutls": "LGPL-2.1-or-later",
}
"""Libraries in the folder ``av.libs`` and their licences, from their own sources."""


def licence_of(package: Distribution) -> str:
    """What a package says of its licence: the expression, else the classifiers, else the free text."""
    meta = package.metadata
    if expression := meta.get("License-Expression"):
        return expression
    classifiers = [
        line.split("::")[-1].strip()
        for line in meta.get_all("Classifier") or []
        if line.startswith("License")
    ]
    named = [line for line in classifiers if line != "OSI Approved"]
    if named:
        return ", ".join(named)
    text = (meta.get("License") or "").strip().splitlines()
    return text[0][:70] if text else _heading_of_its_file(package)


def _heading_of_its_file(package: Distribution) -> str:
    for file in package.files or []:
        if re.match(r"LICEN[CS]E|COPYING", file.name, re.IGNORECASE) and file.locate().is_file():
            lines = Path(str(file.locate())).read_text(encoding="utf-8", errors="replace").split("\n")
            return next((line.strip()[:70] for line in lines if line.strip()), "")
    return ""


def bundled_libraries(package: Distribution) -> list[str]:
    """Libraries that a wheel carries beside its own code."""
    return sorted(
        {Path(str(file)).name.split("-")[0] for file in package.files or [] if ".libs/" in str(file)}
    )


def main() -> int:
    """Print the list."""
    found = sorted(distributions(), key=lambda package: package.metadata["Name"].lower())
    unknown = []
    for package in found:
        name, licence = package.metadata["Name"], licence_of(package)
        mark = "  <- GPL" if COPYLEFT.search(WEAK.sub("", licence)) else ""
        print(f"{name:30} {package.version:16} {licence or 'NOT NAMED'}{mark}")
        if not licence:
            unknown.append(name)
    for package in found:
        libraries = [name for name in bundled_libraries(package) if name in BUNDLED]
        if libraries:
            print(f"\nIn the wheel of {package.metadata['Name']} {package.version}:")
            gpl = any(BUNDLED[name].startswith("GPL") for name in libraries)
            for name in libraries:
                whole = gpl and name == "libavcodec"
                print(
                    f"  {name:28} {'GPL-2.0-or-later: built with x264 and x265' if whole else BUNDLED[name]}"
                )
    if unknown:
        print(f"\nWithout a licence in their metadata: {', '.join(unknown)}")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
