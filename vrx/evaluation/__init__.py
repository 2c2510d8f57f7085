"""How good a forecast is: metrics, tests of significance, scores beside baselines.

::

    Task, baselines_of      what is to be forecast on the days of a series, and what simple models say     walk.py
    refitted                GARCH and its kin, refitted as the days go by                                  refit.py
    compare                 all models on the same days: errors, Diebold-Mariano, model confidence set     compare.py
    Comparison, ModelScore  what it found                                                                  comparison.py
    model_confidence_set    the models that may be the best                                                confidence.py
    score, Scores           several horizons, several assets                                               scores.py
    metrics                 every measure of error as a plain function                                     metrics.py
    split                   where train, validation and test part end                                      split.py
"""

from vrx.evaluation._baselines import baselines
from vrx.evaluation.compare import compare
from vrx.evaluation.comparison import Comparison, ModelScore
from vrx.evaluation.confidence import model_confidence_set
from vrx.evaluation.scores import PanelScores, Scores, mean_over_assets, score
from vrx.evaluation.walk import Forecasts, Task, baselines_of

__all__ = [
    "Comparison",
    "Forecasts",
    "ModelScore",
    "PanelScores",
    "Scores",
    "Task",
    "baselines",
    "baselines_of",
    "compare",
    "mean_over_assets",
    "model_confidence_set",
    "score",
]
