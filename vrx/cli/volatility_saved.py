"""A fitted model in a file, and the days that have come since."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vrx.cli.volatility_fits import FRACTIONAL, Market
from vrx.econometrics import Result
from vrx.errors import InputError

__all__ = ["Saved", "check", "load", "save", "updated"]

FORMAT = 1
# So many of the last returns must be those of the file: another series, or corrected prices, cannot be gone on with.
SAME = 22
# Prices in a file are rounded, and adjusted closes are rounded anew with every dividend.
ROUNDING = 1e-4


@dataclass(frozen=True, eq=False)
class Saved:
    """A result and the day that it has come to."""

    path: Path
    last: str
    """The date of its last return, or its position in a series without dates."""
    result: Result

    @property
    def model(self) -> str:
        """Its name in the command line."""
        return FRACTIONAL[0] if self.result.model.hurst == "wavelet" else FRACTIONAL[1]


def check(path: Path) -> None:
    """Refuse, before any work, a file that cannot be written."""
    if path.is_dir():
        raise InputError(f"--save {path}: is a folder: take another name")
    if not path.absolute().parent.is_dir():
        raise InputError(f"--save {path}: the folder does not exist: make it first")


def save(path: Path, where: Market, result: Result) -> None:
    """Write the result whole or not at all."""
    document = {
        "vrx_volatility": FORMAT,
        "series": where.series,
        "last": where.days[-1],
        "result": json.loads(result.to_json()),
    }
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(json.dumps(document, allow_nan=False) + "\n", encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(path: Path) -> Saved:
    """Read what :func:`save` wrote.

    Raises
    ------
    InputError
        The file is missing or not a saved result.
    """
    if not path.is_file():
        raise InputError(f"--update {path}: no such file: save a result with --save")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["vrx_volatility"] != FORMAT or not isinstance(document["last"], str):
            raise ValueError
        text = json.dumps(document["result"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"--update {path}: is no result that vrx volatility has saved: save one with --save") from None
    try:
        result = Result.from_json(text)
    except InputError as error:
        raise InputError(f"--update {path}: {error}") from None
    if not isinstance(result.model.hurst, str | float | int):
        raise InputError(f"--update {path}: its model was given its exponents: update it in Python")
    return Saved(path, document["last"], result)


def updated(saved: Saved, where: Market) -> list[str]:
    """Bring the result up to the last day of the series; the parameters stay. Returns notes on what was done.

    Raises
    ------
    InputError
        The series does not hold the day that the result has come to, or other returns up to it.
    """
    if saved.last not in where.days:
        raise InputError(
            f"--update {saved.path}: it has come to day {saved.last}, which {where.series} does not have "
            f"({where.days[0]} to {where.days[-1]}): give the series that it was fitted to"
        )
    at = where.days.index(saved.last) + 1
    ours, theirs = saved.result.returns[-SAME:], where.returns[:at][-SAME:]
    for k in range(1, min(len(ours), len(theirs)) + 1):
        if not np.abs(ours[-k] - theirs[-k]) <= ROUNDING:
            raise InputError(
                f"--update {saved.path}: the return of {where.days[at - k]} is {theirs[-k]:.6f} in {where.series} and "
                f"{ours[-k]:.6f} in the result: give the series that it was fitted to, or fit anew"
            )
    for value in where.returns[at:]:
        saved.result.update(float(value))
    new = len(where.returns) - at
    came = f"updated by {new} day{'s' if new != 1 else ''} after {saved.last}" if new else f"no day after {saved.last}"
    return [f"{came}; the parameters are those of {saved.path.name}, without a refit"]
