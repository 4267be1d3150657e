"""The machine we run on: folders, the connection file, the parent process, starting a sidecar."""
