"""What ultralytics does to the process is undone."""

from __future__ import annotations

import pytest
from PIL import Image, UnidentifiedImageError

import models.load  # noqa: F401 - imports ultralytics


def test_pillow_says_itself_what_is_wrong_with_a_file(tmp_path):
    path = tmp_path / "text.jpg"
    path.write_text("no picture")
    with pytest.raises(UnidentifiedImageError):
        Image.open(path)
