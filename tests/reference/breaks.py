"""Slow twins of the tests for breaks: every partition is tried, every sum is written out."""

import itertools
import math

import numpy as np


def partition(values, breaks, least):
    """Where the segments after the first begin, in the partition of least squared deviation; all are tried."""
    n = len(values)

    def cost(starts):
        edges = [0, *starts, n]
        return sum(np.sum((values[a:b] - np.mean(values[a:b])) ** 2) for a, b in itertools.pairwise(edges))

    every = itertools.combinations(range(least, n - least + 1), breaks)
    whole = [starts for starts in every if all(b - a >= least for a, b in itertools.pairwise(starts))]
    return list(min(whole, key=cost))


def best(values, breaks, least):
    """The same for a series on which not all can be tried: the best of the values up to each, break by break."""
    n, sums, squares = len(values), np.append(0.0, np.cumsum(values)), np.append(0.0, np.cumsum(np.square(values)))

    def cost(a, b):
        return squares[b] - squares[a] - (sums[b] - sums[a]) ** 2 / (b - a)

    known = {end: (cost(0, end), []) for end in range(least, n + 1)}
    for _ in range(breaks):
        known = {
            end: min((known[at][0] + cost(at, end), [*known[at][1], at]) for at in range(min(known), end - least + 1))
            for end in range(min(known) + least, n + 1)
        }
    return known[n][1]


def one_more(values, starts, least):
    """The largest statistic of a single break within a segment; 0 where none is long enough."""
    found = [0.0]
    for a, b in itertools.pairwise([0, *starts, len(values)]):
        if b - a >= 2 * least:
            found.append(sup_f(values[a:b], best(values[a:b], 1, least)))
    return max(found)


def ar1(v):
    return float(np.dot(v[1:], v[:-1]) / np.dot(v[:-1], v[:-1]))


def quadratic_spectral(x):
    d = 6.0 * math.pi * x / 5.0
    return 3.0 * (math.sin(d) / d - math.cos(d)) / d**2


def long_run_variance(u):
    """Andrews and Monahan (1992): whiten by an AR(1), weigh the autocovariances of the rest, colour again."""
    b = ar1(u)
    v = u[1:] - b * u[:-1]
    n, c = len(v), ar1(v)
    bandwidth = 1.3221 * (4.0 * c**2 / (1.0 - c) ** 4 * n) ** 0.2
    total = np.dot(v, v)
    for lag in range(1, n):
        total += 2.0 * quadratic_spectral(lag / bandwidth) * np.dot(v[lag:], v[:-lag])
    return total / (n - 1) / (1.0 - b) ** 2


def sup_f(values, starts):
    """Wald statistic of equal means, over the number of breaks, with matrices as Bai and Perron (2003) write them."""
    n, k = len(values), len(starts)
    parts = np.split(values, starts)
    means = np.array([part.mean() for part in parts])
    covariance = np.diag([long_run_variance(part - part.mean()) / len(part) for part in parts])
    R = np.zeros((k, k + 1))
    for j in range(k):
        R[j, j], R[j, j + 1] = -1.0, 1.0
    shifts = R @ means
    return (n - k - 1) / (n * k) * shifts @ np.linalg.inv(R @ covariance @ R.T) @ shifts
