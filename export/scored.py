"""Scores for weights that have seen all there is: those of the same recipe, trained before a test part."""

from dataclasses import replace

from vrx.errors import InputError
from vrx.training.folder import Run
from vrx.training.recipe import finally_

__all__ = ["SPLIT", "with_scores"]

SPLIT = "split"


def with_scores(run: Run, scored: Run) -> Run:
    """A run of the final weights with the scores of another, which was trained by the same recipe to its own split.

    Parameters
    ----------
    run
        Trained by :func:`vrx.training.recipe.finally_` of the other's recipe.
    scored
        What was trained, chosen and scored in time.

    Returns
    -------
    Run
        Its scores hold under ``"split"`` where the parts of the scored one ended.

    Raises
    ------
    InputError
        The runs are not of one recipe and the same seeds.
    """
    before = scored.recipe
    if before.final is None or replace(run.recipe, final=None) != finally_(before) or run.seeds != scored.seeds:
        raise InputError(
            f"--scores: the run of {before.name} is not that of recipe {run.recipe.name} with the same seeds: give the "
            "folder that vrx train wrote without --final"
        )
    ends = {"train_end": str(scored.cuts.train_end), "validation_end": str(scored.cuts.validation_end)}
    return replace(run, scores={**scored.scores, SPLIT: ends})
