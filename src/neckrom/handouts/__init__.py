"""What is handed to a person: the sheet of a session, the course of all of them, the report; on a page and on paper."""
