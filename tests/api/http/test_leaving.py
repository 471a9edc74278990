"""The end of a command: within seconds, also where a thread hangs, and only if it is the end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import sys, threading, time
from api.http import ending
ending.LEAVES_S = 0.2
try:
    ending.leave(3)
except SystemExit:
    threading.Event().wait(0.6)
print("goes on", flush=True)
if sys.argv[1] == "hangs":
    threading.Thread(target=threading.Event().wait).start()
    ending.leave(3)
"""

SERVED = """
import sys, threading
from api.http.ending import Ending
ending = Ending(within_s=0.1)
if sys.argv[1] == "its own":
    with ending.on_signals():
        ending.ask()
        threading.Event().wait(30)
ending.ask()
threading.Event().wait(0.6)
print("goes on", flush=True)
"""


@pytest.mark.parametrize(("how", "code"), [("caught", 0), ("hangs", 3)])
def test_it_ends_where_a_thread_hangs_and_goes_on_where_its_exit_is_caught(how, code):
    done = ran(CODE, how)
    assert (done.stdout, done.returncode) == ("goes on\n", code), done.stderr


@pytest.mark.parametrize(
    ("whose", "out", "code"), [("its own", "", 1), ("another's", "goes on\n", 0)]
)
def test_only_a_process_of_its_own_is_ended_by_force(whose, out, code):
    """Whoever embeds the server, as a test does, lives on however long that takes."""
    done = ran(SERVED, whose)
    assert (done.stdout, done.returncode) == (out, code), done.stderr


def ran(program: str, how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, how],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
