"""What a person types: serve, transcribe, doctor, demo."""
