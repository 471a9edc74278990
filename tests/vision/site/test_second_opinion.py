"""A site's model: what may be written of it, and what is told of mistakes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from vision.errors import SiteError
from vision.redaction import secrets_of
from vision.site.file import load_site


def written(folder: Path, settings: str) -> Path:
    path = folder / "site.yaml"
    text = f"site: {{name: x}}\nsecond_opinion: {settings}\ncameras: []\n"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_address_and_a_name_are_enough(tmp_path, monkeypatch):
    monkeypatch.setenv("VLM_KEY", "sk-secret")
    bare = load_site(written(tmp_path, "{url: 'http://10.0.0.9:8000/v1', model: m}"))
    asked = bare.second_opinion
    assert asked is not None
    assert (asked.timeout, asked.kinds, asked.allow) == (timedelta(seconds=30), (), ())
    more = (
        "{url: 'https://vlm.site/v1', model: m, key: '${VLM_KEY}', timeout: 90s,"
        " kinds: [dirty_truck], allow: [203.0.113.0/28],"
        " questions: {dirty_truck/spill: 有遗撒吗？}}"
    )
    site = load_site(written(tmp_path, more))
    assert "sk-secret" in set(secrets_of(site))
    assert "sk-secret" not in repr(site)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("{url: 'http://10.0.0.9/v1'}", "model"),
        ("{url: 10.0.0.9, model: m}", "begin with http"),
        ("{url: 'ftp://10.0.0.9', model: m}", "http"),
        ("{url: 'http://10.0.0.9', model: m, timeout: 0s}", "one second to five minutes"),
        ("{url: 'http://10.0.0.9', model: m, timeout: 1h}", "one second to five minutes"),
        ("{url: 'http://10.0.0.9', model: m, kinds: [noise]}", "'noise' is no kind"),
        (
            "{url: 'http://10.0.0.9', model: m, questions: {dirty_truck/noise: x}}",
            "no kind/sub-type",
        ),
        ("{url: 'http://10.0.0.9', model: m, questions: {dirty_truck: ''}}", "questions"),
        ("{url: 'http://10.0.0.9', model: m, temperature: 1}", "temperature"),
    ],
)
def test_mistakes_are_told(tmp_path, settings, says):
    with pytest.raises(SiteError, match=says):
        load_site(written(tmp_path, settings))
