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


def resampled_logs(pools: list[NDArray[np.float64]], weights: list[float], seed: int, n: int) -> NDArray[np.float64]:
    """The same draws as the kernel, in whole numbers: 16 generators xorshift128+, each of its words two places."""
    lanes = [[mix(seed + GOLDEN * (2 * k + 1)) | 1, mix(seed + GOLDEN * (2 * k + 2))] for k in range(16)]
    deviations = np.zeros(-(-n // 16) * 16)
    for pool, weight in zip(pools, weights, strict=True):
        for i in range(len(deviations)):
            halves: list[int] = []
            while len(halves) < len(pool):
                word = xorshift(lanes[i % 16])
                halves += [word >> 32, word % 2**32]
            drawn = pool[[half * len(pool) >> 32 for half in halves[: len(pool)]]]
            deviations[i] += weight * np.log(drawn.sum() / pool.sum())
    return deviations[:n]


GOLDEN = 0x9E3779B97F4A7C15


def mix(word: int) -> int:
    word %= 2**64
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    word = (word ^ word >> 27) * 0x94D049BB133111EB % 2**64
    return word ^ word >> 31


def xorshift(state: list[int]) -> int:
    a, b = state
    word = (a + b) % 2**64
    a ^= a << 23 & 2**64 - 1
    state[:] = b, a ^ b ^ a >> 18 ^ b >> 5
    return word
