"""Regenerate the Hurst tables of the papers, and say what reproduces; write docs/results/hurst.md and its figure.

    python experiments/hurst_tables.py --data DIR [--out docs/results/hurst.md]

Dhansoia (2025) gives four exponents of log realized volatility, a rolling standard deviation of returns; Webb et al.
(2025) say that the exponent of S&P 500 returns moved between 0.38 and 0.62 over 2015-2019. Both are computed again as
the authors did, then with vrx, then on series that cannot have what the papers saw in them. Needs vrx[research].
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
from hurst_papers import PUBLISHED, computed, hits, papers_section, rolling_column, rolling_volatility
from hurst_prose import bullet, paragraph
from hurst_webb import Moves, draw, moving, moving_section
from numpy.typing import NDArray

from vrx.cli.common import slow_progress
from vrx.cli.hurst_survey import Row, Sample, estimators, sample, survey
from vrx.series import read

Array: TypeAlias = NDArray[np.float64]
Surveys: TypeAlias = list[tuple[str, int, list[Row]]]
"""Of many series: the name, the number of values, every method's answer."""

NEVER = "volatility that never moves, 22 days rolling (simulated)"
SAME_DAYS = ("S&P 500, Garman-Klass, the same days", "Bitcoin, Garman-Klass, the same days")
FINEST = "Bitcoin, 5-minute RV 2020-22"


def own_samples(data: Path) -> Iterator[tuple[str, Sample]]:
    """Rolling volatility, then one-day volatility of the same days, then realized variance from within the day."""
    iid = rolling_volatility(np.random.default_rng(22).standard_normal(3706 + 21))
    rolled = {f"{title}, rolling": rolling_column(data, file) for title, file in PUBLISHED}
    for title, values in {**rolled, NEVER: iid}.items():
        days = tuple(map(str, range(len(values))))
        yield title, Sample(title, "log-volatility", "motion", "rolling", values, days, ())
    for title, (_, file) in zip(SAME_DAYS, list(PUBLISHED)[2:], strict=True):
        frame = pd.read_csv(data / f"dhansoia_{file}.csv.gz")[["Date", "Open", "High", "Low", "Close"]]
        yield title, sample(read(frame, name=title), "log-volatility")
    for title, file, measure in (
        (FINEST, "btc_rv5_2020_2022.csv", "rv5"),
        ("Bitcoin, hourly RV 2013-23", "btc_rv60_kraken.csv", "rv60"),
        ("Ether, hourly RV 2016-23", "eth_rv60_kraken.csv", "rv60"),
    ):
        frame = pd.read_csv(data / file)[["date", measure]].rename(columns={measure: "variance"})
        yield title, sample(read(frame, name=title), "log-volatility")


def index_samples(data: Path) -> Iterator[tuple[str, Sample]]:
    frame = pd.read_csv(data / "indices_rv5_2000_2019.csv.gz")
    for symbol, group in frame.groupby("symbol", sort=True):
        bars = read(
            group[["date", "realized_variance"]].rename(columns={"realized_variance": "variance"}), name=str(symbol)
        )
        yield str(symbol), sample(bars, "log-volatility")


def surveyed(title: str, samples: Sequence[tuple[str, Sample]]) -> Surveys:
    """Every method's answer for every series."""
    asked, rows = estimators("log-volatility"), []
    with slow_progress(title) as progress:
        for done, (name, what) in enumerate(samples, start=1):
            rows.append((name, len(what.values), survey(what, asked)))
            progress(done / len(samples))
    return rows


def exponents_table(rows: Surveys) -> Iterator[str]:
    """Every method's H and its 95% interval, a row for a series."""
    yield "| log volatility | n | " + " | ".join(row.name for row in rows[0][2]) + " |"
    yield "|---|--:|" + "--:|" * len(rows[0][2])
    for title, n, answers in rows:
        yield f"| {title} | {n:,} | {' | '.join(map(cell, answers))} |"


def column(rows: Surveys, name: str) -> Array:
    """One method's H of every series, NaN where it has none."""
    answers = ([row.known for row in found if row.name == name] for _, _, found in rows)
    return np.array([answer.h if answer else np.nan for answer, *_ in answers])


def cell(row: Row) -> str:
    answer = row.known
    if answer is None:
        return "-"
    error = "" if row.noise_variance is None else f", error {row.noise_variance**0.5:.3f}"
    return f"{answer.h:.3f} ({answer.low:.3f}, {answer.high:.3f}){error}"


def measurement_error(data: Path) -> str:
    """How far log volatility of a day is off by the theory of realized variance, in sd."""
    said = []
    for title, file, m in (("5-minute", "btc_rv5_2020_2022.csv", 5), ("hourly", "btc_rv60_kraken.csv", 60)):
        frame = pd.read_csv(data / file)
        error = np.sqrt(2.0 * frame[f"rq{m}"] / frame["n_bars"]) / frame[f"rv{m}"] / 2.0
        change = 0.5 * np.log(frame[f"rv{m}"]).diff().std()
        said.append(f"{float(error.median()):.3f} ({title}; the day-to-day change has sd {float(change):.3f})")
    return " and ".join(said)


def answers(found: dict[str, list[float]], own: Surveys, indices: Surveys, moves: Moves) -> Iterator[str]:
    """What it comes to, before the tables."""
    exact = dict(zip([title for title, _, _ in own], column(own, "exact"), strict=True))
    rolled = [h for title, h in exact.items() if title.endswith(", rolling")]
    many, allowing = column(indices, "exact"), column(indices, "exact, with noise")
    calm, stress = moves.calm_and_stress
    yield bullet(
        f"Dhansoia: {hits(found, 'corrected')} printed exponents of the corrected version reproduce to the last digit, "
        f"and {hits(found, 'first')} of the first version (its wavelet slopes)."
    )
    yield bullet(
        f"They are exponents of the rolling window more than of volatility. The exact wavelet estimator finds H of "
        f"{min(rolled):.2f} to {max(rolled):.2f} in the four rolling series and {exact[NEVER]:.2f} in a rolling series "
        f"whose volatility never moves; on single days of the same dates it finds {exact[SAME_DAYS[0]]:.2f} (S&P 500) "
        f"and {exact[SAME_DAYS[1]]:.2f} (bitcoin)."
    )
    yield bullet(
        f"On realized variance of single days, H of log volatility is {exact[FINEST]:.2f} for bitcoin, and "
        f"{many.min():.2f} to {many.max():.2f} for {len(many)} indices, median {np.median(many):.3f}; allowing for "
        f"measurement error the median is {np.median(allowing):.3f}. So volatility is rough at the scale of days, as "
        "Gatheral, Jaisson and Rosenbaum say."
    )
    yield bullet(
        f"Webb: nothing shows that the H of S&P 500 returns moved over 2015-2019. It ran from {moves.h.min():.2f} to "
        f"{moves.h.max():.2f}; single windows of memoryless normal returns run from {moves.chance[0]:.2f} to "
        f"{moves.chance[1]:.2f}, and {moves.wider[1]:.0%} of series with the same daily sizes and random signs range "
        f"as widely. It was {stress:.2f} in stress and {calm:.2f} in calm, against the paper's order."
    )


def page(data: Path, figure: Path) -> Iterator[str]:
    found = computed(data)
    own = surveyed("volatility", list(own_samples(data)))
    indices = surveyed("indices", list(index_samples(data)))
    with slow_progress("windows of returns") as progress:
        moves = moving(data, progress)
    draw(moves, figure)
    yield "# Hurst exponents: what the papers print, and what the data give\n"
    yield "Written by `python experiments/hurst_tables.py --data DIR`; all numbers come from there, with fixed seeds.\n"
    yield from answers(found, own, indices, moves)
    yield ""
    yield from papers_section(data, found)
    yield "## The same with vrx: H and its 95% interval\n"
    yield from exponents_table(own)
    yield ""
    yield from exponents_table(indices)
    medians = [np.nanmedian(column(indices, row.name)) for row in indices[0][2]]
    yield f"| median of {len(indices)} | | " + " | ".join(f"{median:.3f}" for median in medians) + " |"
    yield ""
    yield paragraph(
        "The indices: 5-minute realized variance of trading hours, 2000-19; missing days are closed up, also the hole "
        "of STI (2008-15). Estimates of rs, dfa and the variogram are calibrated, see vrx.hurst."
    )
    yield paragraph(REASON.replace("\n", " ").format(error=measurement_error(data)))
    yield from moving_section(moves, figure.name)


REASON = """\
Why the rows differ. A rolling window overlaps: tomorrow's 22-day standard deviation shares 21 of its 22 returns with
today's, so at lags under 22 days its changes are sums of independent surprises, and a method that looks at short scales
finds a random walk, H near 0.5, even in volatility that never moves (the simulated row); beyond 22 days those
surprises have left the window and the variogram of the overlap stops growing. One line through both gives whatever the
mixture of scales makes it. Without overlap the opposite fault appears: each day's log variance is measured with an
error that is independent from day to day; it adds the same amount to the variogram at every lag and so flattens it,
and log volatility looks rougher than it is. By the theory of realized variance the sd of that error in bitcoin's log
volatility has a median of {error}. The column "with noise" estimates that sd too, and shows it behind the interval.
Intervals are those of a power law that holds at all scales; where volatility returns to its mean, methods that look at
long scales give less than those that look at short ones.\
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Regenerate the Hurst tables of the papers.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data files")
    parser.add_argument("--out", type=Path, default=Path("docs/results/hurst.md"), help="the page to write")
    options = parser.parse_args()
    lines = list(page(options.data, options.out.with_name("hurst_moving.png")))
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
