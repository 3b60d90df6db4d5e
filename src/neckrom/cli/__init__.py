"""The command line: parses and shows, nothing else."""
