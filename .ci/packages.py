"""Check what the sdist and the wheel hold: python .ci/packages.py DIST."""

import sys
import tarfile
import zipfile
from pathlib import Path

dist = Path(sys.argv[1])
(wheel,) = dist.glob("*.whl")
(sdist,) = dist.glob("*.tar.gz")
with zipfile.ZipFile(wheel) as opened:
    inside = opened.namelist()
with tarfile.open(sdist) as unpacked:
    packed = ["/".join(name.split("/")[1:]) for name in unpacked.getnames()]

for name in (
    "vrx/py.typed",
    "vrx/_ext/hurst.pyi",
    "vrx/training/loop.py",
    "vrx/training/recipes/dhansoia.toml",
    "vrx/export/graph.py",
    "vrx/models/universal-ohlc.onnx",
    "vrx/models/universal-ohlc.json",
    "vrx/models/universal-ohlc.md",
):
    assert inside.count(name) == 1, f"{wheel.name} holds {name} {inside.count(name)} times"
for stem in ("hurst", "fractional"):
    assert any(name.startswith(f"vrx/_ext/{stem}.") and name.endswith((".so", ".pyd")) for name in inside), stem
stray = [name for name in inside if name.endswith((".c", ".pyx")) or name.split("/")[0] in ("tests", "training")]
assert not stray, f"{wheel.name} holds {stray}"
for name in ("vrx/_ext/hurst.pyx", "vrx/_ext/fractional.pyx", "training/loop.py", "setup.py", "tests/test_house.py"):
    assert name in packed, f"{sdist.name} lacks {name}"
assert not [name for name in packed if name.endswith(".c")], f"{sdist.name} holds C files"
print(
    f"{wheel.name}: {wheel.stat().st_size:,} bytes, {len(inside)} files; {sdist.name}: {sdist.stat().st_size:,} bytes"
)
