"""What the tests of the commands ask of a refusal and of JSON."""

import json


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
