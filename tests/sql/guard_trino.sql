# dialect: trino

# title: passes: what analysts write
SELECT date_trunc('month', ordered_at), approx_distinct(id), approx_percentile(amount, 0.5), array_agg(id ORDER BY id), map_agg(id, region), max_by(id, amount), count_if(amount > 1) FROM orders GROUP BY 1
tables: orders
SELECT o.id, t.tag FROM products o CROSS JOIN UNNEST(o.tags) AS t(tag)
tables: products
SELECT t.tag, n FROM products CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t(tag, n)
tables: products
SELECT json_extract_scalar(payload, '$.page'), json_value(payload, 'lax $.ms'), cast(json_parse('{}') AS map(varchar, integer)), transform(ARRAY[1], x -> x + 1), reduce(ARRAY[1], 0, (s, x) -> s + x, s -> s), filter(ARRAY[1], x -> x > 0), element_at(ARRAY[1], 1), cardinality(ARRAY[1]), contains(ARRAY[1], 1), sequence(1, 3), date_add('day', 1, current_date), date_diff('day', current_date, current_date), format_datetime(now(), 'Y'), from_unixtime(0), at_timezone(now(), 'UTC'), regexp_like('a', 'a'), regexp_extract('a', 'a'), split('a,b', ','), try_cast('1' AS integer), try(1/0), if(true, 1), row_number() OVER () FROM events
tables: events
SELECT * FROM orders TABLESAMPLE BERNOULLI (10)
tables: orders
SELECT region FROM orders FETCH FIRST 3 ROWS WITH TIES
tables: orders
SELECT * FROM orders MATCH_RECOGNIZE (PARTITION BY region ORDER BY id MEASURES A.amount AS a PATTERN (A B+) DEFINE B AS amount > 1)
tables: orders
SELECT shop.orders.id FROM shop.orders
tables: orders

# title: a function is called only when it is known to compute and to do nothing else
SELECT * FROM TABLE(system.query(query => 'x'))
refused: query is not on the list
SELECT * FROM TABLE(postgresql.system.query(query => 'x'))
refused: query is not on the list
SELECT * FROM TABLE(exclude_columns(input => TABLE(secret_tokens), columns => DESCRIPTOR(a)))
refused: table is not on the list
SELECT * FROM orders MATCH_RECOGNIZE (PARTITION BY region MEASURES reflect(1) AS a PATTERN (A B+) DEFINE B AS amount > 1)
refused: reflect is not on the list

# title: another database is not reached
SELECT * FROM system.runtime.nodes
refused: system.runtime.nodes names another database
SELECT * FROM other.shop.orders
refused: other.shop.orders names another database

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT * FROM "orders$snapshots"
refused: There is no table orders$snapshots
SELECT * FROM secret_tokens MATCH_RECOGNIZE (PATTERN (A) DEFINE A AS true)
refused: There is no table secret_tokens

# title: facts of the session and the server are not told
SELECT current_user
refused: current_user tells of the session
SELECT version()
refused: current_version tells of the server or session
SELECT current_catalog
refused: current_catalog tells of the session
SELECT current_schema
refused: current_schema tells of the session

# title: text that two lexers read differently is refused
CALL system.runtime.kill_query('x')
refused: The quotes in this statement can be read in two ways

# title: what does not begin as a query is refused, whatever it is
SET SESSION x = 1
refused: Only a query is accepted, and this begins with SET
EXECUTE IMMEDIATE 'SELECT 1'
refused: Only a query is accepted, and this begins with EXECUTE

# title: EXPLAIN explains and does not run
EXPLAIN ANALYZE SELECT 1
refused: EXPLAIN ANALYZE runs the statement

# title: descriptions are of one known table
SHOW CATALOGS
refused: SHOW is accepted only for one table by name

# title: passes: more that only computes
SELECT arbitrary(region), checksum(id), geometric_mean(amount), bitwise_xor_agg(id) FROM orders
tables: orders
SELECT date_parse('2025', '%Y'), last_day_of_month(ordered_at), to_base32(to_utf8(note)) FROM orders
tables: orders
