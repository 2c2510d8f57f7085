"""What ``vrx volatility`` asks of a series: its returns, and every model's answer."""

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vrx.cli.hurst_survey import sample
from vrx.cli.volatility_answer import Answer, answer_of
from vrx.econometrics import RIVALS, DynamicFractionalVolatility, Result, RivalResult
from vrx.errors import InputError
from vrx.hurst import Wavelet
from vrx.series import Bars

__all__ = ["FRACTIONAL", "MODELS", "Asked", "Market", "Row", "ask", "market", "named"]

Array: TypeAlias = NDArray[np.float64]

FRACTIONAL = ("dynamic-fractional", "static-fractional")
MODELS = (*FRACTIONAL, *RIVALS)
# The exponent of the static variant of Webb et al.
STATIC = 0.55
# Where more returns than these are 0, it is worth a word.
MOST_STILL = 0.05
# What arch needs; the fractional models name theirs.
LEAST = 100


@dataclass(frozen=True, eq=False)
class Market:
    """The daily log returns of a series."""

    series: str
    measure: str
    """What they were read from: close or return."""
    returns: Array
    days: tuple[str, ...]
    """The date of each return, or its position in a series without dates."""
    as_of: datetime.date | None
    periods_per_year: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A model and what it is fitted to."""

    name: str
    window: int = 252
    innovation: Any = "signed"
    days: int | None = None
    """Only the last so many returns; None for all."""

    @property
    def model(self) -> Any:
        """The model itself."""
        if self.name not in FRACTIONAL:
            return RIVALS[self.name]()
        hurst = "wavelet" if self.name == FRACTIONAL[0] else STATIC
        return DynamicFractionalVolatility(window=self.window, hurst=hurst, innovation=self.innovation)

    def check(self) -> None:
        """Refuse, before anything is read, a window that no exponent can be estimated from."""
        try:
            _ = self.model
        except InputError as error:
            raise InputError(f"--window {self.window}: {error}") from None


@dataclass(frozen=True, eq=False)
class Row:
    """One model's answer, or why there is none."""

    model: str
    answer: Answer | None
    trouble: str | None = None


def market(bars: Bars, periods_per_year: int | None) -> Market:
    """Read the returns off the bars.

    Raises
    ------
    InputError
        The columns show no returns, the price never moves, or a return is none of a day.

    Examples
    --------
    >>> from vrx.series import read
    >>> market(read([100.0, 101.0, 99.0]), None).returns.round(4).tolist()
    [0.01, -0.02]
    """
    what = sample(bars, "returns")
    wild = np.flatnonzero(np.abs(what.values) >= 1.0)
    if len(wild):
        value = what.values[wild[0]]
        told = f"{bars.name}: the return of {what.days[wild[0]]} is {value:.4g}"
        if what.measure == "return":
            raise InputError(f"{told}, no log return of a day: give decimals, 0.01 for 1%")
        raise InputError(f"{told}, the price moves by a factor of {math.exp(value):.3g}: correct it; a split left out?")
    still = int(np.sum(what.values == 0.0))
    notes = what.notes
    if still > MOST_STILL * len(what.values):
        flat = (
            f"{still} of {len(what.values)} returns are 0: sigma may fall to 0 there, where any likelihood is reached"
        )
        notes = (flat, *notes)
    per_year = periods_per_year or bars.periods_per_year
    return Market(bars.name, what.measure, what.values, what.days, bars.as_of, per_year, notes)


def named(names: Sequence[str] | None) -> list[str]:
    """The models that are meant, each once, in the order of `MODELS`; dynamic-fractional if none is named.

    Examples
    --------
    >>> named(["har", "garch"])
    ['garch', 'har']
    """
    for name in names or ():
        if name not in (*MODELS, "all"):
            raise InputError(f"--model {name}: there is no such model: take one of {', '.join(MODELS)}, or all")
    if not names:
        return [FRACTIONAL[0]]
    return [name for name in MODELS if name in names or "all" in names]


def ask(
    where: Market, asked: Sequence[Asked], *, seed: int = 0, progress: Callable[[float], None] = lambda _: None
) -> list[Row]:
    """Fit every model; one that cannot be fitted has a row that says why.

    Raises
    ------
    InputError
        No model can be fitted.
    MissingExtraError
        A model needs arch, which is not installed.
    """
    rows = []
    for done, one in enumerate(asked, start=1):
        try:
            rows.append(Row(one.name, answer_of(where, one.name, _fit(where, one), seed=seed)))
        except InputError as error:
            rows.append(Row(one.name, None, str(error)))
        progress(done / len(asked))
    if all(row.answer is None for row in rows):
        raise InputError(f"{where.series}: {rows[0].trouble}")
    return rows


def _fit(where: Market, asked: Asked) -> Result | RivalResult:
    model, n = asked.model, len(where.returns)
    least = getattr(model, "least", LEAST)
    needed = max(least, asked.window) if asked.name == FRACTIONAL[0] else least
    if n < needed:
        shorter = ", or a shorter --window" if needed > least else ""
        raise InputError(f"{n} returns are too few for {asked.name}: give at least {needed + 1} days{shorter}")
    if asked.days is not None and not least <= asked.days <= n:
        raise InputError(f"--days {asked.days}: {asked.name} takes {least} to {n} of the returns of this series")
    if asked.name == FRACTIONAL[0]:
        _movement(where, asked.window)
    try:
        if isinstance(model, DynamicFractionalVolatility):
            return model.fit(where.returns, days=asked.days)
        rival: RivalResult = model.fit(where.returns[-(asked.days or n) :])
    except InputError as error:
        raise InputError(f"{asked.name}: {error}") from None
    return rival


def _movement(where: Market, window: int) -> None:
    """Refuse returns without a Hurst exponent on some day."""
    empty = np.isnan(Wavelet(kind="noise").rolling(where.returns, window).h[window - 1 :]).nonzero()[0]
    if len(empty):
        raise InputError(
            f"the price hardly moves in the {window} days to {where.days[empty[0] + window - 1]}, which have no Hurst "
            "exponent: take --model static-fractional, or other days"
        )
