"""Just enough of the protobuf wire format to look into an .onnx file without the onnx package.

The runtime must know, before onnxruntime parses a file, that no tensor of it points to another file: an external
tensor makes a model file that is not one file, and lets a forged one read whatever the process may read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from vrx.errors import ModelFileError

__all__ = ["Facts", "inspect"]

# Message -> field number -> message that the field holds, from onnx.proto3; other fields are skipped unread.
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 9: "opset", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
    "opset": {},
}
_IR_VERSION = ("model", 1)
_OPSET_DOMAIN, _OPSET_VERSION = 1, 2
_NODE_DOMAIN = ("node", 7)
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
# Graphs nest inside attributes (If, Loop); no honest one comes near this.
_MAX_DEPTH = 64


@dataclass(frozen=True)
class Facts:
    """What the wire says: IR version, version of the default opset, other domains, whether a tensor is external."""

    ir_version: int
    opset: int
    other_domains: tuple[str, ...]
    external: bool


def inspect(data: bytes) -> Facts:
    """Walk an .onnx file once; damaged wire data is a :class:`ModelFileError`.

    Examples
    --------
    >>> inspect(bytes([0x08, 8, 0x42, 2, 0x10, 18]))
    Facts(ir_version=8, opset=18, other_domains=(), external=False)
    """
    ir_version = opset = 0
    domains: set[str] = set()
    external = False
    stack = [("model", memoryview(data), 0)]
    while stack:
        message, view, depth = stack.pop()
        if depth > _MAX_DEPTH:
            raise ModelFileError(f"not an ONNX file: messages nest deeper than {_MAX_DEPTH}")
        domain, version = "", 0
        for number, value in _fields(view):
            if isinstance(value, int):
                if (message, number) == _IR_VERSION:
                    ir_version = value
                elif message == "opset" and number == _OPSET_VERSION:
                    version = value
                elif message == "tensor" and number == _DATA_LOCATION:
                    external = external or value != 0
            elif message == "tensor" and number == _EXTERNAL_DATA:
                external = True
            elif message == "opset" and number == _OPSET_DOMAIN:
                domain = _decode(value)
            elif (message, number) == _NODE_DOMAIN:
                domains.add(_decode(value))
            elif number in _INSIDE[message]:
                stack.append((_INSIDE[message][number], value, depth + 1))
        if message == "opset" and domain in ("", "ai.onnx"):
            opset = max(opset, version)
        elif message == "opset":
            domains.add(domain)
    return Facts(ir_version, opset, tuple(sorted(domains - {"", "ai.onnx"})), external)


def _fields(view: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Field numbers and values of one message; fixed-width values, which nothing here needs, are left out."""
    at, end = 0, len(view)
    while at < end:
        key, at = _varint(view, at)
        # Parsers written in C++ drop the bits over 32: a key with such bits would hide a field from this walk only.
        if not 8 <= key < 1 << 32:
            raise ModelFileError("not an ONNX file: a field has no lawful number")
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(view, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(view, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ModelFileError("not an ONNX file: unknown wire type")
        if at + size > end:
            raise ModelFileError("not an ONNX file, or cut short: a field runs past its end")
        if wire == 2:
            yield number, view[at : at + size]
        at += size


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(view) and shift < 70:
        byte = view[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise ModelFileError("not an ONNX file, or cut short: a number has no end")


def _decode(view: memoryview) -> str:
    return bytes(view).decode("utf-8", "replace")
