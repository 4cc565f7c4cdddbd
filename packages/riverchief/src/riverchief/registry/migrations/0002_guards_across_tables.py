"""What a column constraint cannot say: chainages lie on their reach, and a duty has one holder at a time."""

from django.db import migrations

CHAINAGE_FORWARD = """
CREATE FUNCTION registry_chainage_on_reach() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE reach_length double precision;
BEGIN
    SELECT length_m INTO reach_length FROM registry_reach WHERE id = NEW.reach_id;
    -- a hair of tolerance: the end of a reach, computed from its line, may round past it
    IF NEW.chainage_m > reach_length * (1 + 1e-9) THEN
        RAISE EXCEPTION '% %: chainage % m lies beyond its reach of % m', TG_TABLE_NAME, NEW.code,
            NEW.chainage_m, reach_length USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER section_chainage_on_reach BEFORE INSERT OR UPDATE OF chainage_m, reach_id ON registry_section
    FOR EACH ROW EXECUTE FUNCTION registry_chainage_on_reach();
CREATE TRIGGER station_chainage_on_reach BEFORE INSERT OR UPDATE OF chainage_m, reach_id ON registry_station
    FOR EACH ROW EXECUTE FUNCTION registry_chainage_on_reach();
CREATE TRIGGER outfall_chainage_on_reach BEFORE INSERT OR UPDATE OF chainage_m, reach_id ON registry_outfall
    FOR EACH ROW EXECUTE FUNCTION registry_chainage_on_reach();
"""
CHAINAGE_BACKWARD = """
DROP TRIGGER section_chainage_on_reach ON registry_section;
DROP TRIGGER station_chainage_on_reach ON registry_station;
DROP TRIGGER outfall_chainage_on_reach ON registry_outfall;
DROP FUNCTION registry_chainage_on_reach();
"""
DUTY_FORWARD = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE registry_duty
    ADD CONSTRAINT duty_one_holder_of_a_river EXCLUDE USING gist
        (river_id WITH =, area_id WITH =, kind WITH =, daterange(valid_from, valid_to, '[]') WITH &&),
    ADD CONSTRAINT duty_one_holder_of_a_reach EXCLUDE USING gist
        (reach_id WITH =, area_id WITH =, kind WITH =, daterange(valid_from, valid_to, '[]') WITH &&),
    ADD CONSTRAINT duty_head_once_per_person EXCLUDE USING gist
        (user_id WITH =, area_id WITH =, kind WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
        WHERE (river_id IS NULL AND reach_id IS NULL);
"""
DUTY_BACKWARD = """
ALTER TABLE registry_duty
    DROP CONSTRAINT duty_one_holder_of_a_river,
    DROP CONSTRAINT duty_one_holder_of_a_reach,
    DROP CONSTRAINT duty_head_once_per_person;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [
        migrations.RunSQL(CHAINAGE_FORWARD, CHAINAGE_BACKWARD),
        migrations.RunSQL(DUTY_FORWARD, DUTY_BACKWARD),
    ]
