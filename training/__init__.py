"""From a recipe and real series to trained weights; needs `pip install "vrx[train]"`."""
