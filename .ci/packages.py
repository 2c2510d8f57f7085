"""Check what the sdist and the wheel hold: python .ci/packages.py DIST."""

import sys
import tarfile
import zipfile
from pathlib import Path

dist = Path(sys.argv[1])
kernels = sorted(path.stem for path in Path("vrx/_ext").glob("*.pyx"))
(wheel,) = dist.glob("*.whl")
(sdist,) = dist.glob("*.tar.gz")
with zipfile.ZipFile(wheel) as opened:
    inside = opened.namelist()
with tarfile.open(sdist) as unpacked:
    packed = ["/".join(name.split("/")[1:]) for name in unpacked.getnames()]

for name in (
    "vrx/py.typed",
    *(f"vrx/_ext/{stem}.pyi" for stem in kernels),
    "vrx/training/loop.py",
    "vrx/training/recipes/dhansoia.toml",
    "vrx/export/graph.py",
    "vrx/models/universal-ohlc.onnx",
    "vrx/models/universal-ohlc.json",
    "vrx/models/universal-ohlc.md",
    "vrx/models/universal-ohlc.png",
    "vrx/models/universal-ohlc.safetensors",
):
    assert inside.count(name) == 1, f"{wheel.name} holds {name} {inside.count(name)} times"
for stem in kernels:
    assert any(name.startswith(f"vrx/_ext/{stem}.") and name.endswith((".so", ".pyd")) for name in inside), stem
stray = [name for name in inside if name.endswith((".c", ".pyx")) or name.split("/")[0] in ("tests", "training")]
assert not stray, f"{wheel.name} holds {stray}"
sources = [path.as_posix() for path in Path("vrx/_ext").iterdir() if path.suffix in (".pyx", ".pxd")]
for name in (*sources, "training/loop.py", "setup.py", "tests/test_house.py", "experiments/hurst_tables.py"):
    assert name in packed, f"{sdist.name} lacks {name}"
assert not [name for name in packed if name.endswith(".c")], f"{sdist.name} holds C files"
print(
    f"{wheel.name}: {wheel.stat().st_size:,} bytes, {len(inside)} files; {sdist.name}: {sdist.stat().st_size:,} bytes"
)
