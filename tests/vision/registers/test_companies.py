"""The register of companies' trucks."""

from __future__ import annotations

import pytest

from vision.errors import SiteError
from vision.registers.companies import MOST_BYTES, CompanyRegister
from vision.site.file import load_site


def written(tmp_path, content):
    path = tmp_path / "companies.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_it_is_read_as_spreadsheets_write_it(tmp_path, encoding):
    text = "序号,号牌号码,企业名称\r\n1,鄂A·12345,宏达渣土\r\n2,鄂ad12345,宏达渣土\r\n,,\r\n"
    register = CompanyRegister.load(written(tmp_path, text.encode(encoding)))
    assert register.of("鄂A12345") == register.of("鄂AD12345") == "宏达渣土"
    assert register.of("鄂A54321") is None
    assert register.of(None) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "must name the columns"),
        ("plate,owner\n鄂A12345,Li\n", "must name the columns"),
        ("plate,company\n鄂A12345,Hongda\n12345,Hongda\n", "line 3: '12345' is no number plate"),
        ("plate,company\n鄂A12345,\n", "line 2: a company's name"),
        ("plate,company\n鄂A12345\n", "line 2: a company's name"),
        ("plate,company\n鄂A12345,A\n鄂A12345,B\n", "line 3: the plate is another company's"),
        (b"plate,company\n\xff\xff\xff\n", "is no text"),
        ('plate,company\n鄂A12345,"Hongda\n鄂A12346,Yuanda\n', r"cannot be read \(3: "),
        ('plate,company\n鄂A12345,"Hong"da\n', r"cannot be read \(2: "),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, content, said):
    with pytest.raises(SiteError, match=said):
        CompanyRegister.load(written(tmp_path, content))


def test_one_that_is_too_large_or_away_is_refused(tmp_path):
    with pytest.raises(SiteError, match="cannot be read"):
        CompanyRegister.load(tmp_path / "none.csv")
    path = written(tmp_path, "")
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(SiteError, match="larger than 16 MiB"):
        CompanyRegister.load(path)


def test_the_site_file_names_it(tmp_path):
    site = tmp_path / "site.yaml"
    site.write_text("site: {name: t}\nplates: {companies: companies.csv}\ncameras: []\n")
    with pytest.raises(SiteError, match=r"(?s)site.yaml.*companies.csv cannot be read"):
        load_site(site)
    written(tmp_path, "plate,company\n鄂A12345,Hongda\n")
    assert load_site(site).plates.companies == str(tmp_path / "companies.csv")
