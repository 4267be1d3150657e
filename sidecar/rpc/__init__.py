"""The wire: JSON-RPC 2.0 objects in msgpack over ZeroMQ, the sidecar's end and a client's."""
