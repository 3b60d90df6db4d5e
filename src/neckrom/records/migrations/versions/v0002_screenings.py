"""Answers of the neck screen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "screening",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("session_id", sa.String(16)),
        sa.Column("answered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("questions_version", sa.String(16), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_screening"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_screening_person_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name="fk_screening_session_id", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_screening_person_id_answered", "screening", ["person_id", "answered"])
    op.create_index("ix_screening_session_id", "screening", ["session_id"])


def downgrade() -> None:
    """Leave the answers out."""
    op.drop_table("screening")
