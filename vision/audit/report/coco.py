"""The report as COCO annotations, to be corrected in a labelling tool and trained on."""

from __future__ import annotations

from vision.audit.records import Report
from vision.kinds import catalogue
from vision.printable import to_json


def coco(report: Report) -> str:
    """Detections in photos as a COCO object-detection file; a video's looks are no pictures there.

    Boxes are x, y, width, height in pixels of the original pictures; `score` is the model's. The
    category ids are a class's place in `datasets/kinds.yaml`, from 1; a class of a user's own model
    that the catalogue lacks comes after them.
    """
    pictures = [p for p in report.pictures if p.record is not None]
    seen = {o.name for p in pictures if p.record for o in p.record.objects}
    own = sorted(seen - set(catalogue().class_names))
    ids = {name: n for n, name in enumerate((*catalogue().class_names, *own), start=1)}
    images, annotations = list[dict[str, object]](), list[dict[str, object]]()
    for number, picture in enumerate(pictures, start=1):
        record = picture.record
        assert record is not None
        size = {"width": record.width, "height": record.height}
        images.append({"id": number, "file_name": picture.name, **size, "sha256": record.sha256})
        for found in record.objects:
            x1, y1, x2, y2 = found.box
            width, height = round(x2 - x1, 1), round(y2 - y1, 1)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": ids[found.name],
                    "bbox": [x1, y1, width, height],
                    "area": round(width * height, 1),
                    "iscrowd": 0,
                    "score": found.score,
                }
            )
    categories = [{"id": n, "name": name} for name, n in ids.items()]
    model = f"{report.settings.model} {report.settings.version} {report.settings.sha256}"
    info = {"description": f"Detections by {model}, not checked by a person"}
    tree = {"info": info, "images": images, "annotations": annotations, "categories": categories}
    return to_json(tree)
