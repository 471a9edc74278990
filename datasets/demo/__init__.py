"""The demo site: four rendered cameras, one per kind, with exact truth."""

from datasets.demo.build import build_demo

__all__ = ["build_demo"]
