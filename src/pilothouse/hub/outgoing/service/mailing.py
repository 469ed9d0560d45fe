"""Mail, over the server that the settings name."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Literal

from pilothouse.hub.outgoing.domain.delivering import Outcome, on_one_line
from pilothouse.hub.outgoing.service.daemon_threads import on_daemon_thread

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes, and as whom."""

    host: str
    port: int
    sender: str
    security: Security
    user: str | None
    password: str | None
    timeout_s: float


def compose(
    server: MailServer, recipients: Sequence[str], delivery_id: str, now: datetime, message: Mapping[str, Any]
) -> EmailMessage:
    """The mail of a delivery, with an id that stays the same at each attempt."""
    told = message["data"]
    mail = EmailMessage()
    mail["From"] = server.sender
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = on_one_line(f"[{told['severity']}] {told['title']}")
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{delivery_id}@{server.sender.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    names = (("What", message["type"]), ("When", message["timestamp"]), ("Severity", told["severity"]))
    more = (("Robot", told["robot_id"]), ("On the hub", told.get("url") or told["path"]))
    lines = [f"{name}: {on_one_line(str(value))}" for name, value in (*names, *more) if value]
    mail.set_content("\n".join([str(told["title"]), "", *lines, ""]))
    return mail


async def send_mail(server: MailServer, mail: EmailMessage) -> Outcome:
    """One attempt; given up, its connection is cut, so that its thread ends too."""
    conversation = _Conversation(server, mail)
    try:
        refused = await on_daemon_thread(conversation.hold)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return _failed("it refused every recipient", code, said)
    except smtplib.SMTPResponseException as error:
        return _failed(f"it answered {error.smtp_code}", error.smtp_code, error.smtp_error)
    except smtplib.SMTPNotSupportedError:
        return _failed("it does not offer what the settings ask for: check PILOTHOUSE_NOTIFY_SMTP_SECURITY and _USER")
    except ssl.SSLError as error:
        return _failed(f"its certificate or its TLS is not to be trusted: {error.reason}")
    except TimeoutError:
        return _failed("it did not answer in time")
    except (smtplib.SMTPException, OSError):
        return _failed("the connection to the mail server broke")
    finally:
        conversation.cut()
    missed = f"it refused {len(refused)} recipients: {', '.join(refused)}" if refused else None
    return Outcome(is_delivered=True, status=250, problem=missed)


def _failed(problem: str, status: int | None = None, said: bytes | str = "") -> Outcome:
    answer = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return Outcome(is_delivered=False, status=status, problem=problem, answer=answer or None)


class _Conversation:
    """One mail over one connection, on a thread; may be cut from another."""

    def __init__(self, server: MailServer, mail: EmailMessage) -> None:
        self._server = server
        self._mail = mail
        self._connection: smtplib.SMTP | None = None

    def hold(self) -> list[str]:
        """Deliver it; the recipients that were refused while others were not."""
        server = self._server
        with self._connect() as smtp:
            self._connection = smtp
            if server.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if server.user:
                smtp.login(server.user, server.password or "")
            return list(smtp.send_message(self._mail))

    def cut(self) -> None:
        """End the connection if it is still there."""
        opened = self._connection.sock if self._connection is not None else None
        if opened is not None:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=context)
        return smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
