"""Checkpoints: safetensors, with everything that is not a tensor as JSON in the same file's header.

One file and one rename make the pair of weights and state whole: a process killed at any moment leaves the checkpoint
of the last finished epoch, or the one before, never half of one.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from vrx.errors import TrainingError

__all__ = ["load", "save", "write_text"]

KEY = "vrx"


def save(path: Path, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    """Write tensors and state, beside the place first, then renamed into it."""
    metadata = {KEY: json.dumps(state, allow_nan=False)}
    # Tensors that share memory are refused by the format: a copy each, on the host.
    whole = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    _replace(path, safetensors.torch.save(whole, metadata))


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what :func:`save` wrote.

    Raises
    ------
    TrainingError
        The file is missing, damaged, or not a checkpoint of vrx.
    """
    try:
        with safetensors.safe_open(str(path), "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            state = json.loads((file.metadata() or {})[KEY])
    except FileNotFoundError:
        raise TrainingError(f"{path}: no such checkpoint: give the folder of a run of vrx train") from None
    except (safetensors.SafetensorError, KeyError, ValueError, OSError) as error:
        raise TrainingError(f"{path}: damaged, or not a checkpoint of vrx ({error}): train again") from None
    return tensors, state


def write_text(path: Path, text: str) -> None:
    """Write a text file, beside the place first, then renamed into it."""
    _replace(path, text.encode())


def _replace(path: Path, data: bytes) -> None:
    # One name for every process: what a killed one left half-written, the next write overwrites.
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
