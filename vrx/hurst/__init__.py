"""The Hurst exponent: how the variance of a series grows with the time scale on which it is looked at.

Every method is an :class:`Estimator` with three verbs: ``fit`` estimates from a whole series, ``rolling`` from
every window of one, and ``stream`` from the last values as they come in::

    RescaledRange    range of centred sums of blocks over their sd     Hurst; Anis and Lloyd
    DFA              residuals of the profile about polynomials        Peng et al.; Kantelhardt et al.
    Variogram        moments of increments across lags                 Gatheral, Jaisson and Rosenbaum
    Wavelet          slope of the log wavelet variance across levels   Webb et al., Dhansoia
    ExactWavelet     wavelet variances against their expectation       Percival and Walden; Wedderburn
    Likelihood       Gaussian maximum likelihood                       Beran

What a series is must be said: ``kind="noise"`` for increments such as returns, ``kind="motion"`` for levels such
as log prices and log volatility.

Of the exponent of coming windows, :func:`ahead` says what is known today, and :class:`HurstForecaster` what a network
adds to it.
"""

import json
from types import MappingProxyType
from typing import Any

from vrx.errors import InputError
from vrx.hurst._ahead import ahead
from vrx.hurst._dfa import DFA
from vrx.hurst._estimator import Estimate, Estimator, Line, Rolling
from vrx.hurst._exact import ExactWavelet, NoisyEstimate
from vrx.hurst._likelihood import Likelihood
from vrx.hurst._network import HurstForecaster
from vrx.hurst._rescaled_range import RescaledRange
from vrx.hurst._stream import FORMAT, Stream, read_numbers
from vrx.hurst._variogram import Variogram
from vrx.hurst._wavelet import Wavelet

__all__ = [
    "DFA",
    "METHODS",
    "Estimate",
    "Estimator",
    "ExactWavelet",
    "HurstForecaster",
    "Likelihood",
    "Line",
    "NoisyEstimate",
    "RescaledRange",
    "Rolling",
    "Stream",
    "Variogram",
    "Wavelet",
    "ahead",
    "resume",
]

METHODS = MappingProxyType(
    {method.method: method for method in (RescaledRange, DFA, Variogram, Wavelet, ExactWavelet, Likelihood)}
)
"""The estimators by the name of their method."""


def resume(text: str) -> Stream:
    """Take up a stream where :meth:`Stream.to_json` left it.

    Raises
    ------
    InputError
        The text is no state of a stream.

    Examples
    --------
    >>> stream = Wavelet(kind="noise").stream(252)
    >>> resume(stream.to_json()).window
    252
    """
    try:
        document = json.loads(text)
        if isinstance(document["format"], bool) or document["format"] != FORMAT:
            raise InputError(f"the state has format {document['format']!r}, not {FORMAT}: start a new stream")
        options: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in document["options"].items()
        }
        stream = METHODS[document["method"]](**options).stream(document["window"])
        float(read_numbers([document["h"]])[0])  # for readers of the JSON: the stream finds it anew from the values
        stream._restore(document["state"])
    except InputError:
        raise
    except (TypeError, KeyError, ValueError, RecursionError, AttributeError) as error:
        raise InputError(f"the state cannot be read ({str(error)!r}): save it again, or start a new stream") from None
    return stream
