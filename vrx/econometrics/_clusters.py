"""Whether clusters of volatility alone, without any break, would look as if its level broke."""

import numpy as np

from vrx.econometrics._breaks import one_break
from vrx.econometrics._law import Array
from vrx.econometrics._rival_result import RivalResult
from vrx.econometrics.rivals import Garch

__all__ = ["PATHS", "clustered_p_value"]

PATHS = 199
# Days that a path forgets its start in.
BURN = 250


def clustered_p_value(returns: Array, statistic: float, *, seed: int = 0) -> float | None:
    """The share of paths of a GARCH(1,1) without a break whose statistic of one break is as large; None without a fit.

    The GARCH is fitted to the returns; its shocks are drawn from its own standardised residuals, so that paths have
    the tails of the returns. A break itself looks like long clusters to the GARCH, so that only clear ones are told
    from clusters: of 40 series of 1,250 independent days whose volatility doubles half-way 78% were, at 5%.
    """
    fitted = Garch().fit(returns)
    if not fitted.converged or not np.isfinite(statistic):
        return None
    paths = _paths(fitted, returns, np.random.default_rng(seed))
    found = np.array([one_break(np.abs(path - path.mean())) for path in paths])
    return float((1 + np.sum(found >= statistic)) / (1 + PATHS))


def _paths(fitted: RivalResult, returns: Array, rng: np.random.Generator) -> Array:
    """Returns of the fitted GARCH, shape (paths, n)."""
    shocks = returns / fitted.sigma
    shocks /= np.sqrt(np.mean(np.square(shocks)))
    omega, alpha, beta = (fitted.parameters[name] for name in ("omega", "alpha[1]", "beta[1]"))
    n = len(returns)
    variance = np.full(PATHS, 1e4 * float(np.mean(np.square(returns))))  # in percent, as arch has the parameters
    out = np.empty((n, PATHS))
    for t in range(-BURN, n):
        r = np.sqrt(variance) * shocks[rng.integers(len(shocks), size=PATHS)]
        if t >= 0:
            out[t] = r
        variance = omega + alpha * np.square(r) + beta * variance
    return np.ascontiguousarray(out.T)
