"""Many least-squares fits at once: running moments of the pairs, and the fits that follow from them.

A pair is a row of three regressors and a target. Its moments are the count, the mean and the scatter about the mean;
they say everything that a fit with an intercept needs, and cost the same at every day however long the past.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["FEWEST", "Moments", "least_squares", "moments", "window_moments"]

Array = npt.NDArray[np.float64]
Moments = tuple[Array, Array, Array]
"""Counts (n,), means (n, 4) and scatters (n, 4, 4) of n sets of pairs."""

FEWEST = 14  # four coefficients and ten observations to spare
# No slope is told from a regressor that varies less, nor by a correlation matrix with a smaller eigenvalue.
FLAT = 1e-10


def moments(rows: Array, usable: npt.NDArray[np.bool_]) -> Moments:
    """Count, mean and scatter about the mean of rows 0..i for every i, along the last axis but one."""
    rows = np.where(usable[..., None], rows, 0.0)
    first = usable.argmax(axis=-1)[..., None, None]
    # About a row of the sample itself, the sum of n squares is at most n + 1 times the scatter about the
    # mean: the subtraction below cannot cancel badly, wherever the series lies and however it jumps.
    centre = np.take_along_axis(rows, first, axis=-2)
    moved = np.where(usable[..., None], rows - centre, 0.0)
    count = np.cumsum(usable, axis=-1, dtype=np.float64)
    mean = np.cumsum(moved, axis=-2) / np.maximum(count, 1.0)[..., None]
    squares = np.cumsum(_outer(moved), axis=-3)
    return count, centre + mean, squares - count[..., None, None] * _outer(mean)


def window_moments(rows: Array, usable: npt.NDArray[np.bool_], window: int) -> Moments:
    """Moments of the latest ``window`` rows, by sums that only ever add (after van Herk 1992).

    Rows are cut into blocks as long as the window. A window that ends at offset j of a block is that block up
    to j and the block before from j + 1 on: a running sum forwards and one backwards. No row is ever
    subtracted again, so an outlier leaves no trace once it has left the window.
    """
    blocks = -(-len(rows) // window)
    after = blocks * window - len(rows)
    padded = np.pad(rows, ((0, after), (0, 0))).reshape(blocks, window, -1)
    inside = np.pad(usable, (0, after)).reshape(blocks, window)

    head = moments(padded, inside)
    # Backwards and shifted by one, offset j holds the rows after j; each moves beside the block that follows.
    shifted = np.roll(inside[:, ::-1], 1, axis=1)
    shifted[:, 0] = False
    tail = [moment[:, ::-1] for moment in moments(np.roll(padded[:, ::-1], 1, axis=1), shifted)]
    n1, m1, s1 = (np.concatenate([np.zeros_like(part[:1]), part[:-1]]) for part in tail)
    n2, m2, s2 = head

    # The pairwise update of Chan, Golub and LeVeque (1979).
    count = n1 + n2
    share = n2 / np.maximum(count, 1.0)
    gap = m2 - m1
    mean = m1 + gap * share[..., None]
    scatter = s1 + s2 + _outer(gap) * (n1 * share)[..., None, None]
    width = rows.shape[1]
    return (
        count.reshape(-1)[: len(rows)],
        mean.reshape(-1, width)[: len(rows)],
        scatter.reshape(-1, width, width)[: len(rows)],
    )


def least_squares(count: Array, mean: Array, scatter: Array) -> tuple[Array, Array, Array]:
    """Coefficients, residual variance and R^2 of every least-squares fit; NaN where collinear."""
    spread = np.sqrt(np.maximum(np.einsum("tii->ti", scatter), 0.0))
    size = np.sqrt(spread[:, 0] ** 2 + count * mean[:, 0] ** 2)
    good = (count >= FEWEST) & (spread[:, :3] > FLAT * size[:, None]).all(axis=1)
    scale = np.where(good[:, None], spread[:, :3], 1.0)
    correlation = np.where(good[:, None, None], scatter[:, :3, :3] / (scale[:, :, None] * scale[:, None, :]), np.eye(3))
    good &= np.linalg.eigvalsh(correlation)[:, 0] > FLAT
    correlation[~good] = np.eye(3)
    covariance = scatter[:, :3, 3] / scale
    loadings = np.linalg.solve(correlation, covariance[:, :, None])[:, :, 0]
    slopes = loadings / scale

    total = scatter[:, 3, 3]
    residual = np.maximum(total - (loadings * covariance).sum(axis=1), 0.0)
    coefficients = np.column_stack([mean[:, 3] - (slopes * mean[:, :3]).sum(axis=1), slopes])
    coefficients[~good] = np.nan
    residual_variance = residual / np.maximum(count - 4, 1.0)
    r_squared = 1.0 - np.divide(residual, total, out=np.full_like(total, np.nan), where=total > 0)
    return coefficients, residual_variance, r_squared


def _outer(vectors: Array) -> Array:
    return np.asarray(vectors[..., :, None] * vectors[..., None, :])
