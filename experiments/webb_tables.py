"""Every figure that Webb et al. (2025) publish, beside ours: write docs/results/webb_tables.md.

    python experiments/webb_tables.py --data DIR [--out docs/results/webb_tables.md]

Needs vrx[research]. Six minutes on one core. What concerns the forecasts alone, at length: experiments/webb_2025.py.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import webb_insample as insample
from hurst_prose import bullet, paragraph
from webb_diagnosed import data_section, diagnosis, insample_section
from webb_forecasts import CASES
from webb_market import Market, load
from webb_notes import CALLED, LED, PRICED, RISKED, SIMULATED, TRADED
from webb_options import Options, options_section, options_table, quoted_calls, simulated_table
from webb_regimes import Regimes, calls_table, leads_table, regimes_section
from webb_risk import Risks, risk_section, risk_table
from webb_rows import Row, Section, rows_table, told
from webb_said import contradictions, counted, said
from webb_scored import Scored, scored_section
from webb_settings import design_section, missing_section, quoted_section
from webb_trading import Trading, trading_section, trading_table
from webb_vector import vector_rows
from webb_walks import walks

from vrx.cli.common import slow_progress

__all__ = ["Everything", "Made", "page"]


@dataclass(frozen=True)
class Made:
    """What other experiments have made, which take too long to be repeated here."""

    recovery: str
    """The page of webb_recovery.py."""
    networks: str
    """What hurst_network.py keeps beside its page, as JSON; empty where it has not been run."""


@dataclass(frozen=True, eq=False)
class Everything:
    """All that the page says, computed once."""

    market: Market
    regimes: Regimes
    options: Options
    risks: Risks
    trading: Trading
    sections: tuple[Section, ...]

    @classmethod
    def of(cls, data: Path, made: Made) -> "Everything":
        """Fit, forecast, price and trade."""
        market = load(data)
        with slow_progress("six models, every day") as progress:
            refitted = walks(market, progress)
        fits, found = insample.fits(market), diagnosis(market)
        scored = Scored.of(market, refitted, CASES[0].model())
        regimes = Regimes(market, found, refitted)
        options = Options.of(quoted_calls(data, market), market, refitted, regimes.high)
        risks, trading = Risks.of(market, refitted), Trading.of(market, refitted)
        sections = (
            data_section(market, found),
            regimes_section(regimes),
            design_section(market, made.recovery),
            insample_section(market, fits),
            scored_section(scored),
            options_section(options),
            risk_section(market, risks),
            trading_section(market, trading),
            *others(market, made),
            quoted_section(),
            missing_section(),
        )
        return cls(market, regimes, options, risks, trading, sections)


def page(found: Everything) -> Iterator[str]:
    yield "# Webb et al. (2025): every published figure beside ours\n"
    yield paragraph(
        "Written by `python experiments/webb_tables.py --data DIR`; all numbers come from there, with fixed seeds. "
        "Whether a moving Hurst exponent helps, and how the forecasts are made: [webb_2025.md](webb_2025.md)."
    )
    yield from answers(found)
    yield ""
    yield from contradictions(len(found.market.sample), len(found.market.days))
    yield "## The figures, in the order of the paper\n"
    yield paragraph(
        "Ours in bold: within a tenth of the published number. The dynamic model is that of the paper (signed shocks, "
        "alpha free, H over 252 days), static: H = 0.55. Every forecast, price and position uses the days before it "
        "alone; all models are refitted every day to all days since the sample began."
    )
    for section in found.sections:
        yield f"### {section.title}\n"
        yield from rows_table(section.rows)
    yield from details(found)


def others(market: Market, made: Made) -> Iterator[Section]:
    """The VAR of the discussion, and the LSTM of the future work, from their own experiments."""
    yield Section("Vector autoregression (discussion)", tuple(told(*row) for row in vector_rows(market)))
    title = "Networks for the Hurst exponent (future work)"
    if made.networks:
        rows = tuple(told(*row) for row in json.loads(made.networks)["rows"])
        yield Section(f"{title}: [hurst_network.md](hurst_network.md)", rows)
    else:
        absent = "Not measured here: experiments/hurst_network.py has not been run."
        yield Section(title, (Row("LSTM: error of the Hurst exponent lower by", "15%", "-", "-", absent),))


def answers(found: Everything) -> Iterator[str]:
    """What it comes to, before the figures."""
    yield bullet(counted(found.sections))
    yield from said(found.regimes, found.options, found.risks, found.trading)


def details(found: Everything) -> Iterator[str]:
    """All models, rules, laws and strategies behind the figures."""
    yield "## Behind the figures\n"
    for title, text, lines in (
        ("Days called turbulent", CALLED, calls_table(found.regimes)),
        ("Falls of H before events", LED, leads_table(found.regimes)),
        ("Prices of calls", PRICED, options_table(found.options)),
        ("Prices from simulated paths", SIMULATED, simulated_table(found.options)),
        ("Value at risk and expected shortfall", RISKED, risk_table(found.risks)),
        ("Strategies", TRADED, trading_table(found.trading)),
    ):
        yield f"### {title}\n"
        yield paragraph(text)
        yield from lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Every published figure of Webb et al. (2025) beside ours.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data files")
    parser.add_argument("--out", type=Path, default=Path("docs/results/webb_tables.md"), help="the page to write")
    parser.add_argument(
        "--recovery", type=Path, default=Path("docs/results/webb_recovery.md"), help="the page of webb_recovery.py"
    )
    parser.add_argument(
        "--networks", type=Path, default=Path("docs/results/hurst_network.json"), help="what hurst_network.py kept"
    )
    options = parser.parse_args()
    networks = options.networks.read_text(encoding="utf-8") if options.networks.exists() else ""
    made = Made(options.recovery.read_text(encoding="utf-8"), networks)
    lines = list(page(Everything.of(options.data, made)))
    options.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
