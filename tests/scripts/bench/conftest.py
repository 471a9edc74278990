"""The loop's fakes, since benches measure the loop."""

from tests.vision.loop.conftest import fakes

__all__ = ["fakes"]
