"""Files as seekable bytes: what comes through a pipe is held in memory, for gzip and parquet look twice."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from vrx.errors import InputError

PIPED = 2 << 30  # bytes; a file of ten million rows has less than one
BLOCK = 1 << 20
SUFFIXES = (".csv", ".txt", ".tsv", ".parquet", ".gz")
CURES = {
    errno.ENOENT: "check the path",
    errno.EISDIR: "give one of the files in it",
    errno.EACCES: "ask for the right to read it, or give a copy",
}


def path_of(source: str | os.PathLike[str]) -> Path:
    """Path of a file, if the source can be one.

    >>> path_of("-")
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: '-' is no path: give the name of a file, or /dev/stdin for what is piped in
    """
    text = os.fspath(source)
    if text in ("", "-"):
        raise InputError(f"{text!r} is no path: give the name of a file, or /dev/stdin for what is piped in")
    if "\0" in text:
        raise InputError(f"{text!r} is no path: remove the zero bytes from it")
    return Path(text)


def stem(name: str) -> str:
    """Name of a file without the endings that say how it is written.

    >>> stem("BRK.A.csv.gz"), stem("BRK.B")
    ('BRK.A', 'BRK.B')
    """
    while (ending := Path(name).suffix).lower() in SUFFIXES:
        name = name.removesuffix(ending)
    return name


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file, and count its bytes."""
    try:
        with path.open("rb") as raw:
            if raw.seekable():
                yield raw, os.fstat(raw.fileno()).st_size
            else:
                held = _held(raw, path.name)
                yield held, held.getbuffer().nbytes
    except OSError as error:
        cure = CURES.get(error.errno or 0, "check the path and the disk")
        raise InputError(f"{path}: cannot be read: {error.strerror or error}: {cure}") from None


def _held(raw: BinaryIO, where: str) -> BytesIO:
    held = BytesIO()
    while block := raw.read(BLOCK):
        if held.tell() + len(block) > PIPED:
            raise InputError(f"{where}: more than {PIPED >> 30} GiB came through a pipe: save it to a file")
        held.write(block)
    held.seek(0)
    return held
