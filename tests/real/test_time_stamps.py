"""Time stamps by a local authority that OpenSSL plays: had, kept, refused, checked offline."""

from __future__ import annotations

import random
import shutil
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from typer.testing import CliRunner

import api.evidence.stamper
from api.access.roles import Role
from api.errors import TimeStampError
from api.evidence import time_stamp
from api.evidence.stamper import Stamper
from api.evidence.verify import verify
from api.http.app import create_app
from api.records.chain import canonical
from api.records.site_chain import case_records
from api.storage.tables import RecordRow, TimeStampRow
from scripts.streetwarden import app
from tests.api.evidence.packing import judged, lines_of, pack, taken_apart, with_log
from tests.api.world import CONFIRM, World, make_site, make_world, served
from tests.real.time_stamp_authority import Authority, openssl, serving

if shutil.which("openssl") is None:
    pytest.skip("openssl is not installed", allow_module_level=True)

Answer = Callable[[BaseHTTPRequestHandler, bytes], bytes | None]


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture
def world(tmp_path: Path):
    made = make_world(make_site(tmp_path))
    yield made
    made.database.close()


def stamper(world: World, url: str, ca: Path, every: str = "60s") -> Stamper:
    site = make_site(Path("unused"), timestamps={"url": url, "ca": str(ca), "every": every})
    assert site.timestamps is not None
    return Stamper(world.database, site.timestamps)


def truck(world: World) -> str:
    return world.case(kind="dirty_truck", subtype="spill")


def stamped(world: World) -> dict[int, TimeStampRow]:
    """The tokens by the site's number of the record."""
    query = select(RecordRow.site_no, TimeStampRow).join(
        TimeStampRow, TimeStampRow.log_id == RecordRow.log_id
    )
    with world.database.read() as session:
        return dict(iter(session.execute(query.order_by(RecordRow.site_no))))


def plain(authority: Authority) -> Answer:
    return lambda _, query: authority.answer(query)


def test_each_cases_head_is_stamped_and_checked_offline_also_by_openssl(world, authority, tmp_path):
    before = truck(world)  # from before stamps were asked for
    a = truck(world)
    with serving(plain(authority)) as url:
        one = stamper(world, url, authority.ca)
        assert one.step()
        assert not one.step()
        assert list(stamped(world)) == [2]  # the site's head, which covers what was before
        b = truck(world)
        world.review(a, CONFIRM)
        world.review(b, CONFIRM)
        while one.step():
            pass
        assert list(stamped(world)) == [2, 4, 5]  # 3 was followed by 5 in its case
        again = stamper(world, url, authority.ca)
        assert not again.step()
        world.review(before, CONFIRM)
        assert again.step()
        assert list(stamped(world)) == [2, 4, 5, 6]
    roots = time_stamp.read_roots(authority.ca)
    with world.database.read() as session:
        records = case_records(session, a)
    message, row = canonical(records[-1].record), stamped(world)[4]
    made_at = time_stamp.stamped_at(row.token, message, roots)
    assert made_at == row.made_at
    assert abs(made_at - datetime.now(UTC)) < timedelta(minutes=5)
    for name, content in (("record.json", message), ("token", row.token)):
        (tmp_path / name).write_bytes(content)
    said = openssl(
        *("ts", "-verify", "-token_in", "-in", tmp_path / "token"),
        *("-data", tmp_path / "record.json", "-CAfile", authority.ca),
    )
    assert b"OK" in said
    with pytest.raises(TimeStampError, match="does not hold"):
        time_stamp.stamped_at(row.token, message + b" ", roots)


def test_a_token_under_another_root_or_with_a_changed_byte_does_not_hold(authority, tmp_path):
    message = b"record"
    asked = time_stamp.request(message)
    roots = time_stamp.read_roots(authority.ca)
    token, _ = time_stamp.token(authority.answer(asked.as_bytes()), asked, message, roots)
    other = time_stamp.read_roots(Authority(tmp_path / "other").ca)
    with pytest.raises(TimeStampError, match="does not hold"):
        time_stamp.stamped_at(token, message, other)
    rng = random.Random(16)
    accepted = 0
    for _ in range(300):
        changed = bytearray(token)
        changed[rng.randrange(len(token))] ^= 1 << rng.randrange(8)
        try:
            accepted += time_stamp.stamped_at(bytes(changed), message, roots) is not None
        except TimeStampError:
            continue
    assert accepted < 30  # what the signature does not cover, such as other names of the digest
    for broken in (b"", b"\x30", token[:-1], token + b"x", b"\xff" * 999):
        with pytest.raises(TimeStampError):
            time_stamp.stamped_at(broken, message, roots)


def refused(_: BaseHTTPRequestHandler, __: bytes) -> bytes:
    return bytes.fromhex("30053003020102")  # status 2: rejection


def moved(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(302)
    handler.send_header("Location", "http://127.0.0.1:1/")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def broken(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(500)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def gone(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


WRONG: dict[str, tuple[Answer, str]] = {
    "500": (broken, "answered 500"),
    "redirect": (moved, "answered 302"),
    "hangs up": (gone, "127.0.0.1"),
    "no time stamp": (lambda *_: b"<html>welcome</html>", "no time stamp"),
    "nothing": (lambda *_: b"", "no time stamp"),
    "endless": (lambda *_: b"\x30" * 300_000, "more than a time stamp takes"),
    "refused": (refused, "gives no time stamp"),
}


@pytest.mark.parametrize("how", WRONG)
def test_an_answer_that_is_none_is_refused_and_the_record_waits(world, authority, how):
    truck(world)
    answer, said = WRONG[how]
    with serving(answer) as url:
        one = stamper(world, url, authority.ca)
        with pytest.raises(TimeStampError, match=said):
            one.step()
    assert stamped(world) == {}
    with serving(plain(authority)) as url:
        assert stamper(world, url, authority.ca).step()
    assert list(stamped(world)) == [1]


def other_query(authority: Authority, message: bytes) -> Answer:
    return lambda *_: authority.answer(time_stamp.request(message).as_bytes())


def test_an_answer_to_another_request_is_refused(world, authority):
    case_id = truck(world)
    with world.database.read() as session:
        message = canonical(case_records(session, case_id)[0].record)
    with (  # the right hash, another nonce
        serving(other_query(authority, message)) as url,
        pytest.raises(TimeStampError, match="Nonce"),
    ):
        stamper(world, url, authority.ca).step()
    asked = time_stamp.request(message)
    answer = authority.answer(asked.as_bytes())
    with pytest.raises(
        TimeStampError, match="Mismatch between messages"
    ):  # the right nonce, another hash
        time_stamp.token(answer, asked, b"another", time_stamp.read_roots(authority.ca))
    assert stamped(world) == {}


def test_an_authority_whose_certificate_has_ended_or_that_is_another_is_refused(
    world, authority, tmp_path
):
    truck(world)
    ended = Authority(tmp_path / "ended", not_after="210101000000Z")
    with serving(plain(ended)) as url:
        with pytest.raises(TimeStampError, match=r"does not hold.*cert"):
            stamper(world, url, ended.ca).step()
        with pytest.raises(TimeStampError, match="does not hold"):
            stamper(world, url, authority.ca).step()
    assert stamped(world) == {}


def test_an_authority_that_is_slow_is_given_up_and_delays_no_case(world, authority, monkeypatch):
    monkeypatch.setattr(api.evidence.stamper, "ANSWER_S", 1.0)
    asked, let_go = threading.Event(), threading.Event()

    def slow(handler: BaseHTTPRequestHandler, query: bytes) -> bytes | None:
        asked.set()
        let_go.wait(30)
        return authority.answer(query)

    truck(world)
    with serving(slow) as url:
        one = stamper(world, url, authority.ca)
        failed: list[Exception] = []

        def step() -> None:
            try:
                one.step()
            except TimeStampError as error:
                failed.append(error)

        thread = threading.Thread(target=step)
        thread.start()
        assert asked.wait(20)
        case_id = truck(world)  # while the authority is waited for
        world.review(case_id, CONFIRM)
        thread.join()
        let_go.set()
    assert len(failed) == 1
    assert world.read(case_id).stage == "confirmed"


def test_an_authority_that_drips_is_given_up(world, authority, monkeypatch):
    monkeypatch.setattr(api.evidence.stamper, "ANSWER_S", 0.5)
    given_up = threading.Event()

    def drips(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not given_up.wait(0.05):
            try:
                handler.wfile.write(b"\x30")
            except OSError:
                return

    truck(world)
    with serving(drips) as url:
        with pytest.raises(TimeStampError, match="has not answered"):
            stamper(world, url, authority.ca).step()
        given_up.set()


def test_while_it_is_away_records_wait_and_readiness_says_so(tmp_path, authority):
    away = threading.Event()
    away.set()
    failed, done = threading.Event(), threading.Event()

    def answer(handler: BaseHTTPRequestHandler, query: bytes) -> bytes | None:
        if away.is_set():
            broken(handler, query)
            failed.set()
            return None
        return authority.answer(query)

    with serving(answer) as url:
        settings = {"url": url, "ca": str(authority.ca), "every": "1s"}
        world = make_world(make_site(tmp_path, timestamps=settings))
        case_id = truck(world)
        app = create_app(world.site, world.database, world.evidence)
        kept = Stamper._keep

        def keep(self: Stamper, *what: object) -> None:
            kept(self, *what)
            done.set()

        with pytest.MonkeyPatch.context() as patch, served(app) as address:
            patch.setattr(Stamper, "_keep", keep)
            import httpx

            admin = {"Authorization": f"Bearer {world.key(Role.ADMIN)}"}
            assert failed.wait(20)
            checks = {}
            while not checks.get("timestamps", {}).get("detail", "").count("500"):
                answer_ = httpx.get(f"{address}/readyz", headers=admin, trust_env=False)
                checks = {c["name"]: c for c in answer_.json()["checks"]}
            assert answer_.status_code == 200  # cases do not wait for it
            assert not checks["timestamps"]["ready"]
            world.review(case_id, CONFIRM)
            away.clear()
            assert done.wait(60)
        assert list(stamped(world)) == [2]  # the head by then, which covers the first
        world.database.close()


def test_tokens_only_grow_and_a_changed_record_is_not_stamped(world, authority, caplog):
    case_id = truck(world)
    with serving(plain(authority)) as url:
        one = stamper(world, url, authority.ca)
        one.step()
        with pytest.raises(DatabaseError, match="append-only"), world.database.write() as session:
            session.execute(text("DELETE FROM time_stamps"))
        world.review(case_id, CONFIRM)
        with world.database.write() as session:
            session.execute(text("DROP TRIGGER case_log_no_update"))
            session.execute(text("UPDATE case_log SET reason = 'x' WHERE id = 2"))
        truck(world)
        while one.step():
            pass
    assert list(stamped(world)) == [1, 3]
    assert "record 2 was changed and is not stamped" in caplog.text


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), (b"hello", "holds no certificate")]
)
def test_a_certificate_that_cannot_be_used_is_said_at_the_start(world, tmp_path, content, said):
    ca = tmp_path / "roots.pem"
    if content is not None:
        ca.write_bytes(content)
    with pytest.raises(TimeStampError, match=said):
        stamper(world, "https://tsa.example/", ca)


def test_a_package_carries_the_stamps_and_verify_says_whose_they_are(world, authority, tmp_path):
    case = truck(world)
    world.review(case, CONFIRM)
    with serving(plain(authority)) as url:
        one = stamper(world, url, authority.ca)
        while one.step():
            pass
    path, _ = pack(world, case)
    verdict = verify(path)
    assert verdict.holds
    assert "stamps" in {finding.code for finding in verdict.findings}
    ca = ["--stamped-by", str(authority.ca)]
    done = CliRunner().invoke(app, ["verify", str(path), *ca])
    assert done.exit_code == 0, done.output
    assert "The authority stamped record 2" in done.output
    other = Authority(tmp_path / "other")
    done = CliRunner().invoke(app, ["verify", str(path), "--stamped-by", str(other.ca)])
    assert done.exit_code == 1
    assert "time stamp does not hold" in done.output
    # A stamp of another record, in a log that was made anew around it.
    members = taken_apart(path)
    lines = lines_of(members)
    lines[0]["timestamp"] = lines[1]["timestamp"]
    found = judged(with_log(members, lines), tmp_path / "moved.zip").findings
    assert ("stamp", "1") in {(finding.code, finding.what) for finding in found}
