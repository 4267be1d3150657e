"""Runs networks: the only place that knows ONNX Runtime and llama.cpp."""
