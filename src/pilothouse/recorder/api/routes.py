"""The recorder's routes."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, Request
from fastapi.exceptions import RequestValidationError

from pilothouse.recorder.answers import Answers
from pilothouse.recorder.asking.bodies import read_body
from pilothouse.recorder.outbox.outbox import SaveKey
from pilothouse.recorder.problems import OverBudget, StrangeBody
from pilothouse.recorder.recorder import Recorder
from pilothouse.recorder.schemas import Ignored, LastRecording, Reloaded, TopicList, TriggerStatus
from pilothouse.wire import SavedRecording, SaveRequest
from pilothouse.wire.alertmanager import AlertNotice

_REF = "#/components/schemas/{model}"
_SAVE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "description": "Nothing, a label, or an Alertmanager (version 4) or Grafana webhook",
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        {**SaveRequest.model_json_schema(ref_template=_REF), "title": "SaveRequest"},
                        {"type": "object", "title": "AlertWebhook", "required": ["alerts"],
                         "properties": {"alerts": {"type": "array", "items": {"type": "object"}}}},
                    ]
                },
                "examples": {"label": {"value": {"label": "weird-behavior-after-corner"}}},
            }
        },
    }
}  # fmt: skip


# Everything but a save is answered from memory within a millisecond or so, and the thread for a save is asyncio's own:
# the first use of anyio's thread pool costs 5 MiB that a robot has no use for.


async def _recorder(request: Request) -> Recorder:
    return cast("Recorder", request.app.state.recorder)


async def _answers(recorder: Annotated[Recorder, Depends(_recorder)]) -> Answers:
    return recorder.answers


async def _body(request: Request) -> SaveRequest | AlertNotice | None:
    # Read whatever the content type says: curl -d sends a form's, alert senders and scripts often none.
    try:
        return read_body(await request.body())
    except StrangeBody as problem:
        if fields := problem.facts.get("fields"):
            raise RequestValidationError(cast("list[object]", fields)) from None
        raise


async def _key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1, max_length=200, description="Sent again with the same body, it answers the first recording"
        ),
    ] = None,
) -> SaveKey | None:
    if idempotency_key is None:
        return None
    return SaveKey(idempotency_key, hashlib.sha256(await request.body()).hexdigest())


Recording = Annotated[Recorder, Depends(_recorder)]
Reading = Annotated[Answers, Depends(_answers)]
Asked = Annotated[SaveRequest | AlertNotice | None, Depends(_body)]
Key = Annotated[SaveKey | None, Depends(_key)]

PATHS = ("/sessions/save", "/sessions/last", "/topics", "/triggers", "/config/reload")
router = APIRouter(tags=["recorder"])


@router.post("/sessions/save", summary="Save the buffer as a recording", openapi_extra=_SAVE_BODY)
async def save(recorder: Recording, asked: Asked, key: Key) -> SavedRecording | Ignored:
    """Copy the buffer to a new recording; the buffer goes on. An alert that is repeated answers its first recording."""
    if asked is None:
        return Ignored(ignored="resolved")
    if isinstance(asked, SaveRequest):
        row = await asyncio.to_thread(recorder.save, asked.label or "", key)
    else:
        try:
            row = await asyncio.to_thread(recorder.save_alert, asked, key)
        except OverBudget as problem:
            # Its sender would try an error again and again; the row says what became of it.
            return Ignored(ignored=problem.sentence)
    return recorder.answers.saved(row)


@router.get("/sessions/last", summary="Show the newest recording")
async def last(answers: Reading) -> LastRecording:
    """The newest recording."""
    return answers.last_recording()


@router.get("/topics", summary="List topics")
async def topics(answers: Reading) -> TopicList:
    """Every topic heard, how fast it speaks and what was lost."""
    return answers.topics()


@router.get("/triggers", summary="List triggers and captures")
async def triggers(answers: Reading) -> TriggerStatus:
    """Every rule with its last firing, the captures under way and the recent ones."""
    return answers.triggers()


@router.post("/config/reload", summary="Reload the configuration")
async def reload_configuration(recorder: Recording) -> Reloaded:
    """Read the configuration file again and apply it, all or nothing; nothing that is recorded is lost."""
    return await asyncio.to_thread(recorder.reload)
