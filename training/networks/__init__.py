"""The networks, by the names that a recipe gives them."""

from vrx.training.networks.base import Network
from vrx.training.networks.har import HarNetwork
from vrx.training.networks.lstm_attention import LstmAttention
from vrx.training.recipe import Recipe

__all__ = ["HarNetwork", "LstmAttention", "Network", "build", "describe"]


def build(recipe: Recipe) -> Network:
    """An untrained network of the recipe's kind; its weights are drawn from torch's global generator."""
    shape = recipe.network
    common = (recipe.channels, recipe.lookback, recipe.horizons, recipe.levels)
    if shape.kind in ("har", "log-har"):
        return HarNetwork(*common, log=shape.kind == "log-har")
    return LstmAttention(
        *common,
        sequence=shape.sequence,
        hidden=shape.hidden,
        layers=shape.layers,
        heads=shape.heads,
        bottleneck=shape.bottleneck,
        dropout=shape.dropout,
        linear=shape.linear,
        floor=shape.floor,
    )


def describe(recipe: Recipe, network: Network) -> str:
    """One line on what computes the forecast, with the true count of its parameters."""
    count = sum(parameter.numel() for parameter in network.parameters())
    if isinstance(network, HarNetwork):
        return f"{recipe.network.kind}, {count} parameters"
    shape = recipe.network
    linear = " plus a linear part over the whole window" if shape.linear else ""
    return (
        f"LSTM {shape.layers} x {shape.hidden} over {shape.sequence} days, {shape.heads}-head attention, bottleneck "
        f"{shape.bottleneck}{linear}, {count:,} parameters"
    )
