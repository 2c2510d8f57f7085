"""The rules of the house (CONTRIBUTING.md), each as a test."""

import ast
import json
import re
from pathlib import Path

import pytest

import vrx

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "scipy", "pandas", "statsmodels", "arch", "matplotlib", "pywt", "onnx", "onnxruntime", "pyarrow")
HEAVY += ("sqlalchemy", "psycopg")
NAMES = {
    "Bars",
    "Forecast",
    "Forecaster",
    "InputError",
    "MissingExtraError",
    "ModelFileError",
    "VrxError",
    "load",
    "bundled",
    "read",
}
MOST_LINES = 450


def modules(*folders):
    """The Python files below these folders; the symlinks vrx/training and vrx/export are other folders' files."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return [path for path in found if not {"training", "export"} & set(path.relative_to(ROOT).parts[1:-1])]


def imports(tree, *, inside_functions=True):
    """Every imported module as a dotted name; of ``from a import b`` both a and a.b."""
    found, queue = [], [tree]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            queue += node.orelse
        elif inside_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            queue += ast.iter_child_nodes(node)
    return found


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def below(names, *packages):
    return [name for name in names if any(name == top or name.startswith(top + ".") for top in packages)]


def ids(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


OURS = modules("vrx", "training", "export")
GROUND = modules("vrx")


def test_the_kernels_import_nothing_of_ours():
    kernels = sorted((ROOT / "vrx/_ext").glob("*.py*"))
    assert any(path.suffix == ".pyx" for path in kernels)
    for path in kernels:
        lines = path.read_text(encoding="utf-8").splitlines()
        used = [line for line in lines if re.match(r"\s*(from|import|cimport|include)\b", line)]
        assert not [line for line in used if re.search(r"\b(vrx|training|export)\b", line.replace("vrx._ext", ""))]


@pytest.mark.parametrize("path", GROUND, ids=ids(GROUND))
def test_the_ground_floor_reaches_training_and_export_only_inside_a_command(path):
    commands = path.parent == ROOT / "vrx/cli"
    tree = parsed(path)
    assert not below(imports(tree, inside_functions=not commands), "vrx.training", "vrx.export")


@pytest.mark.parametrize("path", GROUND, ids=ids(GROUND))
def test_the_ground_floor_imports_nothing_heavy_outside_functions(path):
    assert not below(imports(parsed(path), inside_functions=False), *HEAVY)


def test_training_never_imports_export():
    for path in modules("training"):
        assert not below(imports(parsed(path)), "vrx.export", "onnx", "onnxscript", "onnxruntime"), path


@pytest.mark.parametrize("path", OURS, ids=ids(OURS))
def test_no_pickle_anywhere_and_no_assert_for_validation(path):
    tree = parsed(path)
    assert not below(
        imports(tree), "pickle", "cloudpickle", "joblib", "dill", "shelve", "marshal", "torch.serialization"
    )
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Assert), f"{path}:{node.lineno}"
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in ("torch.save", "torch.load", "torch.jit.load", "torch.jit.save")
        if isinstance(node, ast.keyword):
            assert node.arg not in ("allow_pickle", "weights_only")


@pytest.mark.parametrize("path", OURS, ids=ids(OURS))
def test_no_module_has_outgrown_the_house(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_the_exported_names_are_exactly_these():
    assert set(vrx.__all__) == NAMES
    assert len(NAMES) <= 10
    assert all(hasattr(vrx, name) for name in NAMES)
    assert re.fullmatch(r"\d+\.\d+\.\d+", vrx.__version__)


def test_importing_vrx_loads_none_of_the_heavy_packages(fresh):
    done = fresh("import sys, json, vrx; print(json.dumps([sorted(sys.modules), vrx.__version__]))")
    loaded, version = json.loads(done.out)
    assert version == vrx.__version__
    assert not {name.partition(".")[0] for name in loaded} & {*HEAVY, "typer", "rich", "click"}


def test_asking_for_help_loads_nothing_heavy_either(fresh):
    code = """
import json, sys
from vrx.cli import main
sys.argv = ["vrx", "--help"]
try:
    main()
except SystemExit as end:
    print(json.dumps([end.code, sorted(sys.modules)]))
"""
    done, loaded = json.loads(fresh(code).out.splitlines()[-1])
    assert done == 0
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)


def test_a_command_loads_no_other_command_and_predict_no_rich(fresh, bars, csv_file):
    code = """
import atexit, json, sys
from vrx.cli import main
atexit.register(lambda: print(json.dumps(sorted(sys.modules))))
sys.argv = ["vrx", *sys.argv[1:]]
main()
"""
    done = fresh(code, "predict", "--series", csv_file(bars, ("open", "high", "low", "close"), "bars.csv"))
    loaded = set(json.loads(done.out.splitlines()[-1]))
    assert "days ahead" in done.out
    own = {name.removeprefix("vrx.cli.") for name in loaded if name.startswith("vrx.cli.")}
    assert own == {"app", "common", "predict", "storing"}
    assert not {name.partition(".")[0] for name in loaded} & {"rich", "pydantic"}


WITHOUT = """
import sys
for name in {absent!r}:
    sys.modules[name] = None
from vrx.cli import main
sys.argv = ["vrx", *sys.argv[1:]]
main()
"""
ABSENT = [name for name in HEAVY if name not in ("onnxruntime", "pywt")] + ["safetensors", "onnxscript", "polars"]


def test_predict_works_with_the_base_install_alone(fresh, bars, csv_file, exported):
    for channels, names in (("ohlc", ("open", "high", "low", "close")), ("variance", ("variance",))):
        model = exported("lstm-attention", channels).path
        series = csv_file(bars, names, f"{channels}.csv")
        done = fresh(WITHOUT.format(absent=ABSENT), "predict", "--series", series, "--model", model, "--json")
        assert (done.code, done.err) == (0, "")
        wanted = vrx.load(model).predict(bars)
        assert [row["volatility"] for row in json.loads(done.out)["forecast"]] == wanted.volatility.tolist()


@pytest.mark.parametrize(
    ("absent", "command", "extra"),
    [
        ("torch", ["train", "--target", "x.csv", "--out", "run"], "train"),
        ("safetensors", ["train", "--target", "x.csv", "--out", "run"], "train"),
        ("torch", ["export", "run", "--out", "m.onnx"], "train"),
        ("onnx", ["export", "run", "--out", "m.onnx"], "train"),
        ("onnxscript", ["export", "run", "--out", "m.onnx"], "train"),
        ("matplotlib", ["export", "run", "--out", "m.onnx", "--card"], "train"),
        ("matplotlib", ["predict", "--series", "x.csv", "--plot", "x.png"], "research"),
        ("matplotlib", ["evaluate", "--series", "x.csv", "--report", "x.html"], "research"),
        ("statsmodels", ["evaluate", "--series", "x.csv"], "research"),
        ("arch", ["evaluate", "--series", "x.csv"], "research"),
        ("arch", ["predict", "--series", "sample:sp500"], "research"),
        ("pyarrow", ["predict", "--series", "{folder}/x.parquet"], "research"),
        ("sqlalchemy", ["evaluate", "--series", "x.csv", "--store", "x.db"], "research"),
        ("sqlalchemy", ["runs", "list", "--store", "x.db"], "research"),
        ("psycopg", ["runs", "list", "--store", "postgresql://host/db"], "research"),
    ],
)
def test_when_an_extra_is_missing_then_one_line_names_the_install(fresh, tmp_path, absent, command, extra):
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    command = [word.replace("{folder}", str(tmp_path)) for word in command]
    done = fresh(WITHOUT.format(absent=[absent]), *command)
    assert done.code == 1
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert f"needs {absent}" in done.err
    assert f'pip install "vrx[{extra}]"' in done.err


def test_no_path_of_a_machine_and_no_registry_stands_in_the_source():
    for path in [
        *OURS,
        *sorted((ROOT / "training/recipes").glob("*.toml")),
        ROOT / "pyproject.toml",
        ROOT / "README.md",
    ]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/work/|/home/|/root/|\.\./shared|pypi\.org|files\.pythonhosted", text), path
