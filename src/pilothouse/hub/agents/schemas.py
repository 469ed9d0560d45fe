"""What is asked and answered about agents."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pilothouse.hub.agents.domain.inbox import Reason
from pilothouse.hub.identity.domain import AgentRole
from pilothouse.hub.identity.domain.agents import Liveness

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Runtime = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
IdentityText = Annotated[str, StringConstraints(max_length=20_000)]
LabelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$")]
LabelValue = Annotated[str, StringConstraints(max_length=200)]
Labels = Annotated[dict[LabelName, LabelValue], Field(max_length=50)]
Interval = Annotated[float, Field(ge=1, le=86_400, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Cost = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
BoardId = Annotated[str, StringConstraints(min_length=1, max_length=40)]
DEFAULT_INTERVAL_S = 60.0


class Budgets(BaseModel):
    """What an agent may use up in a day, from midnight UTC; null is without limit."""

    model_config = ConfigDict(extra="forbid")

    requests_per_day: Count | None = Field(None, description="Requests, heartbeats and its manifest left out")
    tasks_per_day: Count | None = Field(None, description="Tasks that it creates or claims")
    cost_per_day: Cost | None = Field(None, description="What it reports itself, in the unit of your choice")


class NewWorker(BaseModel):
    """A worker that a lead asks for, on the lead's own board."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    runtime: Runtime = Field("", description="What runs it, in any words: `claude-code 3`, `our own loop`")
    heartbeat_interval_s: Interval = Field(
        DEFAULT_INTERVAL_S, description="How often it will say that it lives; stale after two of these, offline after 4"
    )
    identity: IdentityText = Field("", description="Who it is and what it is there for; for people and for its lead")
    labels: Labels = Field(default_factory=dict)
    budgets: Budgets = Field(default_factory=Budgets)


class NewAgent(NewWorker):
    """An agent of any runtime."""

    board_id: BoardId
    role: AgentRole = AgentRole.WORKER


class AgentChange(BaseModel):
    """What is to be different; what is not named stays. ``version`` is the one you read."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=1, description="409 when somebody else was faster; not checked when absent")
    name: Name | None = None
    board_id: BoardId | None = Field(None, description="Move it to another board; it leaves the tasks it has")
    role: AgentRole | None = None
    runtime: Runtime | None = None
    heartbeat_interval_s: Interval | None = None
    identity: IdentityText | None = None
    labels: Labels | None = None
    budgets: Budgets | None = Field(None, description="All three: one that is left out is without limit")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.model_fields_set - {"version"}:
            raise ValueError("name at least one field that is to be different")
        return self


class Spending(BaseModel):
    """What an agent has used up today, UTC."""

    day: date
    requests: int
    tasks: int
    cost: float
    resets_at: AwareDatetime


class Agent(BaseModel):
    """An agent, whether it lives, and what it may use up."""

    id: str
    organization_id: str
    board_id: str
    name: str
    role: AgentRole
    runtime: str
    identity: str
    labels: dict[str, str]
    heartbeat_interval_s: float
    budgets: Budgets
    spent: Spending
    liveness: Liveness = Field(description="`new` until its first heartbeat; `stale` after two of its own intervals")
    liveness_since: AwareDatetime
    status: str = Field(description="What it said of itself with its last heartbeat")
    last_seen_at: AwareDatetime | None
    spawned_by: str | None = Field(
        description="The lead that made it; null when a person registered it, moved it or changed its role"
    )
    created_at: AwareDatetime
    created_by: str
    changed_at: AwareDatetime
    version: int


class AgentList(BaseModel):
    items: list[Agent]
    total: int
    limit: int
    offset: int


class MadeAgentToken(BaseModel):
    """A token, shown this once."""

    agent_id: str
    token: str
    token_id: str
    created_at: AwareDatetime
    previous_until: AwareDatetime | None = Field(
        None, description="The token before this one is good until this one is first used, and at the latest until then"
    )


class MadeAgent(Agent):
    """A new agent; ``token`` is shown this once, also when the request is sent again with its `Idempotency-Key`."""

    token: str | None
    token_id: str | None


class TokenWanted(BaseModel):
    """How a token is to be replaced."""

    model_config = ConfigDict(extra="forbid")

    end_previous: bool = Field(False, description="The token before this one opens nothing from now on: it has leaked")


class AgentHeartbeat(BaseModel):
    """An agent says that it lives."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] | None = Field(
        None, description="Its name; the token says it as well, and another one is refused", examples=["Tessa"]
    )
    board_id: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        None, description="Its board; another one is refused and moves nobody"
    )
    status: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = Field(
        "online", description="How it is, in a word of its own"
    )


class WaitingForYou(BaseModel):
    """How much waits for an agent; what it is stands in its inbox and on its board."""

    inbox: int = Field(description="Changes that concern it since it last acknowledged; at most 100 are counted")
    assigned: int = Field(description="Tasks assigned to it that are not done")
    in_progress: int = Field(description="Of these, those it works on")
    review: int = Field(description="Of these, those that wait for a review")
    unclaimed: int = Field(description="Tasks of its board in the inbox that anybody may claim")
    pending_approvals: int = Field(description="Approvals it asked for that nobody has decided")


class HeartbeatAnswer(BaseModel):
    """The hub has heard it, and says what is new for it."""

    agent_id: str
    name: str
    board_id: str
    role: AgentRole
    status: str
    received_at: AwareDatetime
    next_heartbeat_s: float = Field(description="Say it again within so many seconds")
    waiting: WaitingForYou


class NewUsage(BaseModel):
    """What an agent has caused since it last said so."""

    model_config = ConfigDict(extra="forbid")

    cost: Cost = Field(description="In the same unit as its budget; added to what it reported today")
    note: Annotated[str, StringConstraints(max_length=500)] = ""


class Usage(BaseModel):
    """What an agent may use up and has used up."""

    agent_id: str
    budgets: Budgets
    spent: Spending
    days: list[Spending] = Field(description="The latest days on which it used anything up")


class AcknowledgeInbox(BaseModel):
    """How far the agent has read."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[int, Field(ge=0, le=2**63 - 1)] = Field(description="The `next_cursor` of what you have read")


class InboxEntry(BaseModel):
    """One change that concerns the agent."""

    sequence: int = Field(description="The number of the change, the same as in the board's streams")
    reason: Reason
    kind: str = Field(examples=["task.updated"])
    subject_kind: str
    subject_id: str
    task_id: str | None
    actor: str
    summary: str
    recorded_at: AwareDatetime


class Inbox(BaseModel):
    """What changed for the agent. Acknowledge `next_cursor` once you have dealt with it; until then it comes again."""

    items: list[InboxEntry]
    cursor: int = Field(description="What was asked for: changes after this one")
    next_cursor: int
    more: bool = Field(description="Whether to ask again at once, with `next_cursor`")


class OperationBrief(BaseModel):
    """One thing an agent may ask for, in short."""

    do: str
    call: str
    when: str
    body: str | None = None


class Manifest(BaseModel):
    """Everything an agent needs to begin."""

    you: dict[str, str]
    auth: str
    rules: list[str]
    errors: str
    operations: list[OperationBrief]
