"""What happened, what is remembered, what comes from outside and goes there, which incidents boards work on."""

from __future__ import annotations

from pilothouse.hub.agents.domain.operations import Operation

BOARD = "/api/v1/boards/{board_id}"
GROUP = "/api/v1/board-groups/{group_id}"
HOOK = f"{BOARD}/webhooks/{{webhook_id}}"
PAYLOAD = f"{HOOK}/payloads/{{payload_id}}"
SUBSCRIPTION = f"{BOARD}/subscriptions/{{subscription_id}}"
RULE = f"{BOARD}/incident-rules/{{rule_id}}"
TOLD = "Told on the board's stream and kept in the activity"
NO_SUBSCRIPTION = ("unknown_subscription",)
KEPT = ("webhooks_not_for_agents",)


def _memory(root: str, of: str, more: str, *codes: str) -> tuple[Operation, ...]:
    """The memory of a board, or of a group."""
    entry = f"{root}/memory/{{memory_id}}"
    return (
        Operation(
            f"GET {root}/memory", f"search_{of}memory", f"You begin, or want to know what is known{more}.", codes=codes
        ),
        Operation(
            f"POST {root}/memory", f"remember_in_{of}memory" if of else "remember",
            f"You learned something that others should not have to learn again{more}, or say something.",
            ("Adds an entry; text you were given must be marked `untrusted`", TOLD), (*codes, "memory_full"),
        ),
        Operation(
            f"GET {root}/memory/stream", f"follow_{of}memory", f"You want to hear at once what is said{more}.",
            codes=(*codes, "not_an_event_id"),
        ),
        Operation(f"GET {entry}", f"get_{of}memory", "You know an entry's id.", codes=codes),
        Operation(
            f"PATCH {entry}", f"correct_{of}memory", "An entry is wrong.", ("Changes it", TOLD),
            (*codes, "memory_changed", "not_your_entry", "nothing_to_remember"),
        ),
        Operation(
            f"DELETE {entry}", f"forget_{of}memory", "An entry is of no use any more.", ("Removes it", TOLD),
            (*codes, "not_your_entry"),
        ),
    )  # fmt: skip


OPERATIONS = (
    Operation(
        "GET /api/v1/activity", "list_changes",
        "You want to know who changed what, and what it was before; also of what is deleted by now.",
        codes=("unknown_board",),
    ),
    Operation(
        "GET /api/v1/activity/stream", "follow_changes",
        "You want to hear of every change you may see instead of asking again.",
        codes=("unknown_board", "not_an_event_id"),
    ),
    Operation("GET /api/v1/metrics/dashboard", "get_dashboard", "You want to know how work goes over time."),
    *_memory(BOARD, "", ""),
    *_memory(GROUP, "group_", " by all boards of a group", "unknown_board_group"),
    Operation(
        f"POST {HOOK}", "post_to_webhook", "You are a program elsewhere and have something to tell a board.",
        ("Kept durably, then carried out: into the board's memory, as data from outside",),
        ("signature_missing", "signature_wrong", "signature_too_old", "delivery_id_missing", "webhook_disabled",
         "rate_limited", "too_large"),
    ),
    Operation(
        f"POST {BOARD}/webhooks", "make_webhook", "A program elsewhere is to tell this board something.",
        ("Makes an address and a secret, which is shown once", TOLD), (*KEPT, "too_many_webhooks"),
    ),
    Operation(f"GET {BOARD}/webhooks", "list_webhooks", "You want to know who may tell this board something."),
    Operation(f"GET {HOOK}", "get_webhook", "You know a webhook's id."),
    Operation(
        f"PATCH {HOOK}", "change_webhook", "A webhook is to be off, or to do something else.", (TOLD,),
        (*KEPT, "webhook_changed", "nothing_to_change"),
    ),
    Operation(
        f"DELETE {HOOK}", "delete_webhook", "Nobody is to post to it any more.",
        ("Its address is gone, and what came in through it", TOLD), KEPT,
    ),
    Operation(
        f"POST {HOOK}/secret", "replace_webhook_secret", "A webhook's secret has leaked.",
        ("Makes a secret, shown once",), (*KEPT, "nothing_is_signed"),
    ),
    Operation(f"GET {HOOK}/payloads", "list_payloads", "You want to know what came in, and what became of it."),
    Operation(f"GET {PAYLOAD}", "get_payload", "You want to read one thing that came in.", codes=("unknown_payload",)),
    Operation(
        f"POST {PAYLOAD}/run", "run_payload_again", "What came in was given up, and would work now.",
        ("Carries it out again",), (*KEPT, "unknown_payload", "still_waits"),
    ),
    Operation(
        f"POST {BOARD}/subscriptions", "subscribe", "You run a server and want this board's events posted to it.",
        ("Makes a subscription and a secret, which is shown once", TOLD), ("too_many_webhooks",),
    ),
    Operation(f"GET {BOARD}/subscriptions", "list_subscriptions", "You want to know whom this board tells."),
    Operation(f"GET {SUBSCRIPTION}", "get_subscription", "You know a subscription's id.", codes=NO_SUBSCRIPTION),
    Operation(
        f"PATCH {SUBSCRIPTION}", "change_subscription", "Other events are to be told, or to another address.", (TOLD,),
        (*NO_SUBSCRIPTION, "webhook_changed", "nothing_to_change"),
    ),
    Operation(
        f"DELETE {SUBSCRIPTION}", "unsubscribe", "Nobody listens there any more.", ("Nothing is posted any more", TOLD),
        NO_SUBSCRIPTION,
    ),
    Operation(
        f"POST {SUBSCRIPTION}/secret", "replace_subscription_secret", "A subscription's secret has leaked.",
        ("Makes a secret, shown once",), NO_SUBSCRIPTION,
    ),
    Operation(
        f"POST {SUBSCRIPTION}/test", "try_subscription", "You want to see that it works.", ("Posts a message",),
        NO_SUBSCRIPTION,
    ),
    Operation(
        f"GET {SUBSCRIPTION}/deliveries", "list_posted", "You want to know what was posted and what failed.",
        codes=NO_SUBSCRIPTION,
    ),
    Operation(
        f"GET {SUBSCRIPTION}/deliveries/{{delivery_id}}", "get_posted", "You want to know why posting failed.",
        codes=(*NO_SUBSCRIPTION, "unknown_delivery"),
    ),
    Operation(
        f"POST {SUBSCRIPTION}/deliveries/{{delivery_id}}/resend", "post_again", "One thing that failed would work now.",
        ("Posts it again",), (*NO_SUBSCRIPTION, "unknown_delivery"),
    ),
    Operation(
        f"POST {SUBSCRIPTION}/resend", "post_all_again", "Your server is back after a long time.",
        ("Posts everything that was given up",), NO_SUBSCRIPTION,
    ),
    Operation(f"GET {BOARD}/incident-rules", "list_incident_rules", "You want to know which incidents become tasks."),
    Operation(
        f"POST {BOARD}/incident-rules", "make_incident_rule", "Incidents of a kind are to become tasks by themselves.",
        ("Makes a rule", TOLD), ("too_many_rules", "no_fleet_here"),
    ),
    Operation(f"GET {RULE}", "get_incident_rule", "You know a rule's id.", codes=("unknown_rule",)),
    Operation(
        f"PATCH {RULE}", "change_incident_rule", "Other incidents are to become tasks.", (TOLD,),
        ("unknown_rule", "rule_changed", "nothing_to_change"),
    ),
    Operation(
        f"DELETE {RULE}", "delete_incident_rule", "Incidents are to become no tasks any more.", (TOLD,),
        ("unknown_rule",),
    ),
    Operation(f"GET {BOARD}/incidents", "list_board_incidents", "You want to know which incidents a board works on."),
    Operation(
        f"POST {BOARD}/incidents", "take_incident", "A board is to work on an incident that no rule has given it.",
        ("Makes a task that is linked to the incident", TOLD), ("unknown_incident", "no_fleet_here"),
    ),
    Operation(
        "GET /api/v1/incidents/{incident_id}", "read_incident", "A task of your board has an `incident_id`.",
        codes=("unknown_incident",),
    ),
    Operation(
        "GET /api/v1/incidents/{incident_id}/timeline", "read_incident_timeline",
        "You want to know what led to the incident of a task, and what was done.", codes=("unknown_incident",),
    ),
)  # fmt: skip
