"""The symptom diary: one line a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "diary_line",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("pain", sa.Integer()),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("activity", sa.String(16)),
        sa.Column("note", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "day", name="pk_diary_line"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_diary_line_person_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    """Leave the diary out."""
    op.drop_table("diary_line")
