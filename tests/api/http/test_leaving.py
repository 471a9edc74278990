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


@pytest.mark.parametrize(("how", "code"), [("caught", 0), ("hangs", 3)])
def test_it_ends_where_a_thread_hangs_and_goes_on_where_its_exit_is_caught(how, code):
    done = subprocess.run(
        [sys.executable, "-c", CODE, how],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert (done.stdout, done.returncode) == ("goes on\n", code), done.stderr
