"""People, their sessions, trends and backups; ``neckrom.records.api`` is what others call."""
