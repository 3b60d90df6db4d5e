"""Whole bodies in the picture: points by name, which leg is which, angles of segments."""
