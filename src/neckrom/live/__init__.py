"""The guided session at the camera."""
