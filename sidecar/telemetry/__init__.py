"""What we tell about ourselves: logs without content."""
