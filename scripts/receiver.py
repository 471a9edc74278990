"""A receiver of Streetwarden's webhooks: one file to copy and start from.

It verifies each event, keeps it once before it says so (in a SQLite file: kill -9 loses nothing),
goes by the `sequence` of its case, and calls back: signed, in order, again until answered. Put your
own work where it says YOURS. Needs `pip install standardwebhooks`.
"""

import json
import os
import sqlite3
import sys
import threading
import uuid
from datetime import UTC, datetime
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from standardwebhooks.webhooks import Webhook

TABLES = """
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, body TEXT);
CREATE TABLE IF NOT EXISTS cases (id TEXT PRIMARY KEY, sequence INTEGER, data TEXT);
CREATE TABLE IF NOT EXISTS callbacks (id TEXT PRIMARY KEY, case_id TEXT, body TEXT, answer TEXT);
"""
NEWEST = """INSERT INTO cases VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE
SET sequence = excluded.sequence, data = excluded.data WHERE excluded.sequence > cases.sequence"""
WORK_ORDER = ("filed", "dispatched", "handled", "verified", "closed")
FINAL = {400, 403, 404, 409, 413, 422}  # answers that the same call-back would get again


class Store:
    """What was taken, and what is to be said or was answered."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + TABLES)
        self._lock = threading.Lock()
        self.more = threading.Event()

    def take(self, event: dict[str, Any], *, play: bool) -> bool:
        """Keep an event and what follows from it, in one transaction; False if it came before."""
        case, data, said = event["subject"], event["data"], []
        with self._lock, self._database as db:
            row = (event["id"], json.dumps(event))
            if not db.execute("INSERT OR IGNORE INTO events VALUES (?, ?)", row).rowcount:
                return False
            if "sequence" in data:  # a test ping is of no case
                db.execute(NEWEST, (case, data["sequence"], json.dumps(data)))
            # YOURS: file the case with your system, and call back when something becomes of it.
            if play and event["type"] == "streetwarden.case.confirmed.v1":
                said = [call_back(case, name) for name in WORK_ORDER]
            db.executemany("INSERT INTO callbacks VALUES (?, ?, ?, NULL)", said)
        self.more.set()
        return True

    def unanswered(self) -> tuple[str, str, str] | None:
        """The oldest call-back without an answer: its id, its case and what it says."""
        query = "SELECT id, case_id, body FROM callbacks WHERE answer IS NULL ORDER BY rowid"
        with self._lock:
            return next(self._database.execute(query), None)

    def answered(self, key: str, answer: str) -> None:
        """Note an answer, after which a call-back is sent no more."""
        with self._lock, self._database as db:
            db.execute("UPDATE callbacks SET answer = ? WHERE id = ?", (answer, key))


def call_back(case: str, event: str) -> tuple[str, str, str]:
    """A call-back as it is kept and sent: its id and content never change. YOURS: the content."""
    key, at = f"evt_{uuid.uuid4().hex}", datetime.now(UTC).isoformat()
    said = {"id": key, "case_id": case, "event": event, "at": at, "task_no": f"RW-{case[-8:]}"}
    return key, case, json.dumps(said | ({"outcome": "corrected"} if event == "closed" else {}))


def send(signer: Webhook, api: str, key: str, case: str, body: str) -> tuple[bool, str]:
    """Send a call-back once: whether that was the last time, and what was answered."""
    now = datetime.now(UTC)  # each try is signed anew: a signature is good for five minutes
    headers = {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(key, now, body),
    }
    url = f"{api}/v1/cases/{case}/callbacks"
    try:
        try:
            with urlopen(Request(url, body.encode(), headers), timeout=20) as answer:  # noqa: S310
                return True, answer.read().decode()
        except HTTPError as no:
            return no.code in FINAL, f"{no.code} {no.read().decode(errors='replace')}"
    except (OSError, HTTPException) as error:
        return False, str(error)


def send_all(store: Store, signer: Webhook, api: str) -> None:
    """Send what is to be said, the oldest first, for ever; wait longer after each failure."""
    pause = 0.0
    while True:
        while (oldest := store.unanswered()) is None:
            store.more.wait()
            store.more.clear()
        final, answer = send(signer, api, *oldest)
        said = json.dumps({"callback": json.loads(oldest[2]), "answer": answer})
        print(said + "\n", end="", flush=True)
        if final:
            store.answered(oldest[0], answer)
        pause = 0.0 if final else min(2 * pause + 1, 300.0)
        threading.Event().wait(pause)


def serve(port: int, secret: str, path: str, *, api: str = "", play: bool = False) -> None:
    """Receive on this machine's loopback; with `api`, Streetwarden's address, call back."""
    store, signer = Store(path), Webhook(secret)

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_POST(self) -> None:
            size = self.headers.get("content-length", "")
            if not size.isdecimal() or int(size) > 1 << 20:
                return self.say(413)
            try:
                event = signer.verify(self.rfile.read(int(size)), dict(self.headers))
            except Exception:  # noqa: BLE001 - forged, too old, no JSON: strangers learn no more
                return self.say(401)
            said = json.dumps({"event": event, "new": store.take(event, play=play)})
            print(said + "\n", end="", flush=True)  # in one piece: other threads print too
            return self.say(204)  # it is kept: only now may it be accepted

        def do_OPTIONS(self) -> None:  # CloudEvents' validation handshake
            self.say(200, ("webhook-allowed-origin", "*"))

        def say(self, status: int, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            for header in (("content-length", "0"), *headers):
                self.send_header(*header)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    if api:
        threading.Thread(target=send_all, args=(store, signer, api), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":  # CASE_SECRET=whsec_… python receiver.py 9000 http://127.0.0.1:8000
    serve(int(sys.argv[1]), os.environ["CASE_SECRET"], "receiver.db", api=sys.argv[2])
