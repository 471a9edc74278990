"""Variables: what the site file takes from the environment and from files of secrets."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from vision.files import read_file
from vision.mistakes.wrong import said_of, wrong
from vision.sentence import Said
from vision.site.text import control_in
from vision.site.yaml_tree import Where

_SECRET = re.compile(r"\$\{([^}]+)\}")
_MOST_SECRET_BYTES = 2**16


class Expansion:
    """Replaces `${NAME}` by the environment's value and `${file:PATH}` by a file's text.

    `mistakes` are those that cannot be replaced, all of them: who starts a service wants the list.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.mistakes: list[tuple[Where, Said]] = []

    def of(self, node: Any, where: Where = ()) -> Any:
        """A value of the file at `where`, with every variable in it replaced."""
        if isinstance(node, dict):
            return {k: self.of(v, (*where, k)) for k, v in node.items()}
        if isinstance(node, list):
            return [self.of(v, (*where, i)) for i, v in enumerate(node)]
        if isinstance(node, str):
            return _SECRET.sub(lambda match: self._secret(match[1], where), node)
        return node

    def _secret(self, name: str, where: Where) -> str:
        variable = f"${{{name}}}"
        try:
            if name.startswith("file:"):
                return _one_line(_file_text(self._root / name[5:], variable), variable)
            return _one_line(_of_environment(name, variable), variable)
        except ValueError as error:
            self.mistakes.append((where, said_of(error)))
            return ""


def _one_line(text: str, variable: str) -> str:
    control = control_in(text, lines=False)
    if control is not None:
        raise ValueError(wrong("variable_control", variable=variable, code=control))
    return text


def _of_environment(name: str, variable: str) -> str:
    if name not in os.environ:
        raise ValueError(wrong("variable_unset", variable=variable, name=name))
    return os.environ[name]


def _file_text(path: Path, variable: str) -> str:
    try:
        return read_file(path, _MOST_SECRET_BYTES).decode("utf-8-sig").strip()
    except OSError as error:
        raise ValueError(
            wrong("variable_unreadable", variable=variable, why=error.strerror)
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(wrong("variable_not_utf8", variable=variable)) from error
