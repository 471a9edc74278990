"""What READMEs say to type: it is a command of ours, and parses as written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from typer._click.exceptions import MissingParameter, NoArgsIsHelpError

from scripts.streetwarden import app

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ".venv/bin/streetwarden"
PAGES = sorted(
    page for page in ROOT.rglob("*.md") if not {"var", ".venv", ".scratch"} & set(page.parts)
)
# A command in a block of code, or in backquotes within a sentence.
BLOCK = re.compile(
    r"```(?:sh|bash|console)\n(.*?)```|((?:^(?: {4}|\t).*\n)+)", re.MULTILINE | re.DOTALL
)
INLINE = re.compile(r"`([^`\n]+)`")


OURS = re.compile(r"(^|[/ ])streetwarden [a-z-]")


def commands(page: Path) -> list[tuple[str, bool]]:
    """Each command, and whether it is one that a sentence names, perhaps not whole."""
    text = page.read_text(encoding="utf-8")
    blocks = "\n".join(match[1] or match[2] for match in BLOCK.finditer(text))
    lines = [line.strip() for line in blocks.replace("\\\n", " ").splitlines()]
    typed = [(line, False) for line in lines if "`" not in line]
    named = [(words, True) for words in INLINE.findall(text)]
    return [(one, part) for one, part in typed + named if OURS.search(one.partition("#")[0])]


FOUND = [(page, line, part) for page in PAGES for line, part in commands(page)]


def parse(arguments: list[str]) -> Any:
    """The subcommand's context; a usage error is raised."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("streetwarden", arguments)
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        _, command, rest = command.resolve_command(context, rest)
        context = command.make_context(command.name, rest, parent=context)
    return context


def test_there_are_commands_to_look_at():
    assert len(FOUND) > 30
    assert {page.parent.name for page, _, _ in FOUND} >= {"datasets", "models", "scripts"}


@pytest.mark.parametrize(
    ("page", "line", "part"),
    FOUND,
    ids=[f"{p.relative_to(ROOT)}:{n}" for n, (p, _, _) in enumerate(FOUND)],
)
def test_it_runs_as_written(page, line, part):
    words = shlex.split(line, comments=True)
    where = next(i for i, word in enumerate(words) if word.endswith("streetwarden"))
    assert words[where] == LAUNCHER, f"{page}: write {LAUNCHER}: {line}"
    arguments = words[where + 1 :]
    for stop in ("|", ">", "2>", "&&", ";"):
        arguments = arguments[: arguments.index(stop)] if stop in arguments else arguments
    try:
        parse([a.rstrip("…") for a in arguments if a != "…"])
    except typer.Exit:  # --help
        pass
    except (MissingParameter, NoArgsIsHelpError):
        if not part and "…" not in line:
            raise


def test_scripts_that_are_named_are_there():
    for page in PAGES:
        for script in re.findall(r"(?<![\w/])scripts/(?!README)[a-z_]+\b(?!\.)", page.read_text()):
            assert (ROOT / script).exists(), f"{page}: {script}"


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target:
                continue
            file, _, anchor = target.partition("#")
            there = (page.parent / file).resolve() if file else page
            assert there.exists(), f"{page}: {target}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
                slugs = [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings]
                assert anchor in slugs, f"{page}: {target}"


def test_tables_name_files_that_are_there():
    """The first column of a folder's table: `a.py` `b.py`, or [`folder/`](folder/README.md)."""
    cell = re.compile(r"^\| ((?:\[?`[^`|]+`(?:\]\([^)]*\))? ?)+)\|", re.MULTILINE)
    for page in PAGES:
        for first in cell.findall(page.read_text(encoding="utf-8")):
            for name in re.findall(r"`([\w./-]+(?:\.(?:py|js|html|md|yaml)|/))`", first):
                assert (page.parent / name).exists() or (ROOT / name).exists(), f"{page}: {name}"
