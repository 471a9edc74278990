"""An S3 server (moto's) as a process, and a link to it that can be slow, cut or lying."""

from __future__ import annotations

import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import boto3

from vision.site import Storage
from vision.site.storage import ObjectStorage

BUCKET = "evidence"
PATIENCE_S, IMPATIENCE_S = 60.0, 1.0
"""Of stores that are to succeed, on however busy a machine; of those that are to give up."""
_SERVE = """
from threading import Event
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
Event().wait()
"""


class S3Server:
    """moto's server on loopback, in a process of its own; `url` is its address."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "MOTO_S3_DEFAULT_MAX_KEYS": "10"},  # a listing's page
            stderr=subprocess.DEVNULL,  # a line for each request
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def client(self, what: str = "s3") -> boto3.client:
        """A client that goes to it directly."""
        return boto3.client(
            what,
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
        )

    def reset(self) -> None:
        """Nothing is stored, everybody is let in, and the bucket is there."""
        self._tell("reset-auth", b"1000000000")
        self._tell("reset", b"")
        self.client().create_bucket(Bucket=BUCKET)

    def ask_for_credentials(self) -> ObjectStorage:
        """Let in only who signs with these from now on."""
        iam = self.client("iam")
        iam.create_user(UserName="streetwarden")
        rights = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        iam.put_user_policy(
            UserName="streetwarden",
            PolicyName="all",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [rights]}),
        )
        made = iam.create_access_key(UserName="streetwarden")["AccessKey"]
        self._tell("reset-auth", b"0")
        return reached(self.url, key=made["AccessKeyId"], secret=made["SecretAccessKey"])

    def objects(self) -> dict[str, bytes]:
        """All that is stored, by its name."""
        s3 = self.client()
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        names = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return {n: s3.get_object(Bucket=BUCKET, Key=n)["Body"].read() for n in names}

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _tell(self, what: str, body: bytes) -> None:
        asked = urllib.request.Request(f"{self.url}/moto-api/{what}", body)
        asked.add_header("Content-Type", "text/plain")
        urllib.request.urlopen(asked).close()


def reached(url: str, *, key: str = "test", secret: str = "test") -> ObjectStorage:
    """How a store reaches the server."""
    return ObjectStorage.model_validate(
        {"endpoint": url, "region": "us-east-1", "key": key, "secret": secret}
    )


def storage(folder: os.PathLike[str], url: str) -> Storage:
    """A site's storage with its evidence there, and all else in a folder."""
    return Storage(
        database=f"sqlite:///{folder}/cases.db",
        evidence=f"s3://{BUCKET}/site",
        data=str(folder),
        s3=reached(url),
    )


@dataclass
class Link:
    """A TCP proxy before a server. `url` is its address.

    `away`: connections are refused at once. `stalls`: bytes are taken and go nowhere. `chunk_s`:
    seconds that each 64 KiB takes. `resets_after`: a connection is reset when it has carried so
    many bytes to the server. `swaps`: bytes that are replaced by others on their way, per
    direction; of the same length. `carried`: what went to the server; `started` is set when
    something has.
    """

    port: int
    away: bool = False
    stalls: bool = False
    chunk_s: float = 0.0
    resets_after: int | None = None
    swaps_up: tuple[bytes, bytes] = (b"", b"")
    swaps_down: tuple[bytes, bytes] = (b"", b"")
    carried: bytearray = field(default_factory=bytearray)
    started: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def carry(self, ours: socket.socket) -> None:
        """Carry one connection until it ends."""
        with ours, socket.create_connection(("127.0.0.1", self.port)) as theirs:
            chooser, sent = selectors.DefaultSelector(), 0
            chooser.register(ours, selectors.EVENT_READ, theirs)
            chooser.register(theirs, selectors.EVENT_READ, ours)
            while not self.away:
                for key, _ in chooser.select(0.05):
                    source, target = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    if self.stalls:
                        time.sleep(0.01)  # what is not read stays in the way
                        continue
                    data = source.recv(2**16)
                    if not data:
                        return
                    if self.chunk_s:
                        time.sleep(self.chunk_s)
                    upwards = source is ours
                    sent += len(data) if upwards else 0
                    if self.resets_after is not None and sent > self.resets_after:
                        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # close as a reset
                        ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        return
                    if upwards:
                        self.carried += data
                        self.started.set()
                    swap = self.swaps_up if upwards else self.swaps_down
                    target.sendall(data.replace(*swap) if swap[0] else data)


@contextmanager
def link(server: S3Server) -> Iterator[Link]:
    """Run a link to this server."""
    listener = socket.create_server(("127.0.0.1", 0))
    made = Link(server.port, url=f"http://127.0.0.1:{listener.getsockname()[1]}")

    def carry(connection: socket.socket) -> None:
        with suppress(OSError):
            made.carry(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                if made.away:
                    connection.close()
                else:
                    threading.Thread(target=carry, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.away = True
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
