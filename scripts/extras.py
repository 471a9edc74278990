"""Extras: which packages a server can do without, and what to install for a command that cannot."""

from __future__ import annotations

EXTRAS = {
    "authlib": "oidc",
    "gpxpy": "tracks",
    "joserfc": "oidc",
    "lap": "bench",
    "matplotlib": "train",
    "onnx": "export",
    "onnxruntime": "export",
    "onnxslim": "export",
    "psutil": "bench",
    "pymavlink": "mavlink",
    "pynmea2": "tracks",
    "ray": "city",
    "rapidocr": "plates",
    "s3fs": "s3",
    "simpy": "bench",
    "wsdiscovery": "onvif",
}
"""Package to the extra in `pyproject.toml` that brings it."""


def mend(error: ModuleNotFoundError) -> str | None:
    """What to install where an optional package is missing; None for any other module."""
    extra = EXTRAS.get((error.name or "").partition(".")[0])
    if extra is None:
        return None
    return (
        f"this command needs the package {error.name}; install what it needs with: "
        f"pip install 'streetwarden[{extra}]' (in a checkout: scripts/install)"
    )
