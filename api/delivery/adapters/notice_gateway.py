"""NoticeGateway: has the person concerned told, when an officer has taken the step `notice`.

Administrative Penalty Law art. 44: who is to be penalised is told of it, and of what they may say
to it. A text goes to a gateway (text messages, a loudspeaker) over HTTP; it is sent for the event
`noticed` alone, so never before a person has confirmed the case and decided on the notice.

Nobody's name, number plate or telephone number is in it, and none is known here: the gateway finds
out from the case's number (in the bureau's own system) whom to tell and how, or which loudspeaker
stands at the place. How it ended is kept in the case's log.
"""

from __future__ import annotations

import json
from typing import ClassVar, Literal

from pydantic import SecretStr

from api.delivery.adapters.adapter import Adapter, Answer, Event, Request
from api.delivery.adapters.words import Placeholders, Template
from api.delivery.outcome import Outcome, Result, judged
from vision.fields import Part as SiteFilePart
from vision.fields import TimeZone

_FOR_GOOD = {400, 404, 422}


class Texts(SiteFilePart):
    """The text in both languages; the site's own, which its legal office has read."""

    zh: Template
    en: Template


class NoticeGateway(Adapter):
    """One JSON request for each notice, signed if the webhook has secrets."""

    class Settings(SiteFilePart):
        """What is said, in which language, by which way; `token` is sent as a bearer's."""

        text: Texts
        language: Literal["zh", "en"] = "zh"
        way: Literal["text", "voice", "loudspeaker"] = "text"
        token: SecretStr | None = None
        timezone: TimeZone = "Asia/Shanghai"

    events: ClassVar = ("noticed",)
    logged: ClassVar[str | None] = "notice"
    settings: Settings

    def request(self, event: Event) -> Request:
        """The text, and what the gateway needs to find whom it is for."""
        data, ours = event.data, self.settings
        where = data.get("where") or {}
        text: str = getattr(ours.text, ours.language)
        body = {
            "event_id": event.id,
            "case_id": data["case_id"],
            "way": ours.way,
            "language": ours.language,
            "text": text.format(**Placeholders(data, ours.timezone, ours.language)),
            "address": where.get("address", ""),
            "grid": where.get("grid", ""),
        }
        headers = {"content-type": "application/json; charset=utf-8"}
        if ours.token is not None:
            headers["authorization"] = f"Bearer {ours.token.get_secret_value()}"
        return Request(headers=headers, content=json.dumps(body, ensure_ascii=False))

    def judge(self, answer: Answer) -> Outcome:
        """2xx: the gateway has taken it on. 400, 404, 422: nobody can be told; not tried again."""
        if answer.status in _FOR_GOOD:
            said = f"the gateway answered {answer.status}: it can tell nobody; do it another way"
            return Outcome(Result.REFUSED, status=answer.status, error=said)
        return judged(answer.status, answer.headers)
