import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

from datasets.errors import RecipeError
from datasets.exports import READERS, Exported, Imported, read_class_map, write_import
from datasets.folders import list_folder
from datasets.importers import Box, read_yolo

MAP = {"bin": "bin", "rubbish": "garbage", "dog": None}


def picture(path: Path, width: int = 100, height: int = 50) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = sum(map(ord, path.name))
    cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 256, (height, width, 3)))
    return path


def coco(folder: Path, name: str = "_annotations.coco.json", **changes: Any) -> dict[str, Any]:
    """Two pictures; the first has a bin, rubbish, a dog and a crowd of bins."""
    data: dict[str, Any] = {
        "categories": [
            {"id": 7, "name": "bin"}, {"id": 2, "name": "rubbish"}, {"id": 9, "name": "dog"},
        ],
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": 100, "height": 50},
            {"id": 5, "file_name": "b.jpg", "width": 100, "height": 50},
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 7, "bbox": [10, 10, 20, 20]},
            {"id": 2, "image_id": 1, "category_id": 2, "bbox": [90, 0, 30, 25]},
            {"id": 3, "image_id": 1, "category_id": 9, "bbox": [0, 0, 5, 5]},
            {"id": 4, "image_id": 1, "category_id": 7, "bbox": [0, 0, 100, 50], "iscrowd": 1},
        ],
        **changes,
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(data))
    return data


def voc(path: Path, *objects: tuple[str, int, int, int, int], size: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    found = "".join(
        f"<object><name>{name}</name><difficult>0</difficult><bndbox><xmin>{a}</xmin>"
        f"<ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax></bndbox></object>"
        for name, a, b, c, d in objects
    )
    size = size or "<size><width>100</width><height>50</height><depth>3</depth></size>"
    path.write_text(f"<annotation><filename>{path.stem}.jpg</filename>{size}{found}</annotation>")


def run(
    format_: str, source: Path, out: Path, classes: Mapping[str, str | None] | None = MAP
) -> tuple[Imported, dict[str, tuple[Box, ...]]]:
    """Imports, and reads back what was written."""
    report = write_import(READERS[format_](source), out, classes)
    names = YAML(typ="safe").load(out / "data.yaml")["names"]
    return report, {
        entry.picture.stem: tuple(rounded(box) for box in read_yolo(entry.picture, names).boxes)
        for entry in list_folder(out)
    }


def rounded(box: Box) -> Box:
    return Box(box.name, *(round(value, 5) for value in (box.x1, box.y1, box.x2, box.y2)))


def test_coco_boxes_keep_their_place_and_classes_are_mapped(tmp_path: Path) -> None:
    coco(tmp_path / "in", "instances.json")
    for name in ("a", "b"):
        picture(tmp_path / "in" / "pictures" / f"{name}.jpg")
    report, boxes = run("coco", tmp_path / "in", tmp_path / "out")
    assert report == Imported(2, {"bin": 1, "garbage": 1}, [])
    assert boxes == {"a": (Box("bin", 0.1, 0.2, 0.3, 0.6), Box("garbage", 0.9, 0, 1, 0.5)), "b": ()}
    again, _ = run("coco", tmp_path / "in" / "instances.json", tmp_path / "again")
    assert again.pictures == 2


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        ({"image_id": 5, "category_id": 8, "bbox": [1, 1, 5, 5]}, "8"),
        ({"image_id": 5, "category_id": 7, "bbox": [1, 1, -5, 5]}, "extent"),
        ({"image_id": 5, "category_id": 7, "bbox": [120, 1, 5, 5]}, "no area"),
        ({"image_id": 5, "category_id": 7}, "bbox"),
    ],
)
def test_a_broken_coco_annotation_costs_its_picture_only(
    tmp_path: Path, bad: dict[str, Any], fault: str
) -> None:
    good = {"id": 1, "image_id": 1, "category_id": 7, "bbox": [10, 10, 20, 20]}
    coco(tmp_path / "in", annotations=[good, bad])
    for name in ("a", "b"):
        picture(tmp_path / "in" / f"{name}.jpg")
    report, boxes = run("coco", tmp_path / "in", tmp_path / "out")
    assert list(boxes) == ["a"]
    (sentence,) = report.broken
    assert "b.jpg" in sentence
    assert fault in sentence


def test_broken_and_missing_pictures_are_named(tmp_path: Path) -> None:
    images = [
        {"id": i, "file_name": f"{name}.jpg", "width": 100, "height": 50}
        for i, name in enumerate(["good", "gone", "broken", "cut", "turned"])
    ]
    coco(tmp_path / "in", images=images, annotations=[])
    picture(tmp_path / "in" / "good.jpg")
    (tmp_path / "in" / "broken.jpg").write_bytes(b"no picture")
    cut = picture(tmp_path / "in" / "cut.jpg")
    cut.write_bytes(cut.read_bytes()[:20])
    picture(tmp_path / "in" / "turned.jpg", 50, 100)
    report, boxes = run("coco", tmp_path / "in", tmp_path / "out")
    assert list(boxes) == ["good"]
    assert [name in text for name, text in zip(
        ["gone", "broken", "cut", "50×100"], report.broken, strict=True)] == [True] * 4  # fmt: skip


def test_voc_pixels_count_from_one(tmp_path: Path) -> None:
    root = tmp_path / "in"
    voc(root / "Annotations" / "a.xml", ("bin", 11, 11, 30, 30), ("rubbish", 1, 1, 100, 50))
    voc(root / "Annotations" / "b.xml")
    for name in ("a", "b"):
        picture(root / "JPEGImages" / f"{name}.jpg")
    report, boxes = run("voc", root, tmp_path / "out")
    assert report.broken == []
    assert boxes == {"a": (Box("bin", 0.1, 0.2, 0.3, 0.6), Box("garbage", 0, 0, 1, 1)), "b": ()}


def test_broken_voc_files_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for name in ("bomb", "cut", "good", "nosize", "text"):
        picture(root / f"{name}.jpg")
        voc(root / f"{name}.xml", ("bin", 11, 11, 30, 30))
    voc(root / "orphan.xml")
    bomb = '<!DOCTYPE a [<!ENTITY x "y">]><annotation>&x;</annotation>'
    (root / "bomb.xml").write_text(bomb)
    (root / "cut.xml").write_text("<annotation><object>")
    voc(root / "nosize.xml", size="<size/>")
    voc(root / "text.xml", ("bin", "x", 1, 2, 2))  # type: ignore[arg-type]
    report, boxes = run("voc", root, tmp_path / "out")
    assert list(boxes) == ["good"]
    named = ["bomb.xml", "cut.xml", "nosize.xml", "orphan.xml", "text.xml"]
    assert [Path(text.split(":")[0]).name for text in report.broken] == named


def roboflow_yolo(root: Path) -> None:
    for part, name, labels in (
        ("train", "street_jpg.rf.aaa", "0 0.5 0.5 0.2 0.4\n"),
        ("train", "street_jpg.rf.bbb", "1 0.1 0.1 0.3 0.1 0.2 0.5\n"),
        ("valid", "corner_jpg.rf.ccc", ""),
    ):
        picture(root / part / "images" / f"{name}.jpg")
        (root / part / "labels").mkdir(exist_ok=True)
        (root / part / "labels" / f"{name}.txt").write_text(labels)
    (root / "data.yaml").write_text(
        "train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['bin', 'rubbish']\n"
        "roboflow: {license: CC BY 4.0}\n"
    )


def test_roboflow_yolo_keeps_the_names_of_photos(tmp_path: Path) -> None:
    roboflow_yolo(tmp_path / "in")
    report, boxes = run("roboflow", tmp_path / "in", tmp_path / "out")
    assert report.broken == []
    assert boxes == {
        "corner_jpg.rf.ccc": (),
        "street_jpg.rf.aaa": (Box("bin", 0.4, 0.3, 0.6, 0.7),),
        "street_jpg.rf.bbb": (Box("garbage", 0.1, 0.1, 0.3, 0.5),),
    }


def test_roboflow_coco_and_voc_are_recognised(tmp_path: Path) -> None:
    for part in ("train", "valid"):
        coco(tmp_path / "coco" / part)
        picture(tmp_path / "voc" / part / f"{part}.jpg")
        voc(tmp_path / "voc" / part / f"{part}.xml", ("bin", 11, 11, 30, 30))
        for name in ("a", "b"):
            picture(tmp_path / "coco" / part / f"{name}.jpg")
    report, boxes = run("roboflow", tmp_path / "coco", tmp_path / "out")
    assert report == Imported(4, {"bin": 2, "garbage": 2}, [])
    assert sorted(boxes) == ["a", "a_1", "b", "b_1"]
    report, _ = run("roboflow", tmp_path / "voc", tmp_path / "out2")
    assert report == Imported(2, {"bin": 2}, [])


def test_broken_yolo_lines_are_named(tmp_path: Path) -> None:
    roboflow_yolo(tmp_path / "in")
    broken = tmp_path / "in" / "train" / "labels" / "street_jpg.rf.aaa.txt"
    broken.write_text("0 0.5 0.5 0.2\n0 7 7 1 1\n")
    report, boxes = run("yolo", tmp_path / "in", tmp_path / "out", None)
    assert len(boxes) == 2
    assert len(report.broken) == 2
    assert all("aaa.txt" in sentence for sentence in report.broken)
    assert report.objects == {"rubbish": 1}  # the export's own names, as there is no map


def test_a_class_map_must_know_every_class(tmp_path: Path) -> None:
    roboflow_yolo(tmp_path / "in")
    with pytest.raises(RecipeError, match="rubbish"):
        run("yolo", tmp_path / "in", tmp_path / "out", {"bin": "bin"})
    assert not (tmp_path / "out").exists()
    path = tmp_path / "map.yaml"
    path.write_text("bin: bin\nrubbish: garbage\ndog:\n")
    assert read_class_map(path) == MAP
    path.write_text("bin: bucket\n")
    with pytest.raises(RecipeError, match="bucket"):
        read_class_map(path)
    path.write_text("- bin\n")
    with pytest.raises(RecipeError, match=r"map\.yaml cannot be read"):
        read_class_map(path)


@pytest.mark.parametrize("format_", READERS)
def test_what_is_no_export_is_refused(tmp_path: Path, format_: str) -> None:
    with pytest.raises(RecipeError, match=str(tmp_path)):
        run(format_, tmp_path, tmp_path / "out")


def test_an_import_is_not_mixed_into_another(tmp_path: Path) -> None:
    roboflow_yolo(tmp_path / "in")
    run("yolo", tmp_path / "in", tmp_path / "out")
    with pytest.raises(RecipeError, match="another folder"):
        run("yolo", tmp_path / "in", tmp_path / "out")


def two_cameras(root: Path, images: str) -> None:
    """A picture of one name for each of two cameras, telling them apart by their pixels."""
    for number, camera in enumerate(("cam1", "cam2")):
        path = root / images / camera / "frame.jpg"
        path.parent.mkdir(parents=True)
        cv2.imwrite(str(path), np.full((50, 100, 3), 50 + 100 * number, np.uint8))


def by_shade(out: Path) -> dict[int, list[str]]:
    """What was written: the classes of the labels of each picture, by its shade."""
    names = YAML(typ="safe").load(out / "data.yaml")["names"]
    return {
        round(cv2.imread(str(entry.picture)).mean() / 50) * 50: [
            names[int(line.split()[0])] for line in entry.labels.read_text().splitlines()
        ]
        for entry in list_folder(out)
    }


def cameras_in_coco(root: Path, names: list[str], file: str = "annotations/all.json") -> None:
    images = [
        {"id": n, "file_name": name, "width": 100, "height": 50} for n, name in enumerate(names)
    ]
    marks = [
        {"id": n, "image_id": n, "category_id": (7, 2)[n % 2], "bbox": [10, 10, 20, 20]}
        for n in range(len(names))
    ]
    coco((root / file).parent, Path(file).name, images=images, annotations=marks)


@pytest.mark.parametrize("names", [
    ["cam1/frame.jpg", "cam2/frame.jpg"],
    ["D:\\export\\cam1\\frame.jpg", "D:\\export\\cam2\\FRAME.JPG"],
    ["../../somewhere/cam1/frame.jpg", "images/cam2/frame.jpg"],
])  # fmt: skip
def test_coco_pictures_of_one_name_keep_their_own_labels(tmp_path: Path, names: list[str]) -> None:
    two_cameras(tmp_path / "in", "images")
    cameras_in_coco(tmp_path / "in", names)
    report, _ = run("coco", tmp_path / "in", tmp_path / "out")
    assert report == Imported(2, {"bin": 1, "garbage": 1}, [])
    assert by_shade(tmp_path / "out") == {50: ["bin"], 150: ["garbage"]}


def test_two_pictures_that_fit_equally_are_an_error(tmp_path: Path) -> None:
    two_cameras(tmp_path / "in", "images")
    cameras_in_coco(tmp_path / "in", ["frame.jpg"])
    report, boxes = run("coco", tmp_path / "in", tmp_path / "out")
    assert boxes == {}
    (sentence,) = report.broken
    assert "fit equally" in sentence
    assert all(str(Path(camera, "frame.jpg")) in sentence for camera in ("cam1", "cam2"))


def test_the_labels_of_a_missing_picture_do_not_go_to_its_namesake(tmp_path: Path) -> None:
    two_cameras(tmp_path / "in", "images")
    (tmp_path / "in/images/cam2/frame.jpg").unlink()
    cameras_in_coco(tmp_path / "in", ["cam1/frame.jpg", "cam2/frame.jpg"])
    report, boxes = run("coco", tmp_path / "in", tmp_path / "out")
    assert list(boxes) == ["frame"]
    assert report.objects == {"bin": 1}
    (sentence,) = report.broken
    assert "cam2/frame.jpg" in sentence


def test_a_picture_that_two_files_label_is_named_and_not_written_twice(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "images" / "a.jpg")
    for file in ("one.json", "two.json"):
        cameras_in_coco(tmp_path / "in", ["a.jpg"], file)
    report, boxes = run("coco", tmp_path / "in", tmp_path / "out")
    assert boxes == {}
    assert len(report.broken) == 2
    assert "one.json" in report.broken[1]


def test_ids_may_be_texts_and_numbers(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "a.jpg")
    coco(
        tmp_path / "in",
        images=[{"id": "1", "file_name": "a.jpg", "width": 100, "height": 50}],
        categories=[{"id": "7", "name": "bin"}],
        annotations=[{"id": 1, "image_id": 1, "category_id": 7.0, "bbox": [10, 10, 20, 20]}],
    )
    report, boxes = run("coco", tmp_path / "in", tmp_path / "out")
    assert report == Imported(1, {"bin": 1}, [])
    assert boxes == {"a": (Box("bin", 0.1, 0.2, 0.3, 0.6),)}


def test_annotations_of_no_picture_and_pictures_of_one_id_are_named(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        picture(tmp_path / "in" / f"{name}.jpg")
    sizes = {"width": 100, "height": 50}
    coco(
        tmp_path / "in",
        images=[
            {"id": 1, "file_name": "a.jpg", **sizes},
            {"id": 5, "file_name": "b.jpg", **sizes},
            {"id": "5", "file_name": "c.jpg", **sizes},
        ],
        annotations=[
            {"id": n, "image_id": n, "category_id": 7, "bbox": [1, 1, 5, 5]} for n in (1, 98, 99)
        ],
    )
    report, boxes = run("coco", tmp_path / "in", tmp_path / "out")
    assert list(boxes) == ["a"]
    assert ["id 5" in text for text in report.broken] == [True, True, False]
    assert "2 annotations belong to no picture that it lists (id 98, 99)" in report.broken[2]


def test_a_picture_of_a_kind_that_is_not_trained_on_is_named_as_that(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.HEIC").write_bytes(b"x")
    cameras_in_coco(tmp_path / "in", ["a.HEIC"], "all.json")
    report, _ = run("coco", tmp_path / "in", tmp_path / "out")
    assert "not trained on" in report.broken[0]


def test_voc_pictures_of_one_name_keep_their_own_labels(tmp_path: Path) -> None:
    root = tmp_path / "in"
    two_cameras(root, "JPEGImages")
    for camera, name in (("cam1", "bin"), ("cam2", "rubbish")):
        voc(root / "Annotations" / camera / "frame.xml", (name, 11, 11, 30, 30))
    report, _ = run("voc", root, tmp_path / "out")
    assert report == Imported(2, {"bin": 1, "garbage": 1}, [])
    assert by_shade(tmp_path / "out") == {50: ["bin"], 150: ["garbage"]}


def test_voc_files_in_one_folder_say_their_picture_themselves(tmp_path: Path) -> None:
    root = tmp_path / "in"
    two_cameras(root, "photos")
    for number, (camera, name) in enumerate((("cam1", "bin"), ("cam2", "rubbish"))):
        file = root / "xml" / f"{number}.xml"
        voc(file, (name, 11, 11, 30, 30))
        text = file.read_text().replace(
            f"<filename>{number}.jpg</filename>",
            f"<filename>frame.jpg</filename><path>C:\\photos\\{camera}\\frame.jpg</path>",
        )
        file.write_text(text)
    report, _ = run("voc", root, tmp_path / "out")
    assert report == Imported(2, {"bin": 1, "garbage": 1}, [])
    voc(root / "xml" / "frame.xml", ("bin", 11, 11, 30, 30))
    report, _ = run("voc", root, tmp_path / "again")
    assert "fit equally" in report.broken[0]


def test_a_mask_of_the_same_name_is_not_the_photo(tmp_path: Path) -> None:
    root = tmp_path / "in"
    voc(root / "Annotations" / "a.xml", ("bin", 11, 11, 30, 30))
    photo = picture(root / "JPEGImages" / "a.jpg")
    picture(root / "SegmentationObject" / "a.png")
    (item,) = READERS["voc"](root)
    assert isinstance(item, Exported)
    assert item.picture == photo


def test_yolo_labels_of_no_picture_or_of_two_are_named(tmp_path: Path) -> None:
    roboflow_yolo(tmp_path / "in")
    (tmp_path / "in/valid/labels/gone.txt").write_text("0 0.5 0.5 0.2 0.4\n")
    (tmp_path / "in/valid/labels/classes.txt").write_text("bin\n")
    picture(tmp_path / "in/train/images/street_jpg.rf.aaa.png")
    report, boxes = run("yolo", tmp_path / "in", tmp_path / "out")
    assert sorted(boxes) == ["corner_jpg.rf.ccc", "street_jpg.rf.bbb"]
    assert ["shares its labels" in text for text in report.broken] == [True, True, False]
    assert "gone.txt: belongs to no picture" in report.broken[2]


ORIENTATION = 0x112


def turned_photo(path: Path, orientation: int) -> None:
    """A photo stored 100×50 with a white block at the left of its upper edge, as it is stored."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (100, 50))
    image.paste("white", (0, 0, 20, 10))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image.save(path, exif=exif, quality=95)


@pytest.mark.parametrize("stated", ["stored", "upright"])
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_lie_where_the_trainer_sees_what_was_labelled(
    tmp_path: Path, orientation: int, stated: str
) -> None:
    turned_photo(tmp_path / "in" / "a.jpg", orientation)
    seen = cv2.imread(str(tmp_path / "in" / "a.jpg"), cv2.IMREAD_GRAYSCALE)
    rows, columns = np.where(seen > 128)
    width, height, box = 100, 50, [0, 0, 20, 10]
    if stated == "upright":
        height, width = seen.shape
        box = [int(columns.min()), int(rows.min()), 10, 20]
    coco(
        tmp_path / "in",
        images=[{"id": 1, "file_name": "a.jpg", "width": width, "height": height}],
        annotations=[{"id": 1, "image_id": 1, "category_id": 7, "bbox": box}],
    )
    report, boxes = run("coco", tmp_path / "in", tmp_path / "out")
    assert report.broken == []
    found = boxes["a"][0]
    high, wide = seen.shape
    inside = seen[
        round(found.y1 * high) : round(found.y2 * high),
        round(found.x1 * wide) : round(found.x2 * wide),
    ]
    assert inside.shape == (20, 10)
    assert inside.min() > 128


def test_a_box_drawn_upright_in_an_export_that_states_the_stored_size_is_named(
    tmp_path: Path,
) -> None:
    turned_photo(tmp_path / "in" / "a.jpg", 6)
    coco(
        tmp_path / "in",
        images=[{"id": 1, "file_name": "a.jpg", "width": 100, "height": 50}],
        annotations=[{"id": 1, "image_id": 1, "category_id": 7, "bbox": [10, 60, 20, 30]}],
    )
    report, boxes = run("coco", tmp_path / "in", tmp_path / "out")
    assert boxes == {}
    assert "drawn upright" in report.broken[0]


def test_a_picture_of_absurd_size_is_named(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    roboflow_yolo(tmp_path / "in")
    (tmp_path / "in/train/images/street_jpg.rf.aaa.png").write_bytes(bomb)
    (tmp_path / "in/train/images/street_jpg.rf.aaa.jpg").unlink()
    report, boxes = run("yolo", tmp_path / "in", tmp_path / "out")
    assert len(boxes) == 2
    assert "aaa.png: not a readable picture" in report.broken[0]
