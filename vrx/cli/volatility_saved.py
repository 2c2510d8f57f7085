"""A fitted model in a file, and the days that have come since."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vrx.cli import whole
from vrx.cli.volatility_asked import DYNAMIC, STATIC
from vrx.cli.volatility_fits import Market
from vrx.econometrics import Result
from vrx.errors import InputError

__all__ = ["Saved", "load", "save", "updated"]

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
        return DYNAMIC if isinstance(self.result.model.hurst, str) else STATIC


def save(path: Path, where: Market, result: Result) -> None:
    """Write the result whole or not at all."""
    document = {
        "vrx_volatility": FORMAT,
        "series": where.series,
        "last": where.days[-1],
        "result": json.loads(result.to_json()),
    }
    whole.write(path, json.dumps(document, allow_nan=False) + "\n")


def load(path: Path) -> Saved:
    """Read what :func:`save` wrote.

    Raises
    ------
    InputError
        The file is missing, cannot be read or is not a saved result.
    """
    if not path.is_file():
        raise InputError(f"--update {path}: no such file: save a result with --save")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        mark = document["vrx_volatility"]
        # True == 1, and 1.0 too.
        if type(mark) is not int or mark != FORMAT or not isinstance(document["last"], str):
            raise ValueError
        text = json.dumps(document["result"])
    except OSError as error:
        raise InputError(f"--update {path}: cannot be read: {error.strerror or error}: give a copy") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"--update {path}: is no result that vrx volatility has saved: save one with --save") from None
    try:
        with np.errstate(all="ignore"):  # a damaged file may hold any number, and is told of in one line
            result = Result.from_json(text)
    except InputError as error:
        raise InputError(f"--update {path}: {error}") from None
    if not isinstance(result.model.hurst, str | float | int):
        raise InputError(f"--update {path}: its model was given its exponents: update it in Python")
    return Saved(path, document["last"], result)


def updated(saved: Saved, where: Market, *, refit: bool = False, days: int | None = None) -> tuple[Result, list[str]]:
    """Bring the result up to the last day of the series, and fit it anew from there if asked.

    Parameters
    ----------
    saved
        Its result takes the new days.
    where
        The series that it was fitted to, with later days.
    refit
        Without it the parameters stay.
    days
        Fit to the last so many returns; by default to as many as before.

    Returns
    -------
    result : Result
    notes : list of str
        What was done.

    Raises
    ------
    InputError
        The series does not hold the day that the result has come to, or other returns up to it, or the new days
        cannot be taken.
    """
    at = _arrived(saved, where)
    result, new = saved.result, len(where.returns) - at
    least, most = result.model.least, len(result.returns) + new
    if days is not None and not least <= days <= most:
        raise InputError(f"--days {days}: a refit of {saved.path.name} takes {least} to {most} returns")
    came = f"updated by {new} day{'s' if new != 1 else ''} after {saved.last}" if new else f"no day after {saved.last}"
    try:
        for value in where.returns[at:]:
            result.update(float(value))
        if not refit:
            return result, [f"{came}; the parameters are those of {saved.path.name}, without a refit"]
        again = result.refit(days)
    except InputError as error:
        raise InputError(f"--update {saved.path}: {error}") from None
    return again, [f"{came}; refitted from the parameters of {saved.path.name}"]


def _arrived(saved: Saved, where: Market) -> int:
    """How many returns of the series the result has taken, the last of which must be those of the result."""
    if saved.last not in where.days:
        raise InputError(f"--update {saved.path}: it has come to day {saved.last}, {_missing(saved.last, where)}")
    at = where.days.index(saved.last) + 1
    ours, theirs = saved.result.returns[-SAME:], where.returns[:at][-SAME:]
    for k in range(1, min(len(ours), len(theirs)) + 1):
        if not np.abs(ours[-k] - theirs[-k]) <= ROUNDING:
            raise InputError(
                f"--update {saved.path}: the return of {where.days[at - k]} is {theirs[-k]:.6f} in {where.series} and "
                f"{ours[-k]:.6f} in the result: give the series that it was fitted to, or fit anew"
            )
    return at


def _missing(last: str, where: Market) -> str:
    """Why the series does not have that day, and the cure."""
    span = f"{where.series} ({where.days[0]} to {where.days[-1]})"
    dated = where.as_of is not None and "-" in last
    early = last > where.days[-1] if dated else last.isdecimal() and int(last) >= len(where.days) and not where.as_of
    if early and dated:
        return f"and {span} ends before: give rows up to that day, with a later --as-of or none"
    if early:
        return f"and {span} ends before: give its later rows too"
    return f"which {span} does not have: give the series that it was fitted to"
