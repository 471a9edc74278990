"""The console's own words: each has one home, is in both languages, and is asked for.

The rules are tried on small consoles with one fault each; then on the console there is.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import api.console
from api.words.catalogue import CATALOGUE
from tests.api.console.script_text import Script
from tests.api.console.words_check import Console, faults
from vision.sources.status import CameraState

STATIC = Path(api.console.__file__).parent / "static"
SPOKEN = {str(code) for words in CATALOGUE.values() for code in words} | set(CameraState)
"""Keys that answers of the API bring along."""
ALLOWED = {"Streetwarden", "中文", "Esc", "rtsp://…", "CSV", "XLSX"}
"""Names, and what is the same in every language."""

WORDS = """
// t("in a comment") and 'text that nobody reads'
export default {
  next: ["下一件", "Next"], // the next one
  "gap_offline": ["离线", "offline"],
  gap_dark: [
    "画面过暗",
    "dark \\"and\\" quiet",
  ],
  yes: ["是", "Yes"], no: ["否", "No"],
  grace: ["整改期内", "Time to correct"],
};
"""
PAGE = r"""
import { t } from "./words.js";
/* t("not_this") */
const url = "https://example.org"; // t("nor_this")
const quote = text.replace(/["'`]/g, "").split(/\/\*/);
const gap = (one) => `${t(`gap_${one.cause}`)} ${t(one.stage)}`;
render(html`<p class="note" title=${t("next")}>
  ${open ? html`<b>${t(a === "other" ? "yes" : "no")}</b>` : ""} · 12 %</p>`);
"""


def console(folder: Path, words: str = WORDS, page: str = PAGE) -> Console:
    (folder / "words").mkdir()
    (folder / "words/page.js").write_text(words, encoding="utf-8")
    (folder / "page.js").write_text(page, encoding="utf-8")
    (folder / "vendor").mkdir()
    (folder / "vendor/library.js").write_text('t("nothing of ours"); "不是我们的"')
    return Console.at(folder)


def test_a_console_that_is_right(tmp_path: Path) -> None:
    right = console(tmp_path)
    assert [key for _, key, _, _ in right.entries()] == [
        *("next", "gap_offline", "gap_dark", "yes", "no", "grace"),
    ]
    assert sorted({(key, family) for _, key, family in right.asked()}) == [
        *(("gap_", True), ("next", False), ("no", False), ("yes", False)),
    ]
    assert faults(right, {"grace"}) == []


@pytest.mark.parametrize(
    ("words", "page", "fault"),
    [
        ("", '\nt("nxt");', "page.js: t(nxt) is no word"),
        ("", '\nt(on ? "yes" : "nein");', "page.js: t(nein) is no word"),
        ("", "\nt(`stage_${one}`);", "page.js: t(stage_…) is no word"),
        ('\nexport default { old: ["旧", "old"] };', "", "old: is asked for nowhere"),
        ('\nexport default { yes: ["是的", "Yes!"] };', "", "yes: defined 2 times"),
        (
            '\nexport default { half: ["一半", ""] };',
            '\nt("half");',
            "words/page.js: half: not in both languages",
        ),
        ("", '\ntoast("已保存");', "page.js: '已保存' is no word of words/"),
        ("", "\ntoast(`共${n}件`);", "page.js: '共' is no word of words/"),
        ("", '\ntoast("It was saved");', "page.js: 'It was saved' is no word of words/"),
        ("", "\nhtml`<p>${a} Try again</p>`;", "page.js: 'Try again' is no word of words/"),
        ("", '\nhtml`<a title="Close it">×</a>`;', "page.js: 'Close it' is no word of words/"),
        ("", "\nhtml`${a ? html`<i>gone</i>` : b}`;", "page.js: 'gone' is no word of words/"),
    ],
)
def test_a_fault_is_found(tmp_path: Path, words: str, page: str, fault: str) -> None:
    wrong = console(tmp_path, WORDS + words, PAGE + page)
    found = faults(wrong, {"grace"})
    assert fault in found
    assert len(found) == 1 + fault.endswith("'共' is no word of words/"), found


def test_comments_strings_and_templates_are_told_apart() -> None:
    script = Script.of(
        'a = b / c; // "x"\nd = `1${ {e: "f"}.e + `2${"g"}` }3`; /* `h` */ i = /`"/;'
    )
    assert script.strings == ["f", "g"]
    assert script.templates == ["1\0" + "3", "2\0"]
    assert "x" not in script.code
    assert "h" not in script.code


def test_no_module_asks_for_a_word_that_is_missing() -> None:
    missing = [fault for fault in faults(Console.at(STATIC), SPOKEN, ALLOWED) if "t(" in fault]
    assert len(Console.at(STATIC).entries()) > 100
    assert missing == []


@pytest.mark.skipif(
    not (STATIC / "words").is_dir(), reason="the console of one words.js, which is replaced"
)
def test_the_words_of_the_console_are_whole_and_used() -> None:
    assert faults(Console.at(STATIC), SPOKEN, ALLOWED) == []
