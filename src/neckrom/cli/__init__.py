"""Command line: parses, asks the service and shows; measures nothing itself."""
