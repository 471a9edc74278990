"""What libraries do to the process is undone, and what they would send is not sent."""

from __future__ import annotations

import os

import pytest
from PIL import Image, UnidentifiedImageError

import models.load  # noqa: F401 - imports ultralytics


def test_pillow_says_itself_what_is_wrong_with_a_file(tmp_path):
    path = tmp_path / "text.jpg"
    path.write_text("no picture")
    with pytest.raises(UnidentifiedImageError):
        Image.open(path)


@pytest.mark.parametrize(
    ("switch", "value"),
    [("YOLO_OFFLINE", "True"), ("YOLO_AUTOINSTALL", "False"), ("ORT_DISABLE_TELEMETRY", "1")],
)
def test_nothing_is_sent_or_fetched(switch, value):
    assert os.environ[switch] == value
