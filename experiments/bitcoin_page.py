"""The page on bitcoin's next-day variance: what transfer gives, and against what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from bitcoin_columns import Ablation
from bitcoin_data import FEW
from bitcoin_exported import Exported
from bitcoin_networks import ADAPTED, CASES, ZERO, Case
from bitcoin_protocol import protocol
from bitcoin_scores import Table
from bitcoin_tables import (
    ASKED_FEW,
    SCRATCH,
    best_scratch,
    gains,
    share_section,
    shown,
    shown_change,
    tries_section,
)
from hurst_prose import bullet, paragraph

__all__ = ["Page", "page"]

# How much less than log-HAR was asked, in RMSE and in QLIKE.
ASKED_RMSE, ASKED_QLIKE = 0.04, 0.05
SMALL = 0.05
# The one whose linear part nothing regularises but 1e-8 of its columns' mean square.
LOOSE = "scratch, least squares"


@dataclass(frozen=True, eq=False)
class Page:
    """What the page says of one market."""

    table: Table
    ablations: tuple[Ablation, ...]
    exported: Exported


def page(pages: Sequence[Page]) -> Iterator[str]:
    """The lines of the page."""
    tables = [one.table for one in pages]
    yield "# Bitcoin's variance of the next day: transfer from equity indices against scratch\n"
    yield "Written by `python experiments/bitcoin_transfer.py --data DIR`.\n"
    yield from answers(tables)
    yield ""
    yield from protocol(tables)
    yield from columns_section(pages)
    for days in (None, FEW):
        yield from share_section(tables, days)
    yield from tries_section(tables)
    yield from coverage_section(tables)
    yield from exported_section(pages)


def answers(tables: Sequence[Table]) -> Iterator[str]:
    """What a reader wants to know, in a list."""
    yield "## In short\n"
    for table in tables:
        row, har = table.found[None, ADAPTED.name].ensemble.row, table.test.har
        met = (
            row.rmse <= (1.0 - ASKED_RMSE) * har.rmse
            and row.qlike <= (1.0 - ASKED_QLIKE) * har.qlike
            and max(row.p, row.dm_qlike_p) < SMALL
        )
        yield bullet(
            f"({table.key}) Pretrained on {len(table.market.sources)} equity indices and adapted to bitcoin, the "
            f"ensemble of {len(table.seconds)} networks has against bitcoin's own log-HAR, refitted every day, "
            f"{shown_change(row.rmse, har.rmse)} RMSE of log volatility (Diebold-Mariano p {shown(row.p)}) and "
            f"{shown_change(row.qlike, har.qlike)} QLIKE (p {shown(row.dm_qlike_p)}). Asked: {-ASKED_RMSE:.0%} and "
            f"{-ASKED_QLIKE:.0%} with p below {SMALL}: {'met' if met else 'missed'}."
        )
    for table in tables:
        best, found = best_scratch(table, None), gains(table, None, ADAPTED.name)
        worse, worse_qlike = (
            [name for name, one in found.items() if vars(one)[score] > 0.0] for score in ("seeds", "qlike")
        )
        yield bullet(
            f"({table.key}) On the full train part, in the mean over seeds, the adapted network is by RMSE worse than "
            f"{listed(worse)}, and by QLIKE worse than {listed(worse_qlike)}. Against the best from scratch, *{best}*, "
            f"its ensemble has {found[best].ensemble:+.1%} RMSE (p {shown(found[best].p)})."
        )
    yield bullet(few_line(tables))


def few_line(tables: Sequence[Table]) -> str:
    """Where what was asked on few days is reached, and where not."""
    said, missed = [], False
    for table in tables:
        ours, zero, best = gains(table, FEW, ADAPTED.name), gains(table, FEW, ZERO.name), best_scratch(table, FEW)
        reached = [name for name, found in ours.items() if found.seeds <= -ASKED_FEW]
        missed |= len(reached) < len(ours)
        said.append(
            f"({table.key}) against {listed(reached)}; against the best, *{best}*, it has {ours[best].seeds:+.1%}, "
            f"zero-shot {zero[best].seeds:+.1%}; the ensembles have against log-HAR {_against_har(table, ADAPTED)} and "
            f"{_against_har(table, ZERO)}"
        )
    loose = all(
        (found.seeds <= -ASKED_FEW) == (name == LOOSE)
        for table in tables
        for name, found in gains(table, FEW, ADAPTED.name).items()
    )
    verdict = "reached only where the linear part from scratch is not regularised" if loose else "missed in part"
    return (
        f"On the first {FEW} days of bitcoin {ASKED_FEW:.0%} less RMSE than the same network from scratch was asked: "
        f"{verdict if missed else 'met'}. In the mean over seeds the adapted network reaches it {'; '.join(said)}."
    )


def _against_har(table: Table, case: Case) -> str:
    row = table.found[FEW, case.name].ensemble.row
    return f"{shown_change(row.rmse, table.test.har.rmse)} (p {shown(row.p)})"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return " and ".join(f"*{name}*" for name in names) or "no network from scratch"


def columns_section(pages: Sequence[Page]) -> Iterator[str]:
    """The ablation."""
    yield "### Which columns matter\n"
    yield paragraph(
        "Linear fits without the neural part, on the validation part: least squares on the indices' train part, then a "
        "ridge of 100 toward it on bitcoin's. Changes against bitcoin's own log-HAR on the same days, p by "
        "Diebold-Mariano. Size and sign of the displacement are |S_k| and S_k: how far the close stands from the mean "
        "close of the last k days, k = 1, 3, 10, 22, in units of the volatility of 66 days and the root of k."
    )
    yield f"| columns | |{''.join(f' ({one.table.key}) RMSE | p | QLIKE | p |' for one in pages)}"
    yield f"|---|--:|{'--:|--:|--:|--:|' * len(pages)}"
    for rows in zip(*(one.ablations for one in pages), strict=True):
        cells = [f"{row.rmse:+.1%} | {shown(row.p)} | {row.qlike:+.1%} | {shown(row.qlike_p)}" for row in rows]
        yield f"| {rows[0].name} | {rows[0].columns} | {' | '.join(cells)} |"
    yield ""


def coverage_section(tables: Sequence[Table]) -> Iterator[str]:
    """How often the band holds what came."""
    yield "## Coverage of the 5-95% band\n"
    noise = " and ".join(f"({t.key}) {np.sqrt(0.9 * 0.1 / len(t.test.part)):.1%}" for t in tables)
    yield paragraph(
        "Share of test days whose volatility lies between the 5% and the 95% quantile of the ensemble, which are "
        "calibrated on the validation part; 90% is right. The standard error of such a share, days taken as "
        f"independent, is {noise}."
    )
    heads = [(table, days) for table in tables for days in (None, FEW)]
    names = " | ".join(f"({t.key}) {'full' if days is None else f'{days} days'}" for t, days in heads)
    yield f"| network | {names} |"
    yield f"|---|{'--:|' * len(heads)}"
    for case in CASES:
        cells = [f"{table.found[days, case.name].ensemble.inside:.1%}" for table, days in heads]
        yield f"| {case.name} | {' | '.join(cells)} |"
    yield ""


def exported_section(pages: Sequence[Page]) -> Iterator[str]:
    """The model file, and what it all took."""
    yield "## The same network exported, and time\n"
    yield paragraph(
        "The adapted ensemble of the full train part as one ONNX file, loaded by the torch-free runtime and asked for "
        "every day of the test part by `history`. 'Parity' is the exporter's own check, on reshuffled windows; "
        "'difference' the largest relative one between onnxruntime and torch over variance, volatility and quantiles "
        "of the test part."
    )
    yield "| set | bytes | parity | test days | difference | QLIKE of the file | of the network |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for one in pages:
        file, row = one.exported, one.table.found[None, ADAPTED.name].ensemble.row
        yield (
            f"| ({one.table.key}) | {file.size:,} | {file.parity:.1e} | {file.rows} | {file.difference:.1e} | "
            f"{file.qlike:.6f} | {row.qlike:.6f} |"
        )
    yield ""
    yield "Seconds of training for one seed, on one thread of a machine that did other work too: means.\n"
    yield "| set | pretraining | adapting | scratch, full train part | scratch, few days |"
    yield "|---|--:|--:|--:|--:|"
    for one in pages:
        table = one.table
        cells = [
            f"{np.mean([second for case in SCRATCH for second in table.found[days, case.name].seconds]):.1f}"
            for days in (None, FEW)
        ]
        yield (
            f"| ({table.key}) | {np.mean(table.seconds):.0f} | "
            f"{np.mean(table.found[None, ADAPTED.name].seconds):.2f} | {' | '.join(cells)} |"
        )
