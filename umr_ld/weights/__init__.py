"""Files of weights and data on this machine: their digests, and whether they are what somebody says."""

from umr_ld.weights.digests import Hashed, files_below, hashed
from umr_ld.weights.fitting import Fit, fit

__all__ = ["Fit", "Hashed", "files_below", "fit", "hashed"]
