"""The networks, by the names that a recipe gives them."""

from collections import Counter

from vrx.training.networks.base import Interface, Network
from vrx.training.networks.combiner import Alone, Combiner, Sum, Weighed
from vrx.training.networks.dilated_convolution import DilatedConvolution
from vrx.training.networks.dynamic_attention import DynamicAttention
from vrx.training.networks.encoded import Encoded
from vrx.training.networks.encoder import Encoder
from vrx.training.networks.ensemble import Ensemble
from vrx.training.networks.har import HarNetwork
from vrx.training.networks.hybrid import Hybrid, HybridFromHar
from vrx.training.networks.lstm_attention import LstmAttention
from vrx.training.networks.multiscale import Multiscale
from vrx.training.networks.overlap import Overlap
from vrx.training.networks.path import Paths
from vrx.training.networks.perceptron import Perceptron
from vrx.training.networks.regimes import Regimes
from vrx.training.networks.regression import Regression
from vrx.training.networks.residual import Residual
from vrx.training.networks.scales import Scales
from vrx.training.networks.transformer import Transformer
from vrx.training.recipe import OVERLAPPING, PERCEPTRON, NetworkShape, Recipe

__all__ = ["Encoded", "Ensemble", "HarNetwork", "Network", "Overlap", "build", "describe"]


def build(recipe: Recipe) -> Network:
    """An untrained network of the recipe's kind; its weights are drawn from torch's global generator."""
    shape, interface = recipe.network, Interface.of(recipe)
    if shape.kind in OVERLAPPING:
        return Overlap(
            interface,
            encoder=_encoder(shape, 2) if shape.encoded else None,
            sequence=shape.sequence,
            dropout=shape.dropout,
            season=shape.season,
        )
    if not shape.encoded:
        return HarNetwork(interface, log=shape.kind == "log-har")
    paths = Paths(shape.floor)
    if shape.encoder == PERCEPTRON:
        combiner = _combiner(recipe, interface, paths)
        encoder = _perceptron(shape, combiner.regression)
    else:
        encoder = _encoder(shape, 1 + interface.has_returns)
        combiner = _combiner(recipe, interface, paths)
    return Encoded(
        interface,
        encoder=encoder,
        combiner=combiner,
        paths=paths,
        sequence=shape.sequence,
        dropout=shape.dropout,
        # Without members no slice stands in the graph.
        window=recipe.member.window if recipe.members else 0,
        faithful=recipe.member.loss == "faithful",
        naive_unit=shape.naive_unit,
    )


def _encoder(shape: NetworkShape, columns: int) -> Encoder:
    if shape.encoder == "transformer":
        sizes = (shape.hidden, shape.layers, shape.heads, shape.bottleneck)
        return Transformer(columns, shape.sequence, *sizes, shape.dropout)
    if shape.encoder == "dilated-convolution":
        return DilatedConvolution(columns, shape.sequence, shape.hidden, shape.bottleneck, shape.dropout)
    return LstmAttention(columns, shape.hidden, shape.layers, shape.heads, shape.bottleneck, shape.dropout)


def _perceptron(shape: NetworkShape, regression: Regression | None) -> Encoder:
    if regression is None:
        raise ValueError(f"{shape.kind} has no linear part whose columns a perceptron could read")
    return Perceptron(regression.linear.in_features, shape.bottleneck, shape.dropout)


def _combiner(recipe: Recipe, interface: Interface, paths: Paths) -> Combiner:
    shape, horizons, days = recipe.network, len(recipe.horizons), recipe.member.window
    if shape.kind == "scales":
        return Weighed(Scales(interface, paths, days=days, week=shape.week))
    if shape.kind == "linear":
        return Sum(Multiscale(horizons, paths, days=days, has_returns=interface.has_returns, week=shape.week))
    if shape.kind == "dynamic-attention":
        return DynamicAttention(horizons, shape.bottleneck)
    if shape.kind == "regimes":
        return Regimes(horizons, shape.bottleneck, shape.regimes)
    kinds = {"hybrid": Hybrid, "hybrid-from-har": HybridFromHar, "residual": Residual}
    return kinds[shape.kind](horizons) if shape.kind in kinds else Alone()


def describe(recipe: Recipe, network: Network) -> str:
    """One line on what computes the forecast, with the true count of its parameters."""
    if isinstance(network, Ensemble):
        told = Counter(describe(recipe, member) for member in network.each())
        each = "each" if len(told) == 1 else "{} of them"
        parts = "; ".join(f"{each.format(count)}: {one}" for one, count in told.items())
        return f"mean of {len(network.members)} networks from as many seeds, {parts}"
    count, shape = sum(parameter.numel() for parameter in network.parameters()), recipe.network
    if not shape.encoded:
        return f"{shape.kind}, {count} parameters"
    if shape.encoder == "lstm-attention":
        encoder = f"LSTM {shape.layers} x {shape.hidden} over {shape.sequence} days, {shape.heads}-head attention"
    elif shape.encoder == "transformer":
        encoder = f"Transformer {shape.layers} x {shape.hidden} over {shape.sequence} days, {shape.heads} heads"
    elif shape.encoder == PERCEPTRON:
        encoder = "perceptron over the columns of the linear part"
    else:
        encoder = f"dilated convolutions of {shape.hidden} channels over {shape.sequence} days"
    combined = _COMBINED[shape.kind].format(shape=shape)
    own = f", of the last {network.input.window} days" if network.input.window else ""
    if own and isinstance(network, Encoded) and network.head.faithful:
        own += ", by the faithful loss"
    if isinstance(network, Encoded) and network.unit is not None:
        own += ", spread in units of the window's own naive errors"
    return f"{encoder}, bottleneck {shape.bottleneck}{combined}{own}, {count:,} parameters"


_COMBINED = {
    "encoder": "",
    "linear": " plus a linear part over the whole window",
    "scales": " plus a linear part on every scale of variance, returns and ranges",
    "hybrid": ", weighed against log-HAR",
    "hybrid-from-har": ", weighed against log-HAR from which it starts",
    "dynamic-attention": ", weighed against log-HAR window by window",
    "residual": ", on what log-HAR leaves over",
    "overlap-network": ", correcting the scale of the returns to come",
    "regimes": ", log-HAR corrected in {shape.regimes} soft regimes",
}
