"""A webhook receiver in its own process, as a city's case system would run it.

Verifies every request with the `standardwebhooks` library and prints one JSON line about it. Lines
on stdin say what to answer from then on: a status code, a status and headers as JSON, or `hang`
(take the event, never answer).
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class State:
    """What to answer, shared by all requests."""

    answer = "200"
    lock = threading.Lock()
    never = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """Takes one event."""

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        body = self.rfile.read(size)
        if len(body) < size:  # its sender was killed in the middle
            self.close_connection = True
            return
        line = {"id": self.headers["webhook-id"], "host": self.headers["host"], "path": self.path}
        try:
            line["event"] = Webhook(SECRET).verify(body, dict(self.headers))
            line["body"] = body.decode()
            answer = State.answer
        except WebhookVerificationError as error:
            line["refused"], answer = str(error), "401"
        line["answer"] = answer
        with State.lock:
            print(json.dumps(line) + "\n", end="", flush=True)
        if answer == "hang":
            State.never.wait()
        status, _, headers = answer.partition(" ")
        self.send_response(int(status))
        for name, value in json.loads(headers or "{}").items():
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet: stdout is the protocol."""


if __name__ == "__main__":
    SECRET, PORT = sys.argv[1], int(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    server.daemon_threads = True
    # Before it serves: a waiting sender may call at once, and two lines must not mix.
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for command in sys.stdin:
        State.answer = command.strip()
        with State.lock:
            print(json.dumps({"set": State.answer}), flush=True)
