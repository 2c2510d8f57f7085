"""Opening a model file: every check that comes before, and right after, onnxruntime parses it."""

from pathlib import Path
from typing import TYPE_CHECKING

from vrx import _protobuf, contract
from vrx.errors import ModelFileError

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["check_sidecar", "printable", "read", "reason", "session", "sha256", "spec"]


def sha256(data: bytes) -> str:
    """The hash of a file, in hexadecimal."""
    import hashlib  # loads OpenSSL: a tenth of the time of `import vrx`

    return hashlib.sha256(data).hexdigest()


def read(path: Path, expected: str | None = None) -> bytes:
    """The bytes of a model file that is of the right size, hash and versions, and complete in itself."""
    try:
        with path.open("rb") as file:
            data = file.read(contract.MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or error
        raise ModelFileError(f"{path}: {why}: give the path of an .onnx file") from None
    if len(data) > contract.MAX_BYTES:
        raise ModelFileError(f"{path}: larger than {contract.MAX_BYTES:,} bytes, so it is not a vrx model file")
    if not data:
        raise ModelFileError(f"{path}: the file is empty: fetch it again, or make it with vrx export")
    if expected is not None and (found := sha256(data)) != expected.lower():
        raise ModelFileError(f"{path}: sha256 is {found}, not {expected}: fetch the file again")
    try:
        facts = _protobuf.inspect(data)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}: fetch it again, or make it with vrx export") from None
    if facts.external:
        raise ModelFileError(f"{path}: keeps tensors outside the file: export it again as one file")
    if (facts.opset, facts.ir_version) != (contract.OPSET, contract.IR_VERSION):
        raise ModelFileError(
            f"{path}: is opset {facts.opset} in IR version {facts.ir_version}, not {contract.OPSET} in "
            f"{contract.IR_VERSION}: make it with vrx export"
        )
    if facts.other_domains:
        others = printable(", ".join(facts.other_domains))
        raise ModelFileError(f"{path}: needs operators of {others}: export it again")
    return data


def session(data: bytes, path: Path) -> "onnxruntime.InferenceSession":
    """A session on the bytes of a model file, with the defaults of a guest in someone else's process."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # One thread and no spinning: a forecaster inside a server must not take cores that it was not given, and two
    # intra-op threads are slower than one on these graphs. The arena stays on: it keeps the memory of the
    # largest batch, of a Forecaster a chunk a thread, but without it threads ask the kernel for every tensor anew, and
    # are a sixth slower.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        # Without the fallback, which would print a banner and try the same once more.
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except Exception as error:  # onnxruntime's own classes are private, and differ between its versions
        raise ModelFileError(f"{path}: onnxruntime cannot load it ({reason(error)}): export it again") from None


def reason(error: Exception) -> str:
    """The first line of what onnxruntime says."""
    return printable(str(error).splitlines()[0]) if str(error) else type(error).__name__


def printable(text: str) -> str:
    """A text that quotes the file, on one line: forged names may hold line breaks, or what a terminal obeys."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def spec(session: "onnxruntime.InferenceSession", path: Path) -> contract.Spec:
    """The spec that the graph carries, held against the graph's own inputs and outputs."""
    try:
        metadata = session.get_modelmeta().custom_metadata_map
        asked = [node.name for node in session.get_inputs()]
        found = {node.name: (node.type, node.shape) for node in [*session.get_inputs(), *session.get_outputs()]}
    except Exception as error:  # names that are not UTF-8, among what else onnxruntime lets pass
        raise ModelFileError(f"{path}: damaged ({reason(error)}): fetch it again") from None
    if contract.METADATA_KEY not in metadata:
        raise ModelFileError(
            f"{path}: has no {contract.METADATA_KEY}, so it is not a vrx model: make it with vrx export"
        )
    try:
        promise = contract.Spec.from_json(metadata[contract.METADATA_KEY])
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from None
    horizons = len(promise.horizons)
    promised = {
        contract.INPUT: ("tensor(double)", [promise.lookback, len(promise.channels)]),
        "variance": ("tensor(double)", [horizons]),
        "volatility": ("tensor(double)", [horizons]),
        "quantiles": ("tensor(double)", [horizons, len(promise.levels)]),
    }
    if asked != [contract.INPUT]:
        raise ModelFileError(f"{path}: the graph asks for {asked}, not for {contract.INPUT} alone: export it again")
    for name, (kind, shape) in promised.items():
        if name not in found:
            raise ModelFileError(f"{path}: the graph has no {name}: export it again")
        if found[name][0] != kind or list(found[name][1][1:]) != shape or isinstance(found[name][1][0], int):
            raise ModelFileError(
                f"{path}: {name} is {found[name][0]} {found[name][1]}, the spec promises {kind} [batch, "
                f"{', '.join(map(str, shape))}]: export it again"
            )
    return promise


def check_sidecar(path: Path, spec: str) -> None:
    """Refuse a ``NAME.json`` beside the model file that says something else than the spec inside it."""
    sidecar = path.with_suffix(".json")
    if sidecar.is_file() and sidecar.read_bytes() != spec.encode():
        raise ModelFileError(f"{sidecar}: does not say what {path.name} says: export it again")
