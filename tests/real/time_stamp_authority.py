"""A time-stamp authority (RFC 3161) made with `openssl ts`, behind a small HTTP server."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[ req ]
distinguished_name = dn
[ dn ]
[ ca ]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[ leaf ]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ tsa ]
default_tsa = one
[ one ]
serial = {root}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def openssl(*arguments: str | Path, content: bytes = b"") -> bytes:
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, input=content, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Authority:
    """Keys and certificates in a folder; the signer's certificate is valid for so many days.

    `not_after` (YYMMDDHHMMSSZ) makes a certificate that has ended.
    """

    def __init__(self, root: Path, *, not_after: str | None = None) -> None:
        root.mkdir(exist_ok=True)
        self.root, self.ca = root, root / "ca.pem"
        (root / "conf").write_text(CONFIG.format(root=root))
        (root / "serial").write_text("01\n")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        config = ("-config", root / "conf")
        openssl(
            *("req", "-x509", *curve, *config, "-extensions", "ca", "-days", "3650"),
            *("-subj", "/CN=Root", "-keyout", root / "ca.key", "-out", self.ca),
        )
        openssl(
            *("req", *curve, *config, "-subj", "/CN=Stamps"),
            *("-keyout", root / "leaf.key", "-out", root / "leaf.csr"),
        )
        signed_by = ("-CA", self.ca, "-CAkey", root / "ca.key", "-CAcreateserial")
        if not_after is None:
            openssl(
                *("x509", "-req", "-in", root / "leaf.csr", *signed_by, "-days", "365"),
                *("-extfile", root / "conf", "-extensions", "leaf", "-out", root / "leaf.pem"),
            )
            return
        (root / "index").write_text("")
        (root / "ca.conf").write_text(
            CONFIG.format(root=root)
            + f"[ca_ended]\nnew_certs_dir={root}\ndatabase={root}/index\nserial={root}/caserial\n"
            "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n"
        )
        (root / "caserial").write_text("10\n")
        openssl(
            *("ca", "-batch", "-config", root / "ca.conf", "-name", "ca_ended", "-notext"),
            *("-cert", self.ca, "-keyfile", root / "ca.key", "-in", root / "leaf.csr"),
            *("-startdate", "200101000000Z", "-enddate", not_after),
            *("-extensions", "leaf", "-out", root / "leaf.pem"),
        )

    def answer(self, query: bytes) -> bytes:
        """The answer to a query, as a file of OpenSSL has it."""
        (self.root / "query").write_bytes(query)
        return openssl(
            *("ts", "-reply", "-config", self.root / "conf", "-queryfile", self.root / "query"),
            *("-signer", self.root / "leaf.pem", "-inkey", self.root / "leaf.key"),
        )


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler, bytes], bytes | None]) -> Iterator[str]:
    """An HTTP server that answers each POST with these bytes; None: the handler has answered."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made = answer(self, body)
            if made is not None:
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(made)))
                self.end_headers()
                self.wfile.write(made)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
