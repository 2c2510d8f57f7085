"""The card of a model: what it is, what it was trained on, and how it did, in Markdown beside the file."""

from typing import Any
from urllib.parse import quote

from vrx.export.command import export_command, train_commands
from vrx.export.package import Package
from vrx.export.scored import SPLIT
from vrx.training.folder import Run
from vrx.training.recipe import Recipe

__all__ = ["card"]

# What to make of the baselines of a model that reads closes.
CLOSES = (
    "The baselines see closes alone, as the model does. HAR and log-HAR are fitted to the variance that highs and "
    "lows show, as the model was: rivals that somebody who has nothing but closes could not fit. The random walk "
    "and EWMA forecast squared returns, which are on another scale and nearly zero after a quiet day; QLIKE "
    "punishes that without limit."
)
DAYS = "A forecast for h days is scored against their mean variance"
ROLLING = "A forecast is scored against the variance of the window that ends a day later, for the baselines as well"
GROUPS = {
    "seen": "Series that training saw, in the years after the validation part",
    "unseen": "Series that training never saw",
}


def card(package: Package, run: Run, picture: str | None = None) -> str:
    """Write the card of a package; every figure comes from the run.

    Parameters
    ----------
    package, run
        What :func:`vrx.export.package.export` wrote, and of what.
    picture
        File name of the picture of its calibration, if one stands beside the card.
    """
    spec, recipe = package.spec, run.recipe
    unit = "bars" if recipe.rolling else "days"
    lines = [
        f"# {spec.name}",
        "",
        f"Reads the last {spec.lookback} {unit} of {', '.join(spec.channels)}; forecasts the {spec.target}, for h = "
        f"{', '.join(map(str, spec.horizons))}, with quantiles of its square root. "
        f"{spec.network[:1].upper()}{spec.network[1:]}. "
        f"{package.size / 1000:,.0f} kB, licence {spec.licence}.",
        "",
        recipe.about.strip(),
        "",
        "## Training",
        "",
        f"Trained to {run.cuts.train_end}, chosen and calibrated on the days to {run.cuts.validation_end}, on "
        f"{len(run.origins)} series:",
        "",
        ", ".join(f"{origin.name} ({origin.first} to {origin.last})" for origin in run.origins) + ".",
        "",
        f"Made by {_made(run)} and `{export_command(run)}` with torch {spec.versions['torch']}, seed "
        f"{', '.join(map(str, run.seeds))}; graph and network differ by at most {spec.parity:.0e}.",
        "",
        "## Scores",
        "",
        *_about_scores(run),
        "",
    ]
    if spec.channels == ("close",) and not recipe.rolling and run.measure != "close_to_close":
        lines += [CLOSES, ""]
    for group, title in GROUPS.items():
        if group in run.scores:
            lines += [f"### {title} ({len(run.scores[group]['series'])})", "", *_table(run.scores[group], recipe), ""]
    if picture is not None:
        about = "share of days at or below each forecast quantile, against its level"
        lines += [f"![Calibration: {about}]({quote(picture)})", ""]
    return "\n".join(lines)


def _about_scores(run: Run) -> list[str]:
    """Of which weights the scores are, and what they are."""
    if not run.scores.keys() & GROUPS.keys():
        return ["Every day taught or validated, so this model is not scored."]
    lines = []
    if (ends := run.scores.get(SPLIT)) is not None:
        lines = [
            f"These are scores of the same recipe and seeds trained to {ends['train_end']}, chosen and calibrated on "
            f"the days to {ends['validation_end']}, and not of the weights in this file, which have seen the days "
            "since.",
            "",
        ]
    return [
        *lines,
        f"From {run.scores['test_from']} on. The model is fixed; HAR and log-HAR are fitted anew every day to each "
        f"asset's own past. {ROLLING if run.recipe.rolling else DAYS}: QLIKE on the variance, by the forecast of its "
        "mean; RMSE and R2 on its log, by the forecast of the mean log; means over the series. `against log-har` "
        "compares mean QLIKE, `by asset` is the mean of the assets' ratios. Days whose coming variance is zero are "
        "left out for all.",
    ]


def _made(run: Run) -> str:
    commands = ", ".join(f"`{command}`" for command in train_commands(run))
    return commands or "`vrx.training.run.execute`, begun from the weights of another run,"


def _table(scores: dict[str, Any], recipe: Recipe) -> list[str]:
    rows = scores["mean"]["rows"]
    return [
        "| model | h | QLIKE | against log-har | by asset | RMSE | R2 |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(
            f"| {row['model']} | {row['horizon']} | {row['qlike']:.4f} | {row['qlike_change_of_means']:+.1%} | "
            f"{row['qlike_mean_of_changes']:+.1%} | {row['rmse_log']:.4f} | {row['r2_log']:.3f} |"
            for row in rows
        ),
        "",
        *_significance(scores["series"]),
        "",
        "Inside the outer quantiles: "
        + ", ".join(f"{share:.1%}" for share in scores["coverage"])
        + " of the days, by h.",
        *_calibration(scores, recipe),
    ]


def _calibration(scores: dict[str, Any], recipe: Recipe) -> list[str]:
    """The share of days at or below each quantile; nothing of a run that was scored before it was counted."""
    if (found := scores.get("calibration")) is None:
        return []
    levels = ", ".join(f"{100.0 * level:g}" for level in recipe.levels)
    shares = [
        ", ".join(f"{100.0 * share:.1f}" for share in row) + f"% of the days at h = {horizon}"
        for horizon, row in zip(recipe.horizons, found, strict=True)
    ]
    return ["", f"At or below the {levels}% quantiles came {'; '.join(shares)}."]


def _significance(series: dict[str, Any]) -> list[str]:
    """How often the model is significantly better or worse than log-HAR, where the tests could be made."""
    lines = []
    horizons = sorted({row["horizon"] for one in series.values() for row in one["rows"]})
    for horizon in horizons:
        found = [
            row["dm_statistic"]
            for one in series.values()
            for row in one["rows"]
            if row["model"] == "model" and row["horizon"] == horizon and row["dm_statistic"] is not None
        ]
        better, worse = sum(value < -1.96 for value in found), sum(value > 1.96 for value in found)
        lines.append(
            f"h = {horizon}: Diebold-Mariano on QLIKE against log-har: better for {better}, worse for {worse} of "
            f"{len(found)} series at 5%."
        )
    return ["  \n".join(lines)]
