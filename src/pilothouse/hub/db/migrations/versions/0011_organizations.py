"""Organizations, people, members, invites and access to boards."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROLES = "role IN ('owner', 'admin', 'member')"
KINDS = "kind IN ('robot', 'api', 'user', 'agent', 'browser', 'session')"
BEFORE = "kind IN ('robot', 'api')"
TOKEN_COLUMNS = (
    ("user_id", sa.String(40)),
    ("agent_id", sa.String(40)),
    ("maker_id", sa.String(40)),
    ("repository", sa.String(200)),
    ("session_id", sa.String(40)),
)
TOKEN_INDEXES = (["user_id", "created_at", "id"], ["agent_id", "created_at", "id"], ["session_id"])


def upgrade() -> None:
    organizations = op.create_table(
        "organizations",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organizations"),
    )
    users = op.create_table(
        "users",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(500), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("active_organization_id", sa.String(40), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("subject", name="uq_users_subject"),
        sa.ForeignKeyConstraint(
            ["active_organization_id"], ["organizations.id"],
            name="fk_users_active_organization_id_organizations", ondelete="SET NULL",
        ),
    )  # fmt: skip
    op.create_index("ix_users_active_organization_id", "users", ["active_organization_id"])
    members = _create_members()
    _create_invites()
    _create_login_codes()
    _make_home(organizations, users, members)
    with op.batch_alter_table("tokens") as tokens:
        tokens.drop_constraint(op.f("ck_tokens_kind"), type_="check")
        for name, kind in TOKEN_COLUMNS:
            tokens.add_column(sa.Column(name, kind, nullable=True))
        tokens.create_check_constraint(op.f("ck_tokens_kind"), KINDS)
        tokens.create_foreign_key("fk_tokens_user_id_users", "users", ["user_id"], ["id"], ondelete="CASCADE")
    for columns in TOKEN_INDEXES:
        op.create_index(f"ix_tokens_{'_'.join(columns)}", "tokens", columns)


def _create_members() -> sa.Table:
    members = op.create_table(
        "members",
        sa.Column("organization_id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("all_boards_read", sa.Boolean(), nullable=False),
        sa.Column("all_boards_write", sa.Boolean(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("invited_by", sa.String(200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "user_id", name="pk_members"),
        sa.CheckConstraint(ROLES, name=op.f("ck_members_role")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_members_organization_id_organizations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_members_user_id_users", ondelete="CASCADE"),
    )  # fmt: skip
    op.create_index("ix_members_user_id_joined_at", "members", ["user_id", "joined_at"])
    op.create_table(
        "board_access",
        sa.Column("organization_id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("board_id", sa.String(40), nullable=False),
        sa.Column("can_write", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "user_id", "board_id", name="pk_board_access"),
        sa.ForeignKeyConstraint(
            ["organization_id", "user_id"], ["members.organization_id", "members.user_id"],
            name="fk_board_access_organization_id_user_id_members", ondelete="CASCADE",
        ),
    )  # fmt: skip
    op.create_index("ix_board_access_board_id", "board_access", ["board_id"])
    return members


def _create_invites() -> None:
    op.create_table(
        "invites",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("organization_id", sa.String(40), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("all_boards_read", sa.Boolean(), nullable=False),
        sa.Column("all_boards_write", sa.Boolean(), nullable=False),
        sa.Column("boards", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("inviter_id", sa.String(40), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_by", sa.String(40), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_invites"),
        sa.UniqueConstraint("token_sha256", name="uq_invites_token_sha256"),
        sa.CheckConstraint(ROLES, name=op.f("ck_invites_role")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_invites_organization_id_organizations",
            ondelete="CASCADE",
        ),
    )  # fmt: skip
    op.create_index("ix_invites_organization_id_created_at_id", "invites", ["organization_id", "created_at", "id"])
    op.create_index("ix_invites_expires_at", "invites", ["expires_at"])


def _create_login_codes() -> None:
    op.create_table(
        "login_codes",
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code_sha256", name="pk_login_codes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_login_codes_user_id_users", ondelete="CASCADE"),
    )
    op.create_index("ix_login_codes_expires_at", "login_codes", ["expires_at"])


def _make_home(organizations: sa.Table, users: sa.Table, members: sa.Table) -> None:
    """The fleet that is there belongs to somebody: to whoever holds the password or the data directory."""
    now = datetime.now(UTC)
    changed = {"changed_at": now, "version": 1}
    home = {"id": "home", "name": "Home", "created_at": now, "created_by": "system the hub itself", **changed}
    op.bulk_insert(organizations, [home])
    local = {"id": "local", "subject": None, "name": "Operator", "email": None, "active_organization_id": "home"}
    op.bulk_insert(users, [{**local, "created_at": now, **changed}])
    owner = {"organization_id": "home", "user_id": "local", "role": "owner", "invited_by": "system the hub itself"}
    everything = {"all_boards_read": True, "all_boards_write": True}
    op.bulk_insert(members, [{**owner, **everything, "joined_at": now, **changed}])


def downgrade() -> None:
    op.execute("DELETE FROM tokens WHERE kind NOT IN ('robot', 'api')")
    for columns in reversed(TOKEN_INDEXES):
        op.drop_index(f"ix_tokens_{'_'.join(columns)}", table_name="tokens")
    with op.batch_alter_table("tokens") as tokens:
        tokens.drop_constraint("fk_tokens_user_id_users", type_="foreignkey")
        tokens.drop_constraint(op.f("ck_tokens_kind"), type_="check")
        for name, _kind in reversed(TOKEN_COLUMNS):
            tokens.drop_column(name)
        tokens.create_check_constraint(op.f("ck_tokens_kind"), BEFORE)
    for table in ("login_codes", "invites", "board_access", "members", "users", "organizations"):
        op.drop_table(table)
