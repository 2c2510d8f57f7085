"""The wavelet Hurst exponent, one window at a time: each level by its long filter, the line by polyfit."""

import numpy as np
import pywt
from numpy.typing import NDArray


def wavelet(x: NDArray[np.float64], kind: str, name: str, levels: range) -> float:
    cascade, scales, logs, weights = np.ones(1), [], [], []
    for level in range(1, levels.stop):
        low, high = (spread(taps, 2 ** (level - 1)) for taps in pywt.Wavelet(name).filter_bank[:2])
        coefficients = np.convolve(x, np.convolve(cascade, high), "valid")
        cascade = np.convolve(cascade, low)
        if level in levels:
            scales.append(level)
            logs.append(np.log2(np.mean(coefficients**2)))
            weights.append(max(len(coefficients) / 2**level, 1.0))
    slope = np.polyfit(scales, logs, 1, w=np.sqrt(weights))[0]
    return float((slope + 2) / 2 if kind == "noise" else slope / 2)


def spread(taps: list[float], step: int) -> NDArray[np.float64]:
    wide = np.zeros((len(taps) - 1) * step + 1)
    wide[::step] = np.array(taps) / np.sqrt(2.0)
    return wide


def rolling_wavelet(x: NDArray[np.float64], window: int, kind: str, name: str, levels: range) -> NDArray[np.float64]:
    early = np.full(window - 1, np.nan)
    ends = range(window, len(x) + 1)
    return np.append(early, [wavelet(x[end - window : end], kind, name, levels) for end in ends])
