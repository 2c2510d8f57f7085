"""Volatility models fitted to the daily returns of one market: dynamic fractional volatility, and its rivals.

::

    DynamicFractionalVolatility   sigma**alpha on a sum of past shocks whose memory moves   Webb et al.
    Garch, Figarch, Egarch, Har   its rivals, through the package arch                      needs vrx[research]
    daily_update                  Hurst exponent with its band, refit and forecast of a day

Every model has ``fit(returns)`` and `least`, the fewest returns that it takes; what comes of a fit is :class:`Fitted`:
it has `parameters` with their errors, `log_likelihood`, `converged`, `note` and ``forecast(horizon)``.
"""

from vrx.econometrics._fitted import Fitted
from vrx.econometrics._law import Law
from vrx.econometrics._rival_result import RivalResult
from vrx.econometrics.dynamic import DynamicFractionalVolatility
from vrx.econometrics.result import Result
from vrx.econometrics.rivals import RIVALS, Egarch, Figarch, Garch, Har, Rival
from vrx.econometrics.update import DailyUpdate, daily_update

__all__ = [
    "RIVALS",
    "DailyUpdate",
    "DynamicFractionalVolatility",
    "Egarch",
    "Figarch",
    "Fitted",
    "Garch",
    "Har",
    "Law",
    "Result",
    "Rival",
    "RivalResult",
    "daily_update",
]
