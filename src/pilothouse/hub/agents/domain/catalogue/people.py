"""People, organizations and who may see what."""

from __future__ import annotations

from pilothouse.hub.agents.domain.operations import Operation

ORGANIZATION = "/api/v1/organizations/{organization_id}"
MEMBER = f"{ORGANIZATION}/members/{{user_id}}"
TOLD = "Written to the organization's activity"

OPERATIONS = (
    Operation(
        "POST /api/v1/auth/bootstrap", "make_yourself_known", "You call this hub for the first time with a credential.",
        ("Makes the person, and the home organization where there is none yet",),
    ),
    Operation(
        "POST /api/v1/auth/session", "sign_in", "A browser is to stay signed in without keeping the credential.",
        ("Sets a cookie that scripts cannot read",), ("one_credential",),
    ),
    Operation("GET /api/v1/auth/session", "who_am_i_here", "A page wants to know whether somebody is signed in."),
    Operation(
        "DELETE /api/v1/auth/session", "sign_out", "Somebody leaves a browser.", ("The cookie opens nothing any more",),
    ),
    Operation("GET /api/v1/users/me", "get_yourself", "You want to know how this hub knows you."),
    Operation("PATCH /api/v1/users/me", "change_yourself", "You want to be called something else.", (TOLD,)),
    Operation(
        "DELETE /api/v1/users/me", "leave_for_good", "You want this hub to forget you.",
        ("Your tokens open nothing any more", "You leave every organization"), ("last_owner", "operator_stays"),
    ),
    Operation("GET /api/v1/users/me/tokens", "list_own_tokens", "You want to see what else calls as you."),
    Operation(
        "POST /api/v1/users/me/tokens", "make_own_token", "A program of yours is to call as you.",
        ("Makes a token, shown once; it may all that you may",), ("expiry_in_the_past",),
    ),
    Operation(
        "DELETE /api/v1/users/me/tokens/{token_id}", "revoke_own_token", "A token of yours has leaked.",
        ("It opens nothing from now on",), ("unknown_token",),
    ),
    Operation("GET /api/v1/users/me/sign-ins", "list_sign_ins", "You want to see which browsers are signed in as you."),
    Operation(
        "DELETE /api/v1/users/me/sign-ins/{token_id}", "end_sign_in", "A browser of yours was lost or is not yours.",
        ("It is signed out",), ("unknown_token",),
    ),
    Operation("GET /api/v1/organizations", "list_organizations", "You want to know where you belong."),
    Operation(
        "POST /api/v1/organizations", "make_organization", "People are to work apart from others.",
        ("Makes an organization that you own",),
    ),
    Operation("GET /api/v1/organizations/me", "get_active_organization", "You want to know where you act now."),
    Operation(
        "PATCH /api/v1/organizations/me/active", "choose_organization", "You belong to several and change over.",
        ("What you ask for from now on is of that organization",), ("unknown_organization",),
    ),
    Operation(
        "POST /api/v1/organizations/invites/accept", "accept_invite", "Somebody has sent you an invite.",
        ("You belong to the organization", "Where people have no account elsewhere, you get a token, shown once", TOLD),
        ("unknown_invite", "invite_for_somebody_else", "sign_in_first", "already_member"),
    ),
    Operation(
        f"GET {ORGANIZATION}", "get_organization", "You know its id and belong to it.", codes=("unknown_organization",),
    ),
    Operation(
        f"PATCH {ORGANIZATION}", "rename_organization", "It is to be called something else.", (TOLD,),
        ("unknown_organization", "changed_meanwhile", "role_missing"),
    ),
    Operation(
        f"DELETE {ORGANIZATION}", "delete_organization", "Nobody needs it any more.", ("Its members leave it",),
        ("unknown_organization", "home_stays", "organization_in_use", "role_missing"),
    ),
    Operation(
        f"GET {ORGANIZATION}/invites", "list_invites", "You want to know who was invited and has not come.",
        codes=("unknown_organization", "role_missing"),
    ),
    Operation(
        f"POST {ORGANIZATION}/invites", "invite", "Somebody is to join, with a role and boards you decide on now.",
        ("Makes an invite that is good once, shown once", TOLD),
        ("unknown_organization", "role_missing", "role_beyond_yours", "board_beyond_yours", "unknown_boards"),
    ),
    Operation(
        f"DELETE {ORGANIZATION}/invites/{{invite_id}}", "revoke_invite", "Somebody is not to come after all.",
        ("It opens nothing any more", TOLD), ("unknown_organization", "role_missing", "unknown_invite"),
    ),
    Operation(
        f"GET {ORGANIZATION}/members", "list_members", "You want to know who belongs here, and in which role.",
        codes=("unknown_organization",),
    ),
    Operation(
        f"GET {MEMBER}", "get_member", "You know the id of somebody here.",
        codes=("unknown_organization", "unknown_member"),
    ),
    Operation(
        f"PATCH {MEMBER}", "change_member_role", "Somebody is to decide more, or less.", (TOLD,),
        ("unknown_organization", "unknown_member", "role_missing", "role_beyond_yours", "last_owner", "operator_stays"),
    ),
    Operation(
        f"DELETE {MEMBER}", "remove_member", "Somebody leaves, or you do.",
        ("Streams they have open end within seconds", TOLD),
        ("unknown_organization", "unknown_member", "role_missing", "role_beyond_yours", "last_owner", "operator_stays"),
    ),
    Operation(
        f"GET {MEMBER}/access", "get_member_access", "You want to know which boards somebody may see.",
        codes=("unknown_organization", "unknown_member", "role_missing"),
    ),
    Operation(
        f"PUT {MEMBER}/access", "set_member_access", "Somebody is to see or change other boards than now.",
        ("Streams of boards they lost end within seconds", TOLD),
        ("unknown_organization", "unknown_member", "role_missing", "role_beyond_yours", "board_beyond_yours",
         "unknown_boards"),
    ),
    Operation(
        f"GET {MEMBER}/tokens", "list_member_tokens", "You want to know what else calls as somebody.",
        codes=("unknown_organization", "unknown_member", "role_missing"),
    ),
    Operation(
        f"DELETE {MEMBER}/tokens/{{token_id}}", "revoke_member_token", "A token of somebody has leaked.",
        ("It opens nothing from now on", TOLD),
        ("unknown_organization", "unknown_member", "role_missing", "role_beyond_yours", "member_elsewhere_too",
         "unknown_token"),
    ),
)  # fmt: skip
