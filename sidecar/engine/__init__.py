"""Speech engines: what they are, where they come from, and the processes they live in."""
