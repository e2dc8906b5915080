"""What a run should take before it begins: seconds, memory and disk."""

from .planning import Plan, StagePlan, free_space, in_bytes, no_room, plan, refuse_what_cannot_fit
from .seconds import StageEstimate, estimate, in_time

__all__ = [
    "Plan",
    "StageEstimate",
    "StagePlan",
    "estimate",
    "free_space",
    "in_bytes",
    "in_time",
    "no_room",
    "plan",
    "refuse_what_cannot_fit",
]
