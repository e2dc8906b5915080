"""Chance that is the same in every run."""

SEED = 0
"""From which every random draw in the chain begins, so that a run can be repeated to the last bit; ``run.json`` states it."""
