"""Simulated days of a law of volatility."""

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_numbers, refuse, whole_number
from vrx._ext import dynamic as kernels
from vrx.econometrics._law import Array, Law, memory, powers
from vrx.errors import InputError

__all__ = ["expected_variance", "simulated"]


def expected_variance(law: Law, states: Array, hurst: float, horizon: int, paths: int, seed: int) -> Array:
    """The variance of each of the next days, mean over simulated paths; shape (horizon,)."""
    # Half of the paths mirror the others, which takes the noise of every odd power of the shocks away; sizes of shocks
    # have no mirror.
    normals = _normals((paths, horizon), seed, law.innovation == "signed")
    variance: Array = np.mean(np.square(_sigma(law, states, memory(np.array([hurst])), normals)), axis=0)
    return variance


def simulated(
    law: Law, states: Array, hurst: ArrayLike, shape: tuple[int, int], seed: int, mirrored: bool
) -> tuple[Array, Array]:
    """Returns and sigma of so many paths and days, from the same states."""
    exponents = np.atleast_1d(real_numbers(hurst, "hurst"))
    if exponents.shape not in ((1,), (shape[1],)):
        raise InputError(f"hurst has shape {exponents.shape}: pass one number, or one for each of {shape[1]} days")
    inside = (exponents > 0.0) & (exponents < 1.0)
    refuse("hurst", exponents, ~inside, "no Hurst exponent: use numbers between 0 and 1")
    normals = _normals(shape, whole_number(seed, "seed", 0), mirrored)
    sigma = _sigma(law, states, memory(exponents), normals)
    return sigma * normals, sigma


def _normals(shape: tuple[int, int], seed: int, mirrored: bool) -> Array:
    """Shocks of so many paths and days; the second half of the paths mirrors the first if asked."""
    random, paths = np.random.default_rng(seed), shape[0]
    if not mirrored:
        return random.standard_normal(shape)
    half = random.standard_normal(((paths + 1) // 2, shape[1]))
    return np.concatenate((half, -half))[:paths]


def _sigma(law: Law, states: Array, weights: Array, normals: Array) -> Array:
    out = np.empty_like(normals)
    kernels.simulate(normals, powers().decays, weights, law.array, np.repeat(states, len(normals), axis=0), out)
    return np.exp(out, out=out)
