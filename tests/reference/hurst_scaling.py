"""Rescaled range, detrended fluctuation and variogram of one series: blocks by reshape, lines by polyfit."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def slope(scales: Array, values: Array, weights: Array) -> float:
    return float(np.polyfit(np.log(scales), np.log(values), 1, w=np.sqrt(weights))[0])


def blocks(x: Array, size: int) -> Array:
    return x[: len(x) // size * size].reshape(-1, size)


def rescaled_range(x: Array, kind: str, scales: Array, corrected: bool) -> float:
    steps = x if kind == "noise" else np.diff(x)
    values = []
    for scale in scales:
        centred = (cut := blocks(steps, scale)) - cut.mean(axis=1, keepdims=True)
        kept = centred[np.ptp(cut, axis=1) > 1e-12 * np.ptp(x)]
        sums = np.cumsum(kept, axis=1)
        white = walk_range(scale) / scale**0.5 if corrected else 1.0
        values.append(np.mean(np.ptp(sums, axis=1) / kept.std(axis=1)) / white)
    return slope(scales, np.array(values), scales**-0.5)


def walk_range(size: int) -> float:
    total = sum(math.sqrt((size - i) / i) for i in range(1, size))
    return math.gamma((size - 1) / 2) / (math.sqrt(math.pi) * math.gamma(size / 2)) * total


def dfa(x: Array, kind: str, scales: Array, order: int, corrected: bool) -> float:
    profile = x if kind == "motion" else np.cumsum(x - x.mean())
    values = []
    for scale in scales:
        squares = np.mean(left(blocks(profile, scale).T, order) ** 2)
        # Every step of the walk on its own, then the sum of their mean squares.
        white = np.sum(left(np.tri(scale), order) ** 2) / scale**2 if corrected else 1.0
        values.append(np.sqrt(squares / white))
    return slope(scales, np.array(values), 1.0 / scales)


def left(columns: Array, order: int) -> Array:
    t = np.arange(len(columns)) - len(columns) / 2
    return columns - np.vander(t, order + 1) @ np.polyfit(t, columns, order)


def variogram(x: Array, kind: str, lags: Array, q: float) -> float:
    y = x if kind == "motion" else np.append(0.0, np.cumsum(x))
    moments = np.array([np.mean(np.abs(y[lag:] - y[:-lag]) ** q) for lag in lags])
    return slope(lags, moments, 1.0 / lags**2) / q
