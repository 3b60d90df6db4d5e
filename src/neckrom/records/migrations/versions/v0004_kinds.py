"""Sessions of several kinds: of the neck as all were so far, of runs, of postures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say of every session that it is of the neck."""
    op.add_column("session", sa.Column("kind", sa.String(16), nullable=False, server_default="neck"))


def downgrade() -> None:
    """Leave the kind out; sessions of other kinds go, as nothing could read them."""
    op.execute("DELETE FROM session WHERE kind <> 'neck'")
    op.drop_column("session", "kind")
