"""Trains one stage of a recipe, without a record; `streetwarden train` does the whole."""

import argparse
from pathlib import Path

from models.training.recipe import read_recipe
from models.training.stage import train_stage


def main() -> None:
    """`python -m models.train RECIPE --stage NAME --start FILE --data DIR --out DIR [--resume]`."""
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--start", type=Path, required=True, help="weights to start from")
    parser.add_argument("--data", type=Path, required=True, help="folder made by datasets.merge")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--resume", action="store_true", help="go on from the stage's last.pt")
    args = parser.parse_args()
    recipe = read_recipe(args.recipe)
    print(train_stage(recipe, args.stage, args.start, args.data, args.out, resume=args.resume)[0])


if __name__ == "__main__":
    main()
