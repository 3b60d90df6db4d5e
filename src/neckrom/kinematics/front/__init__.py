"""Orientation of head and thorax from a camera in front."""
