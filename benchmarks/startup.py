"""Time the start of vrx in fresh processes against that of what it stands on; print one markdown table.

    python benchmarks/startup.py --series FILE --model MODEL

Ours and the peer start in turn, so that both meet the same machine. Needs os.wait4: Linux or macOS.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from typing import NamedTuple

# This process imports no numpy: the system counts a child's peak memory from that of the parent which started it.

PROCESSES = 9
OPTIONAL = ("torch", "pandas", "scipy", "pywt", "onnxruntime", "statsmodels", "matplotlib")


class Cost(NamedTuple):
    """One process: wall time, and the most memory that was resident at once."""

    milliseconds: float
    megabytes: float


def start(command: list[str], environment: dict[str, str]) -> Cost:
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    elapsed = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"exit code {child.returncode}: {' '.join(command)}")
    return Cost(elapsed * 1e3, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))


def measure(commands: dict[str, list[str]]) -> dict[str, Cost]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as compiled:
        # Bytecode as an installed package has it, for both sides: a checkout may be compiled anew at every start.
        environment["PYTHONPYCACHEPREFIX"] = compiled
        for command in commands.values():
            start(command, environment)
        rounds = [{name: start(command, environment) for name, command in commands.items()} for _ in range(PROCESSES)]
    return {
        name: Cost(
            statistics.median(one[name].milliseconds for one in rounds),
            statistics.median(one[name].megabytes for one in rounds),
        )
        for name in commands
    }


def loaded() -> str:
    """Name the optional packages that `import vrx` brings in; there should be none."""
    code = f"import sys, vrx; print(', '.join(sorted(set({OPTIONAL}) & set(sys.modules))) or 'none')"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the start of vrx in fresh processes.")
    parser.add_argument("--series", required=True, help="the bars to forecast from")
    parser.add_argument("--model", required=True, help="a model file, or the name of a bundled model")
    told = parser.parse_args()
    script = shutil.which("vrx", path=sysconfig.get_path("scripts"))
    if script is None:
        raise SystemExit("there is no vrx script beside this python: pip install vrx")
    numpy, both = "import numpy", "import numpy, onnxruntime"
    commands = {
        numpy: [sys.executable, "-c", numpy],
        "import vrx": [sys.executable, "-c", "import vrx"],
        "vrx --version": [script, "--version"],
        both: [sys.executable, "-c", both],
        "vrx predict": [script, "predict", "--series", told.series, "--model", told.model],
    }
    peers = {"import vrx": numpy, "vrx --version": numpy, "vrx predict": both}
    costs = measure(commands)
    print(f"| on {os.cpu_count()} cores, medians of {PROCESSES} | ms | peak MB | against | ms / ms | MB / MB |")
    print("|---|--:|--:|---|--:|--:|")
    for name, cost in costs.items():
        line = f"| `{name}` | {cost.milliseconds:.0f} | {cost.megabytes:.0f} |"
        if name in peers:
            peer = costs[peers[name]]
            times, memory = cost.milliseconds / peer.milliseconds, cost.megabytes / peer.megabytes
            print(f"{line} `{peers[name]}` | {times:.2f} | {memory:.2f} |")
        else:
            print(f"{line} | | |")
    print(f"\nof {', '.join(OPTIONAL)}, `import vrx` loads: {loaded()}")


if __name__ == "__main__":
    main()
