"""The section on the trials: what was changed, and what came of it on validation days."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["section"]

ALL = "all"
BY_HAND = (
    "- Indices, 2009-10, 2011-12 and 2013-14, as the start: by likelihood -7.7%, -11.7%, -9.9%; faithful -8.0%, "
    "-11.9%, -11.2%; faithful with 256 hidden -7.9%, -12.1%, -11.5%, but 22 days ahead +13.7%, -7.5%, -16.9% for "
    "+8.3%, -7.4%, -17.0% with 128; with 512 -7.6%, -11.7%, -11.3%. Likelihood plus one or three times the squared "
    "error: -10.0%, -10.5% on 2013-14.",
    "- Faithful and proxies, 2009-10 and 2013-14: all windows of a proxy +1.6%, -9.3%; every fifth -6.6%, -10.6%; "
    "every tenth -7.7%, -11.1%; 22 days ahead +3.8%, -20.4%; -0.1%, -20.5%; +2.6%, -20.5%; without proxies +8.3%, "
    "-17.0%. Every fifth and the week -4.9%, -10.8%, and calibrated on indices alone -6.3%, -10.3%. The ranges of the "
    "S&P 500 alone -7.0%, -11.7%.",
    "- Bitcoin and ether by the hour, mid-2018 to 2019, of models trained to 2016 on indices: by likelihood -7.8%, "
    "+0.7%; faithful +1.8%, +8.8%; faithful with every tenth window of currencies and stocks -7.5%, +1.8%, of coins "
    "too -11.1%, -1.6%; every fifth -16.6%, -3.6%, and the week -16.7%, -5.5%. Two coins, of which the years from "
    "2020 on kept less.",
    "- Variances without returns, faithful, 2009-10 and 2013-14: -0.2%, -1.9%; with proxies +1.5%, -2.0%, and 22 days "
    "ahead +20.0%, -5.6% for +27.2%, -2.9%.",
    "- Bars, 2015-16 and 2017-18: by likelihood -7.6%, -5.3%; faithful -8.2%, -5.2%; with the week -8.1%, -6.9%, and "
    "with windows of 126 days -7.8%, -6.4%, of 66 days -7.0%, -6.5%; with 128 hidden, dropout 0.3, 12 epochs and 252, "
    "189 or 126 days -8.2%, -6.2%; -8.3%, -5.4%; -7.7%, -6.9%; the mean of 252 and 126 days -8.2%, -7.1%.",
    "- Indices as shipped before the naive unit (below), 2009-10, 2011-12 and 2013-14: -5.0%, -10.2%, -10.5%, 22 days "
    "ahead +6.7%, -7.3%, -19.6%; by the last of six epochs, whatever their validation loss, -7.5%, -11.1%, -10.4% and "
    "+1.7%, -0.5%, -20.4%; by the last of twelve -8.0%, -11.5%, -10.5% and -4.6%, +0.8%, -19.8%: in three of the six "
    "years validation stops before the spread is learned. On the test that won nothing (above). Without proxies, the "
    "last of twelve -8.1%, -12.4%, -11.4% and +2.2%, +1.8%, -17.1%, and a mean of half with and half without -8.3%, "
    "-12.3%, -11.3%; but on hourly bitcoin and ether, mid-2018 to 2019, without proxies +2.7% and +8.9%, half and half "
    "-7.7% and +1.3%, all with proxies -14.4% and -3.6%. Variances without returns, 2009-10 and 2013-14, by the last "
    "epoch +1.9%, -2.0% for +1.5%, -2.0%.",
    "- A constant of its own for each index, its mean error in the years before: in 2011-12 -10.9% for -12.0%, shrunk "
    "toward that of all no better; the columns of a log-HAR that is solved inside each window: -10.5% for -10.8% in "
    "2013-14, by bars -5.3% for -5.9% in 2017-18; linear part from indices and the rest from proxies too -6.7%, "
    "-10.7% for -6.6%, -10.6%, the reverse -4.7%, -9.8%.",
    "- Adapting, of networks by likelihood, indices 2009-10, 2011-12 and 2013-14: every January -7.3%, -12.8%, -11.1%; "
    "every quarter -8.2%, -12.9%, -11.3%; every month -8.5%, -13.0%, -11.5%. Of networks as shipped before the naive "
    "unit: as they are -6.3%, -10.2%, -10.7%, every January -7.7%, -12.2%, -11.5%, every quarter -8.0%, -12.2%, "
    "-11.7%, every month -8.1%, -12.4%, -11.8%.",
    "- Bars, 2015-16 and 2017-18, two networks of each kind: with days of the week and by likelihood 252 days -7.4%, "
    "-5.9%, 126 days -7.2%, -5.7%, both -7.5%, -6.0%; by the faithful loss -8.1%, -6.9%, and -7.8%, -7.1%; all four "
    "-8.1%, -6.9%; 252 days faithful with 126 by likelihood -8.0%, -6.7%, and by their last epochs -8.4%, -7.1%. Half "
    "the square of the spread inside the mean forecast, times a factor that history sets: -8.5%, -7.4%, coins +10.1% "
    "and -10.3% for +12.1% and -7.6%, but 22 days ahead +7.5%, -1.0% for +7.3%, -3.7%. Closes by their last epochs "
    "-11.5%, -10.5% for -11.5%, -10.0%, 22 days ahead +3.2%, -15.1% for +2.4%, -16.3%.",
    "- The window's level as a column, which tells a currency from a coin: indices in the same years -5.0%, -10.6%, "
    "-10.7% for -6.3%, -10.2%, -10.7%, adapted every month -7.8% for -8.1% in 2009-10; bars, 2015-16 and 2017-18, "
    "-8.8%, -5.8% for -8.2%, -6.4%, 22 days ahead +4.7%, -6.6% for +8.0%, -8.4%.",
    "- The mean forecast of indices adapted every month, 1 and 22 days ahead, for -8.1%, -12.4%, -11.8% and +7.9%, "
    "-4.2%, -19.8%: times a constant of each index, its mean ratio of all days so far beside 2000 days of one, -8.2%, "
    "-12.1%, -11.6% and +8.0%, -3.9%, -19.6%; the day's own spread replaced by its mean over the index's past, by half "
    "-7.8%, -11.9%, -11.9% and +3.3%, -6.9%, -20.3%, wholly -7.3%, -11.0%, -12.0% and +0.4%, -8.9%, -20.6%, but "
    "hourly bitcoin and ether, mid-2018 to 2019, -15.5%, -7.8% and -3.8%, -4.4% for -22.8%, -9.8%. A constant "
    "calibrated without proxies: indices in 2009-10 and 2011-12 as they are -7.2%, -11.1% for -6.3%, -10.2%, adapted "
    "-8.3%, -12.0%; the coins as they are -13.1%, -3.2% for -14.2%, -3.9%.",
    "- Adapted every month and mixed with 15% of the asset's own LHAR, in logs and on days that GARCH forecasts too: "
    "-8.7%, -12.0%, -11.5% for -8.1%, -11.9%, -11.8%, 22 days ahead +3.4%, -3.0%, -19.7% for +7.9%, -1.4%, -19.8%; "
    "with 15% of log-HAR -8.2%, -11.8%, -11.5%, the coins -21.0%, -9.3% for -22.8%, -9.8%.",
    "- The spread in units of the errors that naive forecasts made inside the window (`naive_unit`, as shipped "
    "now), for one unit for all windows: indices in the same years -6.4%, -11.7%, -10.7% for -6.3%, -10.2%, "
    "-10.7%, 22 days ahead +6.9%, -5.3%, -20.7% for +6.0%, -6.7%, -19.8%; hourly bitcoin and ether, mid-2018 to 2019, "
    "-14.6%, -4.4% for -14.2%, -3.9%, with no coin in training -16.5%, -5.3% for -14.6%, -4.4%, where the 5-95% band "
    "then holds 84% and 86% of days for 78% and 78%, 22 days ahead 82% and 84% for 74% and 76%. In units of the daily "
    "changes of logs -15.7%, -4.6% and 84%, 84%, of the path's own size -15.4%, -5.1% and 83%, 83%. Bars, 2017-18: "
    "errors -5.6%, changes -6.8%, size -5.6% for -6.4%, and the coins' band no better than 84% for 82%; 2015-16: "
    "changes -8.2%, size -8.1% for -8.2%: not taken there. Without returns, as universal-variance: indices in 2009-10 "
    "+1.2% for +1.4%, the two coins -6.0%, +1.4% for +1.1%, +4.4%, with no coin in training -7.5%, +1.3% for -5.2%, "
    "+2.7%.",
)


def section(document: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the section, from what `universal_trials.results` kept."""
    yield "## What was tried\n"
    yield (
        "Written by `python experiments/universal_trials.py --data DIR`: each trial is the recipe from which the "
        "search set out with one thing changed, from two seeds where it does not say otherwise, on the validation days "
        "that chose the recipes, with every series cut at the last of them. Scores are against each asset's own "
        "log-HAR in the mean over assets, as in the tables above, and all on the same days: those that even the "
        "longest window can forecast."
    )
    for ground in document.values():
        yield f"\n### {ground['title']}\n"
        yield from _table(ground)
        yield ""
        yield _extremes(ground)
    yield "\n### By hand\n"
    yield (
        "Trained with two seeds by scripts that are not kept, on validation days too; QLIKE against own log-HAR, 1 day "
        "ahead where it does not say otherwise.\n"
    )
    yield from BY_HAND


def _table(ground: Mapping[str, Any]) -> Iterator[str]:
    """A column for each horizon where there is one group; for each group, its nearest and farthest horizon, else."""
    horizons, groups = ground["horizons"], ground["trials"][0]["groups"]
    last = len(horizons) - 1
    if len(groups) == 1:
        heads = [f"QLIKE, {h} d" for h in horizons]
        cells = [(ALL, (k,)) for k in range(len(horizons))]
    else:
        heads = [f"{name} ({one['assets']})" for name, one in groups.items()]
        cells = [(name, (0, last)) for name in groups]
        yield f"QLIKE {horizons[0]} and {horizons[last]} days ahead, by group and its number of assets.\n"
    yield f"| trial | what it changes | {' | '.join(heads)} | RMSE, {horizons[0]} d | training, s |"
    yield f"|---|---|{'--:|' * len(heads)}--:|--:|"
    for trial in ground["trials"]:
        found = trial["groups"]
        told = [" ".join(f"{found[name]['qlike'][k]:+.1%}" for k in which) for name, which in cells]
        yield (
            f"| {trial['name']} | {trial['about']} | {' | '.join(told)} | {found[ALL]['rmse'][0]:+.1%} | "
            f"{trial['seconds']:.0f} |"
        )


def _extremes(ground: Mapping[str, Any]) -> str:
    # As precise as the table: two seeds tell no more, and trials that look alike there are named together.
    scores = {trial["name"]: round(trial["groups"][ALL]["qlike"][0], 3) for trial in ground["trials"]}
    least, most = (
        f"{' and '.join(name for name, score in scores.items() if score == end)}, {end:+.1%}"
        for end in (min(scores.values()), max(scores.values()))
    )
    one = ground["trials"][0]["groups"][ALL]
    told = (
        f"{one['assets']} assets, {one['days']} days of them at {ground['horizons'][0]} d. The lowest QLIKE there: "
        f"{least}; the highest: {most}."
    )
    for trial in ground["trials"]:
        each = [qlike[0] for qlike in trial["groups"][ALL]["each"]]
        if len(each) > 1:
            told += f" {len(each)} seeds of the start, each alone: {min(each):+.1%} to {max(each):+.1%}."
    return told
