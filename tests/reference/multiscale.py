"""The columns of kind "linear", one window at a time, as their definitions read."""

import numpy as np

WEEK = np.array([0.12] * 5 + [-0.30] * 2) - (5 * 0.12 - 2 * 0.30) / 7


def columns(variance, returns=None, *, week=False, floor=0.01):
    """What one window of daily variance (days,) and returns (days,) says."""
    days = len(variance)
    logs = np.log(variance + floor * variance.mean())
    level = logs.mean()
    found = [logs[-k:].mean() - level for k in (1, 5, 22, 66, 252) if k < days]
    found += [np.log(variance[-k:].mean() + floor * variance.mean()) - level for k in (5, 22, 66, 252) if k <= days]
    found.append(np.std(logs))
    if returns is not None:
        close = np.cumsum(np.append(0.0, returns))
        sd = np.sqrt(variance[-66:].mean())
        moved = []
        for k in (1, 3, 10, 22):
            base = close[-2] if k == 1 else np.mean(close[-k:])
            moved.append(np.clip((close[-1] - base) / (sd * np.sqrt(k)), -5.0, 5.0))
        found += [*moved, *np.abs(moved)]
    if week:
        found += expected_weekdays(logs - level)
    return np.array(found)


def expected_weekdays(path):
    """Tomorrow's and today's effect under the inferred phase, day by day and phase by phase."""
    days = len(path)
    score = np.zeros(7)
    for phase in range(7):  # the last row is this day of the week
        for t in range(7, days):
            age = days - 1 - t
            deviation = path[t] - path[t - 7 : t].mean()
            score[phase] += 0.5 ** (age / 60) * deviation * WEEK[(phase - age) % 7]
    weight = np.exp(0.5 / 0.8 * score)
    weight /= weight.sum()
    tomorrow = sum(weight[phase] * WEEK[(phase + 1) % 7] for phase in range(7))
    today = sum(weight[phase] * WEEK[phase] for phase in range(7))
    return [tomorrow, today]


def held(columns, target, penalty, present):
    """The ridge toward `present`, slopes then intercept: squared changes weigh `penalty`, the intercept's a tenth."""
    design = np.column_stack([columns, np.ones(len(columns))])
    weights = np.append(np.full(columns.shape[1], penalty), 0.1 * penalty)
    # As rows of data: each coefficient was seen at its present value, with this weight.
    rows = np.vstack([design, np.diag(np.sqrt(weights))])
    seen = np.vstack([target, np.sqrt(weights)[:, None] * present])
    return np.linalg.lstsq(rows, seen, rcond=None)[0]
