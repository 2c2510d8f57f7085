"""Volatility models fitted to the daily returns of one market: dynamic fractional volatility, and its rivals.

::

    DynamicFractionalVolatility   sigma**alpha on a sum of past shocks whose memory moves   Webb et al.
    Garch, Figarch, Egarch, Har   its rivals, through the package arch                      needs vrx[research]
    diagnose                      tests of the returns, regimes and breaks, in words        needs vrx[research]
    markov_regimes, breaks        a variance that switches; a level that breaks             Hamilton; Bai and Perron
    lead_time, regime_scores      whether falls of H announce turbulence; who calls it
    risk_forecast, backtest       value at risk, expected shortfall, and their tests        needs vrx[research]
    black_scholes, fractional_call, rough_bergomi_call, market_calls    options             needs vrx[research]
    volatility_target, trade      positions from forecasts, and what came of them           Lo
    vector_autoregression         how return, log volatility and H lead each other          needs vrx[research]
    dynamic_against_static        what a measure that moves adds to its forecasts
    daily_update                  Hurst exponent with its band, refit and forecast of a day

Every model has ``fit(returns)`` and `least`, the fewest returns that it takes; what comes of a fit is :class:`Fitted`:
it has `parameters` with their errors, `log_likelihood`, `converged`, `note` and ``forecast(horizon)``.
"""

from vrx.econometrics._fitted import Fitted
from vrx.econometrics._law import Law
from vrx.econometrics._rival_result import RivalResult
from vrx.econometrics.backtests import (
    Backtest,
    RiskTest,
    acerbi_szekely,
    backtest,
    christoffersen,
    dynamic_quantile,
    kupiec,
)
from vrx.econometrics.diagnostics import Diagnosis, Finding, Moments, Segment, diagnose
from vrx.econometrics.dynamic import DynamicFractionalVolatility
from vrx.econometrics.early_warning import (
    LeadTime,
    RegimeScores,
    falls,
    high_days,
    lead_time,
    onsets,
    regime_scores,
)
from vrx.econometrics.option_market import MarketCalls, PricingErrors, market_calls, pricing_errors
from vrx.econometrics.options import (
    SimulatedPrice,
    at_the_money_call,
    black_scholes,
    fractional_call,
    implied_volatility,
    rough_bergomi_call,
    simulated_call,
)
from vrx.econometrics.regimes import Breaks, MarkovRegimes, Regime, breaks, markov_regimes
from vrx.econometrics.result import Result
from vrx.econometrics.risk import RiskForecast, risk_forecast
from vrx.econometrics.rivals import RIVALS, Egarch, Figarch, Garch, Har, Rival
from vrx.econometrics.trading import (
    SharpeRatio,
    Trades,
    sharpe_difference,
    sharpe_ratio,
    trade,
    volatility_direction,
    volatility_target,
)
from vrx.econometrics.update import DailyUpdate, daily_update
from vrx.econometrics.vector import (
    GrangerTest,
    ImpulseResponses,
    OrderChoice,
    VectorAutoregression,
    Whiteness,
    vector_autoregression,
)
from vrx.econometrics.vector_forecasts import (
    VectorComparison,
    VectorForecasts,
    dynamic_against_static,
    vector_forecasts,
)
from vrx.econometrics.volatility_system import VolatilitySystem, volatility_system

__all__ = [
    "RIVALS",
    "Backtest",
    "Breaks",
    "DailyUpdate",
    "Diagnosis",
    "DynamicFractionalVolatility",
    "Egarch",
    "Figarch",
    "Finding",
    "Fitted",
    "Garch",
    "GrangerTest",
    "Har",
    "ImpulseResponses",
    "Law",
    "LeadTime",
    "MarketCalls",
    "MarkovRegimes",
    "Moments",
    "OrderChoice",
    "PricingErrors",
    "Regime",
    "RegimeScores",
    "Result",
    "RiskForecast",
    "RiskTest",
    "Rival",
    "RivalResult",
    "Segment",
    "SharpeRatio",
    "SimulatedPrice",
    "Trades",
    "VectorAutoregression",
    "VectorComparison",
    "VectorForecasts",
    "VolatilitySystem",
    "Whiteness",
    "acerbi_szekely",
    "at_the_money_call",
    "backtest",
    "black_scholes",
    "breaks",
    "christoffersen",
    "daily_update",
    "diagnose",
    "dynamic_against_static",
    "dynamic_quantile",
    "falls",
    "fractional_call",
    "high_days",
    "implied_volatility",
    "kupiec",
    "lead_time",
    "market_calls",
    "markov_regimes",
    "onsets",
    "pricing_errors",
    "regime_scores",
    "risk_forecast",
    "rough_bergomi_call",
    "sharpe_difference",
    "sharpe_ratio",
    "simulated_call",
    "trade",
    "vector_autoregression",
    "vector_forecasts",
    "volatility_direction",
    "volatility_system",
    "volatility_target",
]
