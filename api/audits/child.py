"""Child: one audit in a process of its own, `python -m api.audits.child ORDER`.

It tells how far it is in lines of JSON on its stdout. It ends with the process that started it, and
lets everything else on the machine go first: the live cameras' looks, and the service itself.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from vision.errors import PictureError, StreetwardenError
from vision.model_choice import ModelChoice
from vision.printable import to_json

NICE = 10
"""Of a CPU that cameras want whole it gets a tenth; of one that is idle all of it."""
_FIRST_TO_GO = b"500"
_PERIOD_S = 0.5


class Order(BaseModel):
    """What the process is to do.

    `parent` is the process that it ends with.
    """

    given: list[Path]
    out: Path
    name: str
    language: Literal["zh", "en"]
    choice: ModelChoice
    parent: int


def main() -> None:
    """Run the audit that the argument orders."""
    order = Order.model_validate_json(sys.argv[1])
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no line of ours

    def tell(**line: Any) -> None:
        told.write(to_json(line) + "\n")
        told.flush()

    threading.Thread(target=_end_with, args=(order.parent,), daemon=True).start()
    os.nice(NICE)
    with suppress(OSError):  # where memory runs out, the service is not what has to go
        Path("/proc/self/oom_score_adj").write_bytes(_FIRST_TO_GO)
    try:
        tell(done=_audit(order, tell))
    except StreetwardenError as error:
        tell(failed=str(error))


def _audit(order: Order, tell: Any) -> dict[str, Any]:
    from vision.audit import AuditFolder, Item, take_in  # noqa: PLC0415 - seconds, once it is nice
    from vision.audit.whole import audit_whole  # noqa: PLC0415
    from vision.engines import open_engine  # noqa: PLC0415

    with AuditFolder(order.out) as claimed:
        intake = take_in(order.given, leave_out=order.out)
        if not any(isinstance(one, Item) for one in intake):
            raise PictureError("there is nothing to audit in what was given")
        eyes = open_engine(order.choice)
        try:
            report = audit_whole(
                intake,
                claimed,
                eyes,
                order.language,
                asked=order.choice.engine,
                name=order.name,
                pictured=nullcontext(
                    lambda now: tell(
                        pictures={
                            "done": now.done,
                            "total": now.total,
                            "not_audited": now.not_audited,
                            "reused": now.reused,
                        }
                    )
                ),
                watched=nullcontext(
                    lambda now: tell(
                        video={
                            "name": now.name,
                            "number": now.number,
                            "of": now.of,
                            "done_s": round(now.done_s, 1),
                            "seconds": round(now.seconds, 1),
                        }
                    )
                ),
                laid=lambda done, of: tell(laid={"done": done, "of": of}),
            )
        finally:
            eyes.close()
    return report.counts.model_dump()


def _end_with(parent: int) -> None:
    """End this process and those that it started when the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(_PERIOD_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
