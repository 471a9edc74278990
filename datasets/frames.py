"""Takes frames out of rendered videos, with labels from their truth, as a YOLO folder."""

import argparse
from pathlib import Path

import cv2

from datasets.errors import RecipeError
from datasets.renderer.samples import class_ids
from datasets.renderer.truth import Truth


def take_frames(video: Path, every: float, out: Path) -> int:
    """Writes a frame every so many seconds.

    Args:
        video: Rendered video; its truth lies beside it.
        every: Seconds between frames.
        out: YOLO folder to add to.

    Returns:
        How many frames were written.

    Raises:
        RecipeError: The video cannot be opened.
        TruthError: Its truth cannot be read.
    """
    truth = Truth.load(Truth.path_for(video))
    capture = cv2.VideoCapture(str(video))
    if not capture.isOpened():
        raise RecipeError(f"Video {video} cannot be opened. Render it again.")
    for part in ("images", "labels"):
        (out / part).mkdir(parents=True, exist_ok=True)
    step = max(1, round(every * truth.fps))
    count = 0
    for index, frame in enumerate(truth.frames):
        good, picture = capture.read()
        if not good:
            break
        if index % step:
            continue
        name = f"{video.stem}_{index:05d}"
        cv2.imwrite(str(out / "images" / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
        rows = []
        for item in frame.boxes:
            x1, y1, x2, y2 = item.box
            centre = f"{(x1 + x2) / 2 / truth.width:.6f} {(y1 + y2) / 2 / truth.height:.6f}"
            extent = f"{(x2 - x1) / truth.width:.6f} {(y2 - y1) / truth.height:.6f}"
            rows.append(f"{class_ids()[item.label]} {centre} {extent}\n")
        (out / "labels" / f"{name}.txt").write_text("".join(rows))
        count += 1
    capture.release()
    return count


def main() -> None:
    """`python -m datasets.frames VIDEO… --out DIR`."""
    parser = argparse.ArgumentParser(prog="python -m datasets.frames", description=__doc__)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between frames")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    for video in args.videos:
        print(f"{video.name}: {take_frames(video, args.every, args.out)} frames")


if __name__ == "__main__":
    main()
