"""The answers of ``vrx var``: as tables and as JSON."""

from dataclasses import asdict, dataclass
from typing import Any

import typer

from vrx.cli.common import print_json
from vrx.econometrics import (
    VectorAutoregression,
    VectorComparison,
    VolatilitySystem,
    dynamic_against_static,
    vector_autoregression,
    volatility_system,
)
from vrx.econometrics.vector import Criterion
from vrx.econometrics.vector_forecasts import Contest
from vrx.errors import InputError
from vrx.series import Bars

__all__ = ["Answer", "answer", "tell"]


@dataclass(frozen=True, eq=False)
class Answer:
    """Everything that is told."""

    system: VolatilitySystem
    fit: VectorAutoregression
    start: int
    """The first row that is forecast out of sample."""
    comparison: VectorComparison


def answer(
    bars: Bars, *, window: int, order: int | None, max_order: int, criterion: str, steps: int, every: int
) -> Answer:
    """Fit to all days, and forecast the second half of them with the exponent and without."""
    system = volatility_system(bars, window=window)
    choice: Any = criterion  # refused by the fit where it is none
    by: Criterion = choice
    try:
        found = vector_autoregression(system.columns, order=order, max_order=max_order, criterion=by, steps=steps)
        start = found.rows // 2
        compared = dynamic_against_static(
            *(system.columns, system.without_hurst),
            start=start,
            order=order,
            max_order=max_order,
            criterion=by,
            every=every,
        )
    except InputError as error:
        raise InputError(f"{bars.name}: {error}") from None
    return Answer(system, found, start, compared)


def tell(found: Answer, *, as_json: bool) -> None:
    """Print the answers."""
    if as_json:
        print_json(_document(found))
        return
    system = found.system
    typer.echo(f"{system.series} ({system.measure}), Hurst exponent of {system.window} returns: {_span(system)}")
    typer.echo(str(found.fit))
    typer.echo()
    typer.echo(str(found.comparison))
    for line in system.notes:
        typer.echo(line)


def _span(system: VolatilitySystem) -> str:
    return f"{len(system.days)} days from {system.days[0]} to {system.days[-1]}"


def _document(found: Answer) -> dict[str, Any]:
    system, fit, it = found.system, found.fit, found.fit.responses
    return {
        "series": system.series,
        "measure": system.measure,
        "window": system.window,
        "n": fit.rows,
        "first": system.days[0],
        "last": system.days[-1],
        "columns": list(fit.columns),
        "order": fit.order,
        "orders": {**asdict(fit.orders), "preferred": fit.orders.preferred},
        **{name: getattr(fit, name).tolist() for name in ("constant", "coefficients", "standard_errors", "covariance")},
        "log_likelihood": fit.log_likelihood,
        "granger": [{**asdict(one), "rejects": one.rejects} for one in fit.granger],
        "responses": {
            "steps": it.steps,
            "confidence": it.confidence,
            **{name: getattr(it, name).tolist() for name in ("mean", "standard_error", "low", "high")},
        },
        "largest_root": fit.largest_root,
        "stable": fit.stable,
        "whiteness": asdict(fit.whiteness),
        "next": dict(zip(fit.columns, fit.next_row.tolist(), strict=True)),
        "comparison": _comparison(found),
        "notes": [*fit.notes, *system.notes],
    }


def _comparison(found: Answer) -> dict[str, Any]:
    it = found.comparison
    return {
        "rows": it.rows,
        "start": found.system.days[found.start],
        **{name: list(getattr(it, name)) for name in ("dynamic", "static")},
        "dynamic_order": it.dynamic_order,
        "static_order": it.static_order,
        "log_volatility": _contest(it.log_volatility),
        "volatility": _contest(it.volatility),
    }


def _contest(it: Contest) -> dict[str, float]:
    return {
        "rmse_dynamic": it.rmse_dynamic,
        "rmse_static": it.rmse_static,
        "gain": it.gain,
        "statistic": it.statistic,
        "p_value": it.p_value,
    }
