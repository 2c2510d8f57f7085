"""Files that are written whole or not at all."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vrx.errors import InputError

__all__ = ["check", "write", "written"]


def check(option: str, path: Path, suffix: str, others: Iterable[tuple[str, str | Path | None]] = ()) -> None:
    """Refuse, before any work, a file that cannot be written.

    Parameters
    ----------
    option
        The option that names the file, for the messages.
    path
        The file.
    suffix
        How its name must end, with the dot.
    others
        Option and path of what is read or written too, and must not be overwritten; None and what is no file are left
        alone, and of a folder all that lies in it is kept.
    """
    if path.suffix.lower() != suffix:
        raise InputError(f"{option} {path}: give a file that ends in {suffix}")
    if path.is_dir():
        raise InputError(f"{option} {path}: is a folder: take another name")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{option} {path}: the folder does not exist: make it first")
    for taken, other in others:
        if other is not None and _overwrites(path, Path(other)):
            raise InputError(f"{option} {path}: would overwrite what {taken} names: take another name")
    beside = _beside(path)
    try:
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise InputError(f"{option} {path}: cannot be written ({error.strerror}): take another place") from None


def write(path: Path, text: str) -> None:
    """Write a text beside its place, then rename it into it."""
    with written(path) as beside:
        beside.write_text(text, encoding="utf-8")


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A file to write beside a place, renamed into it at the end; what fails leaves neither."""
    beside = _beside(path)
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _overwrites(path: Path, other: Path) -> bool:
    if path.resolve() == other.resolve():
        return True
    try:
        if other.is_dir():
            return path.exists() and path.resolve().is_relative_to(other.resolve())
        return path.samefile(other)
    except OSError:  # one of them is not there, or no file at all, such as sample:sp500
        return False
