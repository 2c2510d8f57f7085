"""Delimited text, streamed: blocks of lines to checked columns, so that ten million rows fit in memory."""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import TextIOWrapper
from itertools import chain, compress
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from vrx._read.cells import moments, numbers, told
from vrx._read.columns import HEADERLESS, Layout, choose, detect, unnamed
from vrx._read.cut import Cut
from vrx._read.open import opened
from vrx._read.rows import Chunk, Sieve, Wanted
from vrx.errors import InputError

BLOCK = 1 << 22  # characters read at once
LONGEST_LINE = 1 << 20
Rows = list[list[str]]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Head:
    """What the first lines of a file say about the rest."""

    names: list[str]
    delimiter: str
    first: int  # number of the first data row
    tickers: list[str] | None = None  # the second header row of a yfinance file


def read_csv(path: Path, wanted: Wanted, progress: Callable[[float], None] | None) -> tuple[Sieve, Layout, str | None]:
    """Read a file through the sieve; also the layout found and the series' own name, if it has one."""
    where = path.name
    with _text(path) as (raw, size, text):
        blocks = _blocks(text, where)
        start = next(blocks, [])
        head = _head(start, where)
        names, ticker = _one_ticker(head, wanted.series_id, where)
        layout = detect(names, wanted.columns, where)
        cut = wanted.cut_by(layout, where)
        sieve = Sieve(where, "row", layout.own_names(), wanted)
        picker = _Series(layout, None if ticker else wanted.series_id, where)
        row = head.first
        for lines in chain([start[row - 1 :]], blocks):
            known = _known(_rows(lines, row, head.delimiter, where), row, layout, cut)
            numbered = picker.only(*_even(*known, len(names), sieve))
            if numbered[0]:
                sieve.add(_chunk(*numbered, layout))
            row += len(lines)
            if progress is not None:
                progress(min(raw.tell() / max(size, 1), 1.0))
        return sieve, layout, picker.found() or ticker


@contextmanager
def _text(path: Path) -> Iterator[tuple[BinaryIO, int, TextIOWrapper]]:
    where = path.name
    with opened(path) as (raw, size):
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        binary = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if zipped else raw
        if path.suffix == ".gz" and not zipped and size:
            raise InputError(f"{where}: not a gzip file, whatever its name says: rename it or fetch it again")
        try:
            # newline=None lets "\r\n" and a lone "\r" end a line as well.
            yield raw, size, TextIOWrapper(binary, encoding="utf-8-sig", newline=None)
        except UnicodeDecodeError:
            raise InputError(f"{where}: not UTF-8 text: save it as CSV in UTF-8") from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{where}: the gzip data are damaged or cut short ({error}): fetch it again") from None


def _blocks(text: TextIOWrapper, where: str) -> Iterator[list[str]]:
    carry = ""
    while block := text.read(BLOCK):
        if "\0" in block:
            raise InputError(f"{where}: binary data, not text: give a CSV or parquet file")
        cut = block.rfind("\n")
        if cut < 0:
            carry += block
        else:
            yield (carry + block[:cut]).split("\n")
            carry = block[cut + 1 :]
        if len(carry) > LONGEST_LINE:
            raise InputError(f"{where}: a line is longer than a million characters: this is no table of bars")
    if carry:
        yield [carry]


def _head(lines: list[str], where: str) -> Head:
    filled = next((i for i, line in enumerate(lines) if line.strip()), None)
    if filled is None:
        raise InputError(f"{where}: the file is empty: give one with a header and a line for each day")
    first = lines[filled].lstrip()
    if first.startswith(("<", "{", "[")):
        kind = "an HTML page" if first.startswith("<") else "JSON"
        raise InputError(f"{where}: this is {kind}, not CSV: download the data again, as CSV")
    if len(first) > LONGEST_LINE:
        raise InputError(f"{where}: a line is longer than a million characters: this is no table of bars")
    delimiter = max((";", "\t", ","), key=first.count)
    names = [name.strip() for name in _rows([lines[filled]], filled + 1, delimiter, where)[0]]
    if _is_number(names[-1]) and all(map(_is_number, names[1:])):
        if len(names) not in HEADERLESS:
            raise InputError(
                f"{where}: the first row holds data, no names: add a header such as date,open,high,low,close"
            )
        return Head(list(HEADERLESS[len(names)]), delimiter, filled + 1)
    return _multi_row(lines, filled, names, delimiter, where) or Head(names, delimiter, filled + 2)


def _multi_row(lines: list[str], filled: int, names: list[str], delimiter: str, where: str) -> Head | None:
    """Head of yfinance's three rows (Price,Close,... / Ticker,BTC-USD,... / Date,,...), if it is one."""
    below = _rows(lines[filled + 1 : filled + 3], filled + 2, delimiter, where)
    if len(below) < 2 or not below[0] or {names[0].strip(), below[0][0].strip()} != {"Price", "Ticker"}:
        return None
    # group_by="ticker" puts the tickers above the prices.
    fields, tickers = (names, below[0]) if names[0] == "Price" else (below[0], names)
    return Head([(below[1] or [""])[0] or "Date", *fields[1:]], delimiter, filled + 4, tickers)


def _one_ticker(head: Head, series_id: str | None, where: str) -> tuple[list[str], str | None]:
    """Names with the columns of all other tickers made unrecognisable, and the ticker."""
    if head.tickers is None:
        return head.names, None
    known = list(dict.fromkeys(head.tickers[1:]))
    ticker = choose(known, series_id, where)
    labels = [ticker, *head.tickers[1:]]
    names = [n if of == ticker else f"{n} of {of}" for n, of in zip(head.names, labels, strict=False)]
    return names, ticker


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _rows(lines: Sequence[str], first: int, delimiter: str, where: str) -> Rows:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        rows = list(reader)
    except csv.Error:
        rows = []
    if len(rows) != len(lines):
        raise _broken(lines, first, delimiter, where)
    return rows


def _broken(lines: Sequence[str], first: int, delimiter: str, where: str) -> InputError:
    """Name the row where the first broken record begins: csv notices an open quote only where it runs out."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    sound, reason = 0, ""
    try:
        while reader.line_num == sound:
            next(reader)
            sound += reader.line_num == sound + 1
    except csv.Error as error:
        reason = str(error)
    if reader.line_num > sound + 1 or reason in ("", "unexpected end of data"):
        reason = "a quote is not closed in its line"
    return InputError(f"{where}: row {first + sound}: {reason}: check its quotes")


def _known(rows: Rows, first: int, layout: Layout, cut: Cut | None) -> tuple[Rows, Indices]:
    """Rows up to the day asked for, and their numbers."""
    numbered = np.arange(first, first + len(rows))
    if cut is None or layout.date is None or not rows:
        return rows, numbered
    at = layout.date
    keep = cut.keep(moments([row[at] if at < len(row) else "" for row in rows]))
    return list(compress(rows, keep)), numbered[keep]


def _even(rows: Rows, numbered: Indices, width: int, sieve: Sieve) -> tuple[Rows, Indices]:
    """Rows as wide as the table and their numbers; blank lines are passed over, the sieve hears of others."""
    if set(map(len, rows)) == {width} and (width > 1 or all(row[0] for row in rows)):
        return rows, numbered
    keep = []
    for i, row in enumerate(rows):
        if len(row) == width and (width == 1 or row[0]):
            keep.append(i)
        elif row and any(map(str.strip, row)):
            sieve.drop_row(int(numbered[i]), f"{len(row)} cells where the header has {width}")
    return [rows[i] for i in keep], numbered[keep]


class _Series:
    """Keeps the rows of one series of a long table, and remembers which others there are."""

    def __init__(self, layout: Layout, wanted: str | None, where: str) -> None:
        if wanted is not None and layout.series is None:
            raise unnamed(wanted, where)
        self.at, self.wanted, self.where = layout.series, wanted, where
        self.seen: dict[str, None] = {}

    def only(self, rows: Rows, numbered: Indices) -> tuple[Rows, Indices]:
        if self.at is None:
            return rows, numbered
        own = list(map(itemgetter(self.at), rows))
        self.seen.update(dict.fromkeys(own))
        if self.wanted is None:
            # More than one series is an error in the end: until then only the count matters.
            return (rows, numbered) if len(self.seen) <= 1 else ([], numbered[:0])
        keep = [i for i, one in enumerate(own) if one == self.wanted]
        return [rows[i] for i in keep], numbered[keep]

    def found(self) -> str | None:
        return choose(list(self.seen), self.wanted, self.where) if self.seen else None


def _chunk(rows: Rows, numbered: Indices, layout: Layout) -> Chunk:
    values, faults = {}, {}
    for name, i in layout.values.items():
        cells = list(map(itemgetter(i), rows))
        values[name], faults[name] = numbers(cells)
        if name == "volume":
            faults[name] = told(faults[name], cells)
    faults = {name: found for name, found in faults.items() if found}
    chunk = Chunk(numbered, values, faults=faults)
    if layout.date is None:
        return chunk
    local, offset, bad = moments(list(map(itemgetter(layout.date), rows)))
    return replace(chunk, local=local, offset=offset, faults={"date": bad, **faults} if bad else faults)
