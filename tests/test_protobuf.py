import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from vrx._protobuf import Facts, inspect
from vrx.errors import ModelFileError


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def held(number, payload, high=0):
    """A length-delimited field; `high` sets bits of the key that no parser in C++ reads."""
    return varint(number << 3 | 2 | high << 32) + varint(len(payload)) + payload


def tensor(location=None, name="w"):
    made = TensorProto(name=name, data_type=TensorProto.DOUBLE, dims=[1], double_data=[1.0])
    if location is not None:
        made.ClearField("double_data")
        made.external_data.add(key="location", value=location)
        made.data_location = TensorProto.EXTERNAL
    return made


def model(nodes=(), tensors=(), sparse=(), opsets=(("", 18),), functions=()):
    graph = helper.make_graph(list(nodes), "g", [], [], list(tensors), sparse_initializer=list(sparse))
    made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid(*pair) for pair in opsets])
    made.functions.extend(functions)
    return made


def inside(graph_or_tensor):
    """A node that holds a graph or a tensor in an attribute."""
    return helper.make_node("If", [], [], then_branch=graph_or_tensor)


OUTSIDE = {
    "initializer": model(tensors=[tensor("x.bin")]),
    "constant": model([helper.make_node("Constant", [], ["c"], value=tensor("x.bin"))]),
    "list of tensors": model([helper.make_node("Constant", [], ["c"], values=[tensor(), tensor("x.bin")])]),
    "subgraph": model([inside(helper.make_graph([], "s", [], [], [tensor("x.bin")]))]),
    "sparse values": model(sparse=[onnx.SparseTensorProto(values=tensor("x.bin"), indices=tensor(), dims=[1])]),
    "sparse indices": model(sparse=[onnx.SparseTensorProto(values=tensor(), indices=tensor("x.bin"), dims=[1])]),
    "function": model(
        functions=[
            helper.make_function(
                "",
                "f",
                [],
                [],
                [helper.make_node("Constant", [], ["c"], value=tensor("x.bin"))],
                [helper.make_opsetid("", 18)],
            )
        ]
    ),
}


@pytest.mark.parametrize("place", OUTSIDE)
def test_when_a_tensor_anywhere_points_outside_then_it_is_seen(place):
    assert inspect(OUTSIDE[place].SerializeToString()).external


def test_when_all_tensors_are_inside_then_none_is_external():
    sound = model([inside(helper.make_graph([], "s", [], [], [tensor()]))], [tensor()])
    assert inspect(sound.SerializeToString()) == Facts(8, 18, (), False)


def test_when_the_training_part_holds_the_tensor_then_it_is_seen():
    made = model()
    made.training_info.add().algorithm.CopyFrom(helper.make_graph([], "t", [], [], [tensor("x.bin")]))
    assert inspect(made.SerializeToString()).external


@pytest.mark.parametrize("high", [1, 4, 7])
def test_when_a_key_has_bits_that_other_parsers_drop_then_the_file_is_refused(high):
    entry = onnx.StringStringEntryProto(key="location", value="secret").SerializeToString()
    forged = held(7, held(5, tensor().SerializeToString() + held(13, entry, high)))
    with pytest.raises(ModelFileError, match="no lawful number"):
        inspect(forged)


@pytest.mark.parametrize("nodes", [[helper.make_node("Magic", [], ["m"], domain="com.evil")], []])
def test_domains_of_nodes_and_of_opsets_are_both_reported(nodes):
    opsets = (("", 18), ("ai.onnx", 17)) if nodes else (("", 18), ("com.evil", 1))
    assert inspect(model(nodes, opsets=opsets).SerializeToString()) == Facts(8, 18, ("com.evil",), False)


def test_a_domain_inside_a_subgraph_is_reported():
    deep = helper.make_graph([helper.make_node("Magic", [], ["m"], domain="deep")], "s", [], [])
    assert inspect(model([inside(deep)]).SerializeToString()).other_domains == ("deep",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x08", "a number has no end"),
        (b"\x08" + b"\xff" * 11, "a number has no end"),
        (b"\x3a\x05\x00", "runs past its end"),
        (b"\x3b", "unknown wire type"),
        (b"\x0d\x00\x00", "runs past its end"),
        (b"\x00\x00", "no lawful number"),
        (b"PK\x03\x04" + b"\x00" * 64, "not an ONNX file"),
    ],
)
def test_when_the_wire_is_damaged_then_the_error_says_how(data, message):
    with pytest.raises(ModelFileError, match=message):
        inspect(data)


def test_when_messages_nest_without_end_then_the_walk_stops():
    data = b""
    for _ in range(40):  # graph > node > attribute > graph ...
        data = held(1, held(5, held(6, data)))
    with pytest.raises(ModelFileError, match="nest deeper than 64"):
        inspect(held(7, data))


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_whatever_the_bytes_say_the_walk_ends_in_facts_or_in_one_error(data):
    try:
        said = inspect(data)
    except ModelFileError as error:
        said = str(error)
    assert isinstance(said, Facts) or "\n" not in said


@settings(max_examples=100)
@given(
    st.integers(1, 200),
    st.integers(1, 60),
    st.lists(st.sampled_from(["", "ai.onnx", "com.a", "org.b"]), min_size=1, max_size=4, unique=True),
    st.booleans(),
)
def test_the_walk_agrees_with_the_onnx_package(ir_version, opset, domains, external):
    made = model(tensors=[tensor("x.bin" if external else None)], opsets=[(domain, opset) for domain in domains])
    made.ir_version = ir_version
    default = opset if {"", "ai.onnx"} & set(domains) else 0
    others = tuple(sorted(set(domains) - {"", "ai.onnx"}))
    assert inspect(made.SerializeToString()) == Facts(ir_version, default, others, external)
