"""How good a forecast is: metrics, tests of significance, scores beside baselines."""

from vrx.evaluation._baselines import baselines
from vrx.evaluation.scores import PanelScores, Scores, mean_over_assets, score

__all__ = ["PanelScores", "Scores", "baselines", "mean_over_assets", "score"]
