"""HAR written as the paper writes it: one day at a time, refitted by `np.linalg.lstsq`."""

import numpy as np


def regressors(x, t):
    return np.array([1.0, x[t], np.mean(x[t - 4 : t + 1]), np.mean(x[t - 21 : t + 1])])


def pairs(variance, horizon, log):
    """Regressors and target of every origin that has both; NaN rows elsewhere."""
    x = np.log(variance) if log else variance
    rows = np.full((len(x), 5), np.nan)
    for s in range(21, len(x) - horizon):
        ahead = np.mean(variance[s + 1 : s + horizon + 1])
        rows[s] = [*regressors(x, s), np.log(ahead) if log else ahead]
    return rows


def forecast(rows, today, seen, log):
    """Least squares on the given pairs, put to today's regressors."""
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < 14:
        return np.nan
    X, y = rows[:, :4], rows[:, 4]
    scale = np.abs(X).max(axis=0)
    b = np.linalg.lstsq(X / scale, y, rcond=None)[0] / scale
    if log:
        return np.exp(today @ b + 0.5 * np.sum((y - X @ b) ** 2) / (len(y) - 4))
    return np.maximum(today @ b, seen[seen > 0].min())


def walk(variance, horizon, log, first):
    """Forecast at every t by the pairs of the origins first(t) .. t - horizon, once first(t) has a month."""
    x, rows = np.log(variance) if log else variance, pairs(variance, horizon, log)
    answer = np.full(len(x), np.nan)
    for t in range(21, len(x)):
        s = first(t)
        if s >= 21:
            answer[t] = forecast(rows[s : t - horizon + 1], regressors(x, t), variance[s - 21 : t + 1], log)
    return answer


def expanding(variance, horizon, log):
    return walk(variance, horizon, log, lambda t: 21)


def rolling(variance, horizon, log, window):
    return walk(variance, horizon, log, lambda t: t - horizon - window + 1)
