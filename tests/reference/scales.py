"""The columns of kind "scales", a window at a time and a column at a time, written to be read."""

import numpy as np

MEANS = (1, 2, 5, 10, 22, 44, 66, 126, 252)
DISPLACEMENTS = (1, 2, 3, 5, 10, 22, 44, 66, 132)


def columns(variance, returns=None, nights=None, high_low=None, *, floor, own_squares=False):
    """One window, oldest first: what the linear part reads of it, not yet in units of sizes."""
    days = len(variance)
    mean = variance.mean()
    path = np.log(variance + floor * mean)
    level = path.mean()
    path = path - level
    found = [path[-k:].mean() for k in MEANS if k < days]
    found += [np.log(variance[-k:].mean() + floor * mean) - level for k in MEANS if 1 < k <= days]
    found += [np.sqrt((path**2).mean()), np.sqrt((np.diff(path)[-66:] ** 2).mean())]
    found += [(path[lag:] * path[:-lag]).mean() / (path**2).mean() for lag in (1, 5)]
    if returns is None:
        return np.array(found)
    log_close = np.concatenate([[0.0], np.cumsum(returns)])
    quarter, month = (np.sqrt(variance[-k:].mean()) for k in (66, 22))
    moved = []
    for k in DISPLACEMENTS:
        if k <= days:
            way = returns[-1] if k == 1 else (log_close[-1] - log_close[-k:].mean()) / np.sqrt(k)
            moved.append(np.clip(way / quarter, -5.0, 5.0))
    found += moved + [abs(way) for way in moved]
    found += [np.clip(one / month, -5.0, 0.0) for one in returns[-10:]]
    if not own_squares:
        for k in (5, 22, 66, 252):
            if k <= days:
                found.append(
                    np.log((returns[-k:] ** 2).mean() + 1e-4 * mean) - np.log(variance[-k:].mean() + 1e-4 * mean)
                )
    if nights is not None:
        found += [(nights[-k:] ** 2).mean() / variance[-k:].mean() for k in (1, 5, 22, 66, 252) if k <= days]
        parkinson = high_low**2 / (4.0 * np.log(2.0))
        for k in (1, 5, 22):
            narrow = 0.05 * mean
            found.append(np.log(parkinson[-k:].mean() + narrow) - np.log(variance[-k:].mean() + narrow))
    return np.array(found)
