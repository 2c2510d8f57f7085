"""Writing a model file: the spec into the graph, both beside their places, renamed when the runtime has replayed it."""

import hashlib
import platform
from collections.abc import Callable
from pathlib import Path

import onnx
import torch

import vrx
from vrx import contract
from vrx.errors import InputError, VrxError
from vrx.training import checkpoint

__all__ = ["refuse_path", "versions", "write"]


def refuse_path(out: Path) -> None:
    """Refuse, before any work, a path that is no model file's."""
    if out.suffix != ".onnx" or out.is_dir():
        raise InputError(f"--out {out}: give a file that ends in .onnx")


def versions() -> dict[str, str]:
    """Of the software that makes the file."""
    return {
        "vrx": vrx.__version__,
        "torch": torch.__version__,
        "onnx": onnx.__version__,
        "python": platform.python_version(),
    }


def write(out: Path, model: onnx.ModelProto, key: str, spec: str, verify: Callable[[Path], object]) -> tuple[str, int]:
    """Write a graph with its spec inside, and the spec as JSON beside it.

    Parameters
    ----------
    out
        The ``.onnx`` file.
    model, key, spec
        The graph, and under which key of its metadata the spec stands.
    verify
        Loads a file as production does and replays its self-test; raises where it fails.

    Returns
    -------
    (str, int)
        The file's sha256 and its bytes.

    Raises
    ------
    InputError
        `out` cannot be written.
    VrxError
        The file is larger than the contract allows, or what `verify` raises.
    """
    onnx.helper.set_model_props(model, {key: spec})
    data = model.SerializeToString(deterministic=True)
    if len(data) > contract.MAX_BYTES:
        raise VrxError(f"{out}: {len(data):,} bytes are more than the contract's {contract.MAX_BYTES:,}")
    beside = out.with_name(f".{out.stem}.part.onnx")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        verify(beside)
        # An old spec beside a new graph is worse than none: between the two renames there is no spec.
        out.with_suffix(".json").unlink(missing_ok=True)
        beside.replace(out)
        checkpoint.write_text(out.with_suffix(".json"), spec)
    except OSError as error:
        raise InputError(
            f"--out {out}: {error.strerror or error}: name a file in a folder that can be written"
        ) from None
    finally:
        beside.unlink(missing_ok=True)
    return hashlib.sha256(data).hexdigest(), len(data)
