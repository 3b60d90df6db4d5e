"""How head and trunk are held while standing, read from the side."""
