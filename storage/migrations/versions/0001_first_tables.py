"""first tables"""

# ruff: noqa: E501

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_token",
        sa.Column("appid", sa.String(length=40), nullable=False),
        sa.Column("token", sa.String(length=600), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("appid", name=op.f("pk_access_token")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "consent_text",
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("guardian_text", sa.Text(), nullable=False),
        sa.Column("approver", sa.String(length=60), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_consent_text")),
    )
    op.create_table(
        "early_word",
        sa.Column("remote_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("remote_id", name=op.f("pk_early_word")),
    )
    with op.batch_alter_table("early_word", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_early_word_at"), ["at"], unique=False)

    op.create_table(
        "erased_stay",
        sa.Column("stay", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stay", name=op.f("pk_erased_stay")),
    )
    op.create_table(
        "login_failure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("username", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
    )
    with op.batch_alter_table("login_failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_failure_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_failure_username"), ["username"], unique=False)

    op.create_table(
        "patient",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hospital_no", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sex", sa.String(length=4), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.String(length=64), nullable=True),
        sa.Column("phone_tail", sa.String(length=4), nullable=True),
        sa.Column("id_no_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_no_index", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("sex = '男' OR sex = '女' OR sex = '未知'", name=op.f("ck_patient_sex")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("hospital_no", name=op.f("uq_patient_hospital_no")),
    )
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_id_no_index"), ["id_no_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_patient_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_patient_phone_tail"), ["phone_tail"], unique=False)

    op.create_table(
        "protocol_edition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("protocol", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocol_edition")),
        sa.UniqueConstraint("protocol", "checksum", name=op.f("uq_protocol_edition_protocol_checksum")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("username", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("ward", sa.String(length=60), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role = 'nurse' OR role = 'ward' OR role = 'department' OR role = 'supervisor' OR role = 'doctor' OR role = 'editor' OR role = 'approver' OR role = 'admin' OR role = 'auditor' OR role = 'director'",
            name=op.f("ck_staff_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("username", name=op.f("uq_staff_username")),
    )
    op.create_table(
        "ward_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ward", sa.String(length=60), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ward_code")),
        sa.UniqueConstraint("token", name=op.f("uq_ward_code_token")),
        sa.UniqueConstraint("ward", name=op.f("uq_ward_code_ward")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("noun", sa.String(length=24), nullable=False),
        sa.Column("noun_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_audit_entry_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "import",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("issues", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_import_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )
    op.create_table(
        "kept",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("law", sa.String(length=200), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_kept_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept")),
        sa.UniqueConstraint("place", name=op.f("uq_kept_place")),
    )
    with op.batch_alter_table("kept", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_subject"), ["subject"], unique=False)
        batch_op.create_index("ix_kept_until", ["until"], unique=False)

    op.create_table(
        "login",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_login_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_token_hash")),
    )
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "revision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("flow", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("uses", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["published_by"], ["staff.id"], name=op.f("fk_revision_published_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("flow", "number", name=op.f("uq_revision_flow_number")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_setting_staff_id_staff")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "episode",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("admission_no", sa.String(length=40), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("ward", sa.String(length=60), nullable=False),
        sa.Column("doctor", sa.String(length=60), nullable=False),
        sa.Column("nurse", sa.String(length=60), nullable=False),
        sa.Column("admitted_on", sa.Date(), nullable=True),
        sa.Column("discharged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=2), nullable=False),
        sa.Column("diagnosis", sa.String(length=200), nullable=False),
        sa.Column("icd10", sa.String(length=20), nullable=False),
        sa.Column("procedure", sa.String(length=200), nullable=False),
        sa.Column("procedure_on", sa.Date(), nullable=True),
        sa.Column("revisit_on", sa.Date(), nullable=True),
        sa.Column("revisit_listed", sa.Date(), nullable=True),
        sa.Column("revisit_state", sa.String(length=12), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=True),
        sa.Column("medication", sa.String(length=500), nullable=False),
        sa.Column("risks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("kin_name", sa.String(length=60), nullable=False),
        sa.Column("kin_relation", sa.String(length=20), nullable=False),
        sa.Column("kin_phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("kin_phone_index", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("excluded_for", sa.String(length=60), nullable=True),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome = '1' OR outcome = '2' OR outcome = '3' OR outcome = '4' OR outcome = '5' OR outcome = '9'",
            name=op.f("ck_episode_outcome"),
        ),
        sa.CheckConstraint(
            "revisit_state = '' OR revisit_state = 'coming' OR revisit_state = 'declined' OR revisit_state = 'came' OR revisit_state = 'missed'",
            name=op.f("ck_episode_revisit_state"),
        ),
        sa.CheckConstraint(
            "state = 'home' OR state = 'readmitted' OR state = 'transferred' OR state = 'dead' OR state = 'excluded'",
            name=op.f("ck_episode_state"),
        ),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name=op.f("fk_episode_import_id_import")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_episode_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episode")),
        sa.UniqueConstraint("admission_no", "times", name=op.f("uq_episode_admission_no_times")),
    )
    with op.batch_alter_table("episode", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_episode_department"), ["department"], unique=False)
        batch_op.create_index(batch_op.f("ix_episode_discharged_at"), ["discharged_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_episode_kin_phone_index"), ["kin_phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_episode_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_episode_ward"), ["ward"], unique=False)

    op.create_table(
        "care_plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("protocol", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("edition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("drawn", sa.Integer(), nullable=True),
        sa.Column("stop_after_missed", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("stopped_for", sa.String(length=60), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state = 'running' OR state = 'completed' OR state = 'stopped'", name=op.f("ck_care_plan_state")),
        sa.ForeignKeyConstraint(["edition_id"], ["protocol_edition.id"], name=op.f("fk_care_plan_edition_id_protocol_edition")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_care_plan_episode_id_episode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_plan")),
        sa.UniqueConstraint("episode_id", "protocol", name=op.f("uq_care_plan_episode_id_protocol")),
    )
    with op.batch_alter_table("care_plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_plan_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_plan_episode_id"), ["episode_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_plan_protocol"), ["protocol"], unique=False)

    op.create_table(
        "contact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("followed", sa.Boolean(), nullable=False),
        sa.Column("window_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quota_left", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=8), nullable=False),
        sa.Column("held_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asking", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("ways", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("phone_of", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("owner = 'bot' OR owner = 'human'", name=op.f("ck_contact_owner")),
        sa.CheckConstraint(
            "state = 'active' OR state = 'unfollowed' OR state = 'stopped' OR state = 'gone' OR state = 'telephone'",
            name=op.f("ck_contact_state"),
        ),
        sa.ForeignKeyConstraint(["held_by"], ["staff.id"], name=op.f("fk_contact_held_by_staff")),
        sa.ForeignKeyConstraint(["phone_of"], ["episode.id"], name=op.f("fk_contact_phone_of_episode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("openid", name=op.f("uq_contact_openid")),
        sa.UniqueConstraint("phone_of", name=op.f("uq_contact_phone_of")),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_enrolment_episode_id_episode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("token", name=op.f("uq_enrolment_token")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_episode_id"), ["episode_id"], unique=False)

    op.create_table(
        "revisit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.String(length=120), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("source = 'list' OR source = 'patient'", name=op.f("ck_revisit_source")),
        sa.CheckConstraint(
            "state = 'planned' OR state = 'coming' OR state = 'declined' OR state = 'moved' OR state = 'came' OR state = 'missed'",
            name=op.f("ck_revisit_state"),
        ),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_revisit_episode_id_episode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisit")),
        sa.UniqueConstraint("episode_id", "day", name=op.f("uq_revisit_episode_id_day")),
    )
    with op.batch_alter_table("revisit", schema=None) as batch_op:
        batch_op.create_index("ix_revisit_day", ["day"], unique=False)

    op.create_table(
        "binding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relation", sa.String(length=12), nullable=False),
        sa.Column("kin", sa.String(length=20), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed", sa.String(length=40), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_for", sa.String(length=40), nullable=True),
        sa.CheckConstraint("relation = 'unknown' OR relation = 'self' OR relation = 'family'", name=op.f("ck_binding_relation")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_binding_contact_id_contact")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_binding_episode_id_episode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding")),
        sa.UniqueConstraint("contact_id", "episode_id", name=op.f("uq_binding_contact_id_episode_id")),
    )
    with op.batch_alter_table("binding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_binding_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_binding_episode_id"), ["episode_id"], unique=False)

    op.create_table(
        "claim",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ward", sa.String(length=60), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_claim_contact_id_contact")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_claim_episode_id_episode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_episode_id"), ["episode_id"], unique=False)
        batch_op.create_index(
            "ix_claim_open",
            ["number"],
            unique=False,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )

    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=False),
        sa.Column("capacity", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_for", sa.String(length=16), nullable=True),
        sa.Column("ended_words", sa.Text(), nullable=False),
        sa.CheckConstraint("answer = 'agreed' OR answer = 'refused'", name=op.f("ck_consent_answer")),
        sa.CheckConstraint("capacity = 'self' OR capacity = 'family' OR capacity = 'guardian'", name=op.f("ck_consent_capacity")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_consent_contact_id_contact")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_consent_episode_id_episode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_episode_id"), ["episode_id"], unique=False)
        batch_op.create_index(
            "uq_consent_live",
            ["contact_id", "episode_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "touchpoint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("flow", sa.String(length=80), nullable=False),
        sa.Column("day", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("late_hours", sa.Integer(), nullable=False),
        sa.Column("on_holidays", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("most_attempts", sa.Integer(), nullable=False),
        sa.Column("notice", sa.String(length=40), nullable=False),
        sa.Column("windows", sa.String(length=80), nullable=False),
        sa.Column("who", sa.String(length=16), nullable=False),
        sa.Column("through", sa.String(length=40), nullable=False),
        sa.Column("unless", sa.String(length=60), nullable=False),
        sa.Column("beyond_cap", sa.Boolean(), nullable=False),
        sa.Column("drop_silent", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state = 'planned' OR state = 'invited' OR state = 'begun' OR state = 'done' OR state = 'missed' OR state = 'stopped' OR state = 'phone'",
            name=op.f("ck_touchpoint_state"),
        ),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_touchpoint_episode_id_episode")),
        sa.ForeignKeyConstraint(["plan_id"], ["care_plan.id"], name=op.f("fk_touchpoint_plan_id_care_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touchpoint")),
        sa.UniqueConstraint("plan_id", "flow", "day", name=op.f("uq_touchpoint_plan_id_flow_day")),
    )
    with op.batch_alter_table("touchpoint", schema=None) as batch_op:
        batch_op.create_index(
            "ix_touchpoint_due",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('planned', 'invited')"),
            postgresql_where=sa.text("state IN ('planned', 'invited')"),
        )
        batch_op.create_index(batch_op.f("ix_touchpoint_episode_id"), ["episode_id"], unique=False)

    op.create_table(
        "session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("touchpoint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("flow", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status = 'waiting' OR status = 'completed' OR status = 'expired' OR status = 'failed' OR status = 'interrupted'",
            name=op.f("ck_session_status"),
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_session_contact_id_contact")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_session_episode_id_episode")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_session_revision_id_revision")),
        sa.ForeignKeyConstraint(["touchpoint_id"], ["touchpoint.id"], name=op.f("fk_session_touchpoint_id_touchpoint")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(
            "ix_session_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )
        batch_op.create_index(batch_op.f("ix_session_episode_id"), ["episode_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_session_touchpoint_id"), ["touchpoint_id"], unique=False)
        batch_op.create_index(
            "uq_session_waiting",
            ["contact_id"],
            unique=True,
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )

    op.create_table(
        "inbound",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("media_id", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("triage", sa.String(length=4), nullable=False),
        sa.Column("joins", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_inbound_contact_id_contact")),
        sa.ForeignKeyConstraint(["joins"], ["inbound.id"], name=op.f("fk_inbound_joins_inbound")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_inbound_session_id_session")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound")),
        sa.UniqueConstraint("key", name=op.f("uq_inbound_key")),
    )
    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.create_index("ix_inbound_contact_at", ["contact_id", "at"], unique=False)

    op.create_table(
        "ticket",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("matter", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=4), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ward", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why_due", sa.String(length=200), nullable=False),
        sa.Column("ladder", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("climb_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("closing_note", sa.Text(), nullable=False),
        sa.CheckConstraint("level = 'L0' OR level = 'L1' OR level = 'L2' OR level = 'L3'", name=op.f("ck_ticket_level")),
        sa.CheckConstraint(
            "matter = 'danger' OR matter = 'complaint' OR matter = 'question' OR matter = 'follow-up' OR matter = 'phone' OR matter = 'other'",
            name=op.f("ck_ticket_matter"),
        ),
        sa.CheckConstraint(
            "state = 'open' OR state = 'accepted' OR state = 'waiting' OR state = 'closed'", name=op.f("ck_ticket_state")
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["staff.id"], name=op.f("fk_ticket_closed_by_staff")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_ticket_contact_id_contact")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_ticket_episode_id_episode")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_ticket_owner_id_staff")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_ticket_session_id_session")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ticket_climb",
            ["climb_at"],
            unique=False,
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )
        batch_op.create_index(batch_op.f("ix_ticket_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_episode_id"), ["episode_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_session_id"), ["session_id"], unique=False)
        batch_op.create_index(
            "ix_ticket_urgent",
            ["level", "due_at"],
            unique=False,
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )
        batch_op.create_index(batch_op.f("ix_ticket_ward"), ["ward"], unique=False)
        batch_op.create_index(
            "uq_ticket_open",
            ["contact_id", "matter"],
            unique=True,
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )
        batch_op.create_index(
            "uq_ticket_open_episode",
            ["episode_id", "matter"],
            unique=True,
            sqlite_where=sa.text("state <> 'closed' AND contact_id IS NULL"),
            postgresql_where=sa.text("state <> 'closed' AND contact_id IS NULL"),
        )

    op.create_table(
        "answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inbound_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("node", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("sure", sa.Boolean(), nullable=False),
        sa.Column("corrects", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["corrects"], ["answer.id"], name=op.f("fk_answer_corrects_answer")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_answer_episode_id_episode")),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_answer_inbound_id_inbound")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_answer_session_id_session")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_answer_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answer_episode_id"), ["episode_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_answer_session_id"), ["session_id"], unique=False)

    op.create_table(
        "approved_use",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answer", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("approver", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_approved_use_contact_id_contact")),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_approved_use_inbound_id_inbound")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approved_use")),
        sa.UniqueConstraint("inbound_id", name=op.f("uq_approved_use_inbound_id")),
    )
    with op.batch_alter_table("approved_use", schema=None) as batch_op:
        batch_op.create_index("ix_approved_use_contact", ["contact_id", "answer", "at"], unique=False)

    op.create_table(
        "call",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("touchpoint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("whose", sa.String(length=4), nullable=False),
        sa.Column("number_index", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("whose = 'self' OR whose = 'kin'", name=op.f("ck_call_whose")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_call_episode_id_episode")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_call_staff_id_staff")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_call_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["touchpoint_id"], ["touchpoint.id"], name=op.f("fk_call_touchpoint_id_touchpoint")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_episode_id"), ["episode_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_touchpoint_id"), ["touchpoint_id"], unique=False)

    op.create_table(
        "finding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("inbound_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("flag", sa.String(length=12), nullable=False),
        sa.Column("level", sa.String(length=4), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("suppressed", sa.String(length=80), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level = 'L0' OR level = 'L1' OR level = 'L2' OR level = 'L3'", name=op.f("ck_finding_level")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_finding_episode_id_episode")),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_finding_inbound_id_inbound")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_episode_id"), ["episode_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_finding_inbound_id"), ["inbound_id"], unique=False)

    op.create_table(
        "media",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("media_id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("small", sa.String(length=40), nullable=False),
        sa.Column("content_type", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state = 'waiting' OR state = 'kept' OR state = 'refused' OR state = 'lost'", name=op.f("ck_media_state")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_media_contact_id_contact")),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_media_inbound_id_inbound")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("inbound_id", name=op.f("uq_media_inbound_id")),
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(
            "ix_media_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "outbound",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("touchpoint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reply_to", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(length=8), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("safety", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubtful_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("remote_id", sa.String(length=64), nullable=False),
        sa.Column("delivered", sa.String(length=40), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("author = 'bot' OR author = 'staff' OR author = 'system'", name=op.f("ck_outbound_author")),
        sa.CheckConstraint(
            "lane = 'reply' OR lane = 'service' OR lane = 'subscription' OR lane = 'template' OR lane = 'medical' OR lane = 'wecom' OR lane = 'sms' OR lane = 'phone'",
            name=op.f("ck_outbound_lane"),
        ),
        sa.CheckConstraint(
            "state = 'pending' OR state = 'leased' OR state = 'handed' OR state = 'sent' OR state = 'failed' OR state = 'unknown' OR state = 'cancelled'",
            name=op.f("ck_outbound_state"),
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_outbound_contact_id_contact")),
        sa.ForeignKeyConstraint(["reply_to"], ["inbound.id"], name=op.f("fk_outbound_reply_to_inbound")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_outbound_session_id_session")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_outbound_staff_id_staff")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_outbound_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["touchpoint_id"], ["touchpoint.id"], name=op.f("fk_outbound_touchpoint_id_touchpoint")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbound")),
        sa.UniqueConstraint("key", name=op.f("uq_outbound_key")),
        sa.UniqueConstraint("reply_to", name=op.f("uq_outbound_reply_to")),
    )
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.create_index("ix_outbound_contact_at", ["contact_id", "created_at"], unique=False)
        batch_op.create_index(
            "ix_outbound_due",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('pending', 'leased')"),
            postgresql_where=sa.text("state IN ('pending', 'leased')"),
        )
        batch_op.create_index(
            "ix_outbound_leased",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'leased'"),
            postgresql_where=sa.text("state = 'leased'"),
        )
        batch_op.create_index(
            "ix_outbound_remote_id",
            ["remote_id"],
            unique=False,
            sqlite_where=sa.text("remote_id <> ''"),
            postgresql_where=sa.text("remote_id <> ''"),
        )
        batch_op.create_index(
            "ix_outbound_waiting",
            ["contact_id", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('pending', 'leased')"),
            postgresql_where=sa.text("state IN ('pending', 'leased')"),
        )

    op.create_table(
        "record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inbound_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("staff_group", sa.String(length=16), nullable=True),
        sa.Column("person", sa.String(length=60), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("confirmed_code", sa.String(length=8), nullable=True),
        sa.Column("confirmed_severity", sa.Integer(), nullable=True),
        sa.Column("confirmed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "type = 'complaint' OR type = 'dissatisfaction' OR type = 'suggestion' OR type = 'praise'",
            name=op.f("ck_record_type"),
        ),
        sa.ForeignKeyConstraint(["confirmed_by"], ["staff.id"], name=op.f("fk_record_confirmed_by_staff")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_record_contact_id_contact")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_record_episode_id_episode")),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_record_inbound_id_inbound")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_record_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_record_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_record_episode_id"), ["episode_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_record_inbound_id"), ["inbound_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_record_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "ticket_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_ticket_entry_staff_id_staff")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_entry_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_entry")),
    )
    with op.batch_alter_table("ticket_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_entry_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "complaint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_complaint_episode_id_episode")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_complaint_record_id_record")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_complaint_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("record_id", name=op.f("uq_complaint_record_id")),
    )
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaint_episode_id"), ["episode_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_ticket_id"), ["ticket_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_complaint_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_complaint_episode_id"))

    op.drop_table("complaint")
    with op.batch_alter_table("ticket_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_entry_ticket_id"))

    op.drop_table("ticket_entry")
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_record_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_record_inbound_id"))
        batch_op.drop_index(batch_op.f("ix_record_episode_id"))
        batch_op.drop_index(batch_op.f("ix_record_contact_id"))

    op.drop_table("record")
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbound_waiting",
            sqlite_where=sa.text("state IN ('pending', 'leased')"),
            postgresql_where=sa.text("state IN ('pending', 'leased')"),
        )
        batch_op.drop_index(
            "ix_outbound_remote_id", sqlite_where=sa.text("remote_id <> ''"), postgresql_where=sa.text("remote_id <> ''")
        )
        batch_op.drop_index(
            "ix_outbound_leased", sqlite_where=sa.text("state = 'leased'"), postgresql_where=sa.text("state = 'leased'")
        )
        batch_op.drop_index(
            "ix_outbound_due",
            sqlite_where=sa.text("state IN ('pending', 'leased')"),
            postgresql_where=sa.text("state IN ('pending', 'leased')"),
        )
        batch_op.drop_index("ix_outbound_contact_at")

    op.drop_table("outbound")
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_media_due", sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'")
        )
        batch_op.drop_index(batch_op.f("ix_media_contact_id"))

    op.drop_table("media")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_inbound_id"))
        batch_op.drop_index(batch_op.f("ix_finding_episode_id"))

    op.drop_table("finding")
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_touchpoint_id"))
        batch_op.drop_index(batch_op.f("ix_call_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_call_episode_id"))
        batch_op.drop_index(batch_op.f("ix_call_at"))

    op.drop_table("call")
    with op.batch_alter_table("approved_use", schema=None) as batch_op:
        batch_op.drop_index("ix_approved_use_contact")

    op.drop_table("approved_use")
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_answer_session_id"))
        batch_op.drop_index(batch_op.f("ix_answer_episode_id"))

    op.drop_table("answer")
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ticket_open_episode",
            sqlite_where=sa.text("state <> 'closed' AND contact_id IS NULL"),
            postgresql_where=sa.text("state <> 'closed' AND contact_id IS NULL"),
        )
        batch_op.drop_index(
            "uq_ticket_open", sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'")
        )
        batch_op.drop_index(batch_op.f("ix_ticket_ward"))
        batch_op.drop_index(
            "ix_ticket_urgent", sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'")
        )
        batch_op.drop_index(batch_op.f("ix_ticket_session_id"))
        batch_op.drop_index(batch_op.f("ix_ticket_owner_id"))
        batch_op.drop_index(batch_op.f("ix_ticket_episode_id"))
        batch_op.drop_index(batch_op.f("ix_ticket_contact_id"))
        batch_op.drop_index(
            "ix_ticket_climb", sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'")
        )

    op.drop_table("ticket")
    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.drop_index("ix_inbound_contact_at")

    op.drop_table("inbound")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_session_waiting", sqlite_where=sa.text("status = 'waiting'"), postgresql_where=sa.text("status = 'waiting'")
        )
        batch_op.drop_index(batch_op.f("ix_session_touchpoint_id"))
        batch_op.drop_index(batch_op.f("ix_session_episode_id"))
        batch_op.drop_index(
            "ix_session_due", sqlite_where=sa.text("status = 'waiting'"), postgresql_where=sa.text("status = 'waiting'")
        )
        batch_op.drop_index(batch_op.f("ix_session_contact_id"))

    op.drop_table("session")
    with op.batch_alter_table("touchpoint", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_touchpoint_episode_id"))
        batch_op.drop_index(
            "ix_touchpoint_due",
            sqlite_where=sa.text("state IN ('planned', 'invited')"),
            postgresql_where=sa.text("state IN ('planned', 'invited')"),
        )

    op.drop_table("touchpoint")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_consent_live", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_consent_episode_id"))
        batch_op.drop_index(batch_op.f("ix_consent_contact_id"))

    op.drop_table("consent")
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_claim_open", sqlite_where=sa.text("settled_at IS NULL"), postgresql_where=sa.text("settled_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_claim_episode_id"))
        batch_op.drop_index(batch_op.f("ix_claim_contact_id"))

    op.drop_table("claim")
    with op.batch_alter_table("binding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_binding_episode_id"))
        batch_op.drop_index(batch_op.f("ix_binding_contact_id"))

    op.drop_table("binding")
    with op.batch_alter_table("revisit", schema=None) as batch_op:
        batch_op.drop_index("ix_revisit_day")

    op.drop_table("revisit")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolment_episode_id"))

    op.drop_table("enrolment")
    op.drop_table("contact")
    with op.batch_alter_table("care_plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_plan_protocol"))
        batch_op.drop_index(batch_op.f("ix_care_plan_episode_id"))
        batch_op.drop_index(batch_op.f("ix_care_plan_edition_id"))

    op.drop_table("care_plan")
    with op.batch_alter_table("episode", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_episode_ward"))
        batch_op.drop_index(batch_op.f("ix_episode_patient_id"))
        batch_op.drop_index(batch_op.f("ix_episode_kin_phone_index"))
        batch_op.drop_index(batch_op.f("ix_episode_discharged_at"))
        batch_op.drop_index(batch_op.f("ix_episode_department"))

    op.drop_table("episode")
    op.drop_table("setting")
    op.drop_table("revision")
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_staff_id"))

    op.drop_table("login")
    with op.batch_alter_table("kept", schema=None) as batch_op:
        batch_op.drop_index("ix_kept_until")
        batch_op.drop_index(batch_op.f("ix_kept_subject"))

    op.drop_table("kept")
    op.drop_table("import")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_staff_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))

    op.drop_table("audit_entry")
    op.drop_table("ward_code")
    op.drop_table("staff")
    op.drop_table("protocol_edition")
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_phone_tail"))
        batch_op.drop_index(batch_op.f("ix_patient_phone_index"))
        batch_op.drop_index(batch_op.f("ix_patient_id_no_index"))

    op.drop_table("patient")
    with op.batch_alter_table("login_failure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_failure_username"))
        batch_op.drop_index(batch_op.f("ix_login_failure_address"))

    op.drop_table("login_failure")
    op.drop_table("erased_stay")
    with op.batch_alter_table("early_word", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_early_word_at"))

    op.drop_table("early_word")
    op.drop_table("consent_text")
    op.drop_table("calendar_day")
    op.drop_table("access_token")
