"""Long memory: power laws of the past, in sums, in models of variance, and in paths drawn at random.

::

    difference, difference_weights, DifferenceStream    (1 - L)^d, fixed or moving with time
    volterra, VolterraStream                            sums whose memory every value sets for itself
    figarch_weights, figarch_variance                   FIGARCH(1, d, 1)
    rfsv_weights                                        the forecast of rough log volatility
    fgn, fbm                                            fractional Gaussian noise and motion
    riemann_liouville, rough_bergomi, RoughPaths        rough volatility
"""

from vrx.fractional._difference import difference, difference_weights
from vrx.fractional._difference_stream import DifferenceStream
from vrx.fractional._figarch import figarch_variance, figarch_weights
from vrx.fractional._rfsv import rfsv_weights
from vrx.fractional._rough import RoughPaths, riemann_liouville, rough_bergomi
from vrx.fractional._simulation import fbm, fgn
from vrx.fractional._volterra import volterra
from vrx.fractional._volterra_stream import VolterraStream

__all__ = [
    "DifferenceStream",
    "RoughPaths",
    "VolterraStream",
    "difference",
    "difference_weights",
    "fbm",
    "fgn",
    "figarch_variance",
    "figarch_weights",
    "rfsv_weights",
    "riemann_liouville",
    "rough_bergomi",
    "volterra",
]
