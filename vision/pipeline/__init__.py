"""Pipeline: everything that watches a site, put together."""

from vision.pipeline.pipeline import Pipeline

__all__ = ["Pipeline"]
