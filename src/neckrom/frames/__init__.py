"""Frames in time order, from clips, image folders and animations."""
