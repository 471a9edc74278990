"""Holds a camera's lease in a process of its own, and says the time for as long as it would watch.

`city_holder.py ADDRESS HOLDER`: it waits for the lease as long as it takes.
"""

from __future__ import annotations

import sys
import time

from api.storage.engine import make_engine
from scripts.city.lease import Leases

TTL_S, MARGIN_S = 1.5, 0.5

if __name__ == "__main__":
    leases = Leases(make_engine(sys.argv[1]), sys.argv[2], "here", ttl_s=TTL_S, margin_s=MARGIN_S)
    leases.take(["gate"], patience_s=60)
    leases.keep(dict)
    while True:
        print(time.monotonic(), flush=True)
        time.sleep(0.01)
