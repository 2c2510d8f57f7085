"""Backtests of risk, one day after another, in the words of their papers."""

import numpy as np
import statsmodels.api as sm
from scipy import integrate, optimize, stats


def kupiec(hits, level):
    """Binomial log likelihoods, whose coefficients cancel."""
    days, count = len(hits), int(np.sum(hits))
    ratio = stats.binom.logpmf(count, days, level) - stats.binom.logpmf(count, days, count / days)
    return -2.0 * ratio


def independence(hits):
    """Bernoulli log likelihoods of every day given the day before, by two probabilities and by one."""
    before, after = np.asarray(hits[:-1]), np.asarray(hits[1:]).astype(int)
    chain = 0.0
    for state in (False, True):
        some = after[before == state]
        if len(some):
            chain += stats.bernoulli.logpmf(some, some.mean()).sum()
    return -2.0 * (stats.bernoulli.logpmf(after, after.mean()).sum() - chain)


def dynamic_quantile(hits, var, level, lags):
    """Engle and Manganelli's quadratic form in the slopes of statsmodels' least squares."""
    beyond = np.asarray(hits, dtype=float) - level
    rows = [[1.0, *(beyond[t - lag] for lag in range(1, lags + 1)), var[t]] for t in range(lags, len(beyond))]
    fit = sm.OLS(beyond[lags:], np.array(rows)).fit()
    information = fit.model.exog.T @ fit.model.exog
    return float(fit.params @ information @ fit.params) / (level * (1.0 - level))


def acerbi_szekely(returns, var, es, level):
    first, second, count = 0.0, 0.0, 0
    for t in range(len(returns)):
        if returns[t] + var[t] < 0.0:
            first += returns[t] / es[t]
            second += returns[t] / (len(returns) * level * es[t])
            count += 1
    return first / count + 1.0, second + 1.0


def student_shortfall(degrees, level):
    """The mean of t of variance 1 below its quantile, by quadrature."""
    law = stats.t(degrees, scale=np.sqrt((degrees - 2.0) / degrees))
    return integrate.quad(law.ppf, 0.0, level, epsabs=1e-13, epsrel=1e-11, limit=500)[0] / level


def degrees_of_freedom(shocks):
    def loss(degrees):
        return -np.mean(stats.t.logpdf(shocks, degrees, scale=np.sqrt((degrees - 2.0) / degrees)))

    return optimize.minimize_scalar(loss, bounds=(2.05, 60.0), method="bounded", options={"xatol": 1e-7}).x


def historical(past, level):
    """The quantile of rank level * (n + 1), and the mean of such quantiles below, by a fine grid."""
    grid = (np.arange(200_000) + 0.5) / 200_000 * level
    found = np.quantile(past, np.append(grid, level), method="weibull")
    return found[-1], found[:-1].mean()
