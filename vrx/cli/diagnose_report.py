"""The answers of ``vrx diagnose``: as tables and as JSON."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vrx.cli.common import print_json
from vrx.cli.volatility_fits import Market
from vrx.cli.volatility_table import percent
from vrx.econometrics import Breaks, Diagnosis, MarkovRegimes
from vrx.econometrics._clusters import PATHS

if TYPE_CHECKING:  # JSON needs no tables
    from rich.console import Console

__all__ = ["tell"]

# A narrower terminal would leave no room for sentences.
WIDTH = 100
SIZE = 0.05
NAMES = {2: ("quiet", "turbulent"), 3: ("quiet", "middling", "turbulent")}


def tell(where: Market, found: Diagnosis, *, as_json: bool) -> None:
    """Print the answers."""
    if as_json:
        print_json(_finite(_document(where, found)))
    else:
        _show(where, found)


def _document(where: Market, found: Diagnosis) -> dict[str, Any]:
    return {
        "series": found.series,
        "measure": where.measure,
        "n": len(found.returns),
        "first": found.days[0],
        "last": found.days[-1],
        "periods_per_year": found.periods_per_year,
        "moments": asdict(found.moments),
        "tests": [
            {
                **{name: getattr(one, name) for name in ("name", "null", "statistic", "p_value", "lags")},
                "rejects": one.rejects,
                "meaning": one.meaning,
            }
            for one in found.findings
        ],
        "regimes": None if found.regimes is None else _regimes_record(found.regimes),
        "breaks": _breaks_record(found),
        "notes": [*where.doubts, *found.notes],
    }


def _regimes_record(states: MarkovRegimes) -> dict[str, Any]:
    return {
        "regimes": [asdict(one) for one in states.regimes],
        "mean": states.mean,
        "transition": states.transition.tolist(),
        **{name: getattr(states, name) for name in ("log_likelihood", "bic", "bic_one", "converged")},
        "meaning": _regimes_meaning(states),
    }


def _breaks_record(found: Diagnosis) -> dict[str, Any]:
    tests = found.breaks
    sup_f, following, ud_max = tests.critical(tests.level)
    return {
        "of": "the absolute deviation of the returns from their mean",
        "level": tests.level,
        "count": tests.count,
        "count_bic": tests.count_bic,
        "dates": [found.days[start] for start in tests.starts],
        "ud_max": tests.ud_max,
        "ud_max_critical": ud_max,
        "ud_max_p_below": tests.ud_max_p_below(),
        "clustered_p_value": found.clustered_p_value,
        "tests": [
            {
                "breaks": k + 1,
                "sup_f": float(tests.sup_f[k]),
                "critical": sup_f[k],
                "p_below": p_below,
                "one_more": float(tests.following[k]),
                "one_more_critical": following[k],
                "bic": float(tests.bic[k + 1]),
                "dates": [found.days[start] for start in tests.partitions[k]],
            }
            for k, p_below in enumerate(tests.p_below())
        ],
        "segments": [asdict(one) for one in found.segments],
        "meaning": _breaks_meaning(found),
    }


def _finite(document: Any) -> Any:
    """The same with None for every number that JSON has no word for."""
    if isinstance(document, dict):
        return {name: _finite(value) for name, value in document.items()}
    if isinstance(document, list):
        return [_finite(value) for value in document]
    return None if isinstance(document, float) and not math.isfinite(document) else document


def _regimes_meaning(states: MarkovRegimes) -> str:
    if states.bic >= states.bic_one:
        return "one variance describes the returns as well: there are no regimes to tell apart"
    quiet, last = states.regimes[0], states.regimes[-1]
    return (
        f"the variance moves: the turbulent regime has {last.volatility / quiet.volatility:.1f} times the volatility "
        f"of the quiet one and lasts {last.expected_duration:.0f} days; the last day is turbulent with a probability "
        f"of {last.probability:.0%}. Any clustering of volatility looks like regimes to this model"
    )


def _breaks_meaning(found: Diagnosis) -> str:
    if not found.breaks.count:
        return "no break in the level of volatility: the whole series can be fitted at once"
    since = found.days[found.breaks.starts[-1]]
    p_value = found.clustered_p_value
    if p_value is not None and p_value >= SIZE:
        return (
            f"the level of volatility seems to break, last on {since}, but clusters alone do that: of GARCH paths "
            f"without any break {p_value:.0%} break as clearly, so a model with clusters or long memory needs no breaks"
        )
    beyond = "" if p_value is None else f", more clearly than all but {p_value:.1%} of GARCH paths without any break"
    return (
        f"the level of volatility breaks, last on {since}{beyond}: let the level of the model move, or fit it to the "
        "days since"
    )


def _show(where: Market, found: Diagnosis) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    _show_moments(console, found)
    cells = [
        (one.name, "-" if one.lags is None else str(one.lags), _number(one.statistic), _p_value(one.p_value))
        for one in found.findings
    ]
    rows = [(*row, one.meaning) for row, one in zip(cells, found.findings, strict=True)]
    _table(console, ("test", "lags", "statistic", "p-value", "what it means"), rows, sentence=True)
    if found.regimes is not None:
        _show_regimes(console, found, found.regimes)
    _show_breaks(console, found, found.breaks)
    for line in where.doubts:
        console.print(line, markup=False)
    for line in found.notes:
        console.print(line, markup=False, style="dim")


def _show_moments(console: "Console", found: Diagnosis) -> None:
    it = found.moments
    span = f"{len(found.returns)} daily log returns from {found.days[0]} to {found.days[-1]}"
    console.print(f"{found.series}: {span}", markup=False)
    spread = f"{percent(it.standard_deviation)} a day, {percent(it.annualised_volatility)} a year"
    console.print(
        f"mean {100.0 * it.mean:#.3g}%, standard deviation {spread} of {found.periods_per_year} days, skewness "
        f"{it.skewness:.2f}, kurtosis {it.kurtosis:.1f} (normal: 3), from {100.0 * it.least:#.3g}% to "
        f"{100.0 * it.most:#.3g}%",
        markup=False,
    )


def _show_regimes(console: "Console", found: Diagnosis, states: MarkovRegimes) -> None:
    year = math.sqrt(found.periods_per_year)
    rows = [
        (
            name,
            percent(one.volatility),
            percent(year * one.volatility),
            f"{one.share:.0%}",
            f"{one.stays:.3f}",
            f"{one.expected_duration:.1f}",
            f"{one.probability:.0%}",
        )
        for name, one in zip(NAMES[len(states.regimes)], states.regimes, strict=True)
    ]
    console.print()
    head = ("regime", "volatility", "per year", "of the days", "stays", "lasts, days", "last day")
    _table(console, head, rows)
    difference = states.bic - states.bic_one
    console.print(f"Schwarz's criterion against one variance: {difference:+.0f} (the less the better)", markup=False)
    console.print(_regimes_meaning(states), markup=False)


def _show_breaks(console: "Console", found: Diagnosis, tests: Breaks) -> None:
    sup_f, following, ud_max = tests.critical(tests.level)
    rows = [
        (
            str(k + 1),
            _number(float(tests.sup_f[k])),
            f"{sup_f[k]:.2f}",
            _below(p_below),
            _number(float(tests.following[k])),
            f"{following[k]:.2f}",
        )
        for k, p_below in enumerate(tests.p_below())
    ]
    critical = f"{tests.level:.0%} value"
    console.print()
    _table(console, ("breaks", "supF", critical, "p-value", "against one fewer", critical), rows)
    console.print(
        f"UDmax {_number(tests.ud_max)} ({critical} {ud_max:.2f}); breaks found: {tests.count}, by Schwarz's "
        f"criterion: {tests.count_bic}",
        markup=False,
    )
    if found.clustered_p_value is not None:
        against = f"one break against a GARCH(1,1) without any: p-value {found.clustered_p_value:.3f}"
        console.print(f"{against}, by {PATHS} simulated paths", markup=False)
    year = math.sqrt(found.periods_per_year)
    segments = [
        (f"{one.first} to {one.last}", str(one.days), percent(one.volatility), percent(year * one.volatility))
        for one in found.segments
    ]
    _table(console, ("between breaks", "days", "volatility", "per year"), segments)
    console.print(_breaks_meaning(found), markup=False)


def _table(console: "Console", head: Sequence[str], rows: Sequence[Sequence[str]], *, sentence: bool = False) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, right in zip(head, _sides(len(head), sentence), strict=True):
        table.add_column(name, justify="right" if right else "left", no_wrap=not (sentence and name == head[-1]))
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _sides(columns: int, sentence: bool) -> Iterator[bool]:
    """Whether each column stands on the right: numbers do, the first one and a sentence do not."""
    for at in range(columns):
        yield at > 0 and not (sentence and at == columns - 1)


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "-"


def _p_value(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"


def _below(level: float | None) -> str:
    return ">0.1" if level is None else f"<{level:g}"
