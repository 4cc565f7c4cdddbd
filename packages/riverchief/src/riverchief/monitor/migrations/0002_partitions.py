"""Packets in partitions of a day, readings in partitions of a month, both by the calendar of Asia/Shanghai.

Django makes plain tables; they are replaced here, still empty, by partitioned ones of the same columns. Each has a
default partition, so that no row is ever refused for want of one; `monitor_ensure_partition` takes a period out of it.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE monitor_packet RENAME TO monitor_packet_plain;
CREATE TABLE monitor_packet (LIKE monitor_packet_plain INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (received_at);
DROP TABLE monitor_packet_plain;
ALTER TABLE monitor_packet
    ADD CONSTRAINT monitor_packet_pkey PRIMARY KEY (received_at, id),
    ADD CONSTRAINT monitor_packet_station_fk FOREIGN KEY (station_id) REFERENCES registry_station (id);
CREATE INDEX packet_quarantine ON monitor_packet (mn, received_at) WHERE state = 'quarantined';
CREATE TABLE monitor_packet_default PARTITION OF monitor_packet DEFAULT;
CREATE SEQUENCE monitor_packet_id_seq AS bigint;

ALTER TABLE monitor_reading RENAME TO monitor_reading_plain;
CREATE TABLE monitor_reading (LIKE monitor_reading_plain INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (period_start);
DROP TABLE monitor_reading_plain;
ALTER TABLE monitor_reading
    ADD CONSTRAINT monitor_reading_pkey PRIMARY KEY (station_id, parameter, kind, period_start),
    ADD CONSTRAINT monitor_reading_station_fk FOREIGN KEY (station_id) REFERENCES registry_station (id);
CREATE TABLE monitor_reading_default PARTITION OF monitor_reading DEFAULT;

CREATE FUNCTION monitor_ensure_partition(parent text, moment timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    of_days boolean := parent = 'monitor_packet';
    unit text := CASE WHEN of_days THEN 'day' ELSE 'month' END;
    key text := CASE WHEN of_days THEN 'received_at' ELSE 'period_start' END;
    low timestamp := date_trunc(unit, moment AT TIME ZONE 'Asia/Shanghai');
    high timestamp := low + ('1 ' || unit)::interval;
    name text := parent || '_' || to_char(low, CASE WHEN of_days THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
    bounds text;
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(parent, 0));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Nothing may enter the default partition between the move and the attachment.
    EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', parent || '_default');
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
    bounds := format('%I >= %L AND %I < %L',
        key, low AT TIME ZONE 'Asia/Shanghai', key, high AT TIME ZONE 'Asia/Shanghai');
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %s RETURNING *) INSERT INTO %I SELECT * FROM moved',
        parent || '_default', bounds, name);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        parent, name, low AT TIME ZONE 'Asia/Shanghai', high AT TIME ZONE 'Asia/Shanghai');
    RETURN true;
END $$;
"""
BACKWARD = """
DROP FUNCTION monitor_ensure_partition(text, timestamptz);
DROP SEQUENCE monitor_packet_id_seq;
DROP TABLE monitor_packet_default;
DROP TABLE monitor_reading_default;
"""


class Migration(migrations.Migration):
    dependencies = [("monitor", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
