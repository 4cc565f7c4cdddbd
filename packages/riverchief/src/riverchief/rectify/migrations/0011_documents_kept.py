"""An issued or withdrawn letter stands as it is, its steps take new rows only, and nobody judges what they wrote."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION rectify_refuse_change_of_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an issued or withdrawn document stands as it is (%)', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER rectify_document_kept BEFORE UPDATE OR DELETE ON rectify_document
    FOR EACH ROW WHEN (OLD.state IN ('issued', 'withdrawn')) EXECUTE FUNCTION rectify_refuse_change_of_document();
CREATE TRIGGER rectify_interview_kept BEFORE UPDATE OR DELETE ON rectify_interview
    FOR EACH ROW EXECUTE FUNCTION rectify_refuse_change_of_document();
CREATE TRIGGER rectify_document_step_kept BEFORE UPDATE OR DELETE ON rectify_documentstep
    FOR EACH ROW EXECUTE FUNCTION rectify_refuse_change_of_document();

CREATE FUNCTION rectify_refuse_own_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM rectify_documentstep
        WHERE document_id = NEW.document_id AND by_id = NEW.by_id AND step IN ('draft', 'edit')
    ) THEN
        RAISE EXCEPTION 'nobody reviews, countersigns or issues a document that they wrote on'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rectify_document_judged_by_another BEFORE INSERT ON rectify_documentstep
    FOR EACH ROW WHEN (NEW.step IN ('review', 'countersign', 'issue')) EXECUTE FUNCTION rectify_refuse_own_document();

CREATE FUNCTION rectify_refuse_change_of_receivers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_document bigint := COALESCE(NEW.document_id, OLD.document_id);
BEGIN
    IF EXISTS (SELECT 1 FROM rectify_document WHERE id = of_document AND state IN ('issued', 'withdrawn')) AND (
        TG_OP <> 'UPDATE' OR (NEW.document_id, NEW.organisation_id, NEW.is_copy)
            IS DISTINCT FROM (OLD.document_id, OLD.organisation_id, OLD.is_copy)
        OR OLD.signed_for_at IS NOT NULL AND NEW.signed_for_at IS DISTINCT FROM OLD.signed_for_at
        OR OLD.replied_at IS NOT NULL AND NEW.replied_at IS DISTINCT FROM OLD.replied_at
    ) THEN
        RAISE EXCEPTION 'receivers and receipts of an issued document stand as they are (%)', TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER rectify_document_receivers_kept BEFORE INSERT OR UPDATE OR DELETE ON rectify_documentreceiver
    FOR EACH ROW EXECUTE FUNCTION rectify_refuse_change_of_receivers();
"""
BACKWARD = """
DROP TRIGGER rectify_document_receivers_kept ON rectify_documentreceiver;
DROP FUNCTION rectify_refuse_change_of_receivers();
DROP TRIGGER rectify_document_judged_by_another ON rectify_documentstep;
DROP FUNCTION rectify_refuse_own_document();
DROP TRIGGER rectify_document_step_kept ON rectify_documentstep;
DROP TRIGGER rectify_interview_kept ON rectify_interview;
DROP TRIGGER rectify_document_kept ON rectify_document;
DROP FUNCTION rectify_refuse_change_of_document();
"""


class Migration(migrations.Migration):
    dependencies = [("rectify", "0010_documents")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
