"""The answers of ``vrx volatility`` as tables, with what must not be overlooked beneath them."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vrx.cli.volatility_answer import Answer
from vrx.cli.volatility_fits import Market, Row

if TYPE_CHECKING:  # JSON and CSV need no tables
    from rich.console import Console

__all__ = ["doubts", "percent", "show"]

# More than any table here needs: a narrow terminal wraps a line rather than lose digits or the end of a name.
WIDTH = 160
SCORES = (("log-likelihood", "log_likelihood"), ("AIC", "aic"), ("BIC", "bic"))


def show(where: Market, rows: Sequence[Row], notes: Sequence[str]) -> None:
    """Print one model whole, or several side by side."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, WIDTH)
    answers = [row.answer for row in rows if row.answer is not None]
    if len(rows) == 1:
        _show_fit(console, where, answers[0])
        _show_forecast(console, where, answers[0])
    else:
        _show_comparison(console, where, rows, answers)
    for line in doubts(where, rows):
        console.print(line, markup=False)
    for line in (*_meanings(answers, compared=len(rows) > 1), *notes):
        console.print(line, markup=False, style="dim")


def doubts(where: Market, rows: Sequence[Row]) -> Iterator[str]:
    """Models that could not be fitted, what is to be doubted of those that were, and of the returns."""
    for row in rows:
        if row.answer is None:
            yield f"{row.model}: {(row.trouble or '').removeprefix(row.model + ': ')}"
        elif not row.answer.converged:
            yield f"{row.model} has not converged: {row.answer.reason}"
        elif row.answer.note:
            yield f"{row.model}: {row.answer.note}"
    yield from where.doubts


def percent(value: float) -> str:
    """A share in percent with three significant digits, of a quiet series too.

    >>> percent(0.0119), percent(0.19), percent(2.349), percent(0.0000021)
    ('1.19%', '19.0%', '235%', '0.000210%')
    """
    if not math.isfinite(value) or value <= 0.0:
        return f"{100.0 * value:g}%"
    # Rounding to three digits may carry into the next power of ten.
    exponent = int(f"{100.0 * value:.2e}".partition("e")[2])
    return f"{100.0 * value:.{max(0, 2 - exponent)}f}%"


def _show_fit(console: "Console", where: Market, answer: Answer) -> None:
    console.print(f"{where.series}: {answer.model}, fitted to {_span(where, answer)}", markup=False)
    if answer.options is not None:
        console.print(str(answer.options), markup=False)
    cells = [
        (one.name, _cell(one.estimate), _cell(one.standard_error), _cell(one.robust_error), _cell(one.t_value, ".2f"))
        for one in answer.parameters
    ]
    _table(console, ("", "estimate", "std. error", "robust error", "robust t"), cells)
    console.print(", ".join(f"{name} {getattr(answer, key):.2f}" for name, key in SCORES), markup=False)
    if answer.result is not None:
        found = answer.result
        limits = f"sigma at its floor: {found.floored}, at its ceiling: {found.capped}"
        console.print(f"days with {limits}; with a clipped Hurst exponent: {found.clipped}", markup=False)
    if answer.converged:
        console.print("converged", markup=False)


def _show_forecast(console: "Console", where: Market, answer: Answer) -> None:
    forecast = answer.forecast
    known = "" if answer.hurst is None else f", at Hurst exponent {answer.hurst[-1]:.3f}"
    console.print(f"after {where.days[-1]}: volatility, {forecast.periods_per_year} days a year{known}", markup=False)
    rows = zip(forecast.horizons, forecast.volatility, forecast.annualised(), strict=True)
    cells = [(str(days), percent(daily), percent(yearly)) for days, daily, yearly in rows]
    _table(console, ("days ahead", "per day", "per year"), cells)


def _show_comparison(console: "Console", where: Market, rows: Sequence[Row], answers: Sequence[Answer]) -> None:
    console.print(f"{where.series}: {len(answers)} models, fitted to {_span(where, answers[0])}", markup=False)
    days = answers[0].forecast.horizons
    shown = sorted({0, len(days) - 1})
    ahead = ["next day" if days[at] == 1 else f"{days[at]} days" for at in shown]
    cells = []
    for row in rows:
        if row.answer is None:
            cells.append((row.model, *["-"] * (len(SCORES) + 2 * len(shown) + 1)))
            continue
        scores = (f"{getattr(row.answer, key):.1f}" for _, key in SCORES)
        forecast = row.answer.forecast
        daily = (percent(forecast.volatility[at]) for at in shown)
        yearly = (percent(forecast.annualised()[at]) for at in shown)
        mark = "*" if row.answer.note else ""
        pairs = [cell for pair in zip(daily, yearly, strict=True) for cell in pair]
        cells.append((row.model, *scores, *pairs, ("yes" if row.answer.converged else "no") + mark))
    heads = [head for name in ahead for head in (name, "per year")]
    _table(console, ("model", *(name for name, _ in SCORES), *heads, "converged"), cells)
    able = [answer for answer in answers if answer.comparable]
    which = "" if len(able) == len(answers) else " of those that compare"
    console.print(f"least AIC{which}: {_least(able, 'aic')}; least BIC: {_least(able, 'bic')}", markup=False)
    if any(answer.note for answer in answers):
        console.print("* see below", markup=False)


def _least(answers: Sequence[Answer], name: str) -> str:
    return min(answers, key=lambda answer: float(getattr(answer, name))).model if answers else "-"


def _table(console: "Console", head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, name in enumerate(head):
        table.add_column(name, justify="right" if at else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _meanings(answers: Sequence[Answer], *, compared: bool) -> Iterator[str]:
    """What the numbers are."""
    yield "per day is the root of the mean variance of the log returns of the days ahead"
    if compared:
        return
    answer = answers[0]
    if answer.result is None:
        yield "parameters by the names of arch, for returns in percent; robust errors hold for any law of the shocks"
        return
    yield "sigma^alpha = kappa + lambda S, percent per day; log sigma = level + slope S to first order, decimals"
    if answer.parameters[0].estimate == 0.0:
        yield "at alpha 0 kappa is 1 and lambda 0 whatever the returns are: read level and slope, which are exact there"
    if answer.at_end:
        yield "--alpha takes a wider range, such as -5..10"


def _span(where: Market, answer: Answer) -> str:
    """The returns of the fit; an update has added later ones."""
    first = len(where.days) - len(answer.sigma)
    begin = f"from {where.days[first]} " if first >= 0 else ""
    return f"{answer.fitted} returns {begin}to {where.days[first + answer.fitted - 1]}"


def _cell(value: float | None, form: str = ".4g") -> str:
    return "-" if value is None else format(value, form)
