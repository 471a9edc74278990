"""A receiver of webhooks that accepts everything and tells when each came.

Prints `ready PORT`, then a line for each request: its `webhook-id` and when it had arrived whole,
in nanoseconds of the machine's monotonic clock. Connections are kept while the sender likes.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import suppress


async def _serve(asked: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
    try:
        while True:
            lines = (await asked.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[1:-2]
            headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
            await asked.readexactly(int(headers["content-length"]))
            print(headers["webhook-id"], time.monotonic_ns(), flush=True)
            answer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await answer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass  # the sender has hung up
    finally:
        answer.close()


async def _run(port: int) -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", port)
    print(f"ready {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args().port))


if __name__ == "__main__":
    main()
