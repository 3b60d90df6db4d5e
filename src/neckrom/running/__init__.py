"""How head, trunk, arms and feet move while running, read from a clip."""
