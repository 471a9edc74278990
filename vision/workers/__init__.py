"""Camera workers: processes that share a site's cameras, and the main process's side of them."""

from vision.workers.placement import share_out, workers_for
from vision.workers.workers import Workers

__all__ = ["Workers", "share_out", "workers_for"]
