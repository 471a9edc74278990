"""`streetwarden doctor`: what this machine has, and what is in the way."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from models.errors import ModelError
from scripts.console import out
from scripts.machine import processor
from vision.printable import to_json

# What runs models on this processor without a GPU; see `vision.engines.open_engine`.
_ON_CPU = ("openvino",) if platform.machine() == "x86_64" else ("onnx", "onnxruntime")
_PACKAGES = ("torch", "ultralytics", *_ON_CPU, "opencv-python", "av", "supervision", "fastapi")
# Evidence of one case is about 5 MB; below this a busy day does not fit.
_LEAST_FREE_GB = 5


def doctor(
    json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Report the environment; exit code 1 if something would keep Streetwarden from working."""
    checks: dict[str, Callable[[], tuple[bool, str]]] = {
        "python": lambda: (True, f"{platform.python_version()} on {platform.platform()}"),
        "processor": lambda: (True, f"{os.cpu_count()} cores, {processor()}"),
        "packages": _packages,
        "cuda": _cuda,
        "openvino": _openvino,
        "onnxruntime": _onnxruntime,
        "weights": _weights,
        "disk": _disk,
        "s3": _s3,
        "open files": _files,
        "workers": _workers,
    }
    report = {}
    for name, check in checks.items():
        ok, text = check()
        report[name] = {"ok": ok, "report": text}
    if json_:
        print(to_json(report, indent=2))
    else:
        table = Table(show_header=False, box=None, pad_edge=False)
        for name, row in report.items():
            table.add_row(
                name, "[green]ok[/]" if row["ok"] else "[red]no[/]", escape(str(row["report"]))
            )
        out.print(table)
    if not all(row["ok"] for row in report.values()):
        raise typer.Exit(1)


def _packages() -> tuple[bool, str]:
    found, missing = [], []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    if missing:
        return False, f"missing: {', '.join(missing)}; run scripts/install"
    return True, ", ".join(found)


def _cuda() -> tuple[bool, str]:
    import torch

    if not torch.cuda.is_available():
        return True, "no CUDA GPU; the CPU is used"
    return True, f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}"


def _openvino() -> tuple[bool, str]:
    try:
        import openvino
    except ImportError:
        return True, "not installed"
    return True, f"devices: {', '.join(openvino.Core().available_devices)}"


def _onnxruntime() -> tuple[bool, str]:
    try:
        import onnxruntime
    except ImportError:
        return True, "not installed"
    return True, f"providers: {', '.join(onnxruntime.get_available_providers())}"


def _weights() -> tuple[bool, str]:
    from models.catalogue import find

    try:
        entries = [find(name) for name in ("streetwarden-n", "truck-state")]
    except ModelError as error:
        return False, str(error)
    return True, ", ".join(f"{e.name} {e.version} ({e.sha256[:12]})" for e in entries)


def _disk() -> tuple[bool, str]:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    if free < _LEAST_FREE_GB:
        return (
            False,
            f"{free:.1f} GB free here; evidence needs at least {_LEAST_FREE_GB}, free some",
        )
    return True, f"{free:.0f} GB free here"


def _s3() -> tuple[bool, str]:
    try:
        return True, f"evidence may be kept in S3-compatible storage, by s3fs {version('s3fs')}"
    except PackageNotFoundError:
        said = "evidence is kept in a folder; for s3:// install: pip install 'streetwarden[s3]'"
        return True, said


def _files() -> tuple[bool, str]:
    from api.http.connections import FILES, raise_file_limit

    limit = raise_file_limit()
    if limit < FILES:
        said = (
            f"{limit} open files at most, `serve` wants {FILES}: cameras and connections share "
            f"them; raise the hard limit (ulimit -Hn {FILES}, LimitNOFILE= of the service)"
        )
        return False, said
    return True, f"{limit} open files"


def _workers() -> tuple[bool, str]:
    from vision.workers.placement import auto_workers

    if platform.system() != "Linux":
        return True, "one process does everything; camera workers need Linux"
    auto = auto_workers(os.cpu_count() or 1)
    said = "one process does everything" if auto == 1 else f"{auto} camera workers, at most"
    return True, f"`workers: auto` in a site file: {said}"
