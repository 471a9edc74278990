"""What the audit's tests share: an engine that sees colours, and photos for it."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from tests.vision.audit import colour_engine


@pytest.fixture(scope="session")
def colours():
    """The module `colour_engine`."""
    return colour_engine


@pytest.fixture
def save(tmp_path, colours):
    """Write a picture of coloured rectangles as PNG, whatever its name says, under `tmp_path`."""

    def write(name: str, *shapes, **how) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        done, png = cv2.imencode(".png", colours.picture(*shapes, **how))
        assert done
        path.write_bytes(png.tobytes())
        return path

    return write


@pytest.fixture(scope="session")
def decoders():
    """One process that decodes for all tests: to start it takes longer than most of them."""
    from vision.decoding.decoders import Decoders

    with Decoders(1) as started:
        yield started


@pytest.fixture
def run(colours, decoders):
    """Audit paths into a folder with a fresh engine; the report, and the engine that looked."""
    from vision.audit import AuditFolder, Auditor, compose, publish, take_in

    def audit(paths, out, language="en", engine=None):
        engine = engine or colours.ColourEngine()
        with AuditFolder(out) as folder:
            auditor = Auditor(folder, engine, language, decoders=decoders)
            pictures, problems = auditor.run(take_in(paths, out))
            report = compose(auditor.started_at, auditor.settings, pictures, problems, folder)
            publish(report, folder)
        return report, engine

    return audit
