"""A reverse proxy that shows a server under a path, as nginx's `location /streetwarden/` does."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

_OWN = {"host", "connection", "content-length", "transfer-encoding"}


@contextmanager
def proxied(upstream: str, prefix: str, *, strips: bool, port: int = 0) -> Iterator[str]:
    """Serve `upstream` under `prefix` of another address, and nothing beside it; gives that.

    With `strips` the upstream is asked without the prefix (`proxy_pass http://upstream/;`), else
    with it (`proxy_pass http://upstream;`).
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            path = self.path.removeprefix(prefix) if strips else self.path
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _OWN}
            client.cookies.clear()  # they are the browser's
            asked = self.command, f"{upstream}{path}"
            with client.stream(*asked, headers=headers, content=body) as answer:
                content = b"".join(answer.iter_raw())  # packed, where it came so
            self.send_response(answer.status_code)
            for name, value in answer.headers.multi_items():
                if name not in _OWN:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_DELETE = do_GET  # noqa: N815 - as the base class calls them

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    with (
        httpx.Client(trust_env=False, timeout=30) as client,
        http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server,
    ):
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{prefix}"
        finally:
            server.shutdown()
            thread.join()
