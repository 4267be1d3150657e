"""Where the stages meet: one recording or one dictation, from audio to text."""
