"""Cleaning dictated text by a language model: the service, what it is told, and the guard."""
