"""Bundled models: each one NAME.onnx, its spec NAME.json and its card NAME.md."""
