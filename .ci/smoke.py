"""Smoke test of an installed wheel without torch: python smoke.py, from a folder without the sources."""

import csv
import datetime
import importlib.util
import json
import math
import random
import subprocess
import sys
from pathlib import Path

for absent in ("torch", "scipy", "pandas", "statsmodels", "arch", "onnx"):
    assert importlib.util.find_spec(absent) is None, f"{absent} is installed: this is not the base install"

random.seed(7)
price, day = 100.0, datetime.date(2023, 1, 1)
with Path("bars.csv").open("w", newline="") as file:
    out = csv.writer(file)
    out.writerow(["Date", "Open", "High", "Low", "Close", "Volume"])
    for k in range(400):
        close = price * math.exp(random.gauss(0.0, 0.02))
        high, low = max(price, close) * 1.004, min(price, close) * 0.996
        out.writerow([day + datetime.timedelta(k), price, high, low, close, 1000])
        price = close

vrx = [str(Path(sys.executable).with_name("vrx"))]
forecast = json.loads(subprocess.check_output([*vrx, "predict", "--series", "bars.csv", "--json"]))
assert [row["horizon"] for row in forecast["forecast"]] == [1, 5, 22], forecast
assert all(0.005 < row["volatility"] < 0.08 for row in forecast["forecast"]), forecast
print(subprocess.check_output([*vrx, "predict", "--series", "bars.csv"], text=True))
hurst = json.loads(subprocess.check_output([*vrx, "hurst", "--series", "bars.csv", "--json"]))
assert len(hurst["methods"]) == 7, hurst
print(subprocess.check_output([*vrx, "hurst", "--series", "bars.csv"], text=True))
names = [model["name"] for model in json.loads(subprocess.check_output([*vrx, "models", "--json"]))]
print(subprocess.check_output([*vrx, "verify", *names], text=True))
refused = subprocess.run([*vrx, "train", "--target", "bars.csv", "--out", "run"], capture_output=True, text=True)
assert refused.returncode == 1, refused
assert 'pip install "vrx[train]"' in refused.stderr, refused
assert refused.stderr.count("\n") == 1, refused
print(f"vrx without torch: {len(names)} models sound; {refused.stderr.strip()}")
