"""Files that are written whole or not at all."""

import os
from pathlib import Path

from vrx.errors import InputError

__all__ = ["check", "write"]


def check(option: str, path: Path, suffix: str) -> None:
    """Refuse, before any work, a file that cannot be written."""
    if path.suffix.lower() != suffix:
        raise InputError(f"{option} {path}: give a file that ends in {suffix}")
    if path.is_dir():
        raise InputError(f"{option} {path}: is a folder: take another name")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{option} {path}: the folder does not exist: make it first")


def write(path: Path, text: str) -> None:
    """Write a text beside its place, then rename it into it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
