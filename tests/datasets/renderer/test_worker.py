"""A worker of a renderer's does not outlive who started it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PARENT = """
import multiprocessing, os, sys
from concurrent.futures import ProcessPoolExecutor
from datasets.renderer.worker import end_with_parent
context = multiprocessing.get_context("spawn")
with ProcessPoolExecutor(1, context, initializer=end_with_parent) as pool:
    print(pool.submit(os.getpid).result(), flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_a_worker_ends_when_its_parent_was_killed(end):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline()) != parent.pid
        getattr(parent, end)()
        # Worker and parent hold the same pipe: its end is the end of both.
        assert parent.communicate(timeout=60)[0] == ""
