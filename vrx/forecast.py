"""The answer: the volatility of the coming days, with quantiles."""

import csv
import datetime
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vrx.contract import Origin

__all__ = ["Forecast"]


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecast made at the close of one day.

    Attributes
    ----------
    series
        Name of the series.
    as_of
        The day whose close the forecast knows, and nothing later; None for bars without dates.
    horizons
        Days ahead; entry h of the arrays is about the mean daily variance of the next h days.
    variance, volatility
        Shape (horizons,): mean daily variance and its square root, decimal, per day.
    levels
        Probabilities of the quantiles.
    quantiles
        Shape (horizons, levels): quantiles of the volatility, decimal, per day.
    periods_per_year
        Trading days a year, for annualising.
    model
        Name of the model.
    target
        What the variance is of, in the model's words.
    trained_on
        The series that the model was trained on.
    notes
        What the front door detected in the series.

    Examples
    --------
    >>> forecast = Forecast("btc", datetime.date(2024, 12, 31), (1, 5), np.array([4e-4, 9e-4]),
    ...                     np.array([0.02, 0.03]), (0.5,), np.array([[0.02], [0.03]]), 365, "toy")
    >>> forecast.annualised().round(3)
    array([0.382, 0.573])
    >>> forecast.to_dict()["forecast"][1]["volatility"]
    0.03
    """

    series: str
    as_of: datetime.date | None
    horizons: tuple[int, ...]
    variance: NDArray[np.float64]
    volatility: NDArray[np.float64]
    levels: tuple[float, ...]
    quantiles: NDArray[np.float64]
    periods_per_year: int
    model: str
    target: str = ""
    trained_on: tuple[Origin, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        days = ", ".join(f"{h}: {v:.4f}" for h, v in zip(self.horizons, self.volatility, strict=True))
        return f"Forecast({self.series!r}, as_of={self.as_of}, model={self.model!r}, volatility {{{days}}})"

    def annualised(self, periods_per_year: int | None = None) -> NDArray[np.float64]:
        """Volatility a year: the daily one times the root of the periods (those of the series unless given)."""
        return self.volatility * math.sqrt(periods_per_year or self.periods_per_year)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One flat record a horizon, as the CSV and JSON forms hold them."""
        for h, horizon in enumerate(self.horizons):
            yield {
                "horizon": horizon,
                "variance": float(self.variance[h]),
                "volatility": float(self.volatility[h]),
                "volatility_annualised": float(self.annualised()[h]),
                **{f"q{level:g}": float(q) for level, q in zip(self.levels, self.quantiles[h], strict=True)},
            }

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready record: plain strings, numbers and lists."""
        return {
            "series": self.series,
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
            "model": self.model,
            "target": self.target,
            "trained_on": [
                {"name": origin.name, "first": origin.first, "last": origin.last} for origin in self.trained_on
            ],
            "units": "decimal, per day; volatility_annualised per year",
            "periods_per_year": self.periods_per_year,
            "levels": list(self.levels),
            "forecast": list(self.rows()),
            "notes": list(self.notes),
        }

    def to_csv(self) -> str:
        """One line a horizon, with a header."""
        out = io.StringIO()
        rows = [{"series": self.series, "as_of": self.as_of or "", "model": self.model, **row} for row in self.rows()]
        writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()
