"""Figures, HTML, PDF, tables and the overlay video."""
