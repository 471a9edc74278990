"""A model's stand-in: a real HTTP server of the OpenAI form that answers as a test says."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.api.delivery.stand_in import stand_in
from vision.site.second_opinion import SecondOpinion

YES = '{"answer": "yes", "why": "a bag lies beside the bin"}'
NO = '{"answer": "no", "why": "the bin is empty"}'
UNSURE = '{"answer": "unsure", "why": "too dark"}'


def completion(content: object, model: str = "qwen-vl", ended: str = "stop") -> bytes:
    """What an endpoint answers with a model's words."""
    message = {"role": "assistant", "content": content}
    choices = [{"index": 0, "message": message, "finish_reason": ended}]
    return json.dumps({"id": "x", "model": model, "choices": choices}).encode()


def said(content: object, **more: Any) -> Response:
    """The same as an HTTP answer."""
    return Response(completion(content, **more), content_type="application/json")


@dataclass
class Model:
    """A model that says `says`, unless `answer` makes another HTTP answer of a request."""

    url: str = ""
    says: str = YES
    answer: Callable[[dict[str, Any]], Response] | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def settings(self, **more: Any) -> SecondOpinion:
        """Of a site that asks this model."""
        return SecondOpinion.model_validate({"url": self.url, "model": "small-vl", **more})

    @property
    def pictures(self) -> list[bytes]:
        """What it was shown, as it came."""
        urls = [body["messages"][0]["content"][0]["image_url"]["url"] for body in self.bodies]
        return [base64.b64decode(url.partition(";base64,")[2]) for url in urls]

    def _answer(self, request: Request) -> Response:
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.bodies.append(json.loads(request.get_data()))
        return self.answer(self.bodies[-1]) if self.answer else said(self.says)


@contextmanager
def model() -> Iterator[Model]:
    """Serve one on loopback."""
    made = Model()
    with stand_in(made._answer) as server:
        made.url = f"http://127.0.0.1:{server.port}/v1"
        yield made
