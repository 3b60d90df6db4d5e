"""Face and pose landmarks, from the models or from a landmark file."""
