"""From a finished run to one self-contained ONNX file; needs `pip install "vrx[train]"`."""
