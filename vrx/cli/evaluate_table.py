"""The answers of ``vrx evaluate``: the table and its footnotes, notes, and every forecast as CSV."""

import csv
import io
import math
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import TYPE_CHECKING

import vrx

if TYPE_CHECKING:
    from vrx.cli.evaluate_models import Answer
    from vrx.evaluation import Comparison, ModelScore

__all__ = ["FOOTNOTES", "cells", "footnotes", "head", "long", "marked", "notes", "show", "versions"]

# Narrower terminals wrap the table rather than lose digits.
WIDEST = 1000
# Digits beyond would say more than the test knows.
LEAST = 0.001
SEEN = "\N{DAGGER}"
COLUMNS = ("RMSE", "MAE", "R^2", "corr.", "direction", "MAPE", "QLIKE")
FORMATS = {"rmse": ".4f", "mae": ".4f", "r2": ".4f", "correlation": ".4f", "directional_accuracy": ".1%"}
FORMATS |= {"mape": ".1%", "qlike": ".4f"}
FOOTNOTES = (
    "RMSE, MAE, R^2, correlation and direction: of log volatility; MAPE: of volatility; QLIKE: of variance; * best",
    "a forecast of log volatility is half the mean log variance where a model knows it (log-har, overlap, networks), "
    "by three quantiles of an .onnx file; else the log of the root of the mean variance, plus half the mean of the "
    "model's own log errors so far (all days from its first forecast, those before the test part too)",
    "direction: from where the random walk stands, which has none",
    "DM: Diebold-Mariano against {against} (HAC with {lags} lags, Harvey), negative where the model loses less, "
    "two-sided p in brackets",
    "MCS: p in the model confidence set of QLIKE (1,000 stationary bootstraps, blocks of {block} days, seed {seed}); "
    "'in' above {size:.0%}",
)


def head(found: "Comparison") -> tuple[str, str]:
    """What was compared, and when."""
    task = found.task
    days = task.dates[found.rows + task.horizon]
    first = (
        f"{task.bars.name}: {task.target}; {found.n:,} of {len(task.test_rows):,} test days, {days[0]} to {days[-1]}"
    )
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


def notes(found: "Comparison", answers: "Sequence[Answer]") -> list[str]:
    """All that is to be said of the models and of the days."""
    task = found.task
    lines = ["har and log-har: refitted every day to all days so far; ewma: decay 0.94"]
    if task.is_rolling:
        lines.append("overlap: fitted once, to the days before the test part; it keeps the returns that are known")
    lines += [note for one in answers for note in one.notes]
    lines += [
        f"{name}: no forecast on {count} of the {len(task.rows)} test days, which are left out for all"
        for name, count in found.missing.items()
    ]
    if still := len(task.test_rows) - len(task.rows):
        lines.append(f"{still} test days on which nothing moved, or without a measure, have no log and are left out")
    return [*lines, *task.bars.notes]


def show(found: "Comparison", lines: Sequence[str]) -> None:
    """Print the table, its footnotes and the notes."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in head(found):
        console.print(line, markup=False)
    names, rows = cells(found)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, justify="left" if name == "model" else "right", no_wrap=True)
    for row in rows:
        # The star has a place of its own, so that digits stand below digits.
        starred = [
            (f"{text}{'*' if best else ' '}" if 0 < k <= len(FORMATS) else text) for k, (text, best) in enumerate(row)
        ]
        table.add_row(*(Text(text, style="bold" if best else "") for text, (_, best) in zip(starred, row, strict=True)))
    console.width = max(console.width, WIDEST)
    console.width = console.measure(table).maximum
    console.print(table)
    for line in footnotes(found):
        console.print(line, markup=False)
    for line in lines:
        console.print(line, markup=False, style="dim")


def footnotes(found: "Comparison") -> list[str]:
    """What the columns mean."""
    from vrx.evaluation.compare import FEWEST_HORIZONS
    from vrx.evaluation.confidence import block

    n, ahead = found.n, found.task.horizon
    numbers = {"lags": max(ahead - 1, math.ceil(n ** (1 / 3))), "block": block(n, ahead)}
    lines = [line.format(against=found.against, seed=found.seed, size=found.size, **numbers) for line in FOOTNOTES]
    if ahead > 1:
        lines.append(
            "errors of forecasts of several days overlap, so that these tests reject too often: in simulations with "
            "250 to 1,258 days about 8% of the time at 5 days and 12% at 22, where 5% is meant"
        )
    if n < FEWEST_HORIZONS * ahead:
        lines.append(f"no confidence set: {n} days are fewer than {FEWEST_HORIZONS} horizons of {ahead}")
    if any(score.seen_until for score in found.scores):
        lines.append(f"{SEEN} saw days scored here in training: never best, and left out of the confidence set")
    return lines


def marked(score: "ModelScore") -> str:
    """The name of a model, with a dagger where it saw days that it is scored on."""
    return f"{score.model}{SEEN if score.seen_until else ''}"


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
