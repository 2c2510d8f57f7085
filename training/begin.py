"""What a run must share with the one whose weights it begins from, and what it owes to it."""

from dataclasses import replace

from vrx.errors import InputError
from vrx.training.data import dates_of
from vrx.training.folder import Run
from vrx.training.prepared import Prepared

__all__ = ["continued"]

SHARED = ("channels", "lookback", "horizons", "measure", "rolling")


def continued(prepared: Prepared, begin: Run) -> Prepared:
    """The same with the series of `begin` among those that the network has seen.

    Raises
    ------
    InputError
        The run reads, forecasts or computes something else, or has seen days of the test part.
    """
    recipe, before = prepared.recipe, begin.recipe
    where = f"recipe {recipe.name}: the run {before.name} that it begins from"
    if not recipe.network.encoded:
        raise InputError(f"recipe {recipe.name}: {recipe.network.kind} begins from no run: it is fitted in one go")
    # The shape first: sizes decide the lookback too. Penalty and dropout are of the training, not of the network.
    if replace(before.network, dropout=recipe.network.dropout, ridge=recipe.network.ridge) != recipe.network:
        raise InputError(
            f"recipe {recipe.name}: its network is not that of the run {before.name} that it begins from: give both "
            "the same"
        )
    for key in SHARED:
        if getattr(before, key) != getattr(recipe, key):
            raise InputError(f"{where} has {key} {getattr(before, key)!r}, not {getattr(recipe, key)!r}: give it those")
    if before.member.window != recipe.member.window:
        raise InputError(
            f"{where} reads {before.member.window} days, not {recipe.member.window}: give both a member of one window"
        )
    tested = any(dates_of(bars)[-1] > prepared.at.validation_end for bars in [*prepared.scored, *prepared.unseen])
    if tested and begin.cuts.validation_end > prepared.at.validation_end:
        raise InputError(
            f"{where} saw days to {begin.cuts.validation_end}, and the test part begins after "
            f"{prepared.at.validation_end}: let it end there too, by split.validation_end"
        )
    others = tuple(origin for origin in begin.origins if origin not in prepared.known)
    return replace(prepared, known=(*prepared.known, *others))
