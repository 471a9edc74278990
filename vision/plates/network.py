"""PaddleNetworks: PP-OCRv6's text networks, as RapidOCR ships them in its package.

Apache-2.0, both the package (RapidAI) and the weights (Baidu, by PaddleOCR's model cards; the
package's MODEL_LICENSES.md names each file and its hash). They are opened by their path, so that
RapidOCR asks no server for them and writes nothing, and only if they are the very ones that were
measured.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.errors import EngineError
from vision.frames import Pixels
from vision.plates.cuts import TO_FIND
from vision.plates.grammar import ALPHABET

NAME = "PP-OCRv6 small"
_FILES = {
    "Det": (
        "PP-OCRv6_det_small.onnx",
        "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    ),
    "Rec": (
        "PP-OCRv6_rec_small.onnx",
        "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    ),
}
_MENDED = "install it with: pip install 'streetwarden[plates]'"


class PaddleNetworks:
    """Finds lines of text, and tells what stands in one. Owned by one thread.

    Raises:
        EngineError: RapidOCR is not installed, or holds other weights.
    """

    def __init__(self) -> None:
        ocr = opened()
        self._finder: Any = ocr.text_det
        self._recogniser: Any = ocr.text_rec
        characters: list[str] = self._recogniser.postprocess_op.character
        known = {c: n for n, c in enumerate(characters)}
        self._columns = np.array([0, *(known[c] for c in ALPHABET)])

    def find(self, picture: Pixels) -> list[NDArray[np.float32]]:
        """See `vision.plates.cuts.Lines`."""
        boxes = self._finder(picture).boxes
        return [] if boxes is None else [np.asarray(box, np.float32) for box in boxes]

    def columns(self, line: Pixels) -> NDArray[np.float64]:
        """T×(1+N): how likely each column of a line shows nothing, or each of `ALPHABET`.

        T grows with the line's width by its height.
        """
        _, height, width = self._recogniser.rec_image_shape
        ratio = max(width / height, line.shape[1] / line.shape[0])
        given = self._recogniser.resize_norm_img(line, ratio)[None]
        chances = self._recogniser.session(given)[0]
        return np.asarray(chances[:, self._columns], np.float64)


def opened() -> Any:
    """RapidOCR with its two networks open: it asks no server and writes nothing.

    Raises:
        EngineError: it is not installed, or holds other weights.
    """
    folder = demand() / "models"
    paths = {
        f"{part}.model_path": str(_checked(folder / name, digest))
        for part, (name, digest) in _FILES.items()
    }
    from rapidocr import RapidOCR  # noqa: PLC0415 - only where plates are read

    ocr = RapidOCR(
        params={
            **paths,
            "Global.log_level": "critical",  # else it says each file that it opens
            "Det.limit_side_len": TO_FIND,  # else plates are blown up tenfold, which takes 3 s
            # One thread: the loop's cameras and engine want the other cores.
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    blank = np.zeros((48, 320, 3), np.uint8)
    ocr(blank, use_det=True, use_cls=False, use_rec=False)  # opens each network
    ocr(blank, use_det=False, use_cls=False, use_rec=True)
    return ocr


def demand() -> Path:
    """The folder of the package that ships the networks.

    Raises:
        EngineError: it is not installed, or what runs them is not.
    """
    spec, runs_it = find_spec("rapidocr"), find_spec("onnxruntime")
    if spec is None or spec.origin is None or runs_it is None:
        raise EngineError(
            "reading plates (`plates: {read: true}`) needs the packages rapidocr and onnxruntime; "
            f"{_MENDED}"
        )
    return Path(spec.origin).parent


def _checked(path: Path, digest: str) -> Path:
    try:
        found = sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise EngineError(f"{path}: cannot be read ({error.strerror}); {_MENDED}") from error
    if found != digest:
        raise EngineError(
            f"{path}: not the weights that were measured ({found[:12]}…, not {digest[:12]}…); "
            "install the version of rapidocr that pyproject.toml names"
        )
    return path
