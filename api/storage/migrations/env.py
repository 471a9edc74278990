"""Run by Alembic, from `api.storage.database`, on a connection that is already in a transaction."""

from alembic import context

from api.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
