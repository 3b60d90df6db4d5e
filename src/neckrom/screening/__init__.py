"""The neck screen: questions, and what their answers mean."""
