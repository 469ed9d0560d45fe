"""What may stand in the body of ``POST /sessions/save``: nothing, a label, or an alert webhook. Pure."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import from_json

from pilothouse.recorder.problems import StrangeBody
from pilothouse.wire import SaveRequest
from pilothouse.wire.alertmanager import AlertNotice, AlertWebhook, is_alert_webhook, notice_of

# A webhook of a thousand alerts may be wrong in every one.
MOST_ERRORS = 20


def read_body(body: bytes) -> SaveRequest | AlertNotice | None:
    """What is asked for; None when a webhook says that all is well again. Raises StrangeBody, with ``fields`` where
    single ones are wrong."""
    if not body.strip():
        return SaveRequest()
    try:
        content = from_json(body)
    except ValueError:
        raise StrangeBody(reason="it is not JSON") from None
    if content is None:
        return SaveRequest()
    if not isinstance(content, dict):
        raise StrangeBody(reason='it must be an object such as {"label": "…"}')
    try:
        if is_alert_webhook(content):
            return notice_of(AlertWebhook.model_validate(content))
        return SaveRequest.model_validate(content)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_ERRORS]
        where = ".".join(str(part) for part in wrong[0]["loc"])[:200]
        fields = [{**one, "loc": ("body", *one["loc"])} for one in wrong]
        raise StrangeBody(reason=f"{where}: {wrong[0]['msg']}", fields=fields) from None
