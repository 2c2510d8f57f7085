"""What other packages estimate from the same paths; a script of its own, for an environment that has them.

    python experiments/hurst_peers.py NAME KIND PATHS.npy ESTIMATES.npy

Reads an array of paths, shape (paths, n), and writes the estimates, shape (paths,). Each package is called as its own
documentation shows for the kind of series; `calls` says how, for the tables.
"""

import sys
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Peer(NamedTuple):
    """One function of another package."""

    estimate: Callable[[Array, bool], float]
    """The exponent of a series; True says that it is a motion."""
    calls: str
    """The call, in words; x is the series."""
    needs: str
    """The package as `pip install` calls it; numpy and PyWavelets are there in any case."""
    paths: dict[int, int]
    """The most paths by the length of the series, where more would take hours; 0 leaves it out."""


def nolds_rs(x: Array, motion: bool) -> float:
    import nolds

    return float(nolds.hurst_rs(np.diff(x) if motion else x, fit="poly"))


def nolds_dfa(x: Array, motion: bool) -> float:
    import nolds

    return float(nolds.dfa(x, fit_exp="poly")) - motion


def fathon_dfa(x: Array, motion: bool, unbiased: bool = False) -> float:
    import fathon
    from fathon import fathonUtils

    analysis = fathon.DFA(fathonUtils.toAggregated(x))
    analysis.computeFlucVec(np.unique(np.geomspace(10, len(x) // 4, 20).astype(int)), polOrd=1, unbiased=unbiased)
    return float(analysis.fitFlucVec()[0]) - motion


def fathon_unbiased(x: Array, motion: bool) -> float:
    return fathon_dfa(x, motion, unbiased=True)


def antropy_dfa(x: Array, motion: bool) -> float:
    import antropy

    return float(antropy.detrended_fluctuation(x)) - motion


def mfdfa(x: Array, motion: bool) -> float:
    from MFDFA import MFDFA

    lags = np.unique(np.logspace(0.5, np.log10(len(x) / 4), 100).astype(int))
    lags, fluctuation = MFDFA(x, lag=lags, q=2, order=1)
    return float(np.polyfit(np.log(lags)[4:], np.log(fluctuation[4:, 0]), 1)[0]) - motion


def hurst_hc(x: Array, motion: bool) -> float:
    from hurst import compute_Hc

    return float(compute_Hc(x, kind="random_walk" if motion else "change", simplified=True)[0])


def pywt_regression(x: Array, motion: bool) -> float:
    import pywt

    details = pywt.wavedec(x, "db4")[:0:-1]
    slope = np.polyfit(np.arange(len(details)), [np.log2(np.mean(detail**2)) for detail in details], 1)[0]
    return float(slope - 1 if motion else slope + 1) / 2


def whittle(x: Array, motion: bool) -> float:
    """Minimise Whittle's likelihood, with the spectral density of Paxson (1997), by golden section."""
    noise = np.diff(x) if motion else x
    n = len(noise)
    frequencies = 2 * np.pi * np.arange(1, (n - 1) // 2 + 1) / n
    periodogram = np.abs(np.fft.rfft(noise)[1 : len(frequencies) + 1]) ** 2

    def objective(h: float) -> float:
        density = fgn_density(frequencies, h)
        return float(np.log(np.mean(periodogram / density)) + np.mean(np.log(density)))

    low, high, ratio = 0.001, 0.999, (np.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = objective(left), objective(right)
    while high - low > 1e-4:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = objective(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = objective(right)
    return float(low + high) / 2


def fgn_density(frequencies: Array, h: float) -> Array:
    """The spectral density of fractional noise up to a factor: three aliases, and integrals for the others."""
    power = -2 * h - 1
    sums: Any = frequencies**power
    for k in (1, 2, 3):
        sums += (2 * np.pi * k + frequencies) ** power + (2 * np.pi * k - frequencies) ** power
    for k in (3, 4):
        tails = (2 * np.pi * k + frequencies) ** (-2 * h) + (2 * np.pi * k - frequencies) ** (-2 * h)
        sums += tails / (8 * np.pi * h)
    return np.asarray((1 - np.cos(frequencies)) * sums)


LESS_ONE = "; less 1 on motion"
PEERS = {
    "nolds.hurst_rs": Peer(nolds_rs, '`nolds.hurst_rs(x, fit="poly")`, of the differences of motion', "nolds", {}),
    "nolds.dfa": Peer(nolds_dfa, f'`nolds.dfa(x, fit_exp="poly")`{LESS_ONE}', "nolds", {2520: 200}),
    "fathon.DFA": Peer(
        fathon_dfa, f"`computeFlucVec`, 20 sizes from 10 to n / 4, order 1, `fitFlucVec`{LESS_ONE}", "fathon", {}
    ),
    "fathon.DFA unbiased": Peer(
        fathon_unbiased,
        "the same with `unbiased=True`, which its documentation has for short series",
        "fathon",
        {2520: 0},
    ),
    "antropy": Peer(antropy_dfa, f"`detrended_fluctuation(x)`{LESS_ONE}", "antropy", {}),
    "MFDFA": Peer(
        mfdfa, f"`MFDFA(x, lag, q=2, order=1)`, up to 100 lags to n / 4 without the first 4{LESS_ONE}", "MFDFA", {}
    ),
    "hurst": Peer(hurst_hc, '`compute_Hc(x, kind="change", simplified=True)`, `"random_walk"` for motion', "hurst", {}),
    "PyWavelets": Peer(
        pywt_regression,
        '`pywt.wavedec(x, "db4")`, `np.polyfit` of the logarithms of the mean squares of all levels',
        "",
        {},
    ),
    "Whittle": Peer(
        whittle, "Whittle's likelihood in numpy, of the differences of motion: a reference, no package", "", {}
    ),
}


def main(name: str, kind: str, source: str, target: str) -> None:
    paths = np.load(source)
    estimate = PEERS[name].estimate
    np.save(target, np.array([estimate(path, kind == "motion") for path in paths]))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
