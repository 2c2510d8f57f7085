"""Text to numbers and dates: a whole chunk at once, and cell by cell only where a chunk holds a bad one."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

# A moment is kept as its local wall clock in microseconds and its distance from UTC; a daily bar keeps its
# local date, an intraday bar is moved to UTC. NAIVE marks a moment that states no zone.
NAIVE = np.iinfo(np.int64).min
MICROSECONDS_PER_DAY = 86_400_000_000
MICROSECOND = timedelta(microseconds=1)
YEAR_ONE = -62_135_596_800  # seconds
Faults = dict[int, str]
Moments = tuple[NDArray[np.int64], NDArray[np.int64] | None, Faults]


def numbers(cells: Sequence[str]) -> tuple[NDArray[np.float64], Faults]:
    """Numbers of one column, NaN where a cell is faulty or empty; the faults by index."""
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return _numbers_one_by_one(cells)
    # float() takes 1_000 for a thousand, which no exchange writes on purpose, and "nan" for a number.
    return _numbers_one_by_one(cells) if np.isnan(values).any() or "_" in "".join(cells) else (values, {})


def told(faults: Faults, cells: Sequence[str]) -> Faults:
    """Faults that matter where a value may be missing: neither the empty cells nor those that say nan."""
    return {i: text for i, text in faults.items() if cells[i].strip().lstrip("+-").casefold() not in ("", "nan")}


def _numbers_one_by_one(cells: Sequence[str]) -> tuple[NDArray[np.float64], Faults]:
    values = np.full(len(cells), math.nan)
    faults: Faults = {}
    for i, cell in enumerate(cells):
        try:
            if "_" in cell:
                raise ValueError
            values[i] = float(cell)
            if math.isnan(values[i]):
                raise ValueError
        except ValueError:
            faults[i] = _not_a_number(cell.strip())
    return values, faults


def _not_a_number(cell: str) -> str:
    if not cell:
        return "the cell is empty"
    shown = repr(cell[:40])
    if any(digit.isdigit() for digit in cell) and not any(letter.isalpha() for letter in cell):
        if "," in cell and "." not in cell and cell.count(",") == 1:
            return f"{shown} is not a number: write a decimal point, not a comma, and no thousands separators"
        if "," in cell:
            return f"{shown} is not a number: write it without thousands separators"
    return f"{shown} is not a number"


def moments(cells: Sequence[str]) -> Moments:
    """Local microseconds since 1970, offsets from UTC (None if no cell states one), and the faults."""
    try:
        return _moments_at_once([cell.strip() for cell in cells])
    except (ValueError, OverflowError):
        pass
    local, offset = np.zeros(len(cells), np.int64), np.full(len(cells), NAIVE)
    faults: Faults = {}
    for i, cell in enumerate(cells):
        try:
            one, its_offset, _ = _moments_at_once([cell.strip()])
            local[i] = one[0]
            if its_offset is not None:
                offset[i] = its_offset[0]
        except (ValueError, OverflowError):
            faults[i] = _not_a_date(cell.strip())
    return local, None if np.all(offset == NAIVE) else offset, faults


def _moments_at_once(cells: list[str]) -> Moments:
    first = cells[0]
    if _is_epoch(first):
        return epochs(np.array(list(map(float, cells)))), None, {}
    if first[4:5] == "/":
        cells = [cell.replace("/", "-") for cell in cells]
    if first.endswith(" UTC"):
        cells = [cell.removesuffix(" UTC") + "Z" for cell in cells]
    return _alike(cells) or _iso(cells)


def _alike(cells: list[str]) -> Moments | None:
    """Dates that share all that follows the seconds: the usual file, four times as fast as one by one."""
    first, length, count = datetime.fromisoformat(cells[0]), len(cells[0]), len(cells)
    if (length != 10 and length < 19) or set(map(len, cells)) != {length}:
        return None
    text = "".join(cells)
    fixed = {4: "-", 7: "-"}
    if length > 10:
        fixed |= {13: ":", 16: ":"} | {i: cells[0][i] for i in range(19, length)}
    if any(text[i::length] != letter * count for i, letter in fixed.items()):
        return None
    seconds = np.array([cell[:19] for cell in cells] if length > 19 else cells, "M8[s]").view(np.int64)
    # numpy reads years before 1 and not-a-time as well.
    if seconds.min() < YEAR_ONE:
        return None
    offset = None if (gap := first.utcoffset()) is None else np.full(count, gap // MICROSECOND)
    return seconds * 1_000_000 + first.microsecond, offset, {}


def _iso(cells: list[str]) -> Moments:
    parsed = list(map(datetime.fromisoformat, cells))
    local = np.array([moment.replace(tzinfo=None) for moment in parsed], "M8[us]").view(np.int64)
    if not any(moment.tzinfo for moment in parsed):
        return local, None, {}
    offsets = [NAIVE if (gap := moment.utcoffset()) is None else gap // MICROSECOND for moment in parsed]
    return local, np.array(offsets, np.int64), {}


def _is_epoch(cell: str) -> bool:
    # Eight digits are a calendar day (20240131): as seconds they would lie in 1970 to 1973.
    return len(cell) != 8 and cell.isascii() and cell.replace(".", "", 1).isdigit()


def epochs(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Microseconds from seconds, milliseconds, microseconds or nanoseconds since 1970, told by magnitude.

    Each value is judged alone: Binance went from milliseconds to microseconds in the middle of its history.

    >>> epochs(np.array([1.6e9, 1.6e12, 1.6e15, 1.6e18])).tolist()
    [1600000000000000, 1600000000000000, 1600000000000000, 1600000000000000]
    """
    if not (np.all(values >= 1e8) and np.all(values < 9.2e18)):
        raise ValueError("not an epoch")
    scale = np.select([values < 1e11, values < 1e14, values < 1e17], [1e6, 1e3, 1.0], 1e-3)
    return np.asarray(np.rint(values * scale), dtype=np.int64)


def _not_a_date(cell: str) -> str:
    if not cell:
        return "the cell is empty"
    head = cell.replace(".", "/").replace("-", "/").split("/", 2)
    if len(head) == 3 and head[0].isdigit() and len(head[0]) <= 2:
        return f"{cell[:40]!r} is ambiguous (day or month first?): write ISO dates such as 2024-01-31"
    return f"{cell[:40]!r} is not a date: write ISO dates such as 2024-01-31"
