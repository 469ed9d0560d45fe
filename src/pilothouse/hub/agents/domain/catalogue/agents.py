"""Agents, and what they ask for themselves."""

from __future__ import annotations

from pilothouse.hub.agents.domain.operations import Operation

LEAD = ("leads_only",)

OPERATIONS = (
    Operation(
        "POST /api/v1/agents", "register_agent",
        "You want a program, of any runtime, to work on a board under its own name and budgets.",
        ("Makes an agent and its token, which is shown once", "Tells the board's stream `agent.created`"),
        ("unknown_board", "board_not_writable", "agent_name_taken", "lead_taken", "board_full"),
    ),
    Operation(
        "GET /api/v1/agents", "list_agents",
        "You want to know who works where, whether they live and what they have used up.",
    ),
    Operation(
        "GET /api/v1/agents/stream", "follow_agents",
        "You show agents to somebody and want to hear when one comes, goes or is changed instead of asking again.",
        codes=("unknown_board", "not_an_event_id"),
    ),
    Operation("GET /api/v1/agents/{agent_id}", "get_agent", "You know an agent's id and want to know how it is."),
    Operation(
        "PATCH /api/v1/agents/{agent_id}", "change_agent",
        "An agent is to have another name, role, board, interval, label or budget.",
        ("Changes the agent", "An agent that is moved leaves the tasks it has", "Tells the board's stream"),
        ("board_not_writable", "unknown_board", "agent_changed", "agent_name_taken", "lead_taken", "board_full"),
    ),
    Operation(
        "DELETE /api/v1/agents/{agent_id}", "remove_agent", "An agent is no longer needed, or not to be trusted.",
        (
            "Its tokens open nothing from now on", "Its tasks are free again", "So with the workers it made",
            "Tells the board's stream",
        ),
        ("board_not_writable", "unknown_board"),
    ),
    Operation(
        "POST /api/v1/agents/{agent_id}/token", "replace_agent_token",
        "A token is lost, old or has leaked; with `end_previous` when it has leaked.",
        ("Makes a token, shown once", "The token before it ends when this one is first used, or at once if asked"),
        ("board_not_writable", "unknown_board"),
    ),
    Operation(
        "GET /api/v1/agents/{agent_id}/usage", "get_agent_usage",
        "You want to know what an agent has used up, today and on the days before.",
    ),
    Operation(
        "POST /api/v1/agent/heartbeat", "say_you_live",
        "At your interval, all the time: it keeps your tasks yours and tells you how much waits for you.",
        ("You count as online", "The leases of your tasks are prolonged"),
        ("board_mismatch", "name_mismatch"),
    ),
    Operation("GET /api/v1/agent/me", "who_am_i", "You begin and want to know your name, role, board and budgets."),
    Operation(
        "GET /api/v1/agent/manifest", "learn_what_you_may_do",
        "You begin, or your role has changed: what you may ask for, in short.",
    ),
    Operation(
        "POST /api/v1/agent/usage", "report_cost", "You have spent money, such as on a model; say so soon.",
        ("Adds to what you have cost today; at your budget only reading, releasing and heartbeats are left",),
    ),
    Operation("GET /api/v1/agent/usage", "get_own_usage", "You plan your day and want to know what is left of it."),
    Operation(
        "GET /api/v1/agent/inbox", "read_inbox",
        "A heartbeat says that something waits: what was assigned, said, decided or freed for you.",
    ),
    Operation(
        "POST /api/v1/agent/inbox/ack", "acknowledge_inbox",
        "You have dealt with what the inbox held; without it the same comes again.",
        ("What comes before the cursor is not shown again",),
    ),
    Operation("GET /api/v1/agent/workers", "list_coworkers", "You want to know who else works on your board."),
    Operation(
        "POST /api/v1/agent/workers", "spawn_worker",
        "You are the lead, there is more to do than you can, and you can run another worker.",
        ("Makes a worker on your board and its token, shown once", "Tells the board's stream"),
        (*LEAD, "agent_changed", "agent_name_taken", "board_full", "beyond_own_budget"),
    ),
    Operation(
        "DELETE /api/v1/agent/workers/{agent_id}", "remove_worker",
        "You are the lead and a worker that a lead made has nothing to do any more.",
        ("Its tokens open nothing from now on", "Its tasks are free again", "Tells the board's stream"),
        (*LEAD, "not_spawned"),
    ),
    Operation(
        "POST /api/v1/agent/workers/{agent_id}/token", "replace_worker_token",
        "You are the lead and a worker that a lead made has lost its token.",
        ("Makes a token, shown once",), (*LEAD, "not_spawned"),
    ),
)  # fmt: skip
