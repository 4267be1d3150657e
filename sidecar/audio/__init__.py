"""Sound as numbers: files, sample rates, loudness and the spectrogram models listen to."""
