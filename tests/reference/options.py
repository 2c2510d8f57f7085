"""Prices of options in the words of the textbook, and paths one day after another."""

import numpy as np
from scipy import integrate, optimize
from scipy.stats import norm


def black_scholes(spot, strike, time, volatility, rate, dividend, kind):
    """Hull's formula."""
    total = volatility * np.sqrt(time)
    d1 = (np.log(spot / strike) + (rate - dividend + volatility**2 / 2.0) * time) / total
    d2 = d1 - total
    worth, paid = spot * np.exp(-dividend * time), strike * np.exp(-rate * time)
    if kind == "call":
        return worth * norm.cdf(d1) - paid * norm.cdf(d2)
    return paid * norm.cdf(-d2) - worth * norm.cdf(-d1)


def expected_payoff(strike, total):
    """The mean payoff of a call on a lognormal price of mean 1, by quadrature over the shock."""
    start = (np.log(strike) + 0.5 * total**2) / total

    def payoff(z):
        return (np.exp(total * z - 0.5 * total**2) - strike) * norm.pdf(z)

    return integrate.quad(payoff, start, start + 40.0, epsabs=1e-14, epsrel=1e-12, limit=200)[0]


def implied_volatility(price, *option):
    return optimize.brentq(lambda v: black_scholes(*option[:3], v, *option[3:]) - price, 1e-6, 20.0, xtol=1e-14)


def fractional_paths(law, past, normals):
    """Terminal prices of a law of volatility in logarithms (alpha = 0), signed shocks, from shocks of its past.

    `law` is level, slope and Hurst exponent; the sums run over the whole past.
    """
    level, slope, hurst = law
    out = []
    for path in normals:
        shocks, log_price = list(past), 0.0
        for z in path:
            t = len(shocks)
            ages = t - np.arange(t)
            sigma = np.exp(level + slope * np.sum(ages ** (2.0 * hurst - 2.0) * np.array(shocks)))
            log_price += sigma * z - 0.5 * sigma**2
            shocks.append(z)
        out.append(np.exp(log_price))
    return np.array(out)
