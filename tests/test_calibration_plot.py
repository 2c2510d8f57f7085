"""The picture of the calibration beside a card, and what the card says of it."""

import io
import json
import shutil
from dataclasses import replace

import matplotlib
import pytest
from PIL import Image

from vrx.export import calibration_plot
from vrx.export.card import card
from vrx.training.folder import RUN

FIGURES = "At or below the 5, 25, 50, 75, 95% quantiles came "


def scored(run, **groups):
    """The run with these shares by group in place of its own."""
    seen = run.scores["seen"]
    return replace(
        run, scores={"test_from": "2020-09-01", **{name: {**seen, "calibration": of} for name, of in groups.items()}}
    )


@pytest.fixture
def run(trained):
    return trained("log-har", "close")[0]


SHARES = [[0.049, 0.241, 0.5, 0.75, 0.951], [0.1, 0.3, 0.5, 0.7, 0.9], [0.02, 0.2, 0.4, 0.8, 1.0]]


def test_the_picture_is_a_small_png_whose_bytes_hang_on_the_scores_alone(run):
    drawn = calibration_plot.png(run)
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n") and len(drawn) < 40_000
    for word in (b"tEXt", b"iTXt", b"tIME", b"atplotlib"):
        assert word not in drawn
    with matplotlib.rc_context({"font.size": 20.0, "axes.facecolor": "black"}):
        assert calibration_plot.png(run) == drawn
    ours = calibration_plot.png(scored(run, seen=SHARES))
    assert ours != calibration_plot.png(scored(run, seen=[*SHARES[:2], [0.02, 0.2, 0.5, 0.8, 1.0]]))


def test_the_picture_has_a_panel_for_each_group_that_was_scored(run):
    sizes = []
    for groups in ({"seen": SHARES}, {"unseen": SHARES}, {"seen": SHARES, "unseen": SHARES}):
        with Image.open(io.BytesIO(calibration_plot.png(scored(run, **groups)))) as image:
            sizes.append(image.size)
    assert sizes == [(350, 350), (350, 350), (700, 350)]


def test_the_card_says_the_figures_of_each_group(run, exported):
    other = [[0.06, 0.26, 0.51, 0.76, 0.96], *SHARES[:2]]
    text = card(exported("log-har", "close"), scored(run, seen=SHARES, unseen=other))
    first, second = (line for line in text.splitlines() if line.startswith(FIGURES))
    assert first == (
        f"{FIGURES}4.9, 24.1, 50.0, 75.0, 95.1% of the days at h = 1; 10.0, 30.0, 50.0, 70.0, 90.0% of the days at "
        "h = 5; 2.0, 20.0, 40.0, 80.0, 100.0% of the days at h = 22."
    )
    assert second.startswith(f"{FIGURES}6.0, 26.0, 51.0, 76.0, 96.0% of the days at h = 1; 4.9, 24.1, ")
    assert "![" not in text


def test_when_the_card_is_asked_for_then_it_names_the_picture_beside_it(say, trained, tmp_path):
    run, folder = trained("log-har", "close")
    picture = tmp_path / "my model.png"
    picture.write_bytes(b"what stood here before")
    said = say("export", folder, "--out", tmp_path / "my model.onnx", "--card")
    assert said.code == 0, said
    assert picture.read_bytes() == calibration_plot.png(run)
    text = (tmp_path / "my model.md").read_text()
    assert text.rstrip().endswith("](my%20model.png)") and text.count("![Calibration: ") == 1
    assert text.count(FIGURES) == 1
    assert len(list(tmp_path.iterdir())) == 4


def test_when_the_card_is_not_asked_for_then_no_picture_is_written(say, trained, tmp_path):
    assert say("export", trained("log-har", "close")[1], "--out", tmp_path / "m.onnx").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.json", "m.onnx"]


@pytest.mark.parametrize("lacks", ["calibration", "seen"])
def test_when_the_run_is_an_old_one_or_has_no_test_part_then_the_card_stands_without_a_picture(
    say, trained, tmp_path, lacks
):
    old = tmp_path / "run"
    shutil.copytree(trained("log-har", "close")[1], old)
    document = json.loads((old / RUN).read_text())
    del (document["scores"] if lacks == "seen" else document["scores"]["seen"])[lacks]
    (old / RUN).write_text(json.dumps(document))
    said = say("export", old, "--out", tmp_path / "m.onnx", "--card")
    assert said.code == 0, said
    text = (tmp_path / "m.md").read_text()
    assert "![" not in text and FIGURES not in text
    assert ("Inside the outer quantiles: " in text) == (lacks == "calibration")
    assert not (tmp_path / "m.png").exists()
