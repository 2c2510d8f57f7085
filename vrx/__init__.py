"""Volatility forecasts from pretrained models: bars in, volatility out.

>>> import vrx
>>> bars = vrx.read([100.0, 101.0, 99.5], name="demo")
>>> len(bars)
3

``vrx.load("universal-ohlc").predict("btc.csv")`` gives a :class:`Forecast`; ``vrx.bundled()`` names what there
is to load. Nothing here needs torch, pandas or scipy; onnxruntime is imported when a model is loaded.
"""

from vrx.errors import InputError, MissingExtraError, ModelFileError, VrxError
from vrx.forecast import Forecast
from vrx.runtime import Forecaster, bundled, load
from vrx.series import Bars, read

__version__ = "0.1.0"

__all__ = [
    "Bars",
    "Forecast",
    "Forecaster",
    "InputError",
    "MissingExtraError",
    "ModelFileError",
    "VrxError",
    "bundled",
    "load",
    "read",
]
