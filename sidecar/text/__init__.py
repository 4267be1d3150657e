"""What happens to text after recognition."""
