"""How Alembic runs here: on the connection and in the transaction that Migrations opened."""

from alembic import context

from pilothouse.hub.db.base import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
context.run_migrations()
