"""From hypotheses that change to text that does not: what is committed is never taken back."""
