"""The log takes new lines only: the database itself refuses to change or remove one."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION base_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log takes new lines only (%)', TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER base_log_append_only BEFORE UPDATE OR DELETE ON base_auditentry
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
"""
BACKWARD = """
DROP TRIGGER base_log_append_only ON base_auditentry;
DROP FUNCTION base_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("base", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
