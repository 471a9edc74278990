"""Storage: where cases and evidence live, and what lies on this machine in any case."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from vision.fields import Part
from vision.mistakes.wrong import wrong
from vision.site.web_address import WebAddress

# Amazon's rules for names of buckets, which other makers keep to; no name holds a credential then.
_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[\w.+=-]+)*)/?")
_LIKE = "s3://BUCKET/PREFIX"


def _known_place(text: str) -> str:
    if "://" in text and not _ADDRESS.fullmatch(text):  # it may hold a password: not repeated
        raise ValueError(wrong("evidence_place", like=_LIKE))
    return text.rstrip("/") if "://" in text else text


class ObjectStorage(Part):
    """How S3-compatible storage is reached; what is left out comes from the environment.

    That is what every S3 client reads: `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`,
    `AWS_SECRET_ACCESS_KEY`, `AWS_PROFILE` and its files, or the machine's own role.
    `addressing` is where the bucket's name stands: in the path (MinIO, Ceph), or before the host
    (`virtual`: Aliyun OSS, Tencent COS, Huawei OBS); `auto` takes the path where there is an
    `endpoint`.
    """

    endpoint: WebAddress | None = None
    region: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] | None = None
    key: SecretStr | None = None
    secret: SecretStr | None = None
    addressing: Literal["auto", "path", "virtual"] = "auto"

    @model_validator(mode="after")
    def _credentials_come_together(self) -> ObjectStorage:
        if (self.key is None) != (self.secret is None):
            raise ValueError(wrong("credentials_half"))
        return self


class Storage(Part):
    """Where cases and evidence live; relative paths start at the site file's folder.

    `evidence` is a folder, or `s3://BUCKET/PREFIX`. `data` is the folder of what is this machine's:
    rules' memory, quarantine, leases, and evidence that waits for its upload; by default the one
    that the evidence's folder lies in, or `var`. `site_key` is the file with the key that signs
    records, never in the database; by default it lies in `data`. Machines that share a database
    share it.
    """

    database: str = "sqlite:///var/streetwarden.db"
    evidence: Annotated[str, AfterValidator(_known_place)] = "var/evidence"
    data: Annotated[str, Field(min_length=1, pattern=r"^[^:]*$")] | None = None
    s3: ObjectStorage | None = None
    site_key: str | None = None

    @model_validator(mode="after")
    def _s3_is_used(self) -> Storage:
        if self.s3 is not None and self.bucket is None:
            raise ValueError(wrong("bucket_unused", like=_LIKE))
        return self

    @property
    def bucket(self) -> tuple[str, str] | None:
        """Bucket and prefix (may be empty) of the evidence; None where it is in a folder."""
        found = _ADDRESS.fullmatch(self.evidence)
        return (found[1], found[2].lstrip("/")) if found else None

    @property
    def folder(self) -> Path:
        """The folder of what is this machine's; see `data`."""
        if self.data is not None:
            return Path(self.data)
        return Path("var") if self.bucket else Path(self.evidence).parent

    @property
    def files(self) -> Path:
        """The folder that evidence is written to: its own, or where it waits for its upload."""
        return self.folder / "spool" if self.bucket else Path(self.evidence)

    @property
    def key_file(self) -> Path:
        """The file with the key that signs records."""
        return Path(self.site_key) if self.site_key is not None else self.folder / "site.key"
