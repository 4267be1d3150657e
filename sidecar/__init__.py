"""Sotto's sidecar: a local speech-to-text service over ZeroMQ."""

__version__ = "0.1.0"
