"""What several commands share: the options that name a series, and printing."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any

import typer

from vrx import series
from vrx.errors import InputError

__all__ = ["Column", "DropBadRows", "Json", "SeriesId", "day", "print_json", "read_series", "slow_progress"]

SeriesId = Annotated[str | None, typer.Option("--id", help="Which series of a table that holds several.")]
Column = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="NAME=MEANING", help="What a column means, such as y=close; repeatable."),
]
DropBadRows = Annotated[
    bool, typer.Option("--drop-bad-rows", help="Leave out rows that would be refused, and say which.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
# A bar for less than this is noise.
PATIENCE = 2.0


def read_series(
    source: str,
    *,
    series_id: str | None = None,
    column: list[str] | None = None,
    drop_bad_rows: bool = False,
    until: date | None = None,
) -> series.Bars:
    """Read the series that the options name, up to a day if one is given, with a bar where it takes long."""
    names = dict(_pair(item) for item in column or [])
    with slow_progress(f"reading {source}") as progress:
        return series.read(
            source,
            series_id=series_id,
            columns=names or None,
            drop_bad_rows=drop_bad_rows,
            until=until,
            progress=progress,
        )


def print_json(document: Any) -> None:
    """Print a document as JSON; NaN and infinity have no place in it."""
    typer.echo(json.dumps(document, indent=2, allow_nan=False))


def day(text: str) -> date:
    """Read the day of --as-of.

    Examples
    --------
    >>> day("2022-12-30")
    datetime.date(2022, 12, 30)
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise InputError(f"--as-of {text}: is no day: write it as 2022-12-30") from None


@contextmanager
def slow_progress(title: str) -> Iterator[Callable[[float], None]]:
    """A callback for the share done, which shows a bar on standard error once two seconds have passed."""
    began = time.monotonic()
    bar: Any = None
    task: Any = None

    def progress(share: float) -> None:
        nonlocal bar, task
        if bar is None and time.monotonic() - began > PATIENCE:
            from rich.console import Console
            from rich.progress import Progress

            console = Console(stderr=True)
            # Off a terminal a bar that comes and goes would leave an empty line.
            bar = Progress(console=console, transient=True, disable=not console.is_terminal)
            bar.start()
            task = bar.add_task(title, total=1.0)
        if bar is not None:
            bar.update(task, completed=share)

    try:
        yield progress
    finally:
        if bar is not None:
            bar.stop()


def _pair(item: str) -> tuple[str, str]:
    name, equals, meaning = item.partition("=")
    if not (name and equals and meaning):
        raise InputError(f"--column {item}: write it as NAME=MEANING, such as y=close")
    return name, meaning
