"""Cameras that are known: profiles, the board to calibrate with, and the calibration itself."""

from neckrom.camera_profiles.profile import (
    CameraProfile,
    LoadedCamera,
    ProfileEntry,
    list_profiles,
    load_camera,
    save_profile,
    user_folder,
)

__all__ = [
    "CameraProfile",
    "LoadedCamera",
    "ProfileEntry",
    "list_profiles",
    "load_camera",
    "save_profile",
    "user_folder",
]
