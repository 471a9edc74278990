"""Where evidence lies, what lies on this machine, and how S3-compatible storage is reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from vision.errors import SiteError
from vision.evidence import EvidenceStore, open_store
from vision.evidence.spooled_store import SpooledStore
from vision.site.file import load_site, load_storage


def written(folder: Path, storage: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(f"site: {{name: x}}\nstorage: {storage}\ncameras: []\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("storage", "folder", "files"),
    [
        ("{}", "var", "var/evidence"),
        ("{evidence: kept/pictures}", "kept", "kept/pictures"),
        ("{evidence: kept/pictures, data: here}", "here", "kept/pictures"),
        ("{evidence: s3://city-evidence}", "var", "var/spool"),
        ("{evidence: s3://city-evidence/east/, data: here}", "here", "here/spool"),
    ],
)
def test_where_things_lie(tmp_path, storage, folder, files):
    path = written(tmp_path, storage)
    for found in (load_site(path).storage, load_storage(path)):
        assert found.folder == tmp_path / folder
        assert found.files == tmp_path / files
        store = open_store(found)
        assert type(store) is (SpooledStore if found.bucket else EvidenceStore)
        assert store.root == found.files


def test_how_a_bucket_is_reached(tmp_path, monkeypatch):
    monkeypatch.setenv("S3_KEY", "AKIAX")
    (tmp_path / "secret.txt").write_text("s3cr3t\n")
    path = written(
        tmp_path,
        "{evidence: s3://city-evidence/east/2026, s3: {endpoint: 'http://10.0.0.9:9000', "
        "region: cn-north-1, key: '${S3_KEY}', secret: '${file:secret.txt}', addressing: path}}",
    )
    found = load_storage(path)
    assert found.bucket == ("city-evidence", "east/2026")
    assert found.s3.secret.get_secret_value() == "s3cr3t"
    assert "s3cr3t" not in repr(found)
    assert "AKIAX" not in repr(found)


@pytest.mark.parametrize(
    ("storage", "says"),
    [
        ("{evidence: gs://city-evidence}", "is a folder, or s3://BUCKET/PREFIX"),
        ("{evidence: 's3://user:82719@bucket/x'}", "is a folder, or s3://BUCKET/PREFIX"),
        ("{evidence: s3://Bucket}", "is a folder, or s3://BUCKET/PREFIX"),
        ("{evidence: s3://bucket/a//b}", "is a folder, or s3://BUCKET/PREFIX"),
        ("{s3: {region: x}}", "write evidence: s3://BUCKET/PREFIX, or remove it"),
        ("{evidence: s3://bucket, s3: {key: a}}", "one of key and secret opens nothing"),
        ("{evidence: s3://bucket, s3: {key: 82719, secret: a}}", "key: is a text"),
        ("{evidence: s3://bucket, s3: {endpoint: minio}}", "does not begin with http"),
        ("{evidence: s3://bucket, data: s3://other}", "storage.data"),
    ],
)
def test_mistakes_are_told_without_secrets(tmp_path, storage, says):
    with pytest.raises(SiteError) as error:
        load_site(written(tmp_path, storage))
    assert "site.yaml:2: storage" in str(error.value)
    assert says in str(error.value)
    assert "82719" not in str(error.value)
