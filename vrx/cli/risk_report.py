"""The answers of ``vrx risk``: as tables and as JSON."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vrx.cli.common import print_json
from vrx.cli.risk_answer import Answer, Outcome
from vrx.cli.volatility_fits import Market
from vrx.cli.volatility_table import percent
from vrx.econometrics import RiskTest

if TYPE_CHECKING:  # JSON needs no tables
    from rich.console import Console

__all__ = ["tell"]

# A narrower terminal would leave no room for sentences.
WIDTH = 120
# Below this a test speaks.
SIZE = 0.05
# With fewer exceedances to be expected the chi-squared laws are rough; see vrx.econometrics.dynamic_quantile.
FEW = 25.0
ROUGH = (
    "with so few exceedances p-values are rough: where 5 are expected, the dynamic quantile test refutes about one "
    "right forecast in six"
)


@dataclass(frozen=True)
class Line:
    """One test, in words."""

    name: str
    test: RiskTest
    meaning: str

    @property
    def rejects(self) -> bool:
        """Whether the p-value is below 0.05."""
        return self.test.p_value < SIZE


def tell(where: Market, answer: Answer, *, as_json: bool) -> None:
    """Print the answers."""
    if as_json:
        print_json(_document(where, answer))
    else:
        _show(where, answer)


def _document(where: Market, answer: Answer) -> dict[str, Any]:
    return {
        "series": where.series,
        "measure": where.measure,
        "n": len(where.returns),
        "first": where.days[0],
        "last": where.days[-1],
        "model": answer.model,
        "law": answer.law,
        "sigma": answer.sigma,
        "risk": [
            {
                "level": one.level,
                "var": one.var,
                "es": one.es,
                "var_of_position": -math.expm1(-one.var),
                "es_of_position": -math.expm1(-one.es),
            }
            for one in answer.levels
        ],
        "backtest": None if answer.start is None else _tested_record(where, answer, answer.start),
        "notes": [*answer.doubts, *answer.notes],
    }


def _tested_record(where: Market, answer: Answer, start: int) -> dict[str, Any]:
    return {
        "first": where.days[start],
        "last": where.days[-1],
        "days": len(where.days) - start,
        "levels": [
            {
                "level": one.forecast.level,
                "expected": one.tests.expected,
                "exceedances": one.tests.exceedances,
                "dates": [where.days[start + at] for at in np.flatnonzero(one.forecast.exceedances).tolist()],
                "tests": [
                    {
                        "name": line.name,
                        "statistic": _finite(line.test.statistic),
                        "p_value": _finite(line.test.p_value),
                        "degrees": line.test.degrees,
                        "rejects": line.rejects,
                        "meaning": line.meaning,
                    }
                    for line in _lines(one)
                ],
            }
            for one in answer.tested
        ],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _lines(tested: Outcome) -> Iterator[Line]:
    """Every test with what its outcome means."""
    it = tested.tests
    tests = (it.kupiec, it.independence, it.conditional, it.dynamic_quantile, it.z1, it.z2)
    for (name, (refuted, kept)), test in zip(_meanings(tested).items(), tests, strict=True):
        if math.isnan(test.p_value):
            yield Line(name, test, "no exceedance, so nothing to measure")
        else:
            yield Line(name, test, refuted if test.p_value < SIZE else kept)


def _meanings(tested: Outcome) -> dict[str, tuple[str, str]]:
    """What each test says where it refutes the forecast, and where it does not."""
    it, hits = tested.tests, tested.forecast.exceedances
    many = it.exceedances > it.expected
    after, otherwise = hits[1:][hits[:-1]], hits[1:][~hits[:-1]]
    together = len(after) > 0 and len(otherwise) > 0 and after.mean() > otherwise.mean()
    return {
        "Kupiec": (
            "too many exceedances: the value at risk is too low"
            if many
            else "too few exceedances: the value at risk is too high",
            "no more and no fewer exceedances than chance allows",
        ),
        "Christoffersen, independence": (
            "exceedances follow each other: the forecast moves too slowly"
            if together
            else "exceedances keep away from each other",
            "no sign that an exceedance changes the odds of the next day",
        ),
        "Christoffersen, both": (
            "number and independence together speak against the forecast",
            "no sign against number and independence together",
        ),
        "dynamic quantile": (
            "past exceedances or the value at risk itself foretell exceedances",
            "no sign that anything known the day before foretells one",
        ),
        "Acerbi-Szekely Z1": (
            "losses beyond the value at risk are deeper than the expected shortfall",
            "no sign that losses beyond the value at risk are deeper than forecast",
        ),
        "Acerbi-Szekely Z2": (
            "such losses are more or deeper than forecast",
            "no sign that such losses are more or deeper than forecast",
        ),
    }


def _show(where: Market, answer: Answer) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    span = f"{len(where.returns)} daily log returns from {where.days[0]} to {where.days[-1]}"
    console.print(f"{where.series}: {span}", markup=False)
    console.print(
        f"the next day by {answer.model}: volatility {percent(answer.sigma)}, shocks of the {answer.law} law",
        markup=False,
    )
    rows = [(f"{one.level:g}", f"{one.var:#.4g}", f"{one.es:#.4g}") for one in answer.levels]
    _table(console, ("level", "value at risk", "expected shortfall"), rows)
    for one in answer.levels:
        lost, mean = (percent(-math.expm1(-loss)) for loss in (one.var, one.es))
        console.print(
            f"with a probability of {100.0 * one.level:g}% a long position loses more than {lost} of its value, and "
            f"then about {mean} on average",
            markup=False,
        )
    for tested in answer.tested:
        _show_tested(console, where, tested)
    for line in answer.doubts:
        console.print(line, markup=False)
    for line in answer.notes:
        console.print(line, markup=False, style="dim")


def _show_tested(console: "Console", where: Market, tested: Outcome) -> None:
    it = tested.tests
    console.print()
    console.print(
        f"backtest at {tested.forecast.level:g}: {it.days} days from {where.days[-it.days]} to {where.days[-1]}, "
        f"{it.exceedances} exceedances, {it.expected:.1f} expected",
        markup=False,
    )
    rows = [
        (line.name, _number(line.test.statistic), _p_value(line.test.p_value), line.meaning) for line in _lines(tested)
    ]
    _table(console, ("test", "statistic", "p-value", "verdict"), rows, sentence=True)
    if it.expected < FEW:
        console.print(ROUGH, markup=False)


def _table(console: "Console", head: Sequence[str], rows: Sequence[Sequence[str]], *, sentence: bool = False) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, name in enumerate(head):
        words = sentence and at == len(head) - 1
        table.add_column(name, justify="right" if at and not words else "left", no_wrap=not words)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _p_value(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"
