"""The answers of ``vrx evaluate``: the table on the screen, and every forecast as CSV."""

import csv
import io
import os
import platform
import sys
import textwrap
from collections.abc import Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

import vrx
from vrx.cli import evaluate_notes

if TYPE_CHECKING:
    from rich.console import Console

    from vrx.evaluation import Comparison, ModelScore

__all__ = ["blocks", "cells", "head", "long", "marked", "show", "versions"]

WIDEST = 1000
WRAPPED: dict[str, Any] = {"subsequent_indent": "  ", "break_long_words": False, "break_on_hyphens": False}
# Digits beyond would say more than the test knows.
LEAST = 0.001
COLUMNS = ("RMSE", "MAE", "R^2", "corr.", "direction", "MAPE", "QLIKE")
FORMATS = {"rmse": ".4f", "mae": ".4f", "r2": ".4f", "correlation": ".4f", "directional_accuracy": ".1%"}
FORMATS |= {"mape": ".1%", "qlike": ".4f"}
# Spaces between two columns.
GAP = 2


def head(found: "Comparison", title: str) -> tuple[str, str]:
    """What was compared, and when."""
    task = found.task
    days = task.dates[found.rows + task.horizon]
    first = f"{title}: {task.target}; {found.n:,} of {len(task.test_rows):,} test days, {days[0]} to {days[-1]}"
    return first, f"train to {task.cuts.train_end}, validation to {task.cuts.validation_end}"


def cells(found: "Comparison") -> tuple[list[str], list[list[tuple[str, bool]]]]:
    """The head of the table, and its rows: text, and whether it is the best of its column."""
    best = {name: found.best(name) for name in FORMATS}
    names = ["model", *COLUMNS, "DM sq. log", "DM QLIKE", f"MCS {1 - found.size:.0%}"]
    rows = []
    for score in found.scores:
        row = [(marked(score), False)]
        for name, form in FORMATS.items():
            value = getattr(score, name)
            row.append(("-" if value != value else format(value, form), value == best[name]))
        row += [(_tested(score.dm_log, score.dm_log_p), False), (_tested(score.dm_qlike, score.dm_qlike_p), False)]
        row.append((_member(score), False))
        rows.append(row)
    return names, rows


def show(found: "Comparison", lines: Sequence[str], title: str) -> None:
    """Print the table, its footnotes and the notes, inside the width of the terminal if there is one."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    # What is not read on a terminal, such as a file, has no width; COLUMNS gives it one.
    room = console.width if console.is_terminal or "COLUMNS" in os.environ else None

    def tell(line: str, style: str | None = None) -> None:
        wide = room is None or len(line) <= room
        for part in [line] if wide else textwrap.wrap(line, room or WIDEST, **WRAPPED):
            console.print(part, markup=False, style=style)

    for line in head(found, title):
        tell(line)
    _print_table(console, found, WIDEST if room is None else room)
    for line in evaluate_notes.footnotes(found):
        tell(line)
    for line in lines:
        tell(line, "dim")


def blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    """The columns of as many tables below one another as the room needs, each with the first column.

    Examples
    --------
    >>> blocks([10, 6, 6, 6], 28)  # 10 + 6 + 6, with two spaces in between, is 26
    [[0, 1, 2], [0, 3]]
    """
    found = [[0]]
    for k in range(1, len(widths)):
        taken = sum(widths[j] + GAP for j in found[-1]) + widths[k]
        if len(found[-1]) > 1 and taken > room:
            found.append([0])
        found[-1].append(k)
    return found


def _print_table(console: "Console", found: "Comparison", room: int) -> None:
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    names, rows = cells(found)
    # The star has a place of its own, so that digits stand below digits.
    shown = [
        [f"{text}{'*' if best else ' '}" if 0 < k <= len(FORMATS) else text for k, (text, best) in enumerate(row)]
        for row in rows
    ]
    widths = [max(map(cell_len, column)) for column in zip(names, *shown, strict=True)]
    for number, block in enumerate(blocks(widths, room)):
        table = Table(box=None, pad_edge=False, header_style="bold")
        for k in block:
            table.add_column(names[k], justify="right" if k else "left", no_wrap=True)
        for row, texts in zip(rows, shown, strict=True):
            table.add_row(*(Text(texts[k], style="bold" if row[k][1] else "") for k in block))
        console.width = sum(widths[k] + GAP for k in block) - GAP
        if number:
            console.print()
        console.print(table)


def marked(score: "ModelScore") -> str:
    """The name of a model, with a dagger where it saw days that it is scored on."""
    return f"{score.model}{evaluate_notes.SEEN if score.seen_until else ''}"


def long(found: "Comparison") -> str:
    """Every forecast as a long table: `ds` is the last day of the target, `cutoff` the last known, `y` what came."""
    task, out = found.task, io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("unique_id", "ds", "model", "horizon", "y", "variance", "log_variance", "cutoff"))
    days, known = ([str(day) for day in task.dates[rows]] for rows in (found.rows + task.horizon, found.rows))
    came = task.actual[found.rows].tolist()
    for name, forecasts in found.forecasts.items():
        said = (part[found.rows].tolist() for part in (forecasts.variance, forecasts.log_variance))
        for day, y, variance, log_variance, last in zip(days, came, *said, known, strict=True):
            writer.writerow((task.bars.name, day, name, task.horizon, y, variance, log_variance, last))
    return out.getvalue()


def versions() -> dict[str, str]:
    """Of what the figures hang on; torch only where a network was trained."""
    found = {"vrx": vrx.__version__, "python": platform.python_version()}
    for name in ("numpy", "statsmodels", "arch", "onnxruntime", *(["torch"] if "torch" in sys.modules else [])):
        found[name] = metadata.version(name)
    return found


def _tested(statistic: float | None, p: float | None) -> str:
    if statistic is None or p is None:
        return ""
    return f"{statistic:+.2f} ({p:.3f})" if p >= LEAST else f"{statistic:+.2f} (<{LEAST:g})"


def _member(score: "ModelScore") -> str:
    return "" if score.mcs_p is None else f"{'in' if score.in_mcs else 'out'} {score.mcs_p:.3f}"
