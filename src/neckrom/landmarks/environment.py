"""What the models need of the machine, checked without loading them."""

from __future__ import annotations

import re
from importlib import metadata, util
from pathlib import Path

from neckrom.errors import EnvironmentProblemError

MEDIAPIPE_VERSION = "0.10.21"
"""The last release whose wheel carries its models and that never uses the network."""

OPENCV_DISTRIBUTIONS = (
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
    "opencv-python",
    "opencv-python-headless",
)
"""Each of them installs a package named cv2: two of them break each other."""

MODEL_FILES = (
    "modules/face_detection/face_detection_full_range_sparse.tflite",
    "modules/face_detection/face_detection_short_range.tflite",
    "modules/face_landmark/face_landmark_with_attention.tflite",
    "modules/pose_detection/pose_detection.tflite",
    "modules/pose_landmark/pose_landmark_full.tflite",
)
"""Models used, relative to the mediapipe package, in the order in which they are hashed."""

_LIBRARIES: dict[str, tuple[str, str]] = {
    "libGL.so": ("libgl1", "libglvnd-glx"),
    "libGLX.so": ("libglx0", "libglvnd-glx"),
    "libOpenGL.so": ("libopengl0", "libglvnd-opengl"),
    "libEGL.so": ("libegl1", "libglvnd-egl"),
    "libGLESv2.so": ("libgles2", "libglvnd-gles"),
    "libgthread-2.0.so": ("libglib2.0-0", "glib2"),
    "libglib-2.0.so": ("libglib2.0-0", "glib2"),
    "libSM.so": ("libsm6", "libSM"),
    "libICE.so": ("libice6", "libICE"),
    "libX11.so": ("libx11-6", "libX11"),
    "libXext.so": ("libxext6", "libXext"),
    "libXrender.so": ("libxrender1", "libXrender"),
    "libstdc++.so": ("libstdc++6", "libstdc++"),
    "libgomp.so": ("libgomp1", "libgomp"),
    "libusb-1.0.so": ("libusb-1.0-0", "libusb1"),
    "libportaudio.so": ("libportaudio2", "portaudio"),
}
"""Shared library: package in Debian and Ubuntu, package in Fedora."""


def opencv_distributions() -> tuple[str, ...]:
    """Installed distributions that carry a cv2, in a fixed order.

    Returns
    -------
    tuple of str
        Some of ``OPENCV_DISTRIBUTIONS``.
    """
    return tuple(name for name in OPENCV_DISTRIBUTIONS if _version(name) is not None)


def mediapipe_version() -> str | None:
    """Installed version of mediapipe, None where it is missing.

    Returns
    -------
    str or None
    """
    return _version("mediapipe")


def mediapipe_folder() -> Path | None:
    """Where the mediapipe package lies, found without importing it.

    Returns
    -------
    Path or None
        None where it is missing.
    """
    spec = util.find_spec("mediapipe")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def model_paths() -> tuple[Path, ...]:
    """The model files in the installed package.

    Returns
    -------
    tuple of Path
        In the order of ``MODEL_FILES``.

    Raises
    ------
    EnvironmentProblemError
        The package or one of its models is missing.
    """
    folder = mediapipe_folder()
    if folder is None:
        raise EnvironmentProblemError(_missing_mediapipe())
    paths = tuple(folder / name for name in MODEL_FILES)
    absent = [path.name for path in paths if not path.is_file()]
    if absent:
        raise EnvironmentProblemError(
            f"mediapipe is installed without its models ({', '.join(absent)}): "
            f"pip install --force-reinstall mediapipe=={MEDIAPIPE_VERSION}"
        )
    return paths


def check_packages() -> None:
    """Refuse an environment in which the models cannot run or would not be the tested ones.

    Raises
    ------
    EnvironmentProblemError
        mediapipe is missing or of another version, or more than one cv2 is installed.
    """
    version = mediapipe_version()
    if version is None:
        raise EnvironmentProblemError(_missing_mediapipe())
    if version != MEDIAPIPE_VERSION:
        raise EnvironmentProblemError(
            f"mediapipe {version} is installed, but the measured values hold for {MEDIAPIPE_VERSION} "
            f"(later releases send usage data over the network): pip install mediapipe=={MEDIAPIPE_VERSION}"
        )
    found = opencv_distributions()
    if len(found) > 1:
        raise EnvironmentProblemError(
            f"{len(found)} packages bring the same cv2 and break each other ({', '.join(found)}). Keep one: "
            f"pip uninstall -y {' '.join(found)} && pip install opencv-contrib-python"
        )


def explain_import_error(error: BaseException) -> EnvironmentProblemError:
    """What to install when importing mediapipe failed.

    Parameters
    ----------
    error : ImportError or OSError
        As raised by the import.

    Returns
    -------
    EnvironmentProblemError
        To be raised: its message says which package of the system brings what is missing, where that is known.
    """
    if "DLL load failed" in str(error):
        return EnvironmentProblemError(
            "Microsoft's Visual C++ runtime is missing or old. Install the Visual C++ Redistributable (x64) from "
            "Microsoft, or: pip install msvc-runtime"
        )
    library = re.search(r"(lib[\w.+\-]+?\.so)[.\d]*", str(error))
    if library is None:
        return EnvironmentProblemError(
            f"mediapipe cannot be loaded ({error}): "
            f"pip install --force-reinstall mediapipe=={MEDIAPIPE_VERSION}, "
            "or see neckrom doctor."
        )
    known = _LIBRARIES.get(library[1])
    if known is None:
        return EnvironmentProblemError(
            f"The system library {library[0]} is missing: install the package that brings it "
            f"(Debian, Ubuntu: apt-file search {library[0]}; Fedora: dnf provides '*/{library[0]}')."
        )
    return EnvironmentProblemError(
        f"The system library {library[0]} is missing. Debian, Ubuntu: sudo apt-get install {known[0]}; "
        f"Fedora: sudo dnf install {known[1]}."
    )


def _missing_mediapipe() -> str:
    return f"mediapipe is not installed: pip install mediapipe=={MEDIAPIPE_VERSION} (Python 3.11 or 3.12)."


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
