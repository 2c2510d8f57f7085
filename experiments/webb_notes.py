"""How the tables behind the published figures were made."""

__all__ = ["CALLED", "LED", "PRICED", "RISKED", "SIMULATED", "TRADED"]

CALLED = (
    "Forecasts of 2017-2019, each against a quantile of the 252 forecasts before it, or against the geometric mean of "
    "the volatilities of both Markov regimes, which knows the whole sample. True are the days of the high regime by "
    "smoothed probabilities."
)
LED = (
    "Days of 2015-2019. A fall is the first day of a stretch; an event the first after 22 days without. Leads are of "
    "at most 10 days. Chance: the warnings turned round against the events, 999 times."
)
PRICED = (
    "The price of a call struck at the close, 30 calendar days, by Black and Scholes from the volatility that the "
    "model expects of the next 21 trading days, less the price from the VIX, as a share of the latter; no interest. "
    "No premium: the implied variance times what share of it came on average over the past since 2000, as known on "
    "the day. The VIX is of all strikes, and stands above the volatility at the money. Diebold-Mariano on the sizes "
    "of the errors, Newey-West with 20 lags: plus where the dynamic model's are smaller."
)
SIMULATED = (
    "10,000 paths of 21 days for every close, half of them mirrored, the same shocks every day; rough Bergomi with the "
    "forward variances of the dynamic model and H = 0.07, eta = 1.9, rho = -0.9 (Bayer, Friz and Gatheral 2016). Under "
    "the formula a price at the money is linear in volatility; on paths whose volatility moves it is lower."
)
RISKED = (
    "Long the index. The laws of the shocks are fitted to the shocks of forecasts before the day, from 252 on. "
    "P-values of all tests; DQ with 4 lags, Z1 and Z2 of Acerbi and Szekely from 10,000 simulations, where a small "
    "one says that losses are deeper."
)
TRADED = (
    "Positions in the index, decided on the close before; cash earns nothing. The first two hold so much that the "
    "forecast volatility is 10% a year, the third the index unless the forecast is above the mean of the five "
    "before. Costs are a share of what is traded. Sharpe ratios with Lo's standard errors, differences with those of "
    "Ledoit and Wolf; turnover per year in shares of the wealth."
)
