"""Errors of naive forecasts inside a window, a day at a time, written to be read."""

import numpy as np


def errors(variance, horizon, *, floor):
    """One window, oldest first: the standard deviation of what the naive forecast missed."""
    floored = variance + floor * variance.mean()
    logs = np.log(floored)
    found = []
    for today in range(len(variance) - horizon - 1, 20, -((horizon + 1) // 2)):
        carried = 0.5 * logs[today - 4 : today + 1].mean() + 0.5 * logs[today - 21 : today + 1].mean()
        found.append(np.log(floored[today + 1 : today + 1 + horizon].mean()) - carried)
    return np.std(found)
