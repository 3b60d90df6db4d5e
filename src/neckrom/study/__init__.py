"""A validation study in a clinic: its folder, what is wrong in it, and what it found."""
