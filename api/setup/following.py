"""Following: the site in force follows the site file, whoever changes it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from api.background_thread import BackgroundThread
from api.errors import DatabaseUnavailable, SiteFileUnwritable, SiteFileWrong
from api.setup.edit import same
from api.setup.history import History
from api.setup.mistaken import told
from api.setup.site_file import Content, SiteFile
from api.site_in_force import SiteInForce
from api.words.said import Mistaken
from vision.errors import SiteError
from vision.files import Mark
from vision.pipeline.decided_by import named_files
from vision.redaction import REDACTION, secrets_of
from vision.site import Site
from vision.throttled_log import ThrottledLog

PERIOD_S = 2.0
"""Seconds between looks at the file. It is read once it has rested from one look to the next: an
editor may still be writing."""
_log = logging.getLogger("streetwarden.site")
_TROUBLE = ThrottledLog(_log)
_Marks = tuple[Mark | None, dict[str, Mark | None]]
"""Of the file, and of those that it names, by their paths."""
Apply = Callable[[Site], None]
"""Makes a running pipeline watch by another site; see `api.monitoring.watch.Watch`."""


class Following(BackgroundThread):
    """Looks at the file every `PERIOD_S`, from `start()` to `stop()`; takes over what is right.

    Args:
        file: the site file.
        history: where changes by hand are entered.
        in_force: what follows.
        apply: what makes the pipeline follow; None where none runs here.
        changed: called when another content is in force.

    Attributes:
        problem: what is wrong with the file while an earlier one is in force; None: nothing.
        mistakes: the same one by one, where the file can be read.
        waits: parts of the file that differ from what runs, until the next start.
    """

    def __init__(
        self,
        file: SiteFile,
        history: History,
        in_force: SiteInForce,
        apply: Apply | None = None,
        *,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__("site-file")
        self._file = file
        self._history = history
        self._in_force = in_force
        self._apply = apply
        self._changed = changed
        self.problem: str | None = None
        self.mistakes: tuple[Mistaken, ...] = ()
        self.waits: tuple[str, ...] = ()
        self._taken: str | None = None
        self._known: _Marks | None = None
        self._before: _Marks | None = None

    def start(self) -> None:
        """Begin to look."""
        self._before = self._marks()
        super().start()

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except (DatabaseUnavailable, SiteFileUnwritable) as error:
                _TROUBLE.in_words("changes of the site file wait", error)
            except Exception as error:  # noqa: BLE001 - nothing may end it
                _TROUBLE.traced("the site file", error)
            if self._stopping.wait(PERIOD_S):
                return

    def look(self) -> None:
        """Take over what somebody has changed in the file, if it has rested since the last look.

        Raises:
            DatabaseUnavailable: it is in force, and still to be entered in the history.
            SiteFileUnwritable: somebody else is changing it; look again.
        """
        mark, before = self._marks(), self._before
        self._before = mark
        if mark != before or (mark[0] is not None and mark == self._known):
            return
        known = self._known[1] if self._known is not None else {}
        named = any(known.get(path, its) != its for path, its in mark[1].items())
        with self._file.locked():
            if named:
                self._file.forget()
            try:
                content = self._file.read()
            except SiteFileWrong as error:
                self._complain(str(error))
                self._known = mark
                return
            self._history.settle(content)
            try:
                _ = content.value, content.site
            except SiteError as error:
                self._complain(content.said(error), told(content, error))
                self._known = mark
                return
            if named:
                _log.info("a file that the site file names has changed")
            if named or content.sha256 != self._taken or self.problem is not None:
                self.take_over(content, named=named)
            self.catch_up(content)
            self._known = self._before = mark[0], self._marks()[1]

    def catch_up(self, content: Content) -> None:
        """Enter in the history what happened to the file so far; call it while it is locked.

        Raises:
            DatabaseUnavailable: not all is entered.
        """
        self._history.settle(content)
        if self._history.noticed(content, lambda raw: self._parts(raw, content)):
            _log.info("the site file was edited by hand; entered in its history")

    def take_over(self, content: Content, *, named: bool = False) -> None:
        """Put a content without mistakes in force; call it while the file is locked.

        `named`: a file that it names is another, whatever it says itself.
        """
        site, now = content.site, self._in_force.now
        REDACTION.hide(secrets_of(site))
        self._taken, self.problem, self.mistakes = content.sha256, None, ()
        waits = self._in_force.follow(site)
        if self._apply is not None and (named or self._in_force.now != now):
            waits += self._applied(self._apply)
        self.waits = tuple(waits)
        if self.waits:
            _log.warning("the site file: %s: from the next start", ", ".join(self.waits))
        self._changed()

    def _marks(self) -> _Marks:
        """Of the file, and of those that cameras of the site in force are decided by."""
        return self._file.mark(), named_files(self._in_force.now)

    def _applied(self, apply: Apply) -> list[str]:
        try:
            apply(self._in_force.now)
        except Exception as error:  # noqa: BLE001 - what is stored is stored
            _TROUBLE.traced("the cameras do not follow the site file before the next start", error)
            return ["cameras"]
        return []

    def _complain(self, problem: str, mistakes: Sequence[Mistaken] = ()) -> None:
        if problem != self.problem:
            _log.error("the site file as it was before is in force: %s", problem)
        self.problem, self.mistakes = problem, tuple(mistakes)

    def _parts(self, raw: bytes, now: Content) -> Sequence[str]:
        """The parts of the file that differ from those of an earlier content."""
        try:
            before = Content(raw, self._file.path, None).value
        except SiteError:
            return ()
        names = dict.fromkeys((*before, *now.value))
        return [n for n in names if not same(before.get(n), now.value.get(n))]
