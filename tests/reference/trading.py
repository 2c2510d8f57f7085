"""A trader's book, one day after another, and Lo's errors by matrices."""

import numpy as np
from scipy import stats


def trade(positions, returns, cost):
    """Money in the asset and in cash; every day first trades and then moves."""
    wealth, asset, path, fees, volume = 1.0, 0.0, [], 0.0, 0.0
    for position, log_return in zip(positions, returns, strict=True):
        moved = abs(position - asset / wealth)
        fees += cost * moved
        volume += moved
        wealth *= 1.0 - cost * moved
        asset = position * wealth
        cash = wealth - asset
        asset *= np.exp(log_return)
        wealth = asset + cash
        path.append(wealth)
    return np.array(path), fees, volume


def drawdown(path):
    whole = [1.0, *path]
    return max(1.0 - whole[j] / whole[i] for i in range(len(whole)) for j in range(i, len(whole)))


def sharpe_error(returns, lags):
    """Lo's sandwich: moments of mean and variance, their Newey-West covariance, and the gradient of the ratio."""
    mean, variance = returns.mean(), returns.var()
    moments = np.stack([returns - mean, (returns - mean) ** 2 - variance])
    days = len(returns)
    sigma = moments @ moments.T / days
    for lag in range(1, lags + 1):
        gamma = moments[:, lag:] @ moments[:, :-lag].T / days
        sigma = sigma + (1.0 - lag / (lags + 1.0)) * (gamma + gamma.T)
    gradient = np.array([1.0 / np.sqrt(variance), -mean / (2.0 * variance**1.5)])
    return float(np.sqrt(252.0 * gradient @ sigma @ gradient / days))


def difference_error(one, two, lags):
    """Ledoit and Wolf (2008): first and second moments of both, their Newey-West covariance, and the gradient."""
    moments = np.stack([one, two, one**2, two**2])
    (a, b, c, d), days = moments.mean(axis=1), len(one)
    moments = moments - moments.mean(axis=1, keepdims=True)
    psi = moments @ moments.T / days
    for lag in range(1, lags + 1):
        gamma = moments[:, lag:] @ moments[:, :-lag].T / days
        psi = psi + (1.0 - lag / (lags + 1.0)) * (gamma + gamma.T)
    gradient = np.array(
        [c / (c - a**2) ** 1.5, -d / (d - b**2) ** 1.5, -a / (c - a**2) ** 1.5 / 2, b / (d - b**2) ** 1.5 / 2]
    )
    return float(np.sqrt(252.0 * gradient @ psi @ gradient / days))


def independent_error(returns):
    """Mertens (2002): Lo's error for independent returns that are not normal."""
    ratio = returns.mean() / returns.std()
    skew, kurtosis = stats.skew(returns), stats.kurtosis(returns, fisher=False)
    return np.sqrt(252.0 * (1.0 + 0.5 * ratio**2 - skew * ratio + 0.25 * (kurtosis - 3.0) * ratio**2) / len(returns))
