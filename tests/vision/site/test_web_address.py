"""Web addresses of the site file: what cannot be sent to is said when the file is loaded."""

from __future__ import annotations

import pytest

from vision.errors import SiteError
from vision.site.file import load_site
from vision.site.web_address import checked

WRONG = {
    "http://a..b/": "empty part",
    "http://.a/": "empty part",
    "http://h:99999/": "port 99999",
    "http://h:0/": "port 0",
    "https://h:port/": "no web address",
    "http://[::1/": "no web address",
    "http://h/\x00": "no web address",
    "http://": "no host",
    "http:///x": "no host",
    "https:h": "no host",
    "ftp://h/": "http",
    "h/in": "http",
    "http://exa mple/": "a part that",
    "http://a,b/": "a part that",
    "http://h\\x/": "a part that",
    "http://-a.de/": "a part that",
    "http://" + "a" * 64 + ".de/": "a part that",
    "http://" + "a." * 130 + "de/": "a part that",
    "http://1.2.3.4.5/": "four numbers",
    "http://0x7f.1/": "four numbers",
    "http://2130706433/": "four numbers",
    "http://256.1.1.1/": "no web address",
    "http://☃.net/": "no web address",
    "http://[fe80::1%25eth0]/": "zone id",
}
RIGHT = """
http://localhost:8000/in https://user:p@ss@h/in?token=x#y HTTPS://Cases.Example./ http://10.1.2.3/
http://[2001:db8::1]:8443/ https://cases_1.example/ https://münchen.example/ http://h:/x http://h?x
""".split()  # noqa: SIM905 - nine quoted addresses read worse


@pytest.mark.parametrize(("address", "why"), WRONG.items(), ids=ascii)
def test_an_address_that_nothing_can_be_sent_to_is_refused_with_why(address, why):
    with pytest.raises(ValueError, match=why):
        checked(address)


@pytest.mark.parametrize("address", RIGHT, ids=ascii)
def test_an_address_that_can_be_sent_to_stays_as_it_is(address):
    assert checked(address) == address


@pytest.mark.parametrize(
    ("name", "line", "url"),
    [
        ("site.url", 1, "https://a..b/"),
        ("site.url", 1, "https://a.example/?page=1"),
        ("webhooks.0.url", 3, "http://user:hunter2@a..b/"),
        ("webhooks.0.url", 3, "http://user:hunter2@h:99999/"),
    ],
)
def test_the_site_file_names_the_line_and_no_password(tmp_path, name, line, url):
    own, hook = (url, "https://h.example") if name == "site.url" else ("", url)
    file = tmp_path / "site.yaml"
    file.write_text(
        f'site: {{name: East, url: "{own}"}}\nwebhooks:\n'
        f'  - {{name: main, url: "{hook}", secret: c3RyZWV0d2FyZGVuLXRlc3Qtc2VjcmV0}}\n'
    )
    with pytest.raises(SiteError) as raised:
        load_site(file)
    assert f"site.yaml:{line}: {name}: " in str(raised.value)
    assert "hunter2" not in str(raised.value)
