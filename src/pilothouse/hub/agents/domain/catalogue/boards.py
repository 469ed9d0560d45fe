"""Boards, tasks, comments and approvals."""

from __future__ import annotations

from pilothouse.hub.agents.domain.operations import Operation

BOARD = "/api/v1/boards/{board_id}"
TASK = f"{BOARD}/tasks/{{task_id}}"
COMMENT = f"{TASK}/comments/{{comment_id}}"
APPROVAL = f"{BOARD}/approvals/{{approval_id}}"
GROUP = "/api/v1/board-groups/{group_id}"
TAG = "/api/v1/tags/{tag_id}"
FIELD = "/api/v1/custom-fields/{field_id}"
TOLD = "Told on the board's stream and kept in the activity"
ADMINS = "board_admins_only"
TOO_MUCH = ("unknown_assignee", "unknown_tag_on_task", "unknown_dependency", "unknown_incident_on_task",
            "unknown_field", "field_unusable", "only_leads_assign", "incident_not_on_board")  # fmt: skip
STEPS = ("changed", "not_your_task", "only_leads_plan", "only_leads_change_status", "task_step_not_allowed",
         "task_blocked", "approval_pending", "comment_required", "review_required", "review_by_another",
         "approval_required", "dependency_cycle", "nothing_to_change", "only_people_unlink")  # fmt: skip

OPERATIONS = (
    Operation("GET /api/v1/boards", "list_boards", "You want to know which boards you can see."),
    Operation(
        "POST /api/v1/boards", "make_board", "People and agents are to work on something of its own.",
        ("Makes a board", TOLD), (ADMINS, "name_taken", "unknown_board_group", "only_people_set_policy"),
    ),
    Operation("GET /api/v1/boards/overview", "overlook_boards", "You want to know how much waits on which board."),
    Operation(
        "GET /api/v1/boards/approvals", "list_approvals_of_boards",
        "You want to know what waits for a decision, or was decided, on any board that you can see.",
    ),
    Operation(f"GET {BOARD}", "get_board", "You begin: what the board is for, and its rules."),
    Operation(
        f"PATCH {BOARD}", "change_board", "The board is to ask for more or less, or to be called something else.",
        (TOLD,),
        (ADMINS, "changed", "name_taken", "unknown_board_group", "only_people_set_policy", "nothing_to_change"),
    ),
    Operation(
        f"DELETE {BOARD}", "delete_board", "Nobody works on it any more.", ("Its tasks go with it; its history stays",),
        (ADMINS, "board_has_agents"),
    ),
    Operation(f"GET {BOARD}/snapshot", "get_board_snapshot", "You need all of a board at once."),
    Operation(
        f"GET {BOARD}/stream", "follow_board", "You want to hear of all that changes on a board.",
        codes=("not_an_event_id",),
    ),
    Operation("GET /api/v1/board-groups", "list_board_groups", "You want to know which boards belong together."),
    Operation(
        "POST /api/v1/board-groups", "make_board_group", "Several boards share a goal or a memory.",
        ("Makes a group",), (ADMINS, "name_taken"),
    ),
    Operation(f"GET {GROUP}", "get_board_group", "You know a group's id.", codes=("unknown_board_group",)),
    Operation(
        f"PATCH {GROUP}", "change_board_group", "A group is to be called something else.", ("Changes the group",),
        (ADMINS, "changed", "name_taken", "nothing_to_change"),
    ),
    Operation(f"DELETE {GROUP}", "delete_board_group", "Its boards are on their own again.", ("Its boards stay",),
              (ADMINS,)),
    Operation(f"GET {GROUP}/snapshot", "get_board_group_snapshot", "You need all boards of a group at once."),
    Operation("GET /api/v1/tags", "list_tags", "You want to tag a task and need the tag's id."),
    Operation("POST /api/v1/tags", "make_tag", "Tasks are to be told apart by a new word.", ("Makes a tag",),
              (ADMINS, "name_taken")),
    Operation(f"GET {TAG}", "get_tag", "You know a tag's id."),
    Operation(f"PATCH {TAG}", "change_tag", "A tag is to look or be called different.", ("Changes it on all tasks",),
              (ADMINS, "changed", "name_taken", "nothing_to_change")),
    Operation(f"DELETE {TAG}", "delete_tag", "A tag says nothing any more.", ("Tasks lose it",), (ADMINS,)),
    Operation("GET /api/v1/custom-fields", "list_custom_fields", "You want to fill in fields of a task."),
    Operation("POST /api/v1/custom-fields", "make_custom_field", "Tasks are to carry a fact of their own.",
              ("Makes a field, on all boards or on some",),
              (ADMINS, "name_taken", "unknown_board", "field_definition_unusable")),
    Operation(f"GET {FIELD}", "get_custom_field", "You know a field's id.", codes=("unknown_custom_field",)),
    Operation(f"PATCH {FIELD}", "change_custom_field", "A field is to mean something else.", ("Changes the field",),
              (ADMINS, "unknown_custom_field", "changed", "unknown_board", "field_definition_unusable",
               "nothing_to_change")),
    Operation(f"DELETE {FIELD}", "delete_custom_field", "Nobody fills it in.", ("Tasks no longer show it",),
              (ADMINS, "unknown_custom_field")),
    Operation(f"GET {BOARD}/tasks", "find_tasks", "You look for work (`status=inbox`), or for what somebody has."),
    Operation(f"POST {BOARD}/tasks", "create_task", "You found something to be done that is no task yet.",
              ("Makes a task in the inbox", TOLD), (*TOO_MUCH, "field_missing", "task_budget_spent")),
    Operation(f"GET {BOARD}/tasks/stream", "follow_tasks", "You want to hear of tasks and comments at once.",
              codes=("not_an_event_id",)),
    Operation(f"GET {TASK}", "get_task", "Before you work on a task, or after a 409."),
    Operation(f"PATCH {TASK}", "change_task", "You are further with your task, or plan as the lead.",
              ("Changes the task", "Approvals of what it was are void", TOLD), (*STEPS, *TOO_MUCH)),
    Operation(f"DELETE {TASK}", "delete_task", "A task was a mistake.", ("Removes it; its history stays", TOLD),
              ("may_not_delete",)),
    Operation(f"POST {TASK}/claim", "claim_task", "You are going to work on it now.",
              ("It is yours for the board's lease, and in progress", TOLD),
              ("task_claimed", "task_not_claimable", "task_assigned", "task_blocked", "approval_pending",
               "only_leads_change_status", "programs_do_not_claim", "task_budget_spent")),
    Operation(f"POST {TASK}/release", "release_task", "You cannot or should not go on with it.",
              ("It is in the inbox and free", TOLD), ("task_not_held", "not_yours_to_release", "approval_pending")),
    Operation(f"GET {TASK}/comments", "read_comments", "You want to know what was said about a task."),
    Operation(f"POST {TASK}/comments", "comment", "You found out something, ask, or say what you did.",
              ("Adds a comment; `@Name` reaches an agent's inbox", TOLD)),
    Operation(f"PATCH {COMMENT}", "change_comment", "A comment of yours is wrong.", ("Changes it", TOLD),
              ("not_your_comment", "changed")),
    Operation(f"DELETE {COMMENT}", "delete_comment", "A comment should not stay.", ("Removes it", TOLD),
              ("not_your_comment",)),
    Operation(f"GET {BOARD}/approvals", "list_approvals", "You want to know what waits for a decision."),
    Operation(f"POST {BOARD}/approvals", "request_approval", "You need a person to allow something (`task.done`).",
              ("Asks people; the tasks named have one pending approval each", TOLD),
              ("unknown_task", "approval_is_pending", "payload_too_large")),
    Operation(f"GET {BOARD}/approvals/stream", "follow_approvals", "You decide approvals and want to hear of them.",
              codes=("not_an_event_id",)),
    Operation(f"GET {APPROVAL}", "get_approval", "You want to see what was shown and decided."),
    Operation(f"PATCH {APPROVAL}", "decide_approval", "You are a person and have looked at what was asked.",
              ("Decides for good; kept with who, when and why", TOLD),
              ("only_people_decide", "own_request", "already_decided", "approval_expired", "approval_voided",
               "changed")),
    Operation(f"POST {APPROVAL}/withdraw", "withdraw_approval", "What you asked for is not needed any more.",
              ("It is pending no more", TOLD), ("not_your_request", "already_decided")),
)  # fmt: skip
