"""What can be set on the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.settings import setting
from pilothouse.web import ServiceSettings, is_loopback
from pilothouse.web.settings import Names

DATABASE_FILE = "hub.db"
_GIT_PROTOCOLS = ("https", "ssh", "http", "git", "file")


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _address(url: str) -> str:
    """The beginning of every link, or ValueError: a scheme and a host, for the web UI lives at the root."""
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    plain = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc) if host else False
    if not plain or parts.scheme not in ("http", "https") or not url.isascii() or not url.strip().isprintable():
        raise ValueError("write it as https://hub.example.com, with nothing behind the host but a port")
    return f"{parts.scheme}://{parts.netloc}"


def _mapping(secret: SecretStr | None, name: str) -> dict[str, str]:
    """Texts by name, written as JSON; what is wrong with it is said without showing it."""
    try:
        found = json.loads(secret.get_secret_value() or "{}") if secret else {}
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise BadConfiguration(problem=f'{name} must be JSON such as {{"NAME": "VALUE"}}')
    return found


def _listed(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(one for one in (part.strip() for part in text.split(",")) if one)


class HubSettings(ServiceSettings):
    """Settings of `pilothouse hub`."""

    host: Annotated[str, Field(min_length=1)] = setting("0.0.0.0", "Address to listen on")  # noqa: S104 - documented: a hub is there for others
    data: Path = setting(
        Path("pilothouse-data"), "Directory that holds everything the hub keeps; moving it moves the installation"
    )
    mode: Annotated[Literal["single", "fleet"], BeforeValidator(_lower)] = setting(
        "single", "`single` trusts the network unless a password is set, `fleet` needs one", names=("MD_MODE",)
    )
    hub_auth_password: SecretStr | None = setting(
        None, "People sign in with it over HTTP Basic, any user name", names=("MD_HUB_AUTH_PASSWORD",)
    )
    hub_auth_token: SecretStr | None = setting(
        None, "Robots present it as Bearer; the password when not set", names=("MD_HUB_AUTH_TOKEN",)
    )
    public_url: Annotated[str, AfterValidator(_address)] | None = setting(
        None,
        "Where people and robots reach this hub, such as `https://hub.example.com`: links in notifications, invites, "
        "login links, commands to enrol robots and shared recordings begin with it. When not set, notifications hold "
        "paths alone and the others what the hub was asked by",
    )
    auth_mode: Annotated[Literal["local", "clerk"], BeforeValidator(_lower)] = setting(
        "local",
        "How people prove who they are: `local`, by the operator's token or one of their own; `clerk`, by Clerk's",
        names=("AUTH_MODE",),
    )
    local_auth_token: SecretStr | None = setting(
        None,
        "The Bearer token of an operator; made at the first start when nothing is set",
        names=("LOCAL_AUTH_TOKEN",),
    )
    clerk_issuer: str | None = setting(
        None, "Who signs people's tokens, such as `https://clerk.example.com`; `AUTH_MODE=clerk` needs it",
        names=("CLERK_ISSUER",),
    )  # fmt: skip
    clerk_jwks_url: str | None = setting(
        None, "Where the keys of these signatures are; `ISSUER/.well-known/jwks.json` when not set",
        names=("CLERK_JWKS_URL",),
    )  # fmt: skip
    clerk_authorized_parties: Names = setting(
        (), "Origins whose tokens are taken (`azp`), with commas; any when not set", names=("CLERK_AUTHORIZED_PARTIES",)
    )
    clerk_owners: Names = setting(
        (), "Clerk users (`sub`), with commas, who own the home organization from their first visit; nobody else does"
    )
    sign_in_hours: Annotated[float, Field(ge=0.1, le=8_760)] = setting(
        168.0, "A browser stays signed in for so many hours at most"
    )
    agent_auth_limit: Annotated[int, Field(ge=0, le=1_000_000)] = setting(
        20, "Requests with an agent's token that one address may send within 60 s; 0 is no limit"
    )
    password_attempts: Annotated[int, Field(ge=0, le=1_000_000)] = setting(
        20, "Wrong passwords and operator's tokens that one address may show within 60 s; 0 is no limit"
    )
    enrolment_attempts: Annotated[int, Field(ge=1, le=1_000_000)] = setting(
        20, "How often one address may try a code at `/api/v1/robots/enroll` within 60 s"
    )
    max_disk_mb: Annotated[int, Field(ge=0, le=2**40)] = setting(
        0, "Recordings may take so many MiB, then the oldest are deleted; 0 is no cap", names=("MD_MAX_DISK_MB",)
    )
    max_robot_disk_mb: Annotated[int, Field(ge=0, le=2**40)] = setting(
        0, "Recordings of one robot may take so many MiB, then its oldest are deleted; 0 is no cap"
    )
    keep_days: Annotated[float, Field(ge=0, le=36_500)] = setting(
        0.0,
        "Recordings are deleted so many days after they were made, unless they are pinned, annotated or belong to an "
        "unresolved incident; 0 keeps them",
    )
    database_url: SecretStr | None = setting(
        None, "PostgreSQL, as `postgresql://USER:PASSWORD@HOST/NAME`; a SQLite file in the data directory when not set"
    )
    storage_url: SecretStr | None = setting(
        None,
        "Bucket for recordings, as `s3://BUCKET/PREFIX`, with `?endpoint=URL&region=NAME` for others than AWS and "
        "credentials from `AWS_*` variables or before the bucket (`s3://KEY:SECRET@BUCKET`); "
        "the data directory when not set",
    )
    storage_redirect: bool = setting(
        False, "Send readers of recordings to the bucket with signed addresses instead of passing the bytes through"
    )
    accel_prefix: Annotated[str, Field(pattern=r"^/[!-~]*$")] | None = setting(
        None,
        "Let nginx read the files itself: the `internal` location that stands for `DIR/sessions`, such as "
        "`/recordings-of-hub/`",
    )
    link_key: Annotated[SecretStr, Field(min_length=32)] | None = setting(
        None, "Signs links to recordings; the same for all replicas. Made and kept in the data directory when not set"
    )
    lichtblick_url: str = setting(
        "https://lichtblick-suite.github.io/lichtblick", "Where Lichtblick is, for links that open a recording there"
    )
    foxglove_url: str = setting("https://app.foxglove.dev", "Where Foxglove is, for the same")
    incident_window_s: Annotated[float, Field(ge=0, le=604_800)] = setting(
        600.0, "What the same rule reports of the same robot within so many seconds is one incident"
    )
    notify_private_addresses: bool = setting(
        False, "Notifications may go to addresses of this machine and its network; otherwise to public ones only"
    )
    notify_plain_http: bool = setting(False, "Notifications may go to `http://` addresses, which is read on the way")
    notify_timeout_s: Annotated[float, Field(ge=0.5, le=120)] = setting(
        10.0, "A receiver of notifications has so many seconds to take one"
    )
    notify_log_days: Annotated[int, Field(ge=1, le=3_650)] = setting(
        30, "Deliveries of notifications, dead ones too, are forgotten so many days after they ended"
    )
    notify_smtp_host: str | None = setting(None, "Mail server for notifications; no mail without it")
    notify_smtp_port: Annotated[int, Field(ge=1, le=65_535)] = setting(587, "Its port")
    notify_smtp_security: Literal["starttls", "tls", "none"] = setting(
        "starttls", "How mail is protected on its way to the server: `starttls`, `tls` from the start, or `none`"
    )
    notify_smtp_user: str | None = setting(None, "Signs in to the mail server as this user")
    notify_smtp_password: SecretStr | None = setting(None, "With this password")
    notify_smtp_from: str = setting("pilothouse@localhost", "Sender of mail")
    lab_worker: bool = setting(True, "This hub runs debug sessions itself; off, only `pilothouse worker` does")
    lab_capacity: Annotated[int, Field(ge=1, le=1_000)] = setting(
        4, "So many debug sessions run at once in one hub or worker"
    )
    lab_allow_unsandboxed: bool = setting(
        False, "Run debug sessions although this machine cannot isolate them: only what is trusted may come then"
    )
    lab_git_protocols: str = setting(
        "https,ssh", "How repositories may be fetched, with commas; `file` only where it is named"
    )
    lab_git_credentials: SecretStr | None = setting(
        None, 'Who fetches repositories, as `{"HOST": "USER:PASSWORD"}`, by host or by the beginning of an address'
    )
    lab_secrets: SecretStr | None = setting(
        None, 'Secrets for debug sessions that ask for them by name, as `{"NAME": "VALUE"}`'
    )
    lab_secrets_key: Annotated[SecretStr, Field(min_length=32)] | None = setting(
        None, "Seals the secrets of repositories in the database; the same for all hubs and workers. Made and kept in "
        "the data directory when not set",
    )  # fmt: skip
    lab_setup_network: Literal["none", "allowlist", "full"] = setting(
        "allowlist", "What set-ups of repositories reach: nothing, the hosts named next, or everything"
    )
    lab_setup_allow: str = setting(
        "pypi.org,files.pythonhosted.org,registry.npmjs.org,conda.anaconda.org",
        "Hosts that set-ups reach with `allowlist`, with commas, as `host` or `host:port`; 443 is meant otherwise",
    )
    lab_setup_variables: SecretStr | None = setting(
        None, "Environment variables of set-ups, as `{\"PIP_INDEX_URL\": \"https://packages.example/simple\"}`: where "
        "registries are, and who asks them. Code of the repository sees them; what is printed of them is blanked",
    )  # fmt: skip
    lab_tools: str = setting(
        "", "Directories with programs beside /usr that set-ups and commands are shown, read-only and where they are "
        "here, with commas: `/opt/conda,/opt/uv/bin`",
    )  # fmt: skip
    lab_shared_network: bool = setting(
        False, "Where slirp4netns cannot keep it apart, let sessions have the machine's own network with `full`: they "
        "reach every service that listens on its loopback, this hub's database among them",
    )  # fmt: skip
    lab_session_ttl_s: Annotated[float, Field(ge=1, le=2_592_000)] = setting(
        14_400.0, "A debug session ends after so many seconds, unless it says otherwise"
    )
    lab_timeout_s: Annotated[float, Field(gt=0, le=86_400)] = setting(
        3_600.0, "A command of a debug session may run for so many seconds, unless it says otherwise"
    )
    lab_cpu: Annotated[float, Field(ge=0, le=1_024)] = setting(
        0.0, "Processor cores a command may use, unless it says otherwise; 0 is all"
    )
    lab_memory_mb: Annotated[int, Field(ge=8, le=2**24)] = setting(2_048, "The same for memory")
    lab_pids: Annotated[int, Field(ge=1, le=100_000)] = setting(512, "The same for processes")
    lab_disk_mb: Annotated[int, Field(ge=1, le=2**24)] = setting(8_192, "The same for what the checkout may hold")
    lab_output_mb: Annotated[int, Field(ge=1, le=65_536)] = setting(
        64, "Output kept of one command: its beginning and its end; what is between is dropped"
    )
    lab_artifact_mb: Annotated[int, Field(ge=1, le=2**24)] = setting(1_024, "Artifacts of one debug session at most")
    lab_artifact_days: Annotated[float, Field(gt=0, le=36_500)] = setting(
        30.0, "Artifacts are deleted so many days after they were made"
    )
    lab_session_days: Annotated[float, Field(gt=0, le=36_500)] = setting(
        90.0, "Debug sessions are deleted so many days after they ended, with their output"
    )
    lab_lease_s: Annotated[float, Field(ge=1, le=600)] = setting(
        15.0, "A worker that is silent for so long is taken for dead, and what ran there for lost"
    )
    webhook_attempts: Annotated[int, Field(ge=1, le=1_000_000)] = setting(
        60, "How often one address may post to webhooks of boards within 60 s"
    )
    activity_days: Annotated[float, Field(ge=0, le=36_500)] = setting(
        0.0, "What changed on boards is forgotten so many days later, with the events that streams resume from; 0 "
        "keeps it",
    )  # fmt: skip
    webhook_log_days: Annotated[int, Field(ge=1, le=3_650)] = setting(
        30, "What came in through webhooks is forgotten so many days after it was delivered or given up; so long a "
        "delivery sent again is known",
    )  # fmt: skip
    redis_url: SecretStr | None = setting(
        None, "Redis or Valkey for jobs and live events across processes; in this process when not set"
    )

    @property
    def password(self) -> str | None:
        """The password people sign in with, or None when none is set; an empty one is none."""
        return self.hub_auth_password.get_secret_value() or None if self.hub_auth_password else None

    @property
    def local_token(self) -> str | None:
        """The operator's token, if one is configured."""
        return self.local_auth_token.get_secret_value() or None if self.local_auth_token else None

    @property
    def has_credential(self) -> bool:
        """Whether a person can sign in by something that is configured; without it the hub makes a token itself."""
        return self.password is not None or self.local_token is not None or self.auth_mode == "clerk"

    @property
    def clerk_keys_url(self) -> str:
        """Where the keys of Clerk's signatures are."""
        return self.clerk_jwks_url or f"{(self.clerk_issuer or '').rstrip('/')}/.well-known/jwks.json"

    @property
    def shared_token(self) -> str | None:
        """What Bearer must equal once a password is set: the token alone when both are set."""
        token = self.hub_auth_token.get_secret_value() if self.hub_auth_token else None
        return token or self.password

    @property
    def database_address(self) -> str:
        """Where the rows are."""
        from pilothouse.hub.db.engine import sqlite_url

        return self.database_url.get_secret_value() if self.database_url else sqlite_url(self.data / DATABASE_FILE)

    @property
    def lab_secret_values(self) -> dict[str, str]:
        """Secrets of debug sessions by name."""
        return _mapping(self.lab_secrets, "PILOTHOUSE_LAB_SECRETS")

    @property
    def lab_setup_variable_values(self) -> dict[str, str]:
        """Environment variables of set-ups."""
        return _mapping(self.lab_setup_variables, "PILOTHOUSE_LAB_SETUP_VARIABLES")

    @property
    def lab_tool_directories(self) -> tuple[Path, ...]:
        """Where programs are that the sandbox does not show by itself."""
        return tuple(map(Path, _listed(self.lab_tools)))

    @property
    def lab_credentials(self) -> dict[str, str]:
        """`USER:PASSWORD` by host or by the beginning of an address."""
        return _mapping(self.lab_git_credentials, "PILOTHOUSE_LAB_GIT_CREDENTIALS")

    @property
    def lab_protocols(self) -> tuple[str, ...]:
        return _listed(self.lab_git_protocols)

    @property
    def lab_setup_hosts(self) -> tuple[str, ...]:
        """What set-ups of repositories reach, where they reach some hosts."""
        return _listed(self.lab_setup_allow)

    def check(self) -> HubSettings:
        """These settings, or BadConfiguration that says what to change."""
        # Read once here, so that what is wrong with them is said at the start and not in a session.
        _ = self.lab_secret_values, self.lab_credentials, self.lab_setup_variable_values
        self._check_clerk()
        self._check_protocols()
        self._check_setup_hosts()
        self._check_tools()
        if self.mode == "fleet" and self.password is None:
            raise BadConfiguration(
                problem="fleet mode needs a password: set MD_HUB_AUTH_PASSWORD (and MD_HUB_AUTH_TOKEN for the robots)"
            )
        return self

    def _check_protocols(self) -> None:
        # Git has more: `ext` runs a command on the host.
        wrong = [one for one in self.lab_protocols if one not in _GIT_PROTOCOLS]
        if wrong or not self.lab_protocols:
            named = ", ".join(_GIT_PROTOCOLS)
            raise BadConfiguration(problem=f"PILOTHOUSE_LAB_GIT_PROTOCOLS takes some of {named}, with commas between")

    def _check_setup_hosts(self) -> None:
        from pilothouse.sandbox.problems import BadAllowance
        from pilothouse.sandbox.proxy import Allowance

        try:
            for entry in self.lab_setup_hosts:
                Allowance.parse(entry)
        except BadAllowance as problem:
            raise BadConfiguration(problem=f"PILOTHOUSE_LAB_SETUP_ALLOW: {problem.sentence}") from None

    def _check_tools(self) -> None:
        from pilothouse.workspaces.tools import may_be_shown

        for directory in self.lab_tool_directories:
            if not may_be_shown(directory):
                problem = f"PILOTHOUSE_LAB_TOOLS: {directory} is not an absolute path of its own; /usr is seen anyway"
                raise BadConfiguration(problem=problem)

    def _check_clerk(self) -> None:
        if self.auth_mode != "clerk":
            return
        if not self.clerk_issuer:
            raise BadConfiguration(problem="AUTH_MODE=clerk needs CLERK_ISSUER, such as https://clerk.example.com")
        for name, url in (("CLERK_ISSUER", self.clerk_issuer), ("CLERK_JWKS_URL", self.clerk_keys_url)):
            parts = urlsplit(url)
            is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
            if not is_safe or not parts.hostname:
                raise BadConfiguration(problem=f"{name} must be an https:// address; http:// only on this machine")
