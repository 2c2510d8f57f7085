"""Forecasts of the rolling Hurst exponent from a model file, with onnxruntime alone."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from vrx import _model_file, contract
from vrx._arrays import real_array
from vrx.errors import InputError, ModelFileError
from vrx.hurst._contract import INPUT, METADATA_KEY, OUTPUT, HurstSpec
from vrx.hurst._estimator import Array

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["HurstForecaster", "OtherModelError"]

# onnxruntime adds in another order for batches of another size: with one size for all, the bits of a row hang on its
# own window and its place.
CHUNK = 128


class OtherModelError(ModelFileError):
    """The file does not claim to be a model of the exponent."""


class HurstForecaster:
    """A model file that ``vrx train-hurst`` wrote, checked and ready to forecast.

    Parameters
    ----------
    path
        The ``.onnx`` file.
    sha256
        When given, the file's hash must be this one; it is checked before anything parses the file.

    Attributes
    ----------
    spec
        What the file says of itself: its window, lookback and horizons, what taught it, and how it did.

    Raises
    ------
    ModelFileError
        The file is missing, too large, damaged, has another hash, keeps tensors outside itself, or breaks the contract.

    Notes
    -----
    The exponent is that of ``Wavelet(kind="noise").rolling(returns, spec.window)``. What of it a computation without
    any model can say is :func:`vrx.hurst.ahead`.
    """

    def __init__(self, path: str | os.PathLike[str], *, sha256: str | None = None) -> None:
        self.path = Path(path)
        data = _model_file.read(self.path, sha256)
        self.sha256 = _model_file.sha256(data)
        self._session = _model_file.session(data, self.path)
        self.spec = _spec(self._session, self.path)

    def __repr__(self) -> str:
        return f"HurstForecaster({self.spec.name!r}, lookback={self.spec.lookback}, horizons={self.spec.horizons})"

    def predict(self, returns: ArrayLike) -> Array:
        """Forecast from the last window of a series.

        Parameters
        ----------
        returns
            Daily log returns, oldest first, shape (n,); NaN where one is missing.

        Returns
        -------
        ndarray, shape (horizons,)
            The exponent `spec.horizons` days on; NaN if the last `spec.lookback` returns hold a NaN or never move.

        Raises
        ------
        InputError
            The returns are no series of real numbers, or fewer than `spec.lookback`.
        """
        found: Array = self.run(self._checked(returns)[np.newaxis, -self.spec.lookback :])[0]
        return found

    def history(self, returns: ArrayLike) -> Array:
        """The forecasts that the model makes at the end of every day, shape (n, horizons).

        Row t was made from the last `spec.lookback` returns up to t alone, to the last bit; rows before the first whole
        window are NaN.
        """
        values = self._checked(returns)
        windows = np.lib.stride_tricks.sliding_window_view(values, self.spec.lookback)
        out = np.full((len(values), len(self.spec.horizons)), np.nan)
        for at in range(0, len(windows), CHUNK):
            chunk = windows[at : at + CHUNK]
            padded = np.pad(chunk, ((0, CHUNK - len(chunk)), (0, 0)), mode="edge")
            first = self.spec.lookback - 1 + at
            out[first : first + len(chunk)] = self.run(padded)[: len(chunk)]
        return out

    def run(self, windows: Array) -> Array:
        """Run the graph on windows of returns, (batch, lookback), to exponents (batch, horizons).

        Raises
        ------
        InputError
            The windows have another shape.
        ModelFileError
            The graph cannot be run: it was loaded, but does not keep the contract.
        """
        if windows.ndim != 2 or windows.shape[1] != self.spec.lookback:
            raise InputError(f"windows have shape {windows.shape}: give (batch, {self.spec.lookback})")
        if not len(windows):
            return np.empty((0, len(self.spec.horizons)))
        asked = np.ascontiguousarray(windows, dtype=np.float64)
        try:
            found: Array = self._session.run([OUTPUT], {INPUT: asked})[0]
        except Exception as error:  # onnxruntime's own classes are private, and differ between its versions
            why = _model_file.reason(error)
            raise ModelFileError(f"{self.path}: the graph cannot be run ({why}): export it again") from None
        if found.shape != (len(windows), len(self.spec.horizons)):
            raise ModelFileError(f"{self.path}: the graph answers {OUTPUT} of shape {found.shape}: export it again")
        return found

    def verify(self) -> float:
        """Replay the self-test, alone and beside an unsound window.

        Returns
        -------
        float
            The largest difference from the exponents that the file carries.

        Raises
        ------
        ModelFileError
            One differs by over 1e-5, an unsound window gives a number, or ``NAME.json`` says something else.
        """
        window = np.array(self.spec.returns)
        alone, found = self.run(window[np.newaxis]), self.run(np.stack([window, np.full_like(window, np.nan), window]))
        worst = float(np.abs(np.concatenate([alone, found[[0, 2]]]) - np.array(self.spec.hurst)).max())
        if not worst <= contract.TOLERANCE:
            raise ModelFileError(
                f"{self.path}: the self-test differs by {worst:.1e}, over {contract.TOLERANCE:.0e}: export it again, "
                "or report this onnxruntime"
            )
        if not np.isnan(found[1]).all():
            raise ModelFileError(f"{self.path}: a window of NaN gives a number: export it again")
        _model_file.check_sidecar(self.path, self.spec.to_json())
        return worst

    def _checked(self, returns: ArrayLike) -> Array:
        values = real_array(returns, dimensions=(1,))
        if len(values) < self.spec.lookback:
            raise InputError(
                f"{len(values)} returns are too few: model {self.spec.name} reads the last {self.spec.lookback}: give "
                "a longer history"
            )
        return values


def _spec(session: "onnxruntime.InferenceSession", path: Path) -> HurstSpec:
    """The spec that the graph carries, held against the graph's own inputs and outputs."""
    try:
        metadata = session.get_modelmeta().custom_metadata_map
        nodes = [(node.name, node.type, list(node.shape)) for node in (*session.get_inputs(), *session.get_outputs())]
    except Exception as error:  # names that are not UTF-8, among what else onnxruntime lets pass
        raise ModelFileError(f"{path}: damaged ({_model_file.reason(error)}): fetch it again") from None
    if METADATA_KEY not in metadata:
        other = "forecasts volatility, see vrx predict" if contract.METADATA_KEY in metadata else "is no model of vrx"
        raise OtherModelError(f"{path}: has no {METADATA_KEY} and {other}: make a model of H with vrx train-hurst")
    try:
        spec = HurstSpec.from_json(metadata[METADATA_KEY])
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from None
    sizes = {INPUT: spec.lookback, OUTPUT: len(spec.horizons)}
    found = [(name, kind, shape[1:], isinstance(shape[0], int)) for name, kind, shape in nodes if shape]
    if len(nodes) != 2 or found != [(name, "tensor(double)", [size], False) for name, size in sizes.items()]:
        said = _model_file.printable(str(nodes))
        raise ModelFileError(
            f"{path}: the graph has {said}, the spec promises {sizes} of a free batch: export it again"
        )
    return spec
