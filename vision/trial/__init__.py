"""Trial: what rules would have found in looks that were kept, tried out in a process apart."""

from vision.trial.trial import LONGEST_S, Trial

__all__ = ["LONGEST_S", "Trial"]
