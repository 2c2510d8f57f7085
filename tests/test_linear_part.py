"""The linear part: its columns, where it starts, and the phase that re-solves it on another series."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import vrx
from tests.reference import multiscale as twin
from vrx.cli.train import KEPT as SAID
from vrx.cli.training_series import series_of
from vrx.errors import InputError, TrainingError
from vrx.export.package import export
from vrx.training.adapt import adapt
from vrx.training.calibration import distributions
from vrx.training.folder import open_run
from vrx.training.linear_part import read, ridge
from vrx.training.losses import gaussian_loss
from vrx.training.networks import build
from vrx.training.networks.week import Week
from vrx.training.recipe import NetworkShape, Phase, Recipe
from vrx.training.run import execute
from vrx.training.start import start
from vrx.training.strategies import STRATEGIES
from vrx.training.windows import cuts, samples

RETURNS = ("variance", "return")
LOOKBACK = 60
PHASES = (Phase("source", epochs=1, batch_size=64), Phase("target", ridge=20.0))


@pytest.fixture(scope="module")
def plan(tiny):
    """A recipe of kind linear that knows the week."""

    def make(**changes):
        network = {"week": True, **changes.pop("network", {})}
        return tiny(
            "variance-return", "linear", **{"lookback": LOOKBACK, "horizons": (1, 5), "network": network, **changes}
        )

    return make


@pytest.fixture(scope="module")
def markets(market, only):
    """A source, and a target whose variance is measured with so much noise that the source's forecast is poor."""
    source, target = only(market(300, 5, "source"), RETURNS), only(market(500, 6, "target"), RETURNS)
    noise = np.exp(1.5 * np.random.default_rng(0).normal(size=500))
    return source, replace(target, columns={**target.columns, "variance": noise * target["variance"]})


def parts_of(recipe, series):
    at = cuts([series], recipe.split)
    return [samples([series], recipe, at, part) for part in ("train", "validation")]


@pytest.fixture(scope="module")
def begun(plan, markets, starting):
    """A started network whose neural part says something, and the target's two parts."""

    def make(seed=0, **changes):
        recipe = plan(**changes)
        network, _ = starting(recipe, markets[0], seed)
        torch.nn.init.normal_(network.head.mean.weight, std=0.1)
        return network, *parts_of(recipe, markets[1])

    return make


def columns_of(network, part):
    regression = network.combiner.regression
    with torch.no_grad():
        inputs = network.input(part.windows(torch.arange(len(part))))
        path = network.paths(inputs)
        return regression.columns(inputs, path).numpy(), path.level.numpy(), network.view(inputs)[0].answer.numpy()


@pytest.mark.parametrize("days", [23, 66, 130, 260])
@pytest.mark.parametrize(("channels", "week"), [("variance", True), ("variance-return", True), ("close", False)])
def test_every_column_is_that_of_its_slow_twin(tiny, market, channel_sets, channels, week, days):
    names = channel_sets[channels]
    bars = market(days + 9, 3, "long").matrix(names)
    lookback = days + (channels == "close")
    network = build(tiny(channels, "linear", lookback=lookback, network={"week": week}))
    windows = torch.from_numpy(np.stack([bars[k : k + lookback] for k in range(8)]))
    inputs = network.input(windows)
    found = network.combiner.regression.columns(inputs, network.paths(inputs)).numpy()
    for k in range(8):
        returns = None if channels == "variance" else inputs.returns[k].numpy()
        expected = twin.columns(inputs.variance[k].numpy(), returns, week=week)
        np.testing.assert_allclose(found[k], expected, rtol=1e-9, atol=1e-12)


def test_a_price_that_went_far_is_displaced_by_five_at_most_and_a_still_one_by_nothing(tiny):
    network = build(tiny("variance-return", "linear", lookback=30))
    regression = network.combiner.regression
    windows = torch.full((2, 30, 2), 1e-4, dtype=torch.float64)
    windows[0, :, 1], windows[1, :, 1] = 0.0, 0.1
    moved = regression.displacements(network.input(windows)).numpy()
    np.testing.assert_array_equal(moved[0], 0.0)
    np.testing.assert_array_equal(moved[1], 5.0)


def test_the_weekday_of_a_market_with_weekends_is_found_whatever_day_the_window_ends_on():
    noise = 0.3 * np.random.default_rng(0).normal(size=147)
    pattern = np.resize(3.0 * twin.WEEK, 147)
    for last in range(7):
        path = torch.from_numpy((pattern + noise)[last : last + 140])
        tomorrow, today = Week(140)(path[None] - path.mean())[0].tolist()
        end = (last + 139) % 7
        assert tomorrow == pytest.approx(twin.WEEK[(end + 1) % 7], abs=0.1)
        assert today == pytest.approx(twin.WEEK[end], abs=0.1)


def test_a_window_without_a_pattern_says_nothing_of_the_week():
    np.testing.assert_allclose(Week(60)(torch.zeros(1, 60, dtype=torch.float64)).numpy(), 0.0, atol=1e-15)


def test_where_seven_rows_are_no_week_the_columns_are_small():
    rng = np.random.default_rng(0)
    days = 0.8 * rng.normal(size=(300, 126))  # log variance less its path, as much as realized variance has
    said = Week(126)(torch.from_numpy(days)).numpy()
    assert (np.abs(said).max(axis=0) < 0.2).all() and (np.abs(said.mean(axis=0)) < 0.01).all()
    assert (said.std(axis=0) < 0.3 * twin.WEEK.std()).all()


def test_the_units_of_the_columns_are_their_deviations_on_the_first_phase_s_series_and_stay(plan, markets, tmp_path):
    recipe = plan(phases=PHASES)
    run = execute(recipe, [markets[0]], [markets[1]], tmp_path / "run")
    first = samples([markets[0]], run.recipe, run.cuts, "train")
    found, *_ = columns_of(run.network, first)
    np.testing.assert_allclose(found.std(axis=0), 1.0, rtol=1e-9)


@pytest.mark.parametrize("penalty", [0.3, 30.0])
def test_the_start_may_be_a_ridge_toward_zero(begun, penalty):
    network, part, _ = begun()
    start(network, part, ridge=penalty)
    torch.nn.init.zeros_(network.head.mean.weight)
    columns, level, _ = columns_of(network, part)
    left = part.target.numpy() - level
    wanted = twin.held(columns, left, penalty, np.zeros((columns.shape[1] + 1, 2)))
    linear = network.combiner.regression.linear
    np.testing.assert_allclose(linear.weight.detach().numpy().T, wanted[:-1], atol=1e-10)
    np.testing.assert_allclose(linear.bias.detach().numpy(), wanted[-1], atol=1e-10)


def test_the_recipe_s_ridge_is_where_training_starts(plan, markets, tmp_path):
    # At this rate nothing moves, so the run ends where it starts.
    still = (Phase("target", epochs=1, learning_rate=1e-12),)
    sizes = []
    for penalty in (0.0, 1e3):
        recipe = plan(phases=still, network={"ridge": penalty})
        run = execute(recipe, [], [markets[1]], tmp_path / str(penalty))
        sizes.append(float(run.network.combiner.regression.linear.weight.detach().abs().sum()))
    assert sizes[1] < 0.2 * sizes[0]


@settings(max_examples=8)
@given(penalties=st.tuples(st.floats(1e-3, 1e5), st.floats(1e-3, 1e5)), seed=st.integers(0, 5), split=st.booleans())
def test_a_ridge_toward_the_present_is_that_of_its_slow_twin(begun, penalties, seed, split):
    network, part, _ = begun(seed)
    regression = network.combiner.regression
    present = torch.cat([regression.linear.weight.T, regression.linear.bias[None]]).detach().numpy()
    columns, level, neural = columns_of(network, part)
    cut = len(part) // 3 if split else len(part)
    parts = [replace(part, rows=part.rows[rows], target=part.target[rows]) for rows in (slice(cut), slice(cut, None))]
    ridge(network, [read(network, one) for one in parts if len(one)], penalties)
    left = part.target.numpy() - level - neural
    wanted = np.concatenate([twin.held(columns, left[:, [k]], penalties[k], present[:, [k]]) for k in range(2)], axis=1)
    np.testing.assert_allclose(regression.linear.weight.detach().numpy().T, wanted[:-1], atol=1e-8)
    np.testing.assert_allclose(regression.linear.bias.detach().numpy(), wanted[-1], atol=1e-8)


def test_a_linear_part_that_is_weighed_and_not_added_to_is_not_re_solved(tiny, markets):
    recipe = tiny("variance-return", "hybrid", lookback=LOOKBACK, horizons=(1, 5))
    with pytest.raises(ValueError, match="Hybrid adds nothing to a linear part"):
        read(build(recipe).eval(), parts_of(recipe, markets[1])[0])


def test_as_the_penalty_grows_nothing_moves(begun):
    network, part, _ = begun()
    linear = network.combiner.regression.linear
    before = linear.weight.detach().clone(), linear.bias.detach().clone()
    ridge(network, [read(network, part)], [1e15] * 2)
    np.testing.assert_allclose(linear.weight.detach().numpy(), before[0].numpy(), atol=1e-9)
    np.testing.assert_allclose(linear.bias.detach().numpy(), before[1].numpy(), atol=1e-9)


def test_after_the_phase_standardised_errors_on_the_train_part_have_mean_square_one(begun):
    network, train, validation = begun()
    with torch.no_grad():
        network.head.spread.bias -= 4.0  # spreads of a far quieter market
    before = {name: value.clone() for name, value in network.state_dict().items()}
    _, kept = adapt(network, [20.0], (1, 1), train, validation, "gaussian")
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"combiner.regression.linear.weight", "combiner.regression.linear.bias", "gain"}
    mean, spread = distributions(network, train)
    assert kept == "linear part"
    np.testing.assert_allclose((((train.target - mean) / spread) ** 2).mean(0).numpy(), 1.0, rtol=1e-9)


@pytest.mark.parametrize("case", ["other levels", "other slopes"])
def test_a_train_part_that_misleads_makes_nothing_worse_on_validation(begun, case):
    network, train, validation = begun()
    adapt(network, [20.0], (1, 1), train, validation, "gaussian")
    mixed = {
        "other levels": train.target + 9.0,
        "other slopes": -4.0 * (train.target - train.target.mean(0)) + train.target.mean(0),
    }[case]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    came = float(gaussian_loss(distributions(network, validation), validation.target))
    losses, kept = adapt(network, [1e-3], (1, 1), replace(train, target=mixed), validation, "gaussian")
    assert losses[1] == float(gaussian_loss(distributions(network, validation), validation.target)) <= came
    assert kept == "nothing"
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_when_asked_what_validation_kept_is_solved_again_with_the_validation_part(begun):
    network, train, validation = begun()
    plain, _, _ = begun()
    torch.testing.assert_close(dict(plain.named_parameters()), dict(network.named_parameters()), rtol=0.0, atol=0.0)
    losses, kept = adapt(network, [20.0], (1, 5), train, validation, "gaussian", refit=True)
    assert kept == "linear part"
    ridge(plain, [read(plain, part) for part in (train, validation)], [20.0, 100.0])
    said = [one.combiner.regression.linear.weight for one in (network, plain)]
    torch.testing.assert_close(*said, rtol=1e-12, atol=1e-12)
    other, _, _ = begun()
    # What it says of validation is what it was chosen by, before it had seen it.
    assert losses == adapt(other, [20.0], (1, 5), train, validation, "gaussian")[0]
    errors = torch.cat(
        [
            (part.target - mean) / spread
            for part in (train, validation)
            for mean, spread in [distributions(network, part)]
        ]
    )
    np.testing.assert_allclose((errors**2).mean(0).numpy(), 1.0, rtol=1e-9)


def test_of_several_ridges_the_mean_by_the_root_of_their_likelihood_is_taken(begun):
    network, train, validation = begun()
    adapt(network, [20.0, 500.0], (1, 5), train, validation, "gaussian")
    tries = []
    for penalty, spread_alone in ((0.0, False), (0.0, True), (20.0, False), (500.0, False)):
        one, _, _ = begun()
        if penalty:
            ridge(one, [read(one, train)], [penalty, 5.0 * penalty])
        if penalty or spread_alone:
            mean, spread = distributions(one, train)
            one.gain.mul_((((train.target - mean) / spread) ** 2).mean(0).sqrt())
        tries.append(one)
    for k, horizon in enumerate((1, 5)):
        logs = []
        for one in tries:
            mean, spread = (part[:, k].numpy() for part in distributions(one, validation))
            errors = (validation.target[:, k].numpy() - mean) / spread
            logs.append(float((-np.log(spread) - 0.5 * errors**2).sum()) / horizon / 2.0)
        weights = np.exp(np.array(logs) - max(logs))
        weights /= weights.sum()
        slopes = sum(
            w * one.combiner.regression.linear.weight[k].detach() for w, one in zip(weights, tries, strict=True)
        )
        torch.testing.assert_close(network.combiner.regression.linear.weight[k].detach(), slopes, rtol=1e-9, atol=1e-12)
        gain = np.exp(sum(w * float(torch.log(one.gain[k])) for w, one in zip(weights, tries, strict=True)))
        np.testing.assert_allclose(float(network.gain[k]), gain, rtol=1e-9)


def test_several_ridges_are_solved_again_with_the_weights_that_validation_gave_them(begun):
    network, train, validation = begun()
    losses, kept = adapt(network, [20.0, 500.0], (1, 1), train, validation, "gaussian", refit=True)
    other, _, _ = begun()
    assert kept == "linear part"
    assert losses == adapt(other, [20.0, 500.0], (1, 1), train, validation, "gaussian")[0]
    said = [one.combiner.regression.linear.weight.detach() for one in (network, other)]
    assert not torch.equal(*said)
    # Between what the two ridges alone give, with the validation part among the samples.
    alone = []
    for penalty in (20.0, 500.0):
        one, _, _ = begun()
        came = one.combiner.regression.linear.weight.detach().clone()
        ridge(one, [read(one, part) for part in (train, validation)], [penalty] * 2)
        alone.append(one.combiner.regression.linear.weight.detach() - came)
    assert (said[0] - came).norm() <= max(change.norm() for change in alone)


@pytest.mark.parametrize("levels", [9.0, 900.0])
def test_several_ridges_that_all_mislead_leave_the_network_as_it_was(begun, levels):
    network, train, validation = begun()
    adapt(network, [20.0], (1, 1), train, validation, "gaussian")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    came = float(gaussian_loss(distributions(network, validation), validation.target))
    wrong = replace(train, target=train.target + levels)
    losses, _ = adapt(network, [1e-3, 1e-2], (1, 1), wrong, validation, "gaussian")
    assert losses[1] <= came
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=1e-6, atol=1e-9)


def test_what_validation_does_not_keep_is_not_solved_again(begun):
    network, train, validation = begun()
    adapt(network, [20.0], (1, 1), train, validation, "gaussian")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    wrong = replace(train, target=train.target + 9.0)
    _, kept = adapt(network, [1e-3], (1, 1), wrong, validation, "gaussian", refit=True)
    assert kept == "nothing"
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_where_only_the_spread_is_wrong_only_the_spread_moves(begun):
    network, train, validation = begun()
    adapt(network, [20.0], (1, 1), train, validation, "gaussian")
    gain = network.gain.clone()
    with torch.no_grad():
        network.head.spread.bias -= 4.0
    before = network.combiner.regression.linear.weight.detach().clone()
    few = replace(train, rows=train.rows[:20], target=train.target[:20])  # for sixteen coefficients
    _, kept = adapt(network, [1e-6], (1, 1), few, validation, "gaussian")
    assert kept == "spread"
    assert torch.equal(network.combiner.regression.linear.weight, before)
    assert (network.gain > 1.5 * gain).all()


def test_the_phase_is_one_epoch_of_the_history_and_says_what_validation_kept(plan, markets, tmp_path):
    run = execute(plan(phases=PHASES), [markets[0]], [markets[1]], tmp_path / "run")
    assert [(epoch.phase, epoch.kept) for epoch in run.history] == [(0, ""), (1, "linear part")]
    assert open_run(tmp_path / "run").history == run.history
    assert STRATEGIES["adapt"][1] == Phase("target", ridge=100.0)


def test_where_the_equations_have_no_solution_the_linear_part_stays(begun, monkeypatch):
    network, train, validation = begun()
    before = network.combiner.regression.linear.weight.detach().clone()
    monkeypatch.setattr(torch.linalg, "solve", unsolved)
    losses, kept = adapt(network, [20.0], (1, 1), train, validation, "gaussian")
    assert kept in ("spread", "nothing")
    assert torch.equal(network.combiner.regression.linear.weight, before)
    assert np.isfinite(losses).all()


def unsolved(*_):
    raise torch.linalg.LinAlgError("singular\nmatrix")


def test_a_loss_that_is_no_number_is_never_the_lowest(begun):
    network, train, validation = begun()
    # A spread of nothing before the phase: its own loss is no number, that of the fitted one is.
    network.gain.fill_(np.nan)
    with pytest.raises(TrainingError, match="phase in closed form: the loss is no number") as caught:
        adapt(network, [20.0], (1, 1), train, validation, "gaussian")
    assert "\n" not in str(caught.value)
    network.gain.fill_(0.0)
    with pytest.raises(TrainingError):
        adapt(network, [20.0], (1, 1), train, validation, "gaussian")


def test_a_linear_part_that_meets_the_train_part_exactly_leaves_a_spread(begun):
    network, train, validation = begun()
    exact = replace(train, target=distributions(network, train).mean)
    losses, _ = adapt(network, [1e9], (1, 1), exact, validation, "gaussian")
    assert np.isfinite(losses).all()
    assert (network.gain > 0.0).all()


@pytest.mark.parametrize("key", ["held_out", "left_out"])
def test_when_a_recipe_keeps_out_what_none_of_its_files_holds_then_it_is_refused(market, csv_file, tmp_path, key):
    csv_file(market(300, 5, "source"), file="source.csv")
    phases = (Phase("source", epochs=1),)
    recipe = Recipe("r", phases, ("close",), sources=("source.csv",), **{key: ("sourse",)})
    files = {"source": None, "target": None, "data": tmp_path, "drop_bad_rows": False}
    with pytest.raises(InputError, match=f"{key} names 'sourse', which no series"):
        series_of(recipe, files)
    series_of(replace(recipe, **{key: ("source",)}), files)


@pytest.mark.parametrize("after", [1, 2])
def test_a_run_stopped_before_or_after_the_phase_ends_with_the_bits_of_one_left_alone(plan, markets, tmp_path, after):
    recipe = plan(phases=(*PHASES, Phase("target", ("head",), learning_rate=1e-4, epochs=1)))
    seen = []

    def stop(epoch):
        seen.append(epoch)
        if len(seen) == after:
            raise KeyboardInterrupt

    whole = execute(recipe, [markets[0]], [markets[1]], tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        execute(recipe, [markets[0]], [markets[1]], tmp_path / "stopped", report=stop)
    resumed = execute(recipe, [markets[0]], [markets[1]], tmp_path / "stopped", resume=True)
    ours, its = resumed.network.state_dict(), whole.network.state_dict()
    assert all(torch.equal(ours[name], its[name]) for name in its)
    assert [epoch.kept for epoch in resumed.history] == ["", "linear part", ""]


def test_an_adapted_model_travels_as_a_file(plan, markets, tmp_path):
    run = execute(plan(phases=PHASES), [markets[0]], [markets[1]], tmp_path / "run")
    package = export(run, tmp_path / "model.onnx")
    history = vrx.load(package.path).history(markets[1])
    part = samples([markets[1]], run.recipe, run.cuts, "test")
    with torch.no_grad():
        expected = run.network(part.windows(torch.arange(len(part))))[0].numpy()
    np.testing.assert_allclose(history.variance[part.rows.numpy()], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("network", "phase", "message"),
    [
        ({"kind": "encoder"}, {"ridge": 1.0}, r"phases\[0\].ridge is 1.0: it re-solves the linear part, and encoder"),
        ({"kind": "linear"}, {"ridge": -1.0}, r"phases\[0\].ridge is -1.0: give 0 or more"),
        (
            {"kind": "linear"},
            {"ridge": (1.0, 0.0)},
            r"phases\[0\].ridge is \(1.0, 0.0\): give numbers above 0, each once",
        ),
        (
            {"kind": "linear"},
            {"ridge": (2.0, 2.0)},
            r"phases\[0\].ridge is \(2.0, 2.0\): give numbers above 0, each once",
        ),
        ({"kind": "linear"}, {"ridge": ()}, r"phases\[0\].ridge is \(\): give numbers above 0, each once"),
        ({"kind": "encoder"}, {"ridge": (1.0, 2.0)}, r"it re-solves the linear part, and encoder"),
        ({"kind": "linear", "ridge": -1.0}, {}, "network.ridge is -1.0: give 0 or more"),
        ({"kind": "encoder", "week": True}, {}, "network.week is True: it belongs to kind linear or scales, not"),
        ({"kind": "hybrid", "ridge": 1.0}, {}, "network.ridge is 1.0: it belongs to kind linear or scales, not"),
    ],
)
def test_when_a_ridge_or_a_week_has_no_place_then_the_recipe_says_where_it_belongs(network, phase, message):
    with pytest.raises(InputError, match=message):
        Recipe("r", (Phase("target", **phase),), ("close",), network=NetworkShape(**network))


def test_a_model_without_a_linear_part_takes_neither_ridge_nor_week_along():
    shape = NetworkShape(kind="linear", week=True, ridge=3.0, hidden=16)
    assert shape.named("linear") == shape
    assert shape.named("transformer") == NetworkShape(encoder="transformer", hidden=16)
    assert shape.named("hybrid") == NetworkShape(kind="hybrid", hidden=16)


def test_the_command_line_says_what_validation_kept_of_the_phase(say, market, csv_file, tmp_path):
    source = csv_file(market(300, 5, "source"), file="source.csv")
    target = csv_file(market(400, 6, "target"), file="target.csv")
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        'channels = ["close"]\nlookback = 30\nphases = [{series = "target"}]\n'
        '[network]\nkind = "linear"\nhidden = 8\nlayers = 1\nheads = 2\nbottleneck = 8\n'
    )
    out = tmp_path / "out"
    said = say(
        *("train", "--recipe", recipe, "--source", source, "--target", target, "--out", out),
        *("--strategy", "adapt", "--epochs", 1),
    )
    assert said.code == 0, said.err
    kept = open_run(out).history[-1].kept
    assert f"phase 2, in closed form: {SAID[kept]}" in said.out


def test_a_phase_may_name_several_ridges():
    document = {"name": "r", "channels": ["close"], "network": {"kind": "linear"}}
    several = Recipe.from_dict({**document, "phases": [{"series": "target", "ridge": [10, 100.0]}]})
    assert several.phases[0].ridges == (10.0, 100.0)
    assert several.adapts
    assert Recipe.from_dict(several.to_dict()) == several
    one = Recipe.from_dict({**document, "phases": [{"series": "target", "ridge": 10}]})
    assert one.phases[0].ridges == (10.0,)
    none = Recipe.from_dict({**document, "phases": [{"series": "target"}]})
    assert none.phases[0].ridges == ()
    assert not none.adapts
    with pytest.raises(InputError, match=r"recipe.phases\[0\].ridge\[1\] is 'x': give a number"):
        Recipe.from_dict({**document, "phases": [{"series": "target", "ridge": [10, "x"]}]})
