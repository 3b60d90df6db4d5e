"""How the tables of one version become those of the next; they travel in the wheel and run at open."""
