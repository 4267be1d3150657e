"""The wire format: generated messages, and the codec between them and bytes."""
