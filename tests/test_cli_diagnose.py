"""``vrx diagnose``: what it prints and draws, and what it refuses."""

import numpy as np
import pytest

import vrx
from tests.command_line import refused, strict
from vrx.econometrics import diagnose

TOP = [
    *("series", "measure", "n", "first", "last", "periods_per_year"),
    *("moments", "tests", "regimes", "breaks", "notes"),
]


@pytest.fixture
def series(csv_file, bars):
    return csv_file(bars, ("close",))


def garch(n, seed, alpha=0.08, beta=0.91):
    """Returns of 1% a day that cluster, without any break."""
    rng, variance, out = np.random.default_rng(seed), 1.0, []
    for shock in rng.normal(size=n):
        out.append(np.sqrt(variance) * shock)
        variance = 1.0 - alpha - beta + alpha * out[-1] ** 2 + beta * variance
    return 0.01 * np.array(out)


def closes(returns):
    return 100.0 * np.exp(np.cumsum(np.append(0.0, returns)))


@pytest.fixture
def made(tmp_path):
    """A CSV of closes with these returns."""

    def write(returns, file="made.csv"):
        days = np.datetime64("2020-01-01") + np.arange(len(returns) + 1)
        rows = "\n".join(f"{day},{close!r}" for day, close in zip(days, closes(returns).tolist(), strict=True))
        path = tmp_path / file
        path.write_text(f"Date,Close\n{rows}\n")
        return path

    return write


def test_json_has_exactly_the_documented_keys_and_the_numbers_of_the_python_face(say, series, bars):
    said = say("diagnose", "--series", series, "--json")
    assert (said.code, said.err) == (0, "")
    document = strict(said.out)
    found = diagnose(vrx.read(series))
    assert list(document) == TOP
    assert (document["series"], document["measure"], document["n"]) == ("toy", "close", 319)
    assert (document["first"], document["last"]) == (found.days[0], found.days[-1])
    assert document["moments"]["kurtosis"] == found.moments.kurtosis
    assert [row["statistic"] for row in document["tests"]] == [one.statistic for one in found.findings]
    assert list(document["tests"][0]) == ["name", "null", "statistic", "p_value", "lags", "rejects", "meaning"]
    assert list(document["regimes"]) == [
        *("regimes", "mean", "transition", "log_likelihood", "bic", "bic_one", "converged", "meaning")
    ]
    assert list(document["regimes"]["regimes"][0]) == [
        *("volatility", "share", "stays", "expected_duration", "probability")
    ]
    tests = document["breaks"]
    assert list(tests) == [
        *("of", "level", "count", "count_bic", "dates", "ud_max", "ud_max_critical", "ud_max_p_below"),
        *("clustered_p_value", "tests", "segments", "meaning"),
    ]
    assert [row["sup_f"] for row in tests["tests"]] == found.breaks.sup_f.tolist()
    assert [row["dates"][0] for row in tests["tests"]] == [found.days[one[0]] for one in found.breaks.partitions]
    assert tests["tests"][0]["critical"] == 8.58


def test_the_table_has_a_line_a_test_with_what_it_means_and_every_regime_and_break(say, made):
    rng = np.random.default_rng(3)
    sigma = np.repeat([0.005, 0.025], [300, 300])
    said = say("diagnose", "--series", made(sigma * rng.normal(size=600)))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("made: 600 daily log returns from 2020-01-02 to 2021-08-23\n")
    lines = said.out.splitlines()
    for name in ("ADF", "Ljung-Box, returns", "Ljung-Box, squares", "ARCH-LM", "Jarque-Bera", "quiet", "turbulent"):
        assert sum(line.startswith(name) for line in lines) == 1, name
    assert "a volatility model has something to forecast" in said.out
    assert "breaks found: 1, by Schwarz's criterion: 1" in said.out
    assert "the level of volatility breaks, last on 2020-1" in " ".join(said.out.split())
    assert "one break against a GARCH(1,1) without any: p-value 0.0" in said.out
    assert any(line.startswith("2020-01-02 to 2020-") and line.endswith("%") for line in lines)


def test_when_nothing_is_found_then_the_sentences_say_that(say, made):
    said = say("diagnose", "--series", made(0.01 * np.random.default_rng(0).normal(size=600)))
    assert "a constant variance may do" in said.out
    assert "there are no regimes to tell apart" in said.out
    assert "no break in the level of volatility" in said.out


def test_when_clusters_alone_look_like_breaks_then_the_sentence_says_so(say, made):
    said = say("diagnose", "--series", made(garch(1500, seed=2)))
    assert "breaks found: 0" not in said.out
    assert "but clusters alone do that: of GARCH paths without any break" in " ".join(said.out.split())


def test_three_regimes_have_three_names(say, series):
    said = say("diagnose", "--series", series, "--regimes", "3")
    assert [name for name in ("quiet", "middling", "turbulent") if f"\n{name} " in said.out] == [
        *("quiet", "middling", "turbulent")
    ]


def test_as_of_uses_nothing_after_that_day(say, series, bars):
    document = strict(say("diagnose", "--series", series, "--as-of", "2020-09-30", "--json").out)
    assert document["last"] == "2020-09-30"
    found = diagnose(vrx.read(bars["close"][: document["n"] + 1]))
    assert document["moments"]["standard_deviation"] == found.moments.standard_deviation


def test_where_there_are_no_regimes_json_has_null_and_the_table_a_note(say, made):
    path = made(np.where(np.arange(400) % 3 == 0, 0.0, 0.01 * np.random.default_rng(0).normal(size=400)))
    document = strict(say("diagnose", "--series", path, "--json").out)
    assert document["regimes"] is None
    assert any("no regimes" in note for note in document["notes"])
    said = say("diagnose", "--series", path)
    assert "no regimes: one regime has shrunk" in said.out
    assert "\nquiet" not in said.out


def test_what_has_no_answer_is_null_in_json_and_a_dash_in_the_table(say, made):
    path = made(np.tile([0.01, -0.02, 0.015], 100))
    assert strict(say("diagnose", "--series", path, "--json").out)["tests"][0]["statistic"] is None
    said = say("diagnose", "--series", path)
    assert said.code == 0
    assert next(line for line in said.out.splitlines() if line.startswith("ADF")).split()[1:4] == ["-", "-", "-"]


@pytest.mark.parametrize("still", [False, True])
def test_the_picture_is_a_png_with_or_without_regimes(say, made, tmp_path, still):
    returns = 0.01 * np.random.default_rng(0).normal(size=300)
    returns[::3] *= not still
    path = tmp_path / "picture.png"
    assert say("diagnose", "--series", made(returns), "--plot", path).code == 0
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_split_that_was_left_out_is_a_doubt_and_not_overlooked(say, made):
    returns = 0.01 * np.random.default_rng(0).normal(size=300)
    returns[150] = -np.log(2.0)
    assert "if that is a split, adjust the prices before it" in say("diagnose", "--series", made(returns)).out


@pytest.mark.parametrize(
    ("returns", "options", "words"),
    [
        (0.01 * np.random.default_rng(0).normal(size=50), [], ["50 returns are too few: pass at least 100"]),
        (np.zeros(200), [], ["the price never moves"]),
        (np.tile([0.01, -0.01], 100), [], ["every return is as large as the next"]),
        (np.full(200, 2.0), [], ["2020-01-02 is 2"]),
        (np.ones(5), ["--plot", "picture.jpg"], ["--plot", ".png"]),
        (np.ones(5), ["--as-of", "20200101"], ["--as-of 20200101"]),
        (np.ones(5), ["--column", "Close"], ["--column Close"]),
    ],
)
def test_when_it_cannot_diagnose_then_one_line_says_why(say, made, returns, options, words):
    refused(say("diagnose", "--series", made(returns), *options), 2, *words)


def test_a_number_of_regimes_beyond_three_is_refused(say, series):
    said = say("diagnose", "--series", series, "--regimes", "4")
    assert (said.code, said.out) == (2, "")
    assert "--regimes" in said.err


@pytest.mark.parametrize("absent", ["statsmodels", "arch", "scipy"])
def test_without_the_extra_one_line_names_the_install(fresh, series, absent):
    code = f"""
import sys
sys.modules[{absent!r}] = None
from vrx.cli import main
sys.argv = ["vrx", *sys.argv[1:]]
main()
"""
    done = fresh(code, "diagnose", "--series", series)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert f'needs {absent}: pip install "vrx[research]"' in done.err
