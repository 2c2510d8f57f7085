"""Slow twin of the switching variance: Hamilton's filter and Kim's smoother, one day at a time."""

import numpy as np


def filtered(returns, mean, sigmas, transition):
    """Log likelihood, and the probability of each regime given the returns so far; transition[i, j] is from i to j."""
    k = len(sigmas)
    equations = np.vstack([transition.T - np.eye(k), np.ones(k)])
    state = np.linalg.lstsq(equations, np.append(np.zeros(k), 1.0), rcond=None)[0]  # the chain's own shares
    likelihood, states, expected = 0.0, [], []
    for r in returns:
        expected.append(state @ transition)
        density = np.exp(-0.5 * ((r - mean) / sigmas) ** 2) / (sigmas * np.sqrt(2.0 * np.pi))
        joint = expected[-1] * density
        likelihood += np.log(joint.sum())
        state = joint / joint.sum()
        states.append(state)
    return likelihood, np.array(states), np.array(expected)


def smoothed(states, expected, transition):
    """The probability of each regime given all returns."""
    result = [states[-1]]
    for t in range(len(states) - 2, -1, -1):
        result.append(states[t] * (transition @ (result[-1] / expected[t + 1])))
    return np.array(result[::-1])
