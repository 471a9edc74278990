"""What `scripts/deploy` ships: checked by the programs that it is for, where they are installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
import typer
from ruamel.yaml import YAML

from api.access.roles import Role
from api.http.app import create_app
from api.http.ending import WITHIN_S
from scripts.streetwarden import app
from tests.api.world import make_site, make_world, served
from tests.ports import free_port
from vision.site.file import load_site

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "scripts" / "deploy"
UNITS = ("streetwarden.service", "streetwarden-backup.service")
EXPOSED_AT_MOST = 16
"""Tenths of systemd's own figure (0 to 100); what is left is what a server of cameras needs."""


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def yaml(name: str) -> dict[str, Any]:
    return YAML(typ="safe").load(read(name))


def setting(unit: str, name: str) -> str:
    return re.findall(rf"^{name}=(.*)$", read(unit), re.MULTILINE)[-1]


@pytest.fixture
def systemd_analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd is not installed; install Debian's package systemd")
    return found


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_wrong_with_the_units(systemd_analyze, tmp_path, unit):
    text = read(unit).replace("/opt/streetwarden/.venv/bin/streetwarden", sys.executable)
    (tmp_path / unit).write_text(text, encoding="utf-8")
    timer = tmp_path / "streetwarden-backup.timer"
    timer.write_text(read(timer.name), encoding="utf-8")
    names = [tmp_path / unit, *([timer] if "backup" in unit else [])]
    done = run(systemd_analyze, "verify", *names)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_the_units_little_exposed(systemd_analyze, unit):
    done = run(
        systemd_analyze,
        "security",
        "--offline=true",
        f"--threshold={EXPOSED_AT_MOST}",
        DEPLOY / unit,
    )
    assert done.returncode == 0, done.stdout[-300:]
    assert "Overall exposure level" in done.stdout


def test_the_service_is_given_longer_to_end_than_it_takes():
    assert int(setting("streetwarden.service", "TimeoutStopSec")) > WITHIN_S + 5
    grace = yaml("compose.yaml")["services"]["streetwarden"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) > WITHIN_S + 5


@contextmanager
def nginx(folder: Path, upstream: int, port: int) -> Iterator[None]:
    """nginx with the example's configuration on other ports and with a certificate of its own."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    text = read("nginx.conf")
    for old, new in (
        ("/etc/ssl/streetwarden.crt", str(cert)),
        ("/etc/ssl/streetwarden.key", str(key)),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("    listen [::]:443 ssl;\n", ""),
        ("listen 80;", f"listen 127.0.0.1:{port + 1};"),
        ("    listen [::]:80;\n", ""),
        ("        allow 127.0.0.1;\n", ""),
    ):
        assert old in text, old
        text = text.replace(old, new)
    whole = folder / "whole.conf"
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.getuid() == 0 else ""  # its workers write to the test's folder
    whole.write_text(
        f"{user}daemon off; pid {folder}/pid; error_log {folder}/log;\nevents {{}}\n"
        f"http {{ access_log off;\n{temporary}{text}}}\n",
        encoding="utf-8",
    )
    command = [str(shutil.which("nginx")), "-e", str(folder / "log"), "-c", str(whole)]
    tested = run(*command, "-t")
    assert tested.returncode == 0, tested.stderr
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        yield
    finally:
        process.terminate()
        process.communicate()


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "cert.pem"))


def test_nginx_shows_it_under_the_prefix_with_the_askers_address_and_its_request_id(
    tmp_path, caplog
):
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed; install Debian's package nginx-light")
    port = free_port()
    url = f"https://localhost:{port}/streetwarden"
    site = make_site(tmp_path, site={"name": "s", "url": url})
    world = make_world(site)
    folder = tmp_path / "nginx"
    folder.mkdir()
    made = run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost"),
    )
    assert made.returncode == 0, made.stderr
    caplog.set_level("INFO", logger="streetwarden.requests")
    with (
        served(create_app(site, world.database, world.evidence)) as address,
        nginx(folder, int(address.rpartition(":")[2]), port),
        httpx.Client(
            trust_env=False,
            headers={"X-Request-Id": "of-the-client", "X-Forwarded-For": "203.0.113.9"},
            transport=httpx.HTTPTransport(retries=5, verify=trusting(folder)),
        ) as client,
    ):
        page = client.get(f"{url}/")
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        request = page.headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", request)  # nginx's, and not the client's
        assert client.get(f"{url}/static/app.js").status_code == 200
        assert client.get(f"{url}/v1/cases").json()["request_id"] != "of-the-client"
        assert client.get(f"{url}/metrics").status_code == 403
        assert client.get(f"{url}/readyz").status_code == 403
        key = world.key(Role.ADMIN)
        large = client.post(
            f"{url}/v1/cases/reject",
            content=b"x" * 70_000,
            headers={"Authorization": f"Bearer {key}"},
        )
        assert large.status_code == 413
        assert large.headers["content-type"] == "application/problem+json"  # ours
        moved = client.get(f"http://localhost:{port + 1}/streetwarden/x")
        assert moved.headers["location"] == "https://localhost/streetwarden/x"
    # Ended, so all is logged: the connection's address, and not the client's word.
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 4
    assert all(line.startswith("127.0.0.1 ") for line in said), said
    world.database.close()


def test_the_dockerfile_copies_what_is_there_and_runs_as_nobody():
    text = read("Dockerfile").replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line.strip()]
    copied = [word for line in lines if line[0] == "COPY" for word in line[1:-1]]
    let_in = {line[1:] for line in read("Dockerfile.dockerignore").splitlines() if line[0] == "!"}
    assert copied
    for name in copied:
        assert (ROOT / name).exists(), name
        assert name.split("/")[0] in let_in, name
    for package in ("api", "datasets", "models", "scripts", "vision"):
        assert package in copied
    assert [line for line in lines if line[0] == "USER"] == [["USER", "10001:10001"]]
    assert any(line[0] == "HEALTHCHECK" and "/healthz" in " ".join(line) for line in lines)
    command = json.loads(next(" ".join(x[1:]) for x in lines if x[0] == "CMD"))
    assert command[0] in [c.callback.__name__ for c in app.registered_commands if c.callback]
    for argument in re.findall(r"--build-arg (\w+)", text):
        assert f"ARG {argument}=" in text


def test_the_compose_files_name_what_is_there():
    compose, cuda = yaml("compose.yaml"), yaml("compose.cuda.yaml")
    service = compose["services"]["streetwarden"]
    build = service["build"]
    assert (DEPLOY / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    for name, one in compose["services"].items():
        for volume in one["volumes"]:
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).is_file(), (name, source)
        for secret in one["secrets"]:
            assert secret in compose["secrets"]
        for other in one.get("depends_on", {}):
            assert "healthcheck" in compose["services"][other]
    arguments = set(cuda["services"]["streetwarden"]["build"]["args"])
    assert arguments <= set(re.findall(r"^ARG (\w+)", read("Dockerfile"), re.MULTILINE))


def test_the_site_file_of_the_compose_file_is_one(tmp_path, monkeypatch):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in yaml("compose.yaml")["secrets"]:
        (secrets / name).write_text("whsec_c3RyZWV0d2FyZGVuLXRlc3Qtc2VjcmV0LTEyMw==\n")
    text = read("site.yaml").replace("/run/secrets", str(secrets))
    (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
    for name in re.findall(r"\$\{([A-Z_]+)\}", text):
        assert name in yaml("compose.yaml")["services"]["streetwarden"]["environment"]
        monkeypatch.setenv(name, "rtsp://u:p@10.0.0.1/x")
    site = load_site(tmp_path / "site.yaml")
    assert site.storage.key_file.parent == Path("/var/lib/streetwarden")


def test_the_table_names_every_option_of_serving_and_every_variable_that_is_read():
    table = "\n".join(line for line in read("README.md").splitlines() if line.startswith("|"))
    serve = typer.main.get_command(app).commands["serve"]  # type: ignore[attr-defined]
    options = {name for p in serve.params for name in p.opts if name.startswith("--")}
    for option in options - {"--help"}:
        assert f"`{option}`" in table, option
    read_ones = set()
    for package in ("api", "vision", "models", "scripts", "datasets"):
        for file in (ROOT / package).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            read_ones |= set(re.findall(r"environ(?:\.get\(|\[)\s*[\"'](\w+)[\"']", text))
            read_ones |= set(re.findall(r"^VARIABLE = \"(\w+)\"", text, re.MULTILINE))
            read_ones |= set(re.findall(r"\bAWS_[A-Z_]+\b", text))
    assert {"STREETWARDEN_LOG_FORMAT", "FORWARDED_ALLOW_IPS", "AWS_PROFILE"} <= read_ones
    for name in read_ones - {"YOLO_VERBOSE", "YOLO_CONFIG_DIR", "PATH"}:
        assert f"`{name}`" in table, name


_WITHOUT_RIGHTS = """
mount --make-rprivate / && mount --bind / / || exit 77
mount --bind "$1" "$1" && mount --bind "$3" "$3" || exit 77
mount -o remount,bind,ro / || exit 77
touch "$2" 2>/dev/null && exit 78
cd "$1" && umask 077 && shift 3 &&
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""


def test_the_units_command_serves_and_ends_without_rights_under_a_read_only_root(tmp_path):
    """As the unit has it: two folders to write to, no capability, nothing gained.

    One process from here to the server, as under systemd: who ends a shell or an `unshare --fork`
    before it leaves the server alone behind, with the pipes that the test then waits for.
    """
    own = tmp_path / "own"
    own.mkdir()
    if os.getuid() != 0 or run("unshare", "--mount", "mount", "--make-rprivate", "/").returncode:
        pytest.skip("needs root and mounts of its own, as a container with CAP_SYS_ADMIN has")
    pixels = np.full((240, 320, 3), 90, np.uint8)
    cv2.imwrite(str(own / "gate.jpg"), pixels)
    (own / "site.yaml").write_text(
        "site: {name: unit}\n"
        f"storage: {{database: 'sqlite:///{own}/cases.db', evidence: {own}/evidence}}\n"
        f"cameras: [{{id: gate, source: {own}/gate.jpg}}]\n",
        encoding="utf-8",
    )
    command = setting("streetwarden.service", "ExecStart").split()[1:]
    command = [str(own / "site.yaml") if "site.yaml" in word else word for word in command]
    python = [sys.executable, "-m", "scripts.streetwarden", *command, "--port", "0"]
    # What is compiled already: this is no test of engines.
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache.mkdir(exist_ok=True)
    places = {"HOME": str(own), "XDG_CACHE_HOME": str(cache), "TMPDIR": str(own)}
    shell = ["sh", "-c", _WITHOUT_RIGHTS, "sh", own, tmp_path / "not", cache]
    process = subprocess.Popen(
        ["unshare", "--mount", *shell, *python],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **places, "PYTHONPATH": str(ROOT)},
    )
    assert process.stderr is not None
    try:
        said = next((line for line in process.stderr if "console: http" in line), None)
        assert said is not None, process.wait()
        address = re.findall(r"http://[0-9.:]+", said)[0]
        assert httpx.get(f"{address}/healthz", timeout=60, trust_env=False).status_code == 200
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        assert re.search(r"^CapEff:\s0+$", status, re.MULTILINE)
        assert re.search(r"^NoNewPrivs:\s1$", status, re.MULTILINE)
        process.terminate()
        _, rest = process.communicate(
            timeout=int(setting("streetwarden.service", "TimeoutStopSec"))
        )
        assert process.returncode == 0, rest
    finally:
        process.kill()
        process.communicate()
