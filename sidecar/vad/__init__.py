"""Where speech is: probabilities per frame, and the spans of speech they make."""
