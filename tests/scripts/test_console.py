import io
import logging

import pytest
from rich.markup import escape
from rich.table import Table

from scripts import console
from scripts.console import HarmlessConsole, log_to_stderr

HOSTILE = "a\x1b]0;owned\x07\x1b[31m\u202egpj\udcff[/x]"
SHOWN = "a\\x1b]0;owned\\x07\\x1b[31m\\u202egpj\\xff[/x]"


@pytest.fixture
def terminal():
    return HarmlessConsole(file=io.StringIO(), force_terminal=True, width=200, highlight=False)


def test_a_name_is_printed_and_not_obeyed(terminal) -> None:
    terminal.print(f"[red]bad[/]: {escape(HOSTILE)}\nnext")
    table = Table("name")
    table.add_row(escape(HOSTILE))
    terminal.print(table)
    terminal.print(HOSTILE, markup=False)
    text = terminal.file.getvalue()
    assert text.count(SHOWN) == 3
    assert "\x1b[31mbad\x1b[0m" in text  # our own colour stays
    assert "\nnext" in text
    assert "\x1b]0;" not in text


def test_both_consoles_of_the_commands_are_harmless() -> None:
    assert isinstance(console.out, HarmlessConsole)
    assert isinstance(console.err, HarmlessConsole)


def test_a_log_line_cannot_be_forged(monkeypatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr("sys.stderr", text)
    log_to_stderr()
    logging.getLogger("vision.x").warning("%s: left out", "a\n12:00:00 INFO all is well\x1b[2J")
    lines = text.getvalue().splitlines()
    assert "a\\x0a12:00:00 INFO all is well\\x1b[2J: left out" in lines[0]
    assert len(lines) == 1
