"""What the tests of the commands ask of a refusal and of JSON."""

import json

# A network that trains in a blink on bars, first on a source.
RECIPE = """
channels = ["open", "high", "low", "close"]
[network]
hidden = 8
layers = 1
heads = 2
bottleneck = 8
[[phases]]
series = "source"
epochs = 2
batch_size = 64
[[phases]]
series = "target"
epochs = 2
batch_size = 64
"""
# One that is trained on the target alone, and what leaves enough days of a toy to it.
ALONE = """
channels = ["open", "high", "low", "close"]
lookback = 23
horizons = [1, 5]
[network]
hidden = 4
layers = 1
heads = 2
bottleneck = 4
[[phases]]
series = "target"
epochs = 2
batch_size = 64
"""
SHARES = ("--train-share", "0.6", "--validation-share", "0.22")


def refused(said, code, *words):
    assert said.code == code, said
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("vrx: ")
    for word in words:
        assert word in said.err


def strict(text):
    def refuse(name):
        raise AssertionError(f"{name} in JSON")

    return json.loads(text, parse_constant=refuse)
