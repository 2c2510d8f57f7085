"""``vrx hurst --forecast``: the rolling exponent of the coming days, from a model file."""

from pathlib import Path

import numpy as np

from vrx.cli.hurst_report import Report
from vrx.cli.hurst_survey import Sample
from vrx.errors import InputError
from vrx.hurst import HurstForecaster, Wavelet, ahead

__all__ = ["report"]

HEAD = ("horizon", "h", "known")


def report(what: Sample, model: Path) -> Report:
    """Forecast from the last returns of a series, beside today's exponent and what is known without a model.

    Raises
    ------
    InputError
        The returns are too few, or give no exponent.
    ModelFileError
        The file is no sound model of the exponent.
    """
    forecaster = HurstForecaster(model)
    spec = forecaster.spec
    try:
        found = forecaster.predict(what.values)
    except InputError as error:
        raise InputError(f"{what.series}: {error}") from None
    values = what.values[-spec.lookback :]
    today = float(Wavelet(kind="noise").rolling(values, spec.window).h[-1])
    if not np.isfinite([*found, today]).all():
        raise InputError(
            f"{what.series}: the last {spec.lookback} returns, to {what.days[-1]}, give no exponent, as where a price "
            "stands still: give another series"
        )
    known = ahead(values, spec.horizons, spec.window)[-1]
    rows = [(h, float(value), float(rule)) for h, value, rule in zip(spec.horizons, found, known, strict=True)]
    taught = ", ".join(origin.name for origin in spec.trained_on[:3])
    count = len(spec.trained_on)
    last = max((origin.last for origin in spec.trained_on), default="a day unknown")
    about = taught if count <= 3 else f"{count} series"
    return Report(
        title=f"{what.title}, wavelet, windows of {spec.window}, to {what.days[-1]}: {today:.3f} today",
        document={
            "series": what.series,
            "of": what.of,
            "measure": what.measure,
            "last": what.days[-1],
            "window": spec.window,
            "h": today,
            "forecast": [dict(zip(HEAD, row, strict=True)) for row in rows],
            "model": {"name": spec.name, "sha256": forecaster.sha256},
            "notes": list(what.notes),
        },
        csv_head=HEAD,
        csv_rows=rows,
        table_head=("days ahead", "H", "change", "known without a model"),
        table_rows=[(str(h), f"{value:.4f}", f"{value - today:+.4f}", f"{rule:.4f}") for h, value, rule in rows],
        note=None,
        notes=[f"model {spec.name}, trained on {about} to {last}", *what.notes],
    )
