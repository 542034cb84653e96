"""How many bins of a logit scores are counted in; apart from the counting itself, which needs torch."""

FINE_BINS = 48  # a quarter of a logit each: AUROC, Brier score and log-loss stay within .002 of those of single scores
