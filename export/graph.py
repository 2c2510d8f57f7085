"""Network to graph: one opset-18 file in IR version 8, without external data, with a named batch axis."""

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import onnx
import torch
from onnx_ir.passes import PassManager, common
from torch import Tensor, nn

from vrx import contract

__all__ = ["to_model"]

# What the members of an ensemble hold and compute alike, logs of prices above all, is held and computed once. The
# exporter does so itself, but leaves matrices of more than 1,024 elements apart, and all that is computed from them.
SHARED = PassManager(
    [common.DeduplicateInitializersPass(size_limit=contract.MAX_BYTES), common.CommonSubexpressionEliminationPass()]
)


def to_model(
    network: nn.Module,
    example: Tensor,
    *,
    asked: str = contract.INPUT,
    answers: Sequence[str] = contract.OUTPUTS,
) -> onnx.ModelProto:
    """Export a network.

    Parameters
    ----------
    network
        In evaluation mode: (batch, lookback, channels) to the contract's outputs.
    example
        A few windows, (batch, lookback, channels) float64; two or more, since from one the exporter fixes the batch.
    asked, answers
        Names of the graph's input and outputs, for a model of another contract.
    """
    batch = torch.export.Dim("batch", min=1)
    with _quiet():
        program = torch.onnx.export(
            network.eval(),
            (example,),
            dynamo=True,
            opset_version=contract.OPSET,
            input_names=[asked],
            output_names=list(answers),
            dynamic_shapes=({0: batch},),
            external_data=False,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    SHARED(program.model)
    model = program.model_proto
    model.ir_version = contract.IR_VERSION
    model.producer_name = "vrx"
    model.producer_version = ""
    # Names of Python frames and shapes of intermediate values: nothing that a runtime reads, and half of the bytes.
    del model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    onnx.checker.check_model(model)
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what the exporter says about packages and operators that no model of ours uses."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
