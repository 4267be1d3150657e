"""Official checkpoints become models that Sotto runs: ONNX graphs, a GGUF and a manifest."""
