import json
from pathlib import Path
from typing import Any

import pytest

from models import find, names
from models.card import CARDS, card_facts, render_card, write_card
from models.errors import EvaluationError

GENERATED = [name for name in names() if find(name).task == "detect"]
FIGURE = [0.5, 0.4, 0.6]
FIGURES = {
    "pictures": 9,
    "pictures_with": 4,
    "objects": 7,
    "ap50": FIGURE,
    "ap50_95": [0.25, None, None],
    "precision": [None, None, None],
    "recall": FIGURE,
    "recall_loose": FIGURE,
}


def _evaluation() -> dict[str, Any]:
    details = {
        "operating_points": {
            "precision_0.9": None,
            "precision_0.8": {"threshold": 0.61, "precision": 0.8, "recall": 0.33},
            "best_f1": {"threshold": 0.42, "precision": 0.7, "recall": 0.44},
        },
        "calibration": {"detections": 5, "ece": 0.12, "table": []},
        "sizes": {"small": {"objects": 3, "ap50": FIGURE, "recall": FIGURE}},
        "marks": {"shed": {"objects": 2, "recall": FIGURE}},
        "errors": {"false": {"duplicate": 2}, "missed": {"unseen": 3}},
    }
    return {
        "format": 1,
        "weights": {
            "name": "tiny",
            "version": "1",
            "sha256": "ab" * 32,
            "bytes": 5_000_000,
            "classes": ["bin", "truck"],
        },
        "data": {"manifest_sha256": "cd" * 32, "pictures": 9},
        "settings": {"size": 640, "threshold": 0.3, "resamples": 1000, "dark_below_luma": 60.0},
        "versions": {"torch": "2"},
        "sources": {"street": {"pictures": 9, "classes": {"bin": FIGURES}}},
        "means": [{"source": "street", "classes": ["bin"], "ap50": FIGURE, "ap50_95": FIGURE}],
        "overall": {"pictures": 9, "classes": {"bin": FIGURES | details}},
        "told": {
            "bin": {
                "sources": {
                    "street": {"with": 4, "told": 3, "without": 2, "falsely": 1},
                    "square": {"with": 0, "told": 0, "without": 3, "falsely": 0},
                },
                "told": FIGURE,
                "falsely": FIGURE,
            }
        },
        "light": {"dark": {"pictures": 1, "classes": {"bin": FIGURES}}},
        "confusion": {"classes": [], "matrix": []},
    }


def _training() -> dict[str, Any]:
    return {
        "stage": "full",
        "epochs": 2,
        "seconds": 600.0,
        "settings": {"imgsz": 640, "lr0": 0.001, "workers": 0},
        "start": {"file": "small.pt", "sha256": "ef" * 32},
        "fitted": {"tensors": 400, "of": 499},
        "data": {"manifest_sha256": "12" * 32, "pictures": 100},
        "device": "CPU, 2 threads",
        "recipe": {"file": "second.yaml", "sha256": "34" * 32, "text": "stages: []"},
        "before": [],
    }


SOURCES = {
    "street": {
        "part": "val",
        "pictures": 9,
        "objects": {"bin": 7},
        "licence": "CC0",
        "about": "a street",
        "prelabelled": [],
    }
}


@pytest.mark.parametrize("name", GENERATED)
def test_the_card_in_the_repository_is_what_its_numbers_and_notes_make(name: str) -> None:
    facts = json.loads((CARDS / f"{name}.json").read_text("utf-8"))
    notes = (CARDS / f"{name}.notes.md").read_text("utf-8")
    assert (CARDS / f"{name}.md").read_text("utf-8") == render_card(name, facts, notes)
    assert facts["weights"]["sha256"] == find(name).sha256
    assert facts["evaluation"]["settings"]["threshold"] == find(name).threshold


def test_a_card_tells_what_was_measured_and_what_was_not() -> None:
    facts = card_facts(_evaluation(), _training(), SOURCES)
    card = render_card("tiny", facts, "## Use\n\nNone.\n")
    assert "## Use\n\nNone.\n" in card
    figures = "0.50 (0.40–0.60) | 0.25 | – | 0.50 (0.40–0.60) | 0.50 (0.40–0.60)"
    assert f"| street | bin | 4 of 9 | 7 | {figures} |" in card
    assert "| bin | 3 of 4 | 0.50 (0.40–0.60) | 1 of 5 | 0.50 (0.40–0.60) | street 1 of 2 |" in card
    assert "**Not measured** on any picture here: truck." in card
    assert "| bin | – | 0.61, 0.33 | 0.42, 0.44 | 0.12 |" in card
    assert "shed 0.50 (0.40–0.60), 2 objects" in card
    assert "| street | val | 9 | bin 7 | – | a street | CC0 |" in card
    assert "imgsz 640, lr0 0.001; 400 of 499 tensors taken over" in card
    assert "workers" not in card
    assert "ab" * 32 in card


def test_a_card_without_a_training_record_or_sources() -> None:
    card = render_card("tiny", card_facts(_evaluation()), "")
    assert "## Training" not in card
    assert "## Data" not in card


def test_numbers_are_kept_small_and_written_again_the_same(tmp_path: Path) -> None:
    (tmp_path / "tiny.notes.md").write_text("## Use\n")
    facts = card_facts(_evaluation(), _training(), SOURCES)
    first = write_card("tiny", facts, tmp_path).read_text()
    assert json.loads((tmp_path / "tiny.json").read_text()) == facts
    assert "confusion" not in facts["evaluation"]
    assert "text" not in facts["training"]["recipe"]
    assert write_card("tiny", cards=tmp_path).read_text() == first


def test_a_card_without_notes_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"tiny\.notes\.md.*by hand"):
        write_card("tiny", card_facts(_evaluation()), tmp_path)
