"""The runtime: forecasts from a model file with onnxruntime alone."""

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vrx import _model_file, contract, series
from vrx._arrays import whole_number
from vrx.errors import InputError, ModelFileError
from vrx.forecast import Forecast

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

__all__ = ["Answer", "Forecaster", "bundled", "load", "matching"]

# What several threads can share. Of the bundled models chunks of 128 rows answer 13 to 23% more windows a second than
# those of 32 on one thread, 7 to 28% more on two; as many as those of 256 or up to 12% fewer on one, as many on two. Of
# a network of three LSTM layers they answer 2% and 16% fewer than those of 32, 18% and 11% more than those of 256.
CHUNK = 128
MODELS = Path(__file__).with_name("models")
# What universal-rv reads; a shorter series is forecast by universal-variance, which reads half as many.
RV_DAYS = 504


@dataclass(frozen=True, eq=False)
class Answer:
    """What the graph says for a batch: variance, volatility (batch, horizons), quantiles (batch, horizons, levels)."""

    variance: NDArray[np.float64]
    volatility: NDArray[np.float64]
    quantiles: NDArray[np.float64]


class Forecaster:
    """A model file, checked and ready to forecast.

    Parameters
    ----------
    path
        The ``.onnx`` file.
    sha256
        When given, the file's hash must be this one; it is checked before anything parses the file.
    threads
        Threads that share the chunks of a large batch, the calling one among them; the others stay until the forecaster
        is let go. A single forecast always runs on the calling thread.

    Raises
    ------
    ModelFileError
        The file is missing, too large, damaged, has another hash, keeps tensors outside itself, or breaks the contract.

    Notes
    -----
    The session is safe to use from several threads; their count changes no bit. What changes bits is the shape of a
    batch: onnxruntime adds in another order for one row than for many. So one window by :meth:`predict` and the same
    window within :meth:`history` agree to rounding (1e-6 relative), while each repeated with the same windows gives
    the same bits, and a row of :meth:`history` never depends on the rows after it, not even in its last bit.
    """

    def __init__(self, path: str | os.PathLike[str], *, sha256: str | None = None, threads: int = 1) -> None:
        threads = whole_number(threads, "threads", 1)
        self.path = Path(path)
        data = _model_file.read(self.path, sha256)
        self._session = _model_file.session(data, self.path)
        self.spec = _model_file.spec(self._session, self.path)
        self.sha256 = _model_file.sha256(data)
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None

    def __repr__(self) -> str:
        return f"Forecaster({self.spec.name!r}, channels={self.spec.channels}, lookback={self.spec.lookback})"

    def predict(self, source: Any, **options: Any) -> Forecast:
        """Forecast from the last window of a series.

        Parameters
        ----------
        source
            Anything that :func:`vrx.read` takes: a path, a frame, an array, or :class:`vrx.Bars`.
        options
            Passed to :func:`vrx.read`.

        Raises
        ------
        InputError
            The series is wrong, lacks a channel that the model reads, or is shorter than the model's lookback.
        """
        bars = series.read(source, **options)
        window = self.channels(bars)[-self.spec.lookback :]
        answer = self.run(window[np.newaxis])
        if not np.isfinite(answer.volatility).all():
            raise InputError(
                f"{bars.name}: the last {self.spec.lookback} bars move beyond what a float can hold, so there is no "
                "forecast: check the units of the columns"
            )
        return Forecast(
            series=bars.name,
            as_of=bars.as_of,
            horizons=self.spec.horizons,
            variance=answer.variance[0],
            volatility=answer.volatility[0],
            levels=self.spec.levels,
            quantiles=answer.quantiles[0],
            periods_per_year=bars.periods_per_year,
            model=self.spec.name,
            target=self.spec.target,
            trained_on=self.spec.trained_on,
            notes=bars.notes,
        )

    def history(
        self, source: Any, *, start: int = 0, progress: Callable[[float], None] | None = None, **options: Any
    ) -> Answer:
        """The forecasts that the model makes at the close of every day from row `start`.

        Row t of each array was made from bars t-lookback+1..t alone, to the last bit: whatever comes after row t, or
        nothing, leaves it as it is. Rows before the first whole window are NaN.
        """
        bars = series.read(source, **options)
        values = self.channels(bars)
        first = max(start, self.spec.lookback - 1)
        windows = np.lib.stride_tricks.sliding_window_view(values, self.spec.lookback, axis=0)
        answer = self.run(windows[first - self.spec.lookback + 1 :].transpose(0, 2, 1), progress=progress, padded=True)
        return Answer(
            *(_pad(part, first, len(values)) for part in (answer.variance, answer.volatility, answer.quantiles))
        )

    def verify(self) -> float:
        """Replay the self-test, alone and beside an unsound window.

        Returns
        -------
        float
            The largest relative difference from the answers that the file carries.

        Raises
        ------
        ModelFileError
            An answer differs by over 1e-5, an unsound window gives a number, or ``NAME.json`` says something else.
        """
        test = self.spec.self_test
        window = np.array(test.bars, dtype=np.float64)
        if window.shape != (self.spec.lookback, len(self.spec.channels)):
            raise ModelFileError(f"{self.path}: the self-test is no window of this model: export it again")
        answer = self.run(np.stack([window, np.full_like(window, np.nan), window]))
        worst = 0.0
        for name, told in (
            ("variance", test.variance),
            ("volatility", test.volatility),
            ("quantiles", test.quantiles),
        ):
            found, expected = getattr(answer, name), np.array(told, dtype=np.float64)
            if found[0].shape != expected.shape:
                raise ModelFileError(f"{self.path}: the self-test has another shape of {name}: export it again")
            with np.errstate(divide="ignore", invalid="ignore"):
                difference = float(np.max(np.abs(found[[0, 2]] / expected - 1.0)))
            if not difference <= contract.TOLERANCE:
                raise ModelFileError(
                    f"{self.path}: {name} of the self-test differs by {difference:.1e}, over {contract.TOLERANCE:.0e}: "
                    "export it again, or report this onnxruntime"
                )
            if not np.isnan(found[1]).all():
                raise ModelFileError(f"{self.path}: a window of NaN gives a number for {name}: export it again")
            worst = max(worst, difference)
        _model_file.check_sidecar(self.path, self.spec.to_json())
        return worst

    def channels(self, bars: series.Bars) -> NDArray[np.float64]:
        """The columns that the model reads, as (rows, channels); checks that they are there and long enough."""
        missing = [name for name in self.spec.channels if not bars.shows(name)]
        if missing:
            raise InputError(
                f"{bars.name}: model {self.spec.name} reads {', '.join(self.spec.channels)}, but there is no "
                f"{missing[0]} among {', '.join(bars.columns)}: take another --model, or name the column"
            )
        needed = self.spec.lookback + bars.first_whole(self.spec.channels)
        if len(bars) < needed:
            raise InputError(
                f"{bars.name}: {len(bars)} daily bars are too few: model {self.spec.name} reads the last "
                f"{needed}; give a longer history, or a model that reads fewer (vrx train makes one)"
            )
        return bars.matrix(self.spec.channels)

    def run(
        self,
        windows: NDArray[np.float64],
        *,
        padded: bool = False,
        progress: Callable[[float], None] | None = None,
    ) -> Answer:
        """Run the graph on windows (batch, lookback, channels), in chunks over the threads.

        Parameters
        ----------
        windows
            Prices or variances as ``spec.channels`` names them, oldest first.
        padded
            Fill the last chunk up to 128 rows, so that the bits of a row hang on its own window and its place alone,
            and not on how many rows there are.
        progress
            Called with the share done, after each chunk; by one thread at a time, which need not be the caller's.

        Raises
        ------
        InputError
            The windows have another shape.
        ModelFileError
            The graph cannot be run: it was loaded, but does not keep the contract.
        """
        expected = (self.spec.lookback, len(self.spec.channels))
        if windows.ndim != 3 or windows.shape[1:] != expected:
            raise InputError(f"windows have shape {windows.shape}: give (batch, {expected[0]}, {expected[1]})")
        horizons, levels = len(self.spec.horizons), len(self.spec.levels)
        answer = Answer(
            np.empty((len(windows), horizons)),
            np.empty((len(windows), horizons)),
            np.empty((len(windows), horizons, levels)),
        )
        done, telling = 0, Lock()

        def one(at: int) -> None:
            rows = slice(at, at + CHUNK)
            chunk = np.ascontiguousarray(windows[rows], dtype=np.float64)
            count = len(chunk)
            if padded and count < CHUNK:
                chunk = np.concatenate([chunk, np.repeat(chunk[-1:], CHUNK - count, axis=0)])
            variance, volatility, quantiles = self._ask(chunk)
            answer.variance[rows], answer.volatility[rows] = variance[:count], volatility[:count]
            answer.quantiles[rows] = quantiles[:count]
            if progress is not None:
                nonlocal done
                with telling:
                    done += count
                    progress(done / len(windows))

        left = deque(range(0, len(windows), CHUNK))

        def some() -> None:
            # Each thread takes its next chunk itself: one that is handed every chunk waits for that.
            while True:
                try:
                    at = left.popleft()
                except IndexError:
                    return
                try:
                    one(at)
                except BaseException:
                    left.clear()
                    raise

        # The caller is one of the threads: whatever the others are at, in this call or another's, it gets to the end.
        others = [self._others().submit(some) for _ in range(min(self._threads, len(left)) - 1)]
        try:
            some()
        finally:
            left.clear()  # interrupted, the others end with the chunks that they are at
            begun = [other for other in others if not other.cancel()]
            for other in begun:
                other.exception()  # waits, and raises nothing yet
        for other in begun:
            other.result()
        return answer

    def _others(self) -> "ThreadPoolExecutor":
        """Threads that stay: new ones would ask the kernel for memory anew, in every call."""
        if self._pool is None:
            # Brings in logging: a tenth of the time of `import vrx`, for what a single forecast never needs.
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._threads - 1)
        return self._pool

    def _ask(self, chunk: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        try:
            outputs: list[NDArray[np.float64]] = self._session.run(contract.OUTPUTS, {contract.INPUT: chunk})
        except Exception as error:  # onnxruntime's own classes are private, and differ between its versions
            raise ModelFileError(
                f"{self.path}: the graph cannot be run ({_model_file.reason(error)}): export it again"
            ) from None
        means = (len(chunk), len(self.spec.horizons))
        for name, output, shape in zip(
            contract.OUTPUTS, outputs, (means, means, (*means, len(self.spec.levels))), strict=True
        ):
            if output.shape != shape:
                raise ModelFileError(f"{self.path}: the graph answers {name} of shape {output.shape}: export it again")
        return outputs


def load(model: str | os.PathLike[str], *, sha256: str | None = None, threads: int = 1) -> Forecaster:
    """Load a bundled model by name, or a model file by path.

    Parameters
    ----------
    model
        A name that :func:`vrx.bundled` lists, or the path of an ``.onnx`` file. A file in the working folder never
        takes the place of a bundled model.
    sha256
        When given, the file's hash must be this one.
    threads
        Threads that share the chunks of a large batch.

    Raises
    ------
    InputError
        No bundled model has this name.
    ModelFileError
        The file is not a sound model file.
    """
    if not isinstance(model, str | os.PathLike):
        raise InputError(f"model is {model!r}: give a name or a path")
    name = os.fspath(model)
    if name in bundled():
        return Forecaster(MODELS / f"{name}.onnx", sha256=sha256, threads=threads)
    if name.endswith(".onnx") or os.sep in name or (name and Path(name).exists()):  # Path("") is the working folder
        return Forecaster(name, sha256=sha256, threads=threads)
    raise InputError(f"no model {name!r}: take one of {', '.join(bundled())}, or the path of an .onnx file")


def bundled() -> tuple[str, ...]:
    """Names of the models inside this installation."""
    return tuple(sorted(path.stem for path in MODELS.glob("*.onnx")))


def matching(bars: series.Bars) -> str:
    """The bundled model for what the series has: realized variance first, then open-high-low-close, then closes.

    Of realized variances with returns, the one that reads both where they are long enough for it.
    """
    for name, columns, days in (
        ("universal-rv", ("variance", "return"), RV_DAYS),
        ("universal-variance", ("variance",), 0),
        ("universal-ohlc", ("open", "high", "low", "close"), 0),
        ("universal-close", ("close",), 0),
    ):
        enough = all(bars.shows(column) for column in columns) and len(bars) >= days + bars.first_whole(columns)
        if enough and name in bundled():
            return name
    raise InputError(f"{bars.name}: no bundled model reads {', '.join(bars.columns)}: give closes, or name a --model")


def _pad(part: NDArray[np.float64], first: int, rows: int) -> NDArray[np.float64]:
    whole = np.full((rows, *part.shape[1:]), np.nan)
    whole[first:] = part
    return whole
