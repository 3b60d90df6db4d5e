"""Whole bodies in the picture: points by name, which leg is which, angles of segments; what they show is said elsewhere."""
