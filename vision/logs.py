"""Logs: what every process of this program logs, where to and in which form.

All goes to stderr, which a service manager keeps: as plain lines for people or, with
`--log-format json`, as one JSON object a line. Nothing leaves without passing `vision.redaction`.
"""

from __future__ import annotations

import logging
import os
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from multiprocessing import parent_process

from vision.errors import StreetwardenError
from vision.printable import printable, to_json
from vision.redaction import REDACTION

VARIABLE = "STREETWARDEN_LOG_FORMAT"
REQUEST: ContextVar[str | None] = ContextVar("streetwarden_request", default=None)
"""Id of the HTTP request that this thread or task works for."""
_LONGEST = 64_000
"""Characters of a message or a traceback: what strangers can make longer fills no disk."""


class LogFormat(StrEnum):
    """The form of the lines."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Logs:
    """What is logged; to be handed to processes that are started.

    Attributes:
        level: `logging`'s.
        form: of the lines.
    """

    level: int
    form: LogFormat


def log_to_stderr(*, verbose: bool = False, form: LogFormat | None = None) -> Logs:
    """Send the packages' logs to stderr: warnings, or everything with `verbose`.

    The lines of another process than the main one bear its name.

    Args:
        verbose: what happens too, and each request.
        form: by default the one that the environment's `STREETWARDEN_LOG_FORMAT` names, or text.

    Raises:
        StreetwardenError: the environment names a form that there is not.
    """
    logs = Logs(logging.INFO if verbose else logging.WARNING, form or _form_of_environment())
    set_up(logs)
    return logs


def set_up(logs: Logs) -> None:
    """Log as the process that started this one does; nothing is changed where logs go somewhere."""
    if logging.root.handlers:
        return
    handler = logging.StreamHandler()
    handler.addFilter(_redacted)
    handler.setFormatter(_JsonLine() if logs.form is LogFormat.JSON else _OneLine())
    logging.basicConfig(level=logs.level, handlers=[handler])
    threading.excepthook = _died


def running() -> Logs:
    """What this process logs, for one that it starts."""
    json = any(isinstance(h.formatter, _JsonLine) for h in logging.root.handlers)
    form = LogFormat.JSON if json else LogFormat.TEXT
    return Logs(logging.getLogger().getEffectiveLevel(), form)


def _form_of_environment() -> LogFormat:
    named = os.environ.get(VARIABLE) or LogFormat.TEXT
    try:
        return LogFormat(named)
    except ValueError:
        raise StreetwardenError(f"{VARIABLE} is {printable(named)!r}; write text or json") from None


def _redacted(record: logging.LogRecord) -> bool:
    """Take the secrets out of a record, as a filter of the handler that all loggers end in."""
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - logging itself would print the arguments as they are
        message = f"{record.msg} (its arguments do not fit; report this)"
    record.msg, record.args = _cut(REDACTION(message)), ()
    if record.exc_info and record.exc_info[0] is not None and not record.exc_text:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    if record.exc_text:
        record.exc_text = _cut(REDACTION(record.exc_text))
    if record.stack_info:
        record.stack_info = _cut(REDACTION(record.stack_info))
    return True


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _died(what: threading.ExceptHookArgs) -> None:
    """A thread that ends on an error says so as everything else is said."""
    if what.exc_type is SystemExit or what.exc_value is None:
        return
    name = what.thread.name if what.thread is not None else "?"
    logging.getLogger("streetwarden").critical(
        "thread %s ended on an error; report this",
        name,
        exc_info=(what.exc_type, what.exc_value, what.exc_traceback),
    )


class _OneLine(logging.Formatter):
    """A message is one line, whatever names it holds; only a traceback follows below."""

    def __init__(self) -> None:
        who = "" if parent_process() is None else "%(processName)s "
        super().__init__(
            f"%(asctime)s {who}%(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S"
        )

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = printable(record.message)
        request = REQUEST.get()
        line = super().formatMessage(record)
        return line if request is None else f"{line} [request {request}]"


class _JsonLine(logging.Formatter):
    """A record is one JSON object on one line, its traceback too; times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.processName,
            "pid": record.process,
            "request": REQUEST.get(),
            "exception": record.exc_text or None,
            "stack": record.stack_info,
        }
        return to_json({name: value for name, value in line.items() if value is not None})
