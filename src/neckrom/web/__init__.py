"""Pages on 127.0.0.1: the guided session now, records beside it."""
