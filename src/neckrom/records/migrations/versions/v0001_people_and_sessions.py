"""People, sessions, what they measured, and their files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _of_session() -> sa.Column[str]:
    return sa.Column("session_id", sa.String(16), nullable=False)


def _session_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["session_id"], ["session.id"], name=f"fk_{table}_session_id", ondelete="CASCADE"
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "store_info",
        sa.Column("store_id", sa.String(32), nullable=False),
        sa.Column("created", _time(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", name="pk_store_info"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("search_name", sa.String(800), nullable=False),
        sa.Column("birth_date", sa.Date()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created", _time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_index("ix_person_search_name", "person", ["search_name"])
    _sessions()
    _parts_of_sessions()


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("measured", _time(), nullable=False),
        sa.Column("dated_by_hand", sa.Boolean(), nullable=False),
        sa.Column("added", _time(), nullable=False),
        sa.Column("recording_sha256", sa.String(64), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("view", sa.String(16), nullable=False),
        sa.Column("schema_version", sa.String(16), nullable=False),
        sa.Column("tool_version", sa.String(64), nullable=False),
        sa.Column("estimator", sa.Text(), nullable=False),
        sa.Column("calibration_id", sa.Text(), nullable=False),
        sa.Column("norms", sa.Text(), nullable=False),
        sa.Column("flagged", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("recording_sha256", name="uq_session_recording_sha256"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_session_person_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_session_person_id_measured", "session", ["person_id", "measured"])


def _parts_of_sessions() -> None:
    op.create_table(
        "session_result",
        _of_session(),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("zlib_json", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_session_result"),
        _session_key("session_result"),
    )
    op.create_table(
        "measurement",
        _of_session(),
        sa.Column("movement", sa.String(16), nullable=False),
        sa.Column("best_deg", sa.Float()),
        sa.Column("mean_deg", sa.Float()),
        sa.Column("low_deg", sa.Float()),
        sa.Column("high_deg", sa.Float()),
        sa.Column("lower_bound", sa.Boolean(), nullable=False),
        sa.Column("reference_deg", sa.Float()),
        sa.Column("healthy_low_deg", sa.Float()),
        sa.Column("healthy_high_deg", sa.Float()),
        sa.Column("percent_of_reference", sa.Float()),
        sa.Column("flag", sa.String(16), nullable=False),
        sa.Column("pain", sa.Integer()),
        sa.Column("compensation_deg", sa.Float()),
        sa.Column("trials", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "movement", name="pk_measurement"),
        _session_key("measurement"),
    )
    op.create_table(
        "stored_file",
        _of_session(),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "name", name="pk_stored_file"),
        _session_key("stored_file"),
    )


def downgrade() -> None:
    """There is no way back before the first step."""
    raise NotImplementedError
