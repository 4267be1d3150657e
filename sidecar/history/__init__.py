"""What was dictated and what a person has chosen: one SQLite database of this user."""
