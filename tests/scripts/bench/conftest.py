"""The loop's fakes, since benches measure the loop, and videos made on the spot."""

from tests.vision.loop.conftest import fakes
from tests.vision.sources.conftest import index_of, make_video

__all__ = ["fakes", "index_of", "make_video"]
