"""A model card: numbers from the evaluation and the training, and what a person wrote.

`cards/<name>.json` holds the numbers, `cards/<name>.notes.md` the person's part, `cards/<name>.md`
is made of both and never edited.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from models.catalogue import CATALOGUE
from models.errors import EvaluationError
from models.evaluation.page import figure

CARDS = CATALOGUE.parent / "cards"
KEPT = (
    *("settings", "versions", "data", "sources", "means", "overall", "told", "light"),
    *("against", "masking", "tiles"),
)
"""What a card keeps of `evaluation.json`."""
TOLD = (
    "architecture",
    "imgsz",
    "batch",
    "optimizer",
    "lr0",
    "lrf",
    "freeze",
    "mosaic",
    "scale",
    "distill",
)
"""Training settings that a card tells; the recipe has them all."""
STAGE = ("stage", "epochs", "seconds", "settings", "start", "fitted", "data", "device")


def card_facts(
    evaluation: Mapping[str, Any],
    training: Mapping[str, Any] | None = None,
    sources: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Collects the numbers of a card.

    Args:
        evaluation: `evaluation.json`.
        training: `training.json` from beside the run's weights; none where nobody kept one.
        sources: `sources.json` of the merged folder; none where nobody kept one.
    """
    facts: dict[str, Any] = {
        "weights": evaluation["weights"],
        "evaluation": {key: evaluation[key] for key in KEPT if key in evaluation},
    }
    if training is not None:
        own = {key: training[key] for key in STAGE}
        facts["training"] = {
            "stages": [*training["before"], own],
            "recipe": {key: training["recipe"][key] for key in ("file", "sha256")},
        }
    if sources is not None:
        facts["sources"] = sources
    return facts


def render_card(name: str, facts: Mapping[str, Any], notes: str) -> str:
    """Writes a card as Markdown.

    Args:
        name: The model's name in the catalogue.
        facts: From `card_facts`.
        notes: The person's part: intended use, unfit use, where it fails; headings of level 2.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701 - Markdown of our own numbers
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figure"] = figure
    evaluation = {"against": None, "masking": None, "tiles": None, **facts["evaluation"]}
    classes = evaluation["overall"]["classes"]
    text = environment.get_template("card.md.jinja").render(
        name=name,
        facts={"training": None, "sources": None, **facts, "evaluation": evaluation},
        notes=notes.strip(),
        missing=[label for label in facts["weights"]["classes"] if label not in classes],
        marked=any(f["marks"] for f in classes.values()),
        told=TOLD,
    )
    return _tidy(text)


def write_card(name: str, facts: Mapping[str, Any] | None = None, cards: Path = CARDS) -> Path:
    """Writes `<name>.md`, and `<name>.json` where there are new numbers.

    Raises:
        EvaluationError: The notes or the numbers are missing.
    """
    numbers, notes = cards / f"{name}.json", cards / f"{name}.notes.md"
    if facts is not None:
        inner = {
            key: _lines({name: json.dumps(value) for name, value in part.items()})
            for key, part in facts.items()
        }
        numbers.write_text(_lines(inner) + "\n", "utf-8")
    for file, how in ((numbers, "give --evaluation"), (notes, "write it by hand")):
        if not file.is_file():
            raise EvaluationError(f"The card of {name!r} needs {file}: {how}.")
    card = cards / f"{name}.md"
    facts = json.loads(numbers.read_text("utf-8"))
    card.write_text(render_card(name, facts, notes.read_text("utf-8")), "utf-8")
    return card


def _lines(parts: Mapping[str, str]) -> str:
    """A JSON object of parts that are JSON, a line each, so that a change shows where it is."""
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {part}" for key, part in parts.items()) + "\n}"


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [a for a, b in zip(lines, [*lines[1:], "end"], strict=True) if a or b]
    return "\n".join(kept) + "\n"


def main() -> None:
    """`python -m models.card NAME [--evaluation FILE] [--training FILE] [--sources FILE]`."""
    parser = argparse.ArgumentParser(prog="python -m models.card", description=__doc__)
    parser.add_argument("name", help="the model's name in the catalogue")
    parser.add_argument("--evaluation", type=Path, help="evaluation.json; the kept one if absent")
    parser.add_argument("--training", type=Path, help="training.json from beside the weights")
    parser.add_argument("--sources", type=Path, help="sources.json of the merged folder")
    args = parser.parse_args()
    facts = None
    if args.evaluation:
        read = (json.loads(f.read_text()) if f else None for f in (args.training, args.sources))
        facts = card_facts(json.loads(args.evaluation.read_text()), *read)
    print(write_card(args.name, facts))


if __name__ == "__main__":
    main()
