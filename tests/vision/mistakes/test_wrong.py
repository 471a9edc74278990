"""The site file's mistakes: each in both languages, used, and filled with what there is."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path

import pytest

import vision
from vision.mistakes.wrong import MEANT, WRONG, said_of, wrong
from vision.sentence import FORMS, Said
from vision.site.yaml_tree import _MENDS

ROOT = Path(vision.__file__).parent


def said() -> list[tuple[str, str, set[str | None]]]:
    """Every `wrong("code", name=…)`: where, the code, the names of its values."""
    found = []
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "wrong":
                where = f"{file.relative_to(ROOT)}:{node.lineno}"
                (code,) = node.args
                if isinstance(code, ast.Constant):
                    found.append((where, str(code.value), {k.arg for k in node.keywords}))
                else:
                    assert where.startswith("site/mistakes.py"), f"{where}: no literal code"
    return found


def test_each_is_used_and_gets_the_values_that_it_takes():
    forms = {"name_form", "grid_form", "url_form"}  # by `vision.site.mistakes`, by field
    assert {code for _, code, _ in said()} | forms == set(WRONG)
    for where, code, given in said():
        sentence = WRONG[code]
        for language in ("zh", "en"):
            of_feature = {"feature"}  # `vision.geo.geojson.of_feature` gives it
            template = getattr(sentence, language)
            optional = set(re.findall(r"\w+(?=[}:])", "".join(re.findall(r"\[.*?\]", template))))
            wanted = set(sentence.placeholders(language)) - of_feature - optional
            assert wanted <= given, where


@pytest.mark.parametrize("table", [WRONG, *MEANT.values()])
def test_each_is_in_both_languages(table):
    for code, sentence in table.items():
        zh, en = (re.sub(r"\{[^}]*\}", "", text) for text in (sentence.zh, sentence.en))
        assert re.search("[\u4e00-\u9fff]", zh), code
        assert not re.search("[\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]", en), code
        assert not re.search(r"[,;:()!?] |[\u4e00-\u9fff] +[\u4e00-\u9fff\d]", zh), code
        forms = sentence.placeholders("zh") | sentence.placeholders("en")
        assert {form for form in forms.values() if form} <= FORMS | set(MEANT), code


def test_every_mend_of_yaml_is_a_word():
    assert {mend for _, mend in _MENDS} | {"line"} == set(MEANT["yaml_mends"])


def test_a_mistake_keeps_its_code_from_one_process_to_another():
    text = wrong("zone_none_such", name="fair\u202e", zone="south")
    assert str(text) == "silence 'fair\\u202e': no zone is called 'south'; correct the name"
    back = pickle.loads(pickle.dumps(ValueError(text)))
    told = said_of(back)
    assert isinstance(told, Said)
    assert (told, told.code, told.params) == (text, text.code, text.params)
    assert said_of(ValueError("plain")).code == "value_error"
    assert WRONG[told.code].say("zh", told.params, MEANT).startswith("免审时段“fair")
