"""The sieve between a source and what vrx computes with: each row is sound, refused, or dropped aloud."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vrx._read.cells import NAIVE, Faults
from vrx._read.columns import PRICES, Layout
from vrx._read.cut import Cut
from vrx.errors import InputError

DROP = "correct it or leave bad rows out with drop_bad_rows=True (--drop-bad-rows)"
DATED = "name one with columns={'NAME': 'date'} (--column NAME=date)"
TOLERANCE = 1e-9  # relative; the float noise of adjusted prices, nothing more

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Chunk:
    """Some consecutive rows of a source, not yet checked; faults are by column and index."""

    rows: NDArray[np.int64]
    values: Mapping[str, Array]
    local: NDArray[np.int64] | None = None
    offset: NDArray[np.int64] | None = None
    faults: Mapping[str, Faults] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """What the caller of read asks of a source."""

    columns: Mapping[str, str] = field(default_factory=dict)
    series_id: str | None = None
    drop: bool = False
    cut: Cut | None = None

    def cut_by(self, layout: Layout, where: str) -> Cut | None:
        """Return what leaves out the rows after the day asked for, given that the rows have dates."""
        if self.cut is not None and layout.date is None:
            raise InputError(f"{where}: no column of dates to find the rows up to {self.cut.day} by: {DATED}")
        return self.cut


class Sieve:
    """Collect the sound rows of a source.

    Parameters
    ----------
    where
        The source, for messages.
    row
        What a row is called: "row" in a file, "position" in an array.
    names
        Canonical names (and "date") to the source's own names.
    wanted
        Whether bad rows are left out and counted, instead of the first being refused; what ended before this sieve.
    """

    def __init__(self, where: str, row: str, names: Mapping[str, str], wanted: Wanted) -> None:
        self.where, self.row, self.names, self.drop, self.cut = where, row, names, wanted.drop, wanted.cut
        self.kept: list[Chunk] = []
        self.dropped: list[int] = []
        self.dropped_count = 0
        self.zone: tuple[int, bool] | None = None

    def add(self, chunk: Chunk) -> None:
        """Check the rows and keep the sound ones."""
        bad = np.zeros(len(chunk.rows), dtype=bool)
        for _, mask, _ in self._complaints(chunk):
            bad |= mask
        if bad.any():
            if not self.drop:
                self._refuse(chunk, int(np.argmax(bad)))
            self._note_dropped(chunk.rows[bad])
            chunk = _only(chunk, ~bad)
        self._one_zone(chunk)
        self.kept.append(chunk)

    def drop_row(self, row: int, reason: str) -> None:
        """Account for a row that cannot even be cut into cells."""
        if not self.drop:
            raise InputError(f"{self.where}: {self.row} {row}: {reason}; {DROP}")
        self._note_dropped(np.array([row]))

    def finish(self) -> Chunk:
        """All sound rows as one chunk; the parts are given up column by column, to hold few bytes twice."""
        if not self.kept:
            nothing = f"{self.where}: there is no row of data: give daily bars"
            raise InputError(nothing if self.cut is None else self.cut.nothing(self.where))
        kept, self.kept = self.kept, []
        columns: dict[str, list[Array]] = {name: [] for name in kept[0].values}
        rows, local, offset = [], [], []
        for chunk in kept:
            rows.append(chunk.rows)
            for name in columns:
                columns[name].append(chunk.values[name])
            if chunk.local is not None:
                local.append(chunk.local)
            if chunk.offset is not None:
                offset.append(chunk.offset)
        del kept, chunk
        values = {name: np.concatenate(columns.pop(name)) for name in list(columns)}
        return Chunk(
            np.concatenate(rows),
            values,
            np.concatenate(local) if local else None,
            np.concatenate(offset) if offset else None,
        )

    def notes(self) -> list[str]:
        """One line about the dropped rows, if any."""
        if not self.dropped_count:
            return []
        first = ", ".join(map(str, self.dropped))
        more = ", ..." if self.dropped_count > len(self.dropped) else ""
        plural = "s" if self.dropped_count > 1 else ""
        return [f"dropped {self.dropped_count} bad {self.row}{plural}: {first}{more}"]

    def _note_dropped(self, rows: NDArray[np.int64]) -> None:
        self.dropped_count += len(rows)
        self.dropped = sorted(self.dropped + rows[:5].tolist())[:5]

    def _refuse(self, chunk: Chunk, i: int) -> None:
        name, complaint = next((name, text) for name, mask, text in self._complaints(chunk) if mask[i])
        fault = chunk.faults.get(name, {}).get(i)
        if fault is None:
            fault = complaint.format(**{key: f"{column[i]:.10g}" for key, column in chunk.values.items()})
        column = self.names.get(name, name)
        raise InputError(f"{self.where}: {self.row} {chunk.rows[i]}, column {column!r}: {fault}; {DROP}")

    def _complaints(self, chunk: Chunk) -> Iterator[tuple[str, NDArray[np.bool_], str]]:
        """Yield each way in which rows are bad: the column, the rows, and words to put the values into."""
        for name, faults in chunk.faults.items():
            mask = np.zeros(len(chunk.rows), dtype=bool)
            mask[list(faults)] = True
            yield name, mask, ""
        values = chunk.values
        for name, column in values.items():
            if name == "volume":  # no model reads it, and many sources leave it empty
                yield name, np.isinf(column) | (column < 0), f"{{{name}}} is no volume"
                continue
            yield name, np.isnan(column), "nan is not a number: the value is missing"
            yield name, np.isinf(column), f"{{{name}}} is not finite"
            if name in PRICES:
                yield name, column <= 0, f"{{{name}}} is not a positive price"
            elif name != "return":
                yield name, column < 0, f"{{{name}}} is negative"
        for other in ("low", "open", "close"):
            if "high" in values and other in values:
                mask = values["high"] < values[other] * (1 - TOLERANCE)
                yield "high", mask, f"high {{high}} is below {other} {{{other}}}"
        for other in ("open", "close"):
            if "low" in values and other in values:
                mask = values["low"] > values[other] * (1 + TOLERANCE)
                yield "low", mask, f"low {{low}} is above {other} {{{other}}}"

    def _one_zone(self, chunk: Chunk) -> None:
        if chunk.local is None or not len(chunk.rows):
            return
        aware = np.zeros(1, dtype=bool) if chunk.offset is None else chunk.offset != NAIVE
        if self.zone is None:
            self.zone = (int(chunk.rows[0]), bool(aware[0]))
        differs = aware != self.zone[1]
        if differs.any():
            odd = int(chunk.rows[np.argmax(differs)])
            stated, bare = (self.zone[0], odd) if self.zone[1] else (odd, self.zone[0])
            raise InputError(
                f"{self.where}: mixed time zones: {self.row} {stated} states an offset from UTC and "
                f"{self.row} {bare} does not; write all dates in one way"
            )


def _only(chunk: Chunk, keep: NDArray[np.bool_]) -> Chunk:
    return Chunk(
        chunk.rows[keep],
        {name: column[keep] for name, column in chunk.values.items()},
        None if chunk.local is None else chunk.local[keep],
        None if chunk.offset is None else chunk.offset[keep],
    )
