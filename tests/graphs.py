"""What the tests ask of the graph inside a model file."""

from collections import Counter

import onnx


def repeated(path):
    """Tensors and nodes that another of the graph is like in every bit, by what they are."""
    graph = onnx.load(path).graph
    held = Counter((tensor.data_type, tuple(tensor.dims), tensor.raw_data) for tensor in graph.initializer)
    done = Counter(
        (node.op_type, tuple(node.input), tuple(sorted(part.SerializeToString() for part in node.attribute)))
        for node in graph.node
    )
    return [one[:2] for counts in (held, done) for one, count in counts.items() if count > 1]
