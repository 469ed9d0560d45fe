"""Webhooks, signed as standardwebhooks says, and chats that understand what Slack does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import floor
from typing import Any

import httpcore2
from standardwebhooks import Webhook

from pilothouse.hub.outgoing.domain.addresses import AddressForbidden
from pilothouse.hub.outgoing.domain.delivering import Outcome
from pilothouse.hub.outgoing.service.outside import HttpAnswer, NoAddress, Outside

_JSON = {"content-type": "application/json", "user-agent": "pilothouse"}
_GONE = 410
# What went wrong below HTTP, in words that hold nothing of the address.
_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (httpcore2.TimeoutException, "it did not answer in time"),
    (httpcore2.ConnectError, "it cannot be connected to"),
    (httpcore2.NetworkError, "the connection broke"),
    (httpcore2.ProtocolError, "what it answered is not HTTP"),
)
_SIGNS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵"}


def signed_headers(delivery_id: str, now: datetime, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """The three headers of standardwebhooks, with one signature for each secret that is good."""
    signatures = [Webhook(secret).sign(delivery_id, now, body) for secret in secrets]
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(floor(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def post_webhook(
    outside: Outside, url: str, delivery_id: str, now: datetime, message: Mapping[str, Any], secrets: Sequence[str]
) -> Outcome:
    """One attempt."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    return await _post(outside, url, {**_JSON, **signed_headers(delivery_id, now, body, secrets)}, body)


async def post_slack(outside: Outside, url: str, message: Mapping[str, Any]) -> Outcome:
    """One attempt."""
    return await _post(outside, url, _JSON, json.dumps(slack_message(message), ensure_ascii=False))


def slack_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """As incoming webhooks of Slack, Mattermost and others take it; nothing in it can call people, or link anywhere but
    to the hub."""
    told = message["data"]
    url = told.get("url")
    about = [str(one) for one in (told["severity"], message["type"], told["robot_id"], not url and told["path"]) if one]
    title, context = _escaped(told["title"]), _escaped(" · ".join(about))
    return {
        "text": title,
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"{_SIGNS[told['severity']]} *{title}*"}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": f"{context} · <{url}>" if url else context}]},
        ],
    }


def _escaped(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Bold and code would end where a title holds their signs.
    return escaped.replace("*", "∗").replace("`", "ˋ")


async def _post(outside: Outside, url: str, headers: Mapping[str, str], body: str) -> Outcome:
    try:
        answer = await outside.post(url, headers, body.encode("utf-8", "replace"))
    except AddressForbidden as problem:
        return Outcome(is_delivered=False, problem=problem.sentence)
    except NoAddress as error:
        return Outcome(is_delivered=False, problem=str(error))
    except OSError:
        return Outcome(is_delivered=False, problem="the connection broke")
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        said = next(words for kind, words in _FAILURES if isinstance(error, kind))
        return Outcome(is_delivered=False, problem=said)
    return _judged(answer)


def _judged(answer: HttpAnswer) -> Outcome:
    if 200 <= answer.status < 300:
        return Outcome(is_delivered=True, status=answer.status, answer=answer.beginning)
    follows = "; redirects are not followed, set the address it leads to" if 300 <= answer.status < 400 else ""
    return Outcome(
        is_delivered=False, status=answer.status, problem=f"it answered {answer.status}{follows}",
        answer=answer.beginning, retry_after_s=_asked(answer.headers.get("retry-after")),
        is_final=answer.status == _GONE,
    )  # fmt: skip


def _asked(retry_after: str | None) -> float | None:
    """Seconds that a receiver wants to be left alone; dates are not understood."""
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
