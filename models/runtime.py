"""Makes ultralytics, OpenVINO and ONNX Runtime offline and safe, before any is imported.

They read their switches once, at import, so this module is the first thing that
`models/__init__.py` imports. Read in ultralytics 8.4.190, `utils/__init__.py` and `nn/tasks.py`:

- `YOLO_AUTOINSTALL=False`: a missing package is an error, never a pip call.
- `YOLO_OFFLINE=True`: `ONLINE` is false, so no event, version check or error report leaves the
  machine.
- `ULTRALYTICS_SAFE_LOAD=1`: `.pt` files load with `torch.load(weights_only=True)` against an
  allow-list of torch and ultralytics layers; any other type in the pickle is refused, and model
  construction never calls `eval`.
- `YOLO_CONFIG_DIR`: settings live in the user's cache, not in `~/.config`, and never in the
  project.
- `YOLO_VERBOSE=False`: no layer tables in a command's output.

OpenVINO's converter sends usage events through `openvino_telemetry` when that package can be
imported and falls back to a stub of its own when it cannot
(`openvino/tools/ovc/telemetry_utils.py`), so it is made unimportable.

ONNX Runtime's official builds send usage events to Microsoft by default, on Linux too since 1.29
(its `Privacy.md`); `ORT_DISABLE_TELEMETRY=1` keeps the sender and its device id from being made.
"""

import os
import sys
from pathlib import Path

_ENVIRONMENT = {
    "YOLO_AUTOINSTALL": "False",
    "YOLO_OFFLINE": "True",
    "ULTRALYTICS_SAFE_LOAD": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}


def cache_dir() -> Path:
    """Returns the per-user cache folder of this program (not created)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streetwarden"


def prepare() -> None:
    """Sets the switches; does nothing to what is imported already."""
    os.environ.update(_ENVIRONMENT)
    os.environ.setdefault("YOLO_VERBOSE", "False")
    os.environ.setdefault("YOLO_CONFIG_DIR", str(cache_dir()))
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


def settle() -> None:
    """Undoes what ultralytics does to the process; to be called once it is imported.

    Its `sync` setting goes off: `YOLO_OFFLINE` already silences it, but a settings file made by an
    earlier version may say otherwise. And Pillow gets its own `open` back.
    """
    from PIL import Image  # noqa: PLC0415
    from ultralytics.utils import SETTINGS, patches  # noqa: PLC0415 - must follow `prepare`

    # It replaces Pillow's `open` for the whole process by one that demands the package pi-heif for
    # every file that is no picture, and hides the file's own error behind that.
    Image.open = patches._image_open
    if SETTINGS["sync"]:
        SETTINGS.update(sync=False)


prepare()
