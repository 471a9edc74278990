"""Modules and styles that are joined: all of them, once, and nothing joined wrongly."""

import gzip
import re

import httpx
import pytest

from api.console import FOLDER
from api.console.joined import joined_script, joined_style
from api.http.app import create_app
from tests.api.world import served

STATIC = FOLDER / "static"


def test_every_module_of_ours_is_in_the_joined_one_once():
    script = joined_script(STATIC)
    ours = {
        path.relative_to(STATIC).as_posix()
        for path in STATIC.rglob("*.js")
        if "vendor" not in path.parts
    }
    there = re.findall(r'^"([^"]+)"\(\) \{$', script, re.MULTILINE)
    assert len(there) == len(set(there))
    assert {name for name in there if not name.startswith("vendor/")} == ours
    assert {name.split("/")[1] for name in there if name.startswith("vendor/")} == {"lit-html"}
    outside = re.search(r"^const \$outside = (.*);$", script, re.MULTILINE)[1]
    assert '"map/map.js": ["vendor/leaflet/leaflet.js"]' in outside
    assert '"pages/review/index.js": []' in outside  # nobody waits for the map


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ('import { a, b as c } from "./b.js";', 'const { a, b: c } = $load("core/b.js");'),
        ('import b from "./b.js";', 'const { default: b } = $load("core/b.js");'),
        ('import * as b from "./b.js";', 'const b = $load("core/b.js");'),
        ("export const a = 1;", "const a = 1;\nreturn { a: a };"),
        (
            "export default function page() {}",
            "function page() {}\nreturn { default: page };",
        ),
        ("const a = 1;\nexport { a as b };", "return { b: a };"),
        ('const a = () => import("./b.js");', 'const a = () => $later("core/b.js");'),
    ],
)
def test_what_modules_give_and_take(tmp_path, source, made):
    (tmp_path / "core").mkdir()
    (tmp_path / "app.js").write_text('import "./nothing.js";\nimport { a } from "./core/a.js";')
    (tmp_path / "core" / "a.js").write_text(source)
    (tmp_path / "core" / "b.js").write_text("export const a = 1;")
    assert made in joined_script(tmp_path)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import {a} from './b.js';", "cannot be joined"),
        ("export let a = 1;", "cannot be joined"),
        ('export * from "./b.js";', "cannot be joined"),
        ('import { a } from "./app.js";', "circle"),
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path, source, said):
    (tmp_path / "app.js").write_text('import { a } from "./a.js";')
    (tmp_path / "a.js").write_text(source)
    with pytest.raises(ValueError, match=said):
        joined_script(tmp_path)


def test_pictures_of_a_style_are_found_from_the_joined_one(tmp_path):
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "map.css").write_text("a { background: url(images/pin.png); }")
    (tmp_path / "base.css").write_text("b { behavior: url(#none); }")
    assert joined_style(tmp_path, ["map/map.css", "base.css"]).splitlines() == [
        "a { background: url(map/images/pin.png); }",
        "b { behavior: url(#none); }",
    ]


def test_the_page_asks_for_two_files_that_are_kept_for_ever(world):
    with (
        served(create_app(world.site, world.database, world.evidence)) as address,
        httpx.Client(base_url=address, trust_env=False) as http,
    ):
        page = http.get("/")
        names = re.findall(r'(?:href|src)="(static/console-[0-9a-f]{16}\.(?:js|css))"', page.text)
        assert len(names) == len(re.findall(r"<script|stylesheet", page.text)) == 2
        for name in names:
            plain = http.get(name, headers={"Accept-Encoding": "identity"})
            packed = http.get(name, headers={"Accept-Encoding": "gzip"})
            assert plain.content == packed.content
            assert packed.headers["content-encoding"] == "gzip"
            assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content))
            assert "immutable" in plain.headers["cache-control"]
            assert "default-src 'none'" in plain.headers["content-security-policy"]
