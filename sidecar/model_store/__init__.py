"""The models on this machine: found, downloaded, verified, removed."""
