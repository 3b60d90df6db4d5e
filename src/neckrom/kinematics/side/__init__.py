"""Flexion and extension from a camera at the side."""
