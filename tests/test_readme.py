"""What the README shows is true: its commands exist, its code runs, its figures stand in the cards."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vrx
from vrx import runtime

README = Path(__file__).parents[1] / "README.md"


def block(name):
    text = README.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n```\w*\n(.*?)```\n<!-- end -->", text, flags=re.DOTALL)
    assert found, name
    return found[1]


@pytest.fixture
def production(tmp_path):
    """A folder as production has it: a model file and a CSV, as the README names them."""
    rng = np.random.default_rng(1)
    close = 100.0 * np.exp(np.cumsum(0.02 * rng.normal(size=300)))
    opening = np.concatenate([[100.0], close[:-1]])
    rows = zip(opening, 1.01 * np.maximum(opening, close), 0.99 * np.minimum(opening, close), close, strict=True)
    days = np.arange("2023-01-01", "2025-01-01", dtype="M8[D]")
    lines = ["Date,Open,High,Low,Close,Volume"]
    lines += [f"{day}," + ",".join(map(repr, map(float, row))) + ",1" for day, row in zip(days, rows, strict=False)]
    (tmp_path / "btc.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "btc.onnx").write_bytes((runtime.MODELS / "universal-ohlc.onnx").read_bytes())
    return tmp_path


def test_the_twelve_lines_give_the_numbers_of_vrx_without_vrx_or_torch(production):
    code = block("bare")
    assert len([line for line in code.splitlines() if line.strip()]) == 12
    hide = "import sys\nfor name in ('vrx', 'torch', 'pandas'): sys.modules[name] = None\n"
    printed = subprocess.run(
        [sys.executable, "-c", hide + code],
        cwd=production, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    forecast = vrx.load(production / "btc.onnx").predict(production / "btc.csv")
    assert [int(line.split()[0]) for line in printed] == [1, 5, 22]
    np.testing.assert_allclose([float(line.split()[1]) for line in printed], forecast.volatility, rtol=1e-6)


def test_the_two_commands_install_what_they_use():
    assert '".[research]"' in block("main command")
    assert "vrx predict --series sample:sp500" in block("main command")
    assert '-e ".[test]"' in block("test command")


def test_every_file_that_the_documents_link_to_exists():
    root = README.parent
    for document in [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("benchmarks/*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_score_table_of_the_readme_is_that_of_the_cards():
    rows = re.findall(r"^\| `(universal-\w+)` \| (seen|unseen) \| (.*?) \|$", README.read_text(encoding="utf-8"), re.M)
    assert len(rows) == 8
    for name, group, cells in rows:
        spec = vrx.load(name).spec
        changes = {
            row["horizon"]: row["qlike_change_of_means"]
            for row in spec.scores[group]["rows"]
            if row["model"] == "model"
        }
        assert cells.split(" | ")[1:] == [f"{changes[h]:+.1%}" for h in (1, 5, 22)], (name, group)


def test_no_document_names_a_path_of_a_machine():
    root = README.parent
    for path in [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("**/recipes/*.toml")]:
        text = path.read_text(encoding="utf-8")
        assert "/work/" not in text and "/root/" not in text, path
