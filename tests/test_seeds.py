"""The processes that train one recipe from several seeds."""

import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("torch")

SCRIPT = """
import os
from concurrent.futures import ProcessPoolExecutor

import vrx
from vrx.training import seeds


def where():
    import vrx

    return vrx.__file__


if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=seeds._context()) as pool:
        assert pool.submit(where).result() == vrx.__file__
    assert os.environ.get(seeds.SAFE_PATH) == {safe!r}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere processes are spawned, with the path of their parent")
@pytest.mark.parametrize("safe", [None, ""])
def test_processes_import_the_package_that_is_installed_and_not_what_lies_in_the_working_directory(
    tmp_path, monkeypatch, safe
):
    script = tmp_path / "scripts" / "where.py"
    script.parent.mkdir()
    script.write_text(textwrap.dedent(SCRIPT).format(safe=safe), encoding="utf-8")
    other = tmp_path / "here" / "vrx" / "__init__.py"
    other.parent.mkdir(parents=True)
    other.write_text("raise RuntimeError('the one in the working directory')", encoding="utf-8")
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    if safe is not None:
        monkeypatch.setenv("PYTHONSAFEPATH", safe)
    answer = subprocess.run(
        [sys.executable, str(script)], cwd=other.parents[1], capture_output=True, text=True, check=False, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
