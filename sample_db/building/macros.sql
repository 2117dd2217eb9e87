-- What is drawn by chance comes from the md5 of a key: DuckDB's random() differs from run to run as soon as
-- there are two threads, and its hash() may differ from version to version. Weights are summed as whole
-- numbers, because a sum of floats depends on the order in which threads deliver them. Everything is dated
-- back from `today`.
SET VARIABLE first_day = CAST(date_trunc('month', getvariable('today')) - INTERVAL 36 MONTH AS DATE);
SET VARIABLE first_event_day = CAST(date_trunc('month', getvariable('today')) - INTERVAL 6 MONTH AS DATE);
SET VARIABLE days = date_diff('day', getvariable('first_day'), getvariable('today'));

CREATE TEMP MACRO chance(key, what) AS (md5_number_lower(what || key) % 1000003) / 1000003.0;
CREATE TEMP MACRO whole(x) AS CAST(floor(x) AS BIGINT);
CREATE TEMP MACRO drawn(items, u) AS items[1 + whole(u * len(items))];
CREATE TEMP MACRO day_after(days) AS getvariable('first_day') + CAST(floor(days) AS INTEGER);
CREATE TEMP MACRO months_ago(n) AS CAST(getvariable('today') - to_months(n) AS DATE);
-- The last day is only as long as its morning, so that no order lies far in the future of whoever asks.
CREATE TEMP MACRO moment(day, u) AS
    day + to_seconds(whole(u * CASE WHEN day = getvariable('today') THEN 25000 ELSE 86399 END));
CREATE TEMP MACRO money(x) AS CAST(round(x, 2) AS DECIMAL(10, 2));
