"""Slow twins of vrx.hurst.ahead: one window at a time, by the words of its docstring."""

import numpy as np
import pywt


def impulses(levels):
    """The MODWT filter from a series to the coefficients of each level, as chains of upsampled filters."""
    wavelet = pywt.Wavelet("db4")
    cascade, found = np.ones(1), []
    for level in range(levels):
        low, high = np.zeros((2, 7 * 2**level + 1))
        low[:: 2**level] = np.array(wavelet.dec_lo) / np.sqrt(2)
        high[:: 2**level] = np.array(wavelet.dec_hi) / np.sqrt(2)
        found.append(np.convolve(cascade, high))
        cascade = np.convolve(cascade, low)
    return found


def exponent(variances, counts):
    """One plus half the weighted slope of log2 variance on the level, weights max(n_j / 2^j, 1)."""
    levels = np.arange(1, len(counts) + 1)
    weights = np.maximum(np.array(counts) / 2.0**levels, 1.0)
    return 1.0 + 0.5 * np.polyfit(levels, np.log2(variances), 1, w=np.sqrt(weights))[0]


def ahead(window, horizon, rule):
    """The forecast at the end of one window."""
    n = len(window)
    levels = int(np.floor(np.log2((n - 2) // 7 + 1)))
    variances, counts = [], []
    for taps in impulses(levels):
        squares = [np.dot(taps[::-1], window[t - len(taps) + 1 : t + 1]) ** 2 for t in range(len(taps) - 1, n)]
        count = len(squares)
        if rule == "drop-out":
            variances.append(np.mean(squares[horizon:]))
        else:
            total = sum(squares[horizon:])
            for k in range(1, horizon + 1):
                total += sum(taps[lag] * window[n - 1 + k - lag] for lag in range(k, len(taps))) ** 2
                total += np.mean(window**2) * sum(taps[lag] ** 2 for lag in range(min(k, len(taps))))
            variances.append(total / count)
        counts.append(count)
    return exponent(variances, counts)
