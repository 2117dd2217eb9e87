# dialect: postgres

# title: passes: grouping sets
SELECT region, count(*) FROM orders GROUP BY ROLLUP (region)
tables: orders
SELECT region, status, sum(amount), grouping(region, status) FROM orders GROUP BY GROUPING SETS ((region), (status), ())
tables: orders
SELECT region, status, count(*) FROM orders GROUP BY GROUPING SETS (CUBE (region, status), ROLLUP (region))
tables: orders
SELECT region, count(*) FROM orders GROUP BY DISTINCT ROLLUP (region), status
tables: orders
SELECT CASE WHEN grouping(region) = 1 THEN 'all' ELSE region END FROM orders GROUP BY ROLLUP (region)
tables: orders

# title: passes: everything else that analysts write
SELECT DISTINCT ON (customer_id) customer_id, id, amount FROM orders ORDER BY customer_id, ordered_at DESC
tables: orders
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) FROM orders
tables: orders
SELECT mode() WITHIN GROUP (ORDER BY status) FROM orders
tables: orders
SELECT array_agg(DISTINCT region ORDER BY region) FROM orders
tables: orders
SELECT string_agg(name, ', ' ORDER BY name) FROM customers WHERE vip
tables: customers
SELECT name SIMILAR TO '%(a|b)%' FROM customers
tables: customers
SELECT CASE WHEN amount > 100 THEN 'hi' ELSE 'lo' END AS b, count(*) FROM orders GROUP BY 1 HAVING count(*) > 1
tables: orders
SELECT corr(amount, id), regr_slope(amount, id), stddev_samp(amount), var_pop(amount) FROM orders
tables: orders
SELECT width_bucket(amount, 0, 300, 5), count(*) FROM orders GROUP BY 1 ORDER BY 1
tables: orders
SELECT upper(name), lower(name), length(name), substring(name from 1 for 3), substring(name, 2), trim(both ' ' from name), position('a' in name), replace(name, 'a', 'b'), split_part(email, '@', 2), initcap(name), left(name, 2), right(name, 2), lpad(name, 10, '*'), repeat('a', 3), reverse(name), concat(name, '-', region), concat_ws(',', name, region) FROM customers
tables: customers
SELECT coalesce(notes, 'none'), nullif(region, 'EU'), greatest(1, 2), least(3, 4) FROM customers
tables: customers
SELECT q.count FROM (SELECT count(*) FROM orders) q
tables: orders
SELECT q.max, q.n FROM (SELECT max(amount), count(*) AS n FROM orders) q
tables: orders
SELECT (array_agg(o ORDER BY o.id))[1] FROM orders o
tables: orders
SELECT ((array_agg(o ORDER BY o.id))[1]).amount FROM orders o
tables: orders
SELECT (SELECT max(x.amount) FROM orders x WHERE x.customer_id = c.id) FROM customers c
tables: customers, orders
SELECT 1 IS DISTINCT FROM NULL, true IS NOT TRUE, 1 BETWEEN SYMMETRIC 3 AND 0
tables: none
SELECT xmlelement(name a, 1), xmlagg(xmlelement(name b, id)) FROM orders
tables: orders
SELECT "c"."name" FROM {schema}."customers" AS "c" WHERE "c"."vip" IS TRUE
tables: customers
SELECT max(w.word) FROM customers c, regexp_split_to_table(c.name, ' ') AS w(word)
tables: customers
SELECT GREATEST(a.x, 1) FROM (SELECT 1 AS x) AS a
tables: none
SELECT count(DISTINCT (region, status)) FROM orders
tables: orders
SELECT 'a' || 1 || NULL, 'a' COLLATE "C" < 'b'
tables: none
SELECT sum(amount) AS "Gesamt €", avg(amount) "Ø" FROM orders
tables: orders
SELECT dept, array_agg(name ORDER BY salary DESC) FILTER (WHERE salary > 4000) FROM employees GROUP BY dept
tables: employees
SELECT count(*) FROM customers c WHERE c.name LIKE E'O\'%'
tables: customers
SELECT count(*) FROM customers WHERE notes LIKE '%\\%' OR notes LIKE '100!%%' ESCAPE '!'
tables: customers
SELECT bool_and(vip), bool_or(vip), every(vip), bit_or(id) FROM customers
tables: customers
SELECT count(*) FROM orders HAVING count(*) > 0
tables: orders
SELECT overlay('abcdef' placing 'X' from 2 for 3), translate('abc', 'ab', 'xy'), chr(65), ascii('A'), strpos('abc', 'b'), format('%s-%s', 1, 2), quote_ident('a b'), btrim('xax', 'x'), starts_with('abc', 'a'), normalize('a'), octet_length('a'), bit_length('a'), char_length('a')
tables: none
SELECT o.region, count(*) FROM orders AS o (oid_, cust) GROUP BY o.region
tables: orders
SELECT percentile_disc(ARRAY[0.25, 0.5]) WITHIN GROUP (ORDER BY amount), rank(100) WITHIN GROUP (ORDER BY amount) FROM orders
tables: orders
SELECT name, name ~ '^[A-Z]', name !~ 'x', name ~~ 'A%', name !~~* 'b%', name ^@ 'A', name < 'm', notes IS NOT NULL FROM customers
tables: customers
SELECT collation for ('a' COLLATE "C"), 'a' COLLATE "C" < 'b', 'x' LIKE 'y' ESCAPE '' || '!'
tables: none
SELECT id FROM orders ORDER BY id USING >
tables: orders
SELECT U&'\0041', U&'!0041' UESCAPE '!'
tables: none
SELECT id AS "select", region AS "from" FROM orders AS "where" WHERE "where".id = 1
tables: orders
SELECT o.id, c.* FROM orders o, customers c WHERE (o.customer_id, 'EU') = (c.id, c.region)
tables: customers, orders
SELECT (c).name, (c).region FROM customers c
tables: customers
SELECT count(c.*), count(DISTINCT c.region) FROM customers c
tables: customers
SELECT coalesce(sum(amount) FILTER (WHERE status = 'paid'), 0) AS paid, sum(CASE status WHEN 'paid' THEN 1 ELSE 0 END) FROM orders
tables: orders
SELECT DISTINCT region FROM orders WHERE note IS DISTINCT FROM 'x' AND shipped_on IS NULL ORDER BY region
tables: orders
SELECT width, n FROM (SELECT width_bucket(amount, 0, 300, 3) AS width, count(*) AS n FROM orders GROUP BY 1) s ORDER BY width
tables: orders
SELECT max(o.amount) - min(o.amount) AS spread FROM orders o GROUP BY o.region HAVING count(*) FILTER (WHERE o.status = 'paid') > 0
tables: orders
SELECT customers.name || ' <' || customers.email || '>' FROM customers
tables: customers
SELECT sqrt(var_pop(amount)), covar_samp(amount, id), regr_r2(amount, id), bit_xor(id) FROM orders
tables: orders
SELECT random() < 0.5, setseed_free FROM (SELECT 1 AS setseed_free) s
tables: none
SELECT trim_scale(1.500), min_scale(1.50), scale(1.5), gcd(4, 6), lcm(4, 6), factorial(5), log(2, 8), cbrt(27), pi(), sind(30), atan2(1, 1), div(7, 2), mod(7, 2), sign(-1.5), trunc(1.567, 1), ceiling(1.1)
tables: none

# title: passes: dates and times
SELECT date_trunc('month', ordered_at) AS m, sum(amount) FROM orders GROUP BY 1 ORDER BY 1
tables: orders
SELECT extract(year FROM ordered_at), extract(dow from ordered_at) FROM orders LIMIT 2
tables: orders
SELECT now() - interval '1 month', current_date - 7, age(timestamp '2024-01-01')
tables: none
SELECT ordered_at AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Berlin' FROM orders LIMIT 1
tables: orders
SELECT make_date(2024, 1, 1), make_interval(days => 3), to_date('2024', 'YYYY'), to_timestamp(0), to_number('12', '99'), date_part('year', now()), justify_days(interval '40 days'), isfinite(now()), clock_timestamp() > now(), date_bin('15 minutes', now(), '2001-01-01')
tables: none
SELECT * FROM orders WHERE note IS NOT NULL AND NOT (status = 'paid' OR status IN ('shipped', 'refunded')) AND ordered_at >= '2025-01-01' AND ordered_at < '2025-02-01'::timestamp
tables: orders
SELECT to_char(12345.678, 'FM999,999.00'), to_char(interval '1 hour', 'HH24:MI')
tables: none
SELECT count(*) FROM orders WHERE ordered_at::date = DATE '2025-01-05' AND ordered_at > now() - '10 years'::interval
tables: orders
SELECT avg(shipped_on - ordered_at::date) FROM orders
tables: orders
SELECT * FROM orders WHERE ordered_at BETWEEN now() - interval '3 years' AND now() AND extract(isodow FROM ordered_at) IN (6, 7)
tables: orders
SELECT interval '1 day' * 3, interval '1' year, INTERVAL '1-2' YEAR TO MONTH, interval '90 minutes', '1 day'::interval + '2 hours', (interval '1 day')::text, extract(epoch FROM interval '1 day')
tables: none
SELECT make_timestamp(2024,1,1,0,0,0), make_timestamptz(2024,1,1,0,0,0), justify_interval('30 days'), date_part('quarter', now()), to_timestamp('2024', 'YYYY'), age('2024-01-01'::date), statement_timestamp(), localtimestamp, current_time, localtime(0), current_timestamp(0)
tables: none

# title: passes: a part of the rows
SELECT to_char(ordered_at, 'YYYY-MM') FROM orders LIMIT 1
tables: orders
SELECT o.ctid, o.id FROM orders o LIMIT 1
tables: orders
SELECT {schema}.orders.id, orders.region FROM {schema}.orders LIMIT 1
tables: orders
SELECT (o).amount, (o.*) IS NULL FROM orders o LIMIT 1
tables: orders
SELECT * FROM ONLY orders LIMIT 1
tables: orders
SELECT * FROM orders OFFSET 3 LIMIT 2
tables: orders
SELECT (SELECT o.id) FROM orders o LIMIT 1
tables: orders
SELECT ROW(1, 'a'), (1, 2) = (1, 2), ROW(o.*) FROM orders o LIMIT 1
tables: orders
SELECT * FROM orders ORDER BY random() LIMIT 3
tables: orders
SELECT a.oid_, a.region FROM orders AS a (oid_, cust) LIMIT 1
tables: orders
SELECT id FROM orders ORDER BY id USING < NULLS FIRST LIMIT 1
tables: orders
SELECT count(*) FROM orders TABLESAMPLE SYSTEM (50)
tables: orders
SELECT * FROM ONLY (orders) LIMIT 1
tables: orders
SELECT U&"\0069d" FROM orders LIMIT 1
tables: orders
SELECT c FROM customers c WHERE c IS NOT NULL LIMIT 1
tables: customers
SELECT c.* FROM customers AS c WHERE c.* IS NOT NULL LIMIT 1
tables: customers
SELECT to_char(amount, 'FM999G999D00'), to_char(ordered_at, 'Day DD Mon YYYY'), to_char(now(), 'IYYY-IW'), amount::numeric(12,1), round(amount, -1) FROM orders LIMIT 1
tables: orders
SELECT pg_typeof(amount), tableoid::regclass, ctid, xmin FROM orders LIMIT 1
tables: orders
SELECT least(amount, 10), greatest(NULL, 1), nullif(note, ''), num_nonnulls(1, NULL) FROM orders LIMIT 1
tables: orders

# title: passes: joins
SELECT o.*, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.region = 'EU' LIMIT 5
tables: customers, orders
SELECT o.id FROM orders o LEFT JOIN customers c USING (id) FULL JOIN products p USING (id)
tables: customers, orders, products
SELECT * FROM orders NATURAL JOIN (SELECT 1 AS id) t
tables: orders
SELECT * FROM (orders o JOIN customers c ON o.customer_id = c.id) LEFT JOIN products p ON true LIMIT 1
tables: customers, orders, products
SELECT o.id FROM (orders o JOIN customers c ON o.customer_id = c.id) LIMIT 1
tables: customers, orders
SELECT * FROM orders o CROSS JOIN customers TABLESAMPLE SYSTEM (50) LIMIT 1
tables: customers, orders
SELECT count(*) FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id JOIN customers c ON c.id = o.customer_id WHERE p.category = 'Paper' AND c.segment = 'retail'
tables: customers, order_items, orders, products
SELECT a.id, b.id FROM orders a INNER JOIN orders b ON a.id = b.id - 1
tables: orders
SELECT o.id FROM orders o JOIN customers c USING (id) WHERE c.name <> 'x'
tables: customers, orders
SELECT j.id FROM orders JOIN customers USING (id) AS j
tables: customers, orders
SELECT * FROM (orders JOIN customers USING (id)) AS j LIMIT 1
tables: customers, orders
SELECT j.region FROM (orders JOIN products USING (id)) AS j LIMIT 1
tables: orders, products
SELECT * FROM (VALUES (1, 'one'), (2, 'two')) AS t (num, letter) JOIN orders ON orders.id = t.num
tables: orders

# title: passes: rows made by functions
SELECT c.name, o.cnt FROM customers c, LATERAL (SELECT count(*) cnt FROM orders o WHERE o.customer_id = c.id) o
tables: customers, orders
SELECT * FROM generate_series(1, 10) AS g(n) WHERE n % 2 = 0
tables: none
SELECT g FROM generate_series('2024-01-01'::date, '2024-01-10', '1 day') g
tables: none
SELECT g.g::date FROM generate_series('2024-01-01'::timestamp, '2024-01-10', '1 day') g
tables: none
SELECT p.id, t.tag FROM products p CROSS JOIN LATERAL unnest(p.tags) AS t(tag)
tables: products
SELECT p.id, tag FROM products p, unnest(p.tags) tag
tables: products
SELECT p.id, tag, n FROM products p, unnest(p.tags) WITH ORDINALITY AS x(tag, n)
tables: products
SELECT int4range(1, 5) @> 3, tsrange('2024-01-01', '2024-02-01') && tsrange('2024-01-15', '2024-03-01'), daterange('2024-01-01', '2024-02-01', '[]')
tables: none
SELECT o.id FROM orders o, LATERAL (SELECT o.id + 1 AS nxt) l WHERE l.nxt > 3
tables: orders
SELECT s.n FROM generate_series(1,3) AS s(n), orders LIMIT 2
tables: orders
SELECT * FROM ROWS FROM (generate_series(1,2), generate_series(1,3)) AS t(a, b)
tables: none
SELECT x.y FROM (SELECT 1 AS y) AS x, LATERAL (SELECT x.y + 1 AS z) AS w WHERE w.z > 0
tables: none
SELECT t.day, count(o.id) FROM generate_series(date '2025-01-01', date '2025-01-10', interval '1 day') AS t(day) LEFT JOIN orders o ON o.ordered_at::date = t.day::date GROUP BY t.day ORDER BY t.day
tables: orders
SELECT d::date AS day FROM generate_series(timestamp '2025-01-01', timestamp '2025-01-10', '1 day') AS d
tables: none
SELECT i.idx, i.val FROM unnest(ARRAY['a','b']) WITH ORDINALITY AS i(val, idx)
tables: none
SELECT ARRAY[1,2] && ARRAY[2,3], ARRAY[1] <@ ARRAY[1,2], 1 = ANY(ARRAY[1]), ARRAY[1,2] = ARRAY[1,2], array_remove(ARRAY[1,2], 1), array_append(ARRAY[1], 2), array_cat(ARRAY[1], ARRAY[2]), unnest(ARRAY[1,2])
tables: none
SELECT ts.w, ts.c FROM (SELECT word AS w, count(*) AS c FROM products, LATERAL regexp_split_to_table(lower(name), '\s+') AS word GROUP BY word) ts
tables: products
SELECT x FROM unnest('{1,2}'::int[]) x WHERE x > ALL ('{0}'::int[])
tables: none
SELECT g.i, chr(65 + g.i) FROM generate_series(0, 5) AS g(i)
tables: none

# title: passes: JSON
SELECT attrs->>'color', attrs->'dims'->>'w', attrs#>>'{dims,h}', attrs @> '{"color":"black"}' FROM products
tables: products
SELECT attrs ? 'color', attrs ?| array['a','b'], attrs ?& array['color'] FROM products
tables: products
SELECT e.key, e.value FROM products p, jsonb_each(p.attrs) e
tables: products
SELECT (jsonb_each(attrs)).key FROM products LIMIT 3
tables: products
SELECT e.id, e.payload->>'page' FROM events e WHERE (e.payload->>'ms')::int > 100
tables: events
SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name)) FROM products
tables: products
SELECT json_agg(p) FROM products p
tables: products
SELECT row_to_json(p) FROM (SELECT id, name FROM products) p
tables: products
SELECT to_jsonb(o) FROM orders o LIMIT 1
tables: orders
SELECT * FROM json_to_recordset('[{"a":1,"b":"x"}]') AS r(a int, b text)
tables: none
SELECT r.a, r.b FROM json_to_recordset('[{"a":1,"b":"x"}]') AS r(a int, b text)
tables: none
SELECT x.* FROM jsonb_to_record('{"a":1}') AS x(a int)
tables: none
SELECT jsonb_path_query(attrs, '$.tags[*]') FROM products
tables: products
SELECT amount::money, amount::text::varchar(10), '5'::smallint, 'a'::char(3), '{1,2}'::int[], '1 day'::interval, 'true'::bool, '{"a":1}'::jsonb, '10.0.0.1'::inet FROM orders LIMIT 1
tables: orders
EXPLAIN (FORMAT JSON) SELECT * FROM orders
tables: orders
SELECT '{"a": [1,2]}'::jsonb - 'a', '{"a":1}'::jsonb || '{"b":2}', '[1,2]'::jsonb -> 0, '{"a":{"b":1}}'::jsonb #> '{a,b}', '{"a":1}'::jsonb @? '$.a', '{"a":1}'::jsonb @@ '$.a == 1', '{"a":1}'::jsonb #- '{a}'
tables: none
SELECT point(1,2) <-> point(3,4), box '((0,0),(1,1))' @> point '(0.5,0.5)', circle(point(0,0), 1)
tables: none
SELECT unnest(ARRAY[1,2]), generate_series(1,2), jsonb_object_keys('{"a":1}'::jsonb)
tables: none
SELECT json_object_agg(region, n) FROM (SELECT region, count(*) n FROM orders GROUP BY 1) s
tables: orders
SELECT f.a FROM ROWS FROM (json_to_recordset('[{"a":1}]') AS (a int)) AS f
tables: none
SELECT elem->>'a' FROM jsonb_array_elements('[{"a":1}]'::jsonb) AS elem
tables: none
SELECT e.value->>'a' FROM jsonb_array_elements('[{"a":1}]'::jsonb) AS e(value)
tables: none
SELECT e.value FROM jsonb_array_elements_text('["a"]') AS e
tables: none
SELECT kv.key, sum((kv.value)::numeric) FROM events e, jsonb_each_text(e.payload - 'q' - 'page') AS kv GROUP BY kv.key
tables: events
SELECT r.* FROM events e CROSS JOIN LATERAL jsonb_to_record(e.payload) AS r(page text, ms int)
tables: events
SELECT r.page FROM events e, jsonb_to_record(e.payload) AS r(page text, ms int)
tables: events
SELECT jsonb_path_query_array(payload, '$.page'), payload @@ '$.ms > 10', jsonb_set(payload, '{x}', '1'), jsonb_strip_nulls(payload), jsonb_pretty(payload), jsonb_typeof(payload->'ms') FROM events LIMIT 1
tables: events
SELECT row_to_json(t) FROM (SELECT c.id, (SELECT json_agg(o.*) FROM orders o WHERE o.customer_id = c.id) AS orders FROM customers c) t
tables: customers, orders
SELECT json_build_object('a', array_agg(x.id)) FROM (SELECT id FROM orders LIMIT 3) x
tables: orders
SELECT to_tsvector('english', name) @@ phraseto_tsquery('oak desk'), ts_rank_cd(to_tsvector(name), to_tsquery('oak | desk')), setweight(to_tsvector(name), 'A') || to_tsvector(category), numnode(to_tsquery('a & b')), strip(to_tsvector(name)), to_tsquery('a') && to_tsquery('b'), !! to_tsquery('a'), to_tsquery('a') <-> to_tsquery('b') FROM products
tables: products

# title: passes: words that only look dangerous
SELECT name FROM customers WHERE name ILIKE '%a%' AND notes ~* 'drop' AND email NOT LIKE '%x'
tables: customers
SELECT "update", "delete", "group", "drop table" FROM audit_words WHERE "select" = 'sel1'
tables: audit_words
SELECT a."order", a."drop table" FROM audit_words a
tables: audit_words
SELECT 'it''s; DROP TABLE orders; --' AS x, $$a 'quoted' -- thing$$ AS y, $q$ /* x */ $q$ AS z, E'\n\'' AS w
tables: none
SELECT o.id AS "drop", 'delete from x' AS "update" FROM orders o;
tables: orders
SELECT id, "order" FROM audit_words WHERE "drop table" <> '' AND 'insert into x' <> "update"
tables: audit_words
SELECT -- how many; DELETE
  count(*) /* /* nested */ DROP */ FROM orders
tables: orders

# title: passes: recursive queries
WITH RECURSIVE t AS (SELECT id, manager_id, 1 AS lvl FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.manager_id, t.lvl + 1 FROM employees e JOIN t ON t.id = e.manager_id) SELECT * FROM t
tables: employees
WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n+1 FROM a WHERE n < 5), b AS (SELECT sum(n) s FROM a) SELECT a.n, b.s FROM a, b
tables: none
WITH RECURSIVE search_tree(id, name, path) AS (SELECT id, name, ARRAY[id] FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, path || e.id FROM employees e, search_tree s WHERE e.manager_id = s.id) SELECT * FROM search_tree
tables: employees
WITH RECURSIVE s(id, m) AS (SELECT id, manager_id FROM employees WHERE id=1 UNION ALL SELECT e.id, e.manager_id FROM employees e JOIN s ON e.manager_id = s.id) SEARCH DEPTH FIRST BY id SET ord SELECT s.id, s.ord FROM s ORDER BY ord
tables: employees
WITH RECURSIVE org(id, name, depth, path) AS (SELECT id, name, 1, ARRAY[name]::text[] FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, o.depth + 1, o.path || e.name FROM employees e JOIN org o ON e.manager_id = o.id) SELECT repeat('  ', depth - 1) || name, array_to_string(path, '/') FROM org ORDER BY path
tables: employees

# title: passes: windows
SELECT id, sum(amount) OVER w, avg(amount) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM orders WINDOW w AS (PARTITION BY region ORDER BY ordered_at)
tables: orders
SELECT id, count(*) OVER (ORDER BY ordered_at RANGE BETWEEN INTERVAL '30 days' PRECEDING AND CURRENT ROW) FROM orders
tables: orders
SELECT id, first_value(amount) OVER (PARTITION BY region ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM orders
tables: orders
SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY region ORDER BY amount DESC) rn FROM orders) x WHERE x.rn <= 2
tables: orders
SELECT (date '2024-01-01', date '2024-02-01') OVERLAPS (date '2024-01-15', date '2024-03-01')
tables: none
SELECT DISTINCT region, lag(sum(amount)) OVER (ORDER BY region) FROM orders GROUP BY region
tables: orders
SELECT region, sum(amount) * 100.0 / sum(sum(amount)) OVER () AS pct FROM orders GROUP BY region
tables: orders
SELECT cume_dist() OVER (ORDER BY amount), ntile(4) OVER (ORDER BY amount), percent_rank() OVER (ORDER BY amount), nth_value(id, 2) OVER (ORDER BY amount), dense_rank() OVER (ORDER BY region) FROM orders
tables: orders
WITH m AS (SELECT date_trunc('month', ordered_at) AS mon, sum(amount) AS rev FROM orders GROUP BY 1) SELECT m.mon, m.rev, lag(m.rev) OVER (ORDER BY m.mon) AS prev, round(100 * (m.rev / lag(m.rev) OVER (ORDER BY m.mon) - 1), 1) AS pct FROM m
tables: orders
SELECT rank() OVER (PARTITION BY region ORDER BY sum(amount) DESC), region, customer_id FROM orders GROUP BY region, customer_id
tables: orders
SELECT nth_value(amount, 2) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM orders
tables: orders
SELECT sum(amount) OVER (PARTITION BY region ORDER BY id ROWS 2 PRECEDING EXCLUDE CURRENT ROW), count(*) FILTER (WHERE id > 2) OVER () FROM orders
tables: orders
SELECT daterange('2025-01-01', '2025-02-01') @> ordered_at::date, lower(daterange('2025-01-01', '2025-02-01')), isempty('empty'::int4range), int4range(1,5) * int4range(3,8), int4range(1,3) -|- int4range(3,5), int4multirange(int4range(1,2)), range_agg(int4range(1,2)) OVER () FROM orders LIMIT 1
tables: orders
SELECT 100 * count(*) / sum(count(*)) OVER () AS pct, region FROM orders GROUP BY region
tables: orders

# title: passes: set operations
SELECT region FROM orders EXCEPT ALL SELECT region FROM customers
tables: customers, orders
(SELECT id FROM orders ORDER BY id LIMIT 2) UNION ALL (SELECT id FROM customers ORDER BY id LIMIT 2)
tables: customers, orders
SELECT t.region FROM (SELECT region FROM orders UNION SELECT region FROM customers) t
tables: customers, orders
SELECT u.n FROM (SELECT 1 AS n UNION ALL SELECT 2) u
tables: none

# title: passes: casts
SELECT * FROM orders WHERE id = ANY (ARRAY[1,2,3]) AND status <> ALL ('{a,b}'::text[])
tables: orders
SELECT count(*) FILTER (WHERE status = 'paid')::float / nullif(count(*), 0) FROM orders
tables: orders
SELECT round(avg(amount)::numeric, 2), ceil(1.2), floor(1.5), trunc(1.55, 1), mod(5, 3), power(2, 3), sqrt(9), ln(2.7), exp(1), abs(-1), sign(-3) FROM orders
tables: orders
SELECT tags[1], tags @> ARRAY['new'], 'new' = ANY(tags), tags || 'x'::text FROM products
tables: products
SELECT md5('a'), sha256('a'::bytea), encode('a', 'base64'), random() >= 0, gen_random_uuid() IS NOT NULL
tables: none
SELECT pg_typeof(1), num_nulls(1, null), pg_size_pretty(1000::bigint)
tables: none
SELECT CAST(ARRAY['1','2'] AS int[]), ARRAY[]::text[], ARRAY[1,2] || 3, ARRAY[1,2] || ARRAY[3], 3 || ARRAY[1], (ARRAY[1,2,3])[2], (ARRAY[1,2,3])[:2], array_agg(id) FILTER (WHERE id < 3) FROM orders
tables: orders
SELECT format('%I %L %s', 'a', 'b', 'c'), concat('a', 1, NULL), 'a' || 1, quote_literal('x'), to_hex(255), md5('x'), encode(sha256('x'), 'hex'), convert_from('\x41', 'UTF8'), length('x'::bytea), chr(8364), unistr('\0041'), initcap('ab cd'), lpad('1', 3, '0'), rtrim('xx', 'x'), overlay('abc' PLACING 'z' FROM 2), substring('abc' FROM '[b]'), substring('abc' SIMILAR 'a#"b#"c' ESCAPE '#'), position('b' IN 'abc'), trim(LEADING 'a' FROM 'aab'), normalize('x', NFD), 'x' IS NORMALIZED, 'x' IS NOT NFC NORMALIZED
tables: none
SELECT xmlparse(CONTENT '<a/>'), xmlserialize(CONTENT '<a/>'::xml AS text), xmlforest(1 AS a), xmlconcat('<a/>', '<b/>'), xmlpi(NAME php), xmlroot('<a/>', version '1.0'), xml_is_well_formed('<a/>'), xpath('/a', '<a/>'), '<a/>'::xml IS DOCUMENT, xmlexists('/a' PASSING '<a/>')
tables: none

# title: passes: subqueries and membership
SELECT * FROM orders WHERE (customer_id, region) IN (SELECT id, region FROM customers)
tables: customers, orders
SELECT EXISTS (SELECT 1 FROM orders WHERE amount > 1000)
tables: orders
SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status = 'paid')
tables: customers, orders
SELECT id FROM orders WHERE amount = (SELECT max(amount) FROM orders) OR id IN (1, 2)
tables: orders
SELECT * FROM orders WHERE amount = ANY (SELECT max(amount) FROM orders GROUP BY region) ORDER BY ordered_at DESC, id
tables: orders
SELECT 1 WHERE (SELECT count(*) FROM orders) > 0 AND EXISTS (TABLE customers)
tables: customers, orders

# title: passes: full text
SELECT regexp_replace(name, '[aeiou]', '', 'g'), regexp_match(email, '(\d+)@'), regexp_split_to_array(name, ' ') FROM customers
tables: customers
SELECT to_tsvector('english', name) @@ to_tsquery('english', 'lamp') FROM products
tables: products
SELECT ts_rank(to_tsvector(name), plainto_tsquery('desk')), ts_headline('english', name, to_tsquery('lamp')) FROM products
tables: products
SELECT websearch_to_tsquery('english', 'oak -desk'), to_tsvector('simple', name) FROM products
tables: products
SELECT string_to_array('a,b', ','), array_to_string(ARRAY['a'], ','), regexp_matches('ab', 'a', 'g'), string_to_table('a,b', ',')
tables: none

# title: passes: Chinese names
SELECT '订单' AS 标题, "产品名称" FROM "订单明细" WHERE "大区" = '华东'
tables: 订单明细
SELECT 客户.姓名 FROM 客户 WHERE 客户.城市 = '上海'
tables: 客户

# title: passes: rows without a FROM
VALUES (1, 'a'), (2, 'b')
tables: none
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(id, name)
tables: none
SELECT v.column1 FROM (VALUES (1), (2)) v
tables: none
SELECT v.id FROM (VALUES (1), (2)) v(id)
tables: none
TABLE orders
tables: orders
TABLE orders LIMIT 2
tables: orders
SELECT * FROM orders o WHERE ROW(o.region, o.status) IN (VALUES ('EU', 'paid'), ('US', 'paid'))
tables: orders

# title: passes: plans, and descriptions of a known table
SELECT * FROM orders ORDER BY amount DESC NULLS LAST FETCH FIRST 3 ROWS ONLY
tables: orders
SELECT * FROM orders ORDER BY amount DESC FETCH FIRST 3 ROWS WITH TIES
tables: orders
EXPLAIN SELECT * FROM orders
tables: orders
EXPLAIN (VERBOSE, COSTS off) SELECT count(*) FROM orders
tables: orders
SELECT c.name, o.* FROM customers c LEFT JOIN LATERAL (SELECT id AS last_id, amount FROM orders WHERE customer_id = c.id ORDER BY ordered_at DESC LIMIT 1) o ON true
tables: customers, orders
SELECT 1 AS one UNION SELECT 2 UNION ALL (SELECT 3 EXCEPT SELECT 4) ORDER BY one DESC LIMIT 2
tables: none
EXPLAIN (COSTS OFF, FORMAT YAML) SELECT o.id FROM orders o
tables: orders
EXPLAIN VERBOSE SELECT 1
tables: none
SHOW timezone
tables: none

# title: passes: common tables and what they hide
SELECT CAST('2024-01-01' AS timestamp with time zone), CAST('x' AS character varying), TIMESTAMP WITH TIME ZONE '2024-01-01 00:00:00+00', time '10:00', date '2024-01-01'
tables: none
WITH a AS MATERIALIZED (SELECT * FROM orders), b(x, y) AS NOT MATERIALIZED (SELECT id, amount FROM a) SELECT b.x, b.y FROM b
tables: orders
WITH orders AS (SELECT * FROM customers) SELECT o.name FROM orders o
tables: customers
WITH orders AS (SELECT * FROM orders WHERE amount > 5) SELECT orders.amount FROM orders
tables: orders
WITH f AS (SELECT customer_id, min(ordered_at) AS first FROM orders GROUP BY customer_id) SELECT date_trunc('month', f.first) AS cohort, count(DISTINCT o.customer_id) FROM f JOIN orders o ON o.customer_id = f.customer_id GROUP BY 1
tables: orders
SELECT timestamp with time zone '2024-01-01 00:00+00', time with time zone '10:00+00', timestamptz '2024-01-01', date 'epoch', now() AT TIME ZONE INTERVAL '+01:00'
tables: none

# title: a function is called only when it is known to compute and to do nothing else
SELECT pg_read_file('/etc/passwd')
refused: pg_read_file is not on the list
SELECT "pg_read_file"('/etc/passwd')
refused: pg_read_file is not on the list
SELECT pg_catalog.pg_read_file('/etc/passwd')
refused: pg_read_file is not on the list
SELECT * FROM pg_read_file('/etc/passwd')
refused: pg_read_file is not on the list
SELECT pg_ls_dir('.')
refused: pg_ls_dir is not on the list
SELECT pg_stat_file('x')
refused: pg_stat_file is not on the list
SELECT lo_import('/etc/passwd')
refused: lo_import is not on the list
SELECT lo_get(4711)
refused: lo_get is not on the list
SELECT lo_export(4711, '/tmp/x')
refused: lo_export is not on the list
SELECT pg_sleep(5)
refused: pg_sleep is not on the list
SELECT pg_sleep_for('1s')
refused: pg_sleep_for is not on the list
SELECT * FROM pg_sleep(1) AS x
refused: pg_sleep is not on the list
SELECT (SELECT pg_sleep(1))
refused: pg_sleep is not on the list
SELECT pg_terminate_backend(1)
refused: pg_terminate_backend is not on the list
SELECT pg_cancel_backend(1)
refused: pg_cancel_backend is not on the list
SELECT pg_reload_conf()
refused: pg_reload_conf is not on the list
SELECT set_config('a', 'b', false)
refused: set_config is not on the list
SELECT current_setting('data_directory')
refused: current_setting is not on the list
SELECT pg_advisory_lock(1)
refused: pg_advisory_lock is not on the list
SELECT pg_notify('x', 'y')
refused: pg_notify is not on the list
SELECT nextval('ticket_seq')
refused: nextval is not on the list
SELECT currval('ticket_seq'), lastval()
refused: lastval is not on the list
SELECT setval('ticket_seq', 1)
refused: setval is not on the list
SELECT * FROM dblink('x', 'SELECT 1') AS t(a int)
refused: dblink is not on the list
SELECT dblink_exec('x')
refused: dblink_exec is not on the list
SELECT query_to_xml('SELECT 1', true, true, '')
refused: query_to_xml is not on the list
SELECT table_to_xml('secret_tokens', true, true, '')
refused: table_to_xml is not on the list
SELECT schema_to_xml('public', true, true, '')
refused: schema_to_xml is not on the list
SELECT database_to_xml(true, true, '')
refused: database_to_xml is not on the list
SELECT cursor_to_xml('x', 1, true, true, '')
refused: cursor_to_xml is not on the list
SELECT ts_stat('SELECT 1')
refused: ts_stat is not on the list
SELECT * FROM ts_stat('SELECT 1')
refused: ts_stat is not on the list
SELECT ts_rewrite('a'::tsquery, 'SELECT 1')
refused: ts_rewrite is not on the list
SELECT * FROM crosstab('SELECT 1') AS x(a int)
refused: crosstab is not on the list
SELECT * FROM connectby('secret_tokens', 'a', 'b', 'c', 1) AS x(a int)
refused: connectby is not on the list
SELECT xpath_table('a', 'b', 'c', 'd', 'e')
refused: xpath_table is not on the list
SELECT get_raw_page('secret_tokens', 0)
refused: get_raw_page is not on the list
SELECT pgrowlocks('orders')
refused: pgrowlocks is not on the list
SELECT pg_prewarm('orders')
refused: pg_prewarm is not on the list
SELECT pg_file_write('x', 'y', true)
refused: pg_file_write is not on the list
SELECT pg_current_wal_lsn()
refused: pg_current_wal_lsn is not on the list
SELECT pg_switch_wal()
refused: pg_switch_wal is not on the list
SELECT txid_current()
refused: txid_current is not on the list
SELECT pg_get_viewdef('secret_v'::regclass)
refused: pg_get_viewdef is not on the list
SELECT pg_get_functiondef(1)
refused: pg_get_functiondef is not on the list
SELECT pg_relation_size('secret_tokens')
refused: pg_relation_size is not on the list
SELECT pg_total_relation_size('orders')
refused: pg_total_relation_size is not on the list
SELECT has_table_privilege('secret_tokens', 'select')
refused: has_table_privilege is not on the list
SELECT obj_description(1)
refused: obj_description is not on the list
SELECT col_description(1, 1)
refused: col_description is not on the list
SELECT to_regclass('secret_tokens')
refused: to_regclass is not on the list
SELECT trap('x')
refused: trap is not on the list
SELECT touch(o) FROM orders o
refused: touch is not on the list
SELECT {schema}.touch(o) FROM orders o
refused: touch is not on the list
SELECT net_price(1)
refused: net_price is not on the list
SELECT audit_write('x')
refused: audit_write is not on the list
SELECT get_secret(1)
refused: get_secret is not on the list
SELECT sum_plus(id) FROM orders
refused: sum_plus is not on the list
SELECT sum_plus(id) OVER () FROM orders
refused: sum_plus is not on the list
SELECT * FROM orders TABLESAMPLE BERNOULLI (pg_sleep(1))
refused: pg_sleep is not on the list
SELECT percentile_cont(pg_sleep(1)) WITHIN GROUP (ORDER BY amount) FROM orders
refused: pg_sleep is not on the list
SELECT CASE WHEN pg_sleep(1) IS NULL THEN 1 END
refused: pg_sleep is not on the list
SELECT ARRAY[pg_sleep(1)]
refused: pg_sleep is not on the list
SELECT ROW(pg_sleep(1))
refused: pg_sleep is not on the list
SELECT (ARRAY[1])[length(pg_sleep(1)::text)]
refused: pg_sleep is not on the list
SELECT 1 WHERE pg_sleep(1) IS NULL
refused: pg_sleep is not on the list
SELECT 1 OFFSET length(pg_read_file('x'))
refused: pg_read_file is not on the list
SELECT 1 ORDER BY pg_sleep(1)
refused: pg_sleep is not on the list
SELECT 1 GROUP BY pg_sleep(1)
refused: pg_sleep is not on the list
SELECT sum(1) OVER (PARTITION BY pg_sleep(1))
refused: pg_sleep is not on the list
SELECT sum(1) OVER w WINDOW w AS (ORDER BY pg_sleep(1))
refused: pg_sleep is not on the list
SELECT DISTINCT ON (pg_sleep(1)) 1
refused: pg_sleep is not on the list
SELECT * FROM ROWS FROM (pg_sleep(1), generate_series(1,2)) AS t
refused: pg_sleep is not on the list
SELECT * FROM LATERAL pg_sleep(1)
refused: pg_sleep is not on the list
SELECT * FROM unnest(ARRAY[pg_sleep(1)])
refused: pg_sleep is not on the list
SELECT xmlelement(name a, pg_read_file('x'))
refused: pg_read_file is not on the list
SELECT xmlforest(pg_read_file('x') AS a)
refused: pg_read_file is not on the list
SELECT json_object('a': pg_read_file('x'))
refused: pg_read_file is not on the list
SELECT coalesce(pg_read_file('x'))
refused: pg_read_file is not on the list
SELECT greatest(pg_read_file('x'))
refused: pg_read_file is not on the list
SELECT substring(pg_read_file('x') from 1 for 2)
refused: pg_read_file is not on the list
SELECT extract(year from pg_sleep(1))
refused: pg_sleep is not on the list
SELECT position('a' in pg_read_file('x'))
refused: pg_read_file is not on the list
SELECT overlay(pg_read_file('x') placing 'a' from 1)
refused: pg_read_file is not on the list
SELECT trim(both from pg_read_file('x'))
refused: pg_read_file is not on the list
SELECT 'x' LIKE pg_read_file('x') ESCAPE pg_read_file('y')
refused: pg_read_file is not on the list
SELECT 'x' LIKE 'y' ESCAPE pg_read_file('y')
refused: pg_read_file is not on the list
SELECT pg_read_file('x') IS NFC NORMALIZED
refused: pg_read_file is not on the list
SELECT collation for (pg_read_file('x'))
refused: pg_read_file is not on the list
SELECT xmlserialize(content pg_read_file('x')::xml as text)
refused: pg_read_file is not on the list
SELECT substring('x' similar pg_read_file('x') escape 'a')
refused: pg_read_file is not on the list
SELECT pg_typeof(pg_sleep(1))
refused: pg_sleep is not on the list
SELECT merge_action()
refused: merge_action is not on the list
SELECT pg_describe_object(1,1,1)
refused: pg_describe_object is not on the list
SELECT pgp_sym_encrypt('a', 'b')
refused: pgp_sym_encrypt is not on the list
SELECT crypt('a', gen_salt('bf'))
refused: crypt is not on the list
SELECT * FROM pg_logical_slot_get_changes('x', null, null)
refused: pg_logical_slot_get_changes is not on the list
SELECT pg_export_snapshot()
refused: pg_export_snapshot is not on the list
SELECT pg_create_physical_replication_slot('x')
refused: pg_create_physical_replication_slot is not on the list
SELECT random_normal(pg_sleep(1))
refused: pg_sleep is not on the list
VALUES (pg_sleep(1))
refused: pg_sleep is not on the list

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT ticket_seq.last_value FROM ticket_seq
refused: There is no table ticket_seq
SELECT * FROM trap_view
refused: There is no table trap_view
SELECT * FROM secret_v
refused: There is no table secret_v
SELECT * FROM mv_sales
refused: There is no table mv_sales
SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM {schema}.secret_tokens
refused: There is no table {schema}.secret_tokens
SELECT * FROM "secret_tokens"
refused: There is no table secret_tokens
SELECT * FROM U&"secret\005ftokens"
refused: There is no table secret_tokens
SELECT * FROM SECRET_TOKENS
refused: There is no table SECRET_TOKENS
SELECT * FROM hr.salaries
refused: There is no table hr.salaries
SELECT * FROM ONLY secret_tokens
refused: There is no table secret_tokens
SELECT * FROM ONLY (secret_tokens)
refused: There is no table secret_tokens
EXPLAIN SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM orders TABLESAMPLE BERNOULLI ((SELECT count(*) FROM secret_tokens))
refused: There is no table secret_tokens
SELECT * FROM secret_tokens TABLESAMPLE SYSTEM (50)
refused: There is no table secret_tokens
SELECT 1 LIMIT (SELECT 1 FROM secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM orders JOIN secret_tokens USING (id) AS j
refused: There is no table secret_tokens
TABLE secret_tokens
refused: There is no table secret_tokens
VALUES ((SELECT token FROM secret_tokens LIMIT 1))
refused: There is no table secret_tokens

# title: facts of the session and the server are not told
SELECT pg_backend_pid(), inet_server_addr(), version()
refused: current_version tells of the server or session
SELECT current_user
refused: current_user tells of the session
SELECT session_user, user
refused: session_user tells of the session
SELECT CURRENT_CATALOG
refused: current_catalog tells of the session
SELECT current_schema
refused: current_schema tells of the session
SELECT current_schema()
refused: current_schema tells of the session
SELECT current_schemas(true)
refused: current_schemas tells of the server or session
SELECT current_database()
refused: current_database tells of the server or session

# title: casts to types that are not built in run code
SELECT 'secret_tokens'::regclass
refused: Casts to regclass read the catalogue
SELECT 'secret_tokens'::regclass::oid
refused: Casts to regclass read the catalogue
SELECT CAST('x' AS regproc)
refused: Casts to regproc read the catalogue
SELECT regclass 'secret_tokens'
refused: Casts to regclass read the catalogue
SELECT 'x'::trap
refused: Casts to trap are not accepted
SELECT trap 'x'
refused: trap before a string is a cast to a type that is not built in
SELECT public.trap 'x'
refused: trap before a string is a cast to a type that is not built in
SELECT CAST('x' AS public.trap)
refused: Casts to public.trap are not accepted
SELECT "trap" 'x'
refused: trap before a string is a cast to a type that is not built in
SELECT ARRAY['x']::trap[]
refused: Casts to trap are not accepted
SELECT '{x}'::trap[]
refused: Casts to trap are not accepted
SELECT * FROM json_to_recordset('[]') AS r(a trap)
refused: Casts to trap are not accepted
SELECT * FROM json_populate_record(null::trap, '{}')
refused: Casts to trap are not accepted
SELECT x.a FROM xmltable('/r' PASSING '<r/>'::xml COLUMNS a trap PATH 'x') x
refused: Casts to trap are not accepted
SELECT (ROW(1)::orders).touch
refused: Casts to orders are not accepted
SELECT tableoid::regclass, oid::regclass FROM orders
refused: Casts to regclass read the catalogue
SELECT * FROM json_populate_recordset(null::secret_tokens, '[]')
refused: Casts to secret_tokens are not accepted
SELECT null::secret_tokens
refused: Casts to secret_tokens are not accepted

# title: operators of a schema may run any function
SELECT 'a' OPERATOR(public.<!!>) 'b'
refused: OPERATOR(public.<!!>) may run any function

# title: what is not understood is refused
SELECT 'a' <!!> 'b'
refused: The statement cannot be parsed as postgres: Required keyword: 'this' m

# title: PostgreSQL calls functions in attribute notation, so x.name must be a column of x
SELECT o.touch FROM orders o
refused: There is no column o.touch
SELECT orders.touch FROM orders
refused: There is no column orders.touch
SELECT (o).touch FROM orders o
refused: There is no column touch
SELECT (orders).touch FROM orders
refused: There is no column touch
SELECT {schema}.orders.touch FROM {schema}.orders
refused: There is no column orders.touch
SELECT (o.*).touch FROM orders o
refused: There is no column touch
SELECT (SELECT o).touch FROM orders o
refused: There is no column touch
SELECT x.touch FROM (SELECT o FROM orders o) x
refused: There is no column x.touch
SELECT (x.o).touch FROM (SELECT o FROM orders o) x
refused: There is no column touch
SELECT o.id FROM orders o ORDER BY o.touch
refused: There is no column o.touch
SELECT o.id FROM orders o WHERE o.touch = 1
refused: There is no column o.touch
SELECT count(o.touch) FROM orders o
refused: There is no column o.touch
SELECT o.pg_sleep FROM orders o
refused: There is no column o.pg_sleep
SELECT g.pg_sleep FROM generate_series(1, 2) g
refused: There is no column g.pg_sleep
SELECT q.touch FROM (SELECT * FROM orders) q
refused: There is no column q.touch
SELECT q.touch FROM (TABLE orders) q
refused: There is no column q.touch
WITH q AS (SELECT * FROM orders) SELECT q.touch FROM q
refused: There is no column q.touch
WITH q AS (SELECT o FROM orders o) SELECT (q.o).touch FROM q
refused: There is no column touch
SELECT (array_agg(o))[1].touch FROM orders o
refused: There is no column touch
SELECT ((array_agg(o))[1]).touch FROM orders o
refused: There is no column touch
SELECT (unnest(array_agg(o))).touch FROM orders o
refused: There is no column touch
SELECT l.touch FROM orders o, LATERAL (SELECT o.*) l
refused: There is no column l.touch
SELECT o."touch" FROM orders o
refused: There is no column o.touch
SELECT o . touch FROM orders o
refused: There is no column o.touch
SELECT o.id, (SELECT o.touch) FROM orders o
refused: There is no column o.touch
SELECT * FROM customers c JOIN orders o ON o.touch = c.id
refused: There is no column o.touch
SELECT * FROM orders o GROUP BY o.id, o.touch
refused: There is no column o.touch
SELECT j.touch FROM orders JOIN customers USING (id) AS j
refused: There is no column j.touch
SELECT c.to_jsonb FROM customers c
refused: There is no column c.to_jsonb
SELECT c.row_to_json FROM customers c
refused: There is no column c.row_to_json
SELECT c.text FROM customers c
refused: There is no column c.text

# title: a derived table names its columns after the functions that make them
SELECT t.count, t.sum, t.date_trunc FROM (SELECT count(*), sum(amount), date_trunc('day', min(ordered_at)) FROM orders) t
tables: orders
SELECT t.row_number, t.position, t.lag FROM (SELECT row_number() OVER (), position('a' IN 'ba'), lag(1) OVER ()) t
tables: none
SELECT t.int4, t.text, t.numeric, t.to_char FROM (SELECT 1::int, 'x'::text, 1::numeric, to_char(now(), 'YYYY')) t
tables: none
WITH t AS (SELECT max(amount), avg(amount) FROM orders) SELECT t.max - t.avg FROM t
tables: orders

# title: a name in quotes that are not in lower case is another function
SELECT "abs"(-1)
tables: none
SELECT "Abs"(-1)
refused: abs is not on the list
SELECT pg_catalog."ABS"(-1)
refused: abs is not on the list

# title: XML attributes have names
SELECT xmlelement(name product, xmlattributes(id AS nr, sku), name)::text FROM products
tables: products
SELECT xmlelement(name x, xmlattributes(pg_read_file('/etc/passwd') AS a))
refused: pg_read_file is not on the list

# title: what is left is refused too
SELECT * FROM U&"secret!005ftokens" UESCAPE '!'
refused: UESCAPE is not accepted

# title: another database is not reached
SELECT * FROM {schema}.hr.salaries
refused: {schema}.hr.salaries names another database

# title: the system catalogue is read by nobody
SELECT * FROM pg_class
refused: pg_class belongs to the system catalogue, which queries may not read
SELECT * FROM pg_catalog.pg_authid
refused: pg_catalog.pg_authid belongs to the system catalogue, which queries ma
SELECT * FROM pg_stats
refused: pg_stats belongs to the system catalogue, which queries may not read
SELECT * FROM pg_shadow
refused: pg_shadow belongs to the system catalogue, which queries may not read
SELECT * FROM pg_settings
refused: pg_settings belongs to the system catalogue, which queries may not rea
SELECT * FROM pg_stat_activity
refused: pg_stat_activity belongs to the system catalogue, which queries may no
SELECT * FROM information_schema.columns
refused: information_schema.columns belongs to the system catalogue, which quer
SELECT * FROM information_schema."tables"
refused: information_schema.tables belongs to the system catalogue, which queri
SELECT * FROM pg_proc
refused: pg_proc belongs to the system catalogue, which queries may not read
SELECT * FROM pg_toast.pg_toast_1
refused: pg_toast.pg_toast_1 belongs to the system catalogue, which queries may
TABLE pg_authid
refused: pg_authid belongs to the system catalogue, which queries may not read

# title: rows are not locked
SELECT * FROM orders FOR UPDATE
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT * FROM orders FOR NO KEY UPDATE
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT * FROM orders FOR SHARE
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT * FROM orders FOR KEY SHARE NOWAIT
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT * FROM (SELECT * FROM orders FOR UPDATE) x
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
WITH x AS (SELECT * FROM orders FOR UPDATE) SELECT * FROM x
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted

# title: SELECT ... INTO writes
SELECT * INTO t2 FROM orders
refused: SELECT ..
SELECT 1 AS a INTO TEMP t3
refused: SELECT ..
SELECT * FROM (SELECT 1 INTO t4) x
refused: SELECT ..

# title: nothing in a WITH clause writes
WITH x AS (INSERT INTO orders VALUES (1) RETURNING *) SELECT * FROM x
refused: Only reading is accepted
WITH x AS (UPDATE orders SET id = 1 RETURNING *) SELECT * FROM x
refused: Only reading is accepted
WITH x AS (DELETE FROM orders RETURNING *) TABLE x
refused: Only reading is accepted
WITH x AS (MERGE INTO orders USING customers ON true WHEN MATCHED THEN DELETE RETURNING *) SELECT * FROM x
refused: Only reading is accepted

# title: one statement at a time
SELECT 1; SELECT 2
refused: Only one statement at a time is accepted
SELECT '\'; DELETE FROM orders; --'
refused: Only one statement at a time is accepted
SELECT $$a$$; DELETE FROM orders; SELECT $$b$$
refused: Only one statement at a time is accepted
SELECT E'\\'; DELETE FROM orders; --'
refused: Only one statement at a time is accepted

# title: variables and placeholders are not read
SELECT $1
refused: Variables and parameters are not accepted
SELECT :x
refused: Placeholders are not accepted

# title: what does not begin as a query is refused, whatever it is
COPY orders TO '/tmp/x'
refused: Only a query is accepted, and this begins with COPY
COPY orders TO PROGRAM 'x'
refused: Only a query is accepted, and this begins with COPY
COPY (SELECT 1) TO STDOUT
refused: Only a query is accepted, and this begins with COPY
DO $$ BEGIN END $$
refused: Only a query is accepted, and this begins with DO
SET search_path = x
refused: Only a query is accepted, and this begins with SET
RESET ALL
refused: Only a query is accepted, and this begins with RESET
DISCARD ALL
refused: Only a query is accepted, and this begins with DISCARD
LISTEN x
refused: Only a query is accepted, and this begins with LISTEN
NOTIFY x
refused: Only a query is accepted, and this begins with NOTIFY
UNLISTEN x
refused: Only a query is accepted, and this begins with UNLISTEN
PREPARE p AS SELECT 1
refused: Only a query is accepted, and this begins with PREPARE
EXECUTE p
refused: Only a query is accepted, and this begins with EXECUTE
DECLARE c CURSOR FOR SELECT 1
refused: Only a query is accepted, and this begins with DECLARE
FETCH ALL FROM c
refused: Only a query is accepted, and this begins with FETCH
CLOSE c
refused: Only a query is accepted, and this begins with CLOSE
BEGIN
refused: Only a query is accepted, and this begins with BEGIN
COMMIT
refused: Only a query is accepted, and this begins with COMMIT
ROLLBACK
refused: Only a query is accepted, and this begins with ROLLBACK
SAVEPOINT x
refused: Only a query is accepted, and this begins with SAVEPOINT
LOCK TABLE orders
refused: Only a query is accepted, and this begins with LOCK
VACUUM
refused: Only a query is accepted, and this begins with VACUUM
ANALYZE orders
refused: Only a query is accepted, and this begins with ANALYZE
CLUSTER
refused: Only a query is accepted, and this begins with CLUSTER
REINDEX TABLE orders
refused: Only a query is accepted, and this begins with REINDEX
CHECKPOINT
refused: Only a query is accepted, and this begins with CHECKPOINT
LOAD 'x'
refused: Only a query is accepted, and this begins with LOAD
CREATE EXTENSION x
refused: Only a query is accepted, and this begins with CREATE
ALTER SYSTEM SET x = 1
refused: Only a query is accepted, and this begins with ALTER
REFRESH MATERIALIZED VIEW mv_sales
refused: Only a query is accepted, and this begins with REFRESH
SECURITY LABEL ON TABLE orders IS 'x'
refused: Only a query is accepted, and this begins with SECURITY
COMMENT ON TABLE orders IS 'x'
refused: Only a query is accepted, and this begins with COMMENT
GRANT ALL ON orders TO public
refused: Only a query is accepted, and this begins with GRANT
IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z
refused: Only a query is accepted, and this begins with IMPORT

# title: EXPLAIN explains and does not run
EXPLAIN ANALYZE SELECT 1
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN ANALYSE SELECT 1
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN (ANALYZE, VERBOSE) SELECT 1
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN (analyze on) SELECT 1
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN VERBOSE ANALYZE SELECT 1
refused: EXPLAIN ANALYZE runs the statement

# title: descriptions are of one known table
EXPLAIN DELETE FROM orders
refused: EXPLAIN is accepted only for one table by name
EXPLAIN EXECUTE p
refused: EXPLAIN is accepted only for one table by name
EXPLAIN CREATE TABLE x AS SELECT 1
refused: EXPLAIN is accepted only for one table by name
SHOW data_directory
refused: SHOW is accepted only for one table by name
SHOW ALL
refused: SHOW is accepted only for one table by name

# title: text that two lexers read differently is refused
CALL wipe_orders()
refused: The quotes in this statement can be read in two ways

# title: refused: a string that goes on by the rules of E'...', where another reader sees its end
SELECT E'a'
'\' -- ' , pg_sleep(30) --'
refused: begins with E
SELECT E'a' /* x */
  '\' || ''
refused: begins with E
SELECT e'a' -- x
'b'
refused: begins with E

# title: passes: strings beside E'...' that are others
SELECT E'a\'b', 'c', E'd' || 'e'
tables: none
SELECT 'a'
'b\', E'c\''
tables: none

# title: passes: what analysts write
SELECT region, status, sum(amount), grouping(region, status) AS g FROM orders GROUP BY GROUPING SETS ((region, status), (region), ()) ORDER BY 1 NULLS LAST, 2 NULLS LAST
tables: orders
SELECT region, count(*) FROM orders GROUP BY DISTINCT ROLLUP (region), CUBE (status) ORDER BY 1, 2
tables: orders
SELECT id, sum(amount) OVER w AS running, avg(amount) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS m FROM orders WINDOW w AS (PARTITION BY region ORDER BY ordered_at) ORDER BY id
tables: orders
SELECT ts, host, avg(cpu) OVER (PARTITION BY host ORDER BY ts RANGE BETWEEN '3 hours' PRECEDING AND CURRENT ROW EXCLUDE TIES) AS m FROM metrics ORDER BY host, ts LIMIT 5
tables: metrics
SELECT id, sum(amount) OVER (ORDER BY region GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders ORDER BY id LIMIT 3
tables: orders
WITH RECURSIVE tree AS (SELECT id, name, ARRAY[name] AS path, 0 AS lvl FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, t.path || e.name, t.lvl + 1 FROM employees e JOIN tree t ON e.manager_id = t.id) SELECT repeat('  ', lvl) || name AS n, array_to_string(path, '/') FROM tree ORDER BY path
tables: employees
WITH RECURSIVE tree AS (SELECT id, manager_id FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.manager_id FROM employees e, tree t WHERE e.manager_id = t.id) SEARCH DEPTH FIRST BY id SET ord SELECT id FROM tree ORDER BY ord
tables: employees
WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT n, n ^ 2 FROM t
tables: none
SELECT c.id, o.amount, o.rn FROM customers c LEFT JOIN LATERAL (SELECT amount, row_number() OVER (ORDER BY amount DESC) AS rn FROM orders WHERE customer_id = c.id FETCH FIRST 2 ROWS ONLY) o ON true ORDER BY 1, 3
tables: customers, orders
SELECT c.name, s.* FROM customers c, LATERAL (VALUES (c.id, 'x'), (c.id + 1, 'y')) AS s(i, t) ORDER BY c.id, s.i LIMIT 4
tables: customers
SELECT p.id, t.tag, t.ord FROM products p, unnest(p.tags) WITH ORDINALITY AS t(tag, ord) ORDER BY 1, 3
tables: products
SELECT p.id, x.key, x.value FROM products p CROSS JOIN LATERAL jsonb_each_text(p.attrs -> 'dims') AS x ORDER BY 1, 2 LIMIT 5
tables: products
SELECT attrs ->> 'color' AS c, attrs #>> '{dims,w}' AS w, attrs @> '{"color": "black"}' AS b, attrs ? 'tags' AS h, attrs ?| array['a', 'color'] AS o, attrs ?& array['color'] AS a, jsonb_path_query_first(attrs, '$.dims.w ? (@ > 10)') AS p, attrs['dims']['h'] AS s, attrs - 'tags' AS m, attrs #- '{dims,w}' AS r, attrs || '{"x":1}'::jsonb AS j FROM products ORDER BY id LIMIT 3
tables: products
SELECT attrs @? '$.tags[*] ? (@ == "new")' AS a, attrs @@ '$.dims.w > 12' AS b, jsonb_typeof(attrs -> 'tags') AS t, jsonb_array_length(attrs -> 'tags') AS n FROM products ORDER BY id
tables: products
SELECT jsonb_agg(jsonb_build_object('k', region, 'v', n)) FROM (SELECT region, count(*) AS n FROM orders GROUP BY region ORDER BY region) s
tables: orders
SELECT * FROM jsonb_to_recordset('[{"a":1,"b":"x"},{"a":2}]') AS r(a int, b text)
tables: none
SELECT * FROM json_to_record('{"a":1,"b":[1,2]}') AS r(a int, b json)
tables: none
SELECT region, string_agg(DISTINCT status, ', ' ORDER BY status) AS s, array_agg(id ORDER BY id DESC) AS ids, percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) AS med, mode() WITHIN GROUP (ORDER BY status) AS m, count(*) FILTER (WHERE amount > 100) AS big, bool_and(amount > 0) AS pos, every(amount > 0) FROM orders GROUP BY region ORDER BY region
tables: orders
SELECT percentile_disc(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY amount) AS q, rank(100) WITHIN GROUP (ORDER BY amount) AS r, corr(id, amount), regr_slope(amount, id), stddev_pop(amount), var_samp(amount) FROM orders
tables: orders
SELECT to_tsvector('english', name) @@ plainto_tsquery('english', 'lamps') AS m, ts_rank(to_tsvector('simple', name), to_tsquery('simple', 'desk & !oak')) AS r, ts_headline('english', name, websearch_to_tsquery('lamp or desk')) AS h FROM products ORDER BY id
tables: products
SELECT name FROM products WHERE to_tsvector('simple', name) @@ (to_tsquery('simple', 'lamp') || 'desk'::tsquery) ORDER BY id
tables: products
SELECT name ~* '^d.*p$' AS a, name !~ 'x' AS b, regexp_replace(name, '(\w+) (\w+)', '\2 \1') AS c, (regexp_match(email, '@(.+)$'))[1] AS d, substring(email from '@(.*)$') AS e, name SIMILAR TO '%(a|b)%' AS f, name ILIKE '_%' AS g FROM (SELECT name, name || '@x.y' AS email FROM products) p ORDER BY name
tables: products
SELECT split_part('a,b,c', ',', 2), string_to_array('a|b', '|'), overlay('abcdef' placing 'XX' from 3 for 2), position('b' in 'abc'), trim(both 'x' from 'xxaxx'), trim(leading from '  a'), lpad('7', 3, '0'), initcap('hello world'), format('%s-%I-%L', 'a', 'b c', 'd'), left('abc', -1), reverse('abc'), translate('abc', 'ab', 'xy'), concat_ws('-', 'a', NULL, 'b'), repeat('x', 2), chr(65), ascii('A'), md5('a'), to_hex(255), quote_literal('x'), starts_with('abc', 'a'), char_length('张伟'), octet_length('张伟'), encode('abc'::bytea, 'base64'), convert_from('\x41'::bytea, 'UTF8')
tables: none
SELECT date_trunc('month', ordered_at) AS m, extract(isodow FROM ordered_at) AS d, to_char(ordered_at, 'YYYY-MM-DD "T" HH24:MI') AS t, date_part('week', ordered_at) AS w, age(ordered_at, timestamp '2024-01-01') AS a, ordered_at + interval '1 month 2 days' AS n, ordered_at::date - date '2025-01-01' AS days, date_bin('10 days', ordered_at, timestamp '2025-01-01') AS b FROM orders ORDER BY id LIMIT 3
tables: orders
SELECT timestamptz '2025-01-01 00:00+00' AT TIME ZONE 'Asia/Shanghai' AS s, timezone('UTC', timestamp '2025-01-01 12:00') AS u, now() AT TIME ZONE 'utc' IS NOT NULL AS n, current_date >= date '2025-01-01' AS c, localtimestamp IS NOT NULL, make_date(2025, 1, 31) + interval '1 month' AS e, make_interval(days => 3), justify_days(interval '40 days'), interval '1-2' year to month, (date '2025-01-01', date '2025-02-01') OVERLAPS (date '2025-01-15', interval '1 day')
tables: none
SELECT d::date AS d, count(o.id) AS n FROM generate_series('2025-01-01'::date, '2025-01-15'::date, interval '1 day') AS d LEFT JOIN orders o ON o.ordered_at::date = d::date GROUP BY 1 ORDER BY 1
tables: orders
SELECT generate_series(1, 3) AS i, unnest(ARRAY['a', 'b', 'c']) AS s
tables: none
SELECT id FROM orders WHERE status = ANY (ARRAY['paid', 'shipped']) AND amount > ALL (SELECT price FROM products WHERE category = 'Paper') AND (region, status) IN (('EU', 'paid'), ('US', 'shipped')) ORDER BY id
tables: orders, products
SELECT id FROM orders WHERE (customer_id, region) NOT IN (SELECT id, region FROM customers WHERE id IS NOT NULL) ORDER BY id LIMIT 3
tables: customers, orders
SELECT DISTINCT ON (region) region, id, amount FROM orders ORDER BY region, amount DESC NULLS LAST, id
tables: orders
SELECT region FROM orders INTERSECT ALL SELECT region FROM customers ORDER BY 1
tables: customers, orders
(SELECT region FROM orders ORDER BY amount LIMIT 1) UNION ALL (SELECT region FROM customers ORDER BY id LIMIT 1)
tables: customers, orders
SELECT name COLLATE "C" FROM customers ORDER BY name COLLATE "C" DESC LIMIT 3
tables: customers
SELECT 产品名称, sum(数量 * 单价) AS 总额 FROM 订单明细 WHERE 大区 = ANY ('{华东,华南}') GROUP BY 产品名称 ORDER BY 总额 DESC
tables: 订单明细
SELECT "update", "delete", "order", "select", "group", "drop table" AS "drop;--" FROM audit_words ORDER BY "order" LIMIT 2
tables: audit_words
SELECT E'tab\t' AS t, $$it's; DROP$$ AS d, $q$nested $$ ok$q$ AS n, B'101' AS b, X'1F' AS x
tables: none
SELECT 'a'
 'b' AS joined
tables: none
/* DROP /* nested */ x */ SELECT count(*) -- ; DELETE FROM orders
FROM orders;
tables: orders
SELECT CASE region WHEN 'EU' THEN 1 ELSE 2 END, coalesce(note, '-'), nullif(status, 'paid'), greatest(1, 2), least(amount, 50), amount::text, CAST(amount AS integer), amount::numeric(10, 1), '42'::int, 7 / 2, 7 % 3, 2 ^ 3, |/ 16, ||/ 27, @ -5, 5 & 3, 5 # 3, ~1, 1 << 3, 'a' || 1 FROM orders ORDER BY id LIMIT 2
tables: orders
SELECT count(*) FROM orders TABLESAMPLE SYSTEM (100)
tables: orders
VALUES (1, 'a'), (2, 'b') ORDER BY 1 DESC
tables: none
TABLE eu_orders ORDER BY id LIMIT 2
tables: eu_orders
SELECT o.id, o.ctid IS NOT NULL AS c, o.tableoid::regclass::text AS t FROM orders o ORDER BY id LIMIT 2
tables: orders
SELECT row(1, 'a') = row(1, 'a') AS r, (ROW(1, 2)).f1 AS f, (o).region FROM orders o ORDER BY id LIMIT 2
tables: orders
SELECT count(*) FROM orders o NATURAL JOIN (SELECT id FROM customers) c
tables: customers, orders
SELECT o.id, c.name FROM orders o FULL JOIN customers c ON c.id = o.customer_id AND o.id < 3 ORDER BY 1 NULLS LAST, 2 LIMIT 5
tables: customers, orders
SELECT id FROM orders ORDER BY amount DESC OFFSET 2 ROWS FETCH NEXT 3 ROWS WITH TIES
tables: orders
SELECT x.* FROM (SELECT id, lag(amount) OVER (ORDER BY id) AS prev, amount FROM orders) x WHERE prev IS DISTINCT FROM amount AND prev IS NOT NULL ORDER BY id LIMIT 3
tables: orders
SELECT width_bucket(amount, 0, 300, 6) AS b, count(*), min(amount), max(amount) FROM orders GROUP BY 1 ORDER BY 1
tables: orders
SELECT int4range(1, 5) @> 3 AS a, '[2025-01-01,2025-02-01)'::daterange && daterange('2025-01-15', '2025-03-01') AS b, lower(numrange(1.5, 2)) AS c, tstzrange(now(), NULL) IS NOT NULL AS d, int4multirange(int4range(1, 2)) AS e, upper_inf(int4range(1, NULL)) AS f
tables: none
SELECT xmlelement(name foo, xmlattributes(id AS bar), name)::text AS x, xmlforest(name, sku)::text AS f, (xpath('/a/text()', '<a>1</a>'::xml))[1]::text AS p FROM products ORDER BY id LIMIT 2
tables: products
SELECT count(*) FROM orders WHERE note IS NOT NULL AND note NOT LIKE 'ok\_%' ESCAPE '\' AND note NOT ILIKE '%drop%' AND region BETWEEN SYMMETRIC 'US' AND 'EU'
tables: orders
SELECT a.region, b.region FROM (SELECT DISTINCT region FROM orders) a CROSS JOIN (SELECT DISTINCT region FROM customers) b WHERE a.region < b.region ORDER BY 1, 2
tables: customers, orders
SELECT (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS n, c.name FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.amount > 200) ORDER BY c.id
tables: customers, orders
EXPLAIN SELECT count(*) FROM orders
tables: orders
EXPLAIN (COSTS OFF, FORMAT JSON) SELECT * FROM orders WHERE id = 1
tables: orders
WITH a AS MATERIALIZED (SELECT * FROM orders), b AS NOT MATERIALIZED (SELECT region FROM a) SELECT region, count(*) FROM b GROUP BY region ORDER BY region
tables: orders
SELECT s.region, s.n, round(100.0 * s.n / sum(s.n) OVER (), 2) AS pct FROM (SELECT region, count(*) AS n FROM orders GROUP BY region) AS s ORDER BY pct DESC, 1
tables: orders
SELECT region, count(*) FROM orders GROUP BY region HAVING count(*) > (SELECT 1) ORDER BY count(*) DESC, region LIMIT ALL
tables: orders
SELECT min(hits) FILTER (WHERE host LIKE 'web-%'), max(ts)::date, count(hits), sum(hits)::bigint FROM metrics
tables: metrics
SELECT * FROM ROWS FROM (generate_series(1, 2), unnest(ARRAY['a', 'b', 'c'])) AS r(n, t)
tables: none
SELECT num_nulls(note, shipped_on) AS n, pg_typeof(amount)::text AS t, ordered_at IS NOT DISTINCT FROM ordered_at AS same, note IS NULL OR note = '' AS emp FROM orders ORDER BY id LIMIT 2
tables: orders
SELECT regexp_count(name, 'a'), regexp_substr(name, '\w+'), regexp_instr(name, 'k'), regexp_like(name, 'l', 'i'), string_to_table('a,b', ',') FROM products ORDER BY id LIMIT 2
tables: products
SELECT first_value(id) OVER (PARTITION BY region ORDER BY amount), last_value(id) OVER (PARTITION BY region ORDER BY amount ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), nth_value(id, 2) OVER (PARTITION BY region ORDER BY id), cume_dist() OVER (ORDER BY amount), percent_rank() OVER (ORDER BY amount) FROM orders ORDER BY id LIMIT 3
tables: orders
SELECT o AS whole FROM orders o ORDER BY id LIMIT 1
tables: orders
SELECT id, amount FROM orders WHERE ordered_at >= '2025-02-01' AND ordered_at < '2025-02-01'::timestamp + interval '1 month' ORDER BY id
tables: orders
SELECT U&"region" FROM orders LIMIT 1
tables: orders
SELECT cast('{1,2}' AS int[]) AS a, '{"x":1}'::json -> 'x' AS j, 'f'::bool AS b, '2025-01-01'::timestamp::date AS d, cast(NULL AS varchar(10)) AS n, 1::smallint, 2::double precision, '1 day'::interval, 'x'::char(3), 3::bit(4), 'abc'::name
tables: none
SELECT sum(x.amount) FROM ONLY orders AS x
tables: orders
SELECT a.id FROM orders a JOIN orders b USING (id) JOIN customers c ON (c.id = a.customer_id) ORDER BY a.id LIMIT 2
tables: customers, orders
SELECT count(*) "count", region "Region Name" FROM orders GROUP BY region ORDER BY "Region Name"
tables: orders
SELECT date '2025-01-31' + 30 AS d, time '10:00' + interval '5 min' AS t, timestamp 'epoch' AS e, date 'infinity' > now() AS i, extract(epoch from interval '1 hour') AS s, extract(year from date '2025-06-01') AS y
tables: none
SELECT array_agg(DISTINCT region ORDER BY region) FILTER (WHERE region <> 'US') AS r, json_object_agg(region, n) AS j FROM (SELECT region, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1) q
tables: orders
SELECT jsonb_object_agg(k, v) FROM (SELECT key AS k, value AS v FROM products, jsonb_each(attrs) WHERE id = 1) s
tables: products
SELECT generate_subscripts(tags, 1) AS i, tags FROM products WHERE id < 5 ORDER BY id
tables: products
SELECT t.a, t.b FROM (VALUES (1, 'x'), (2, 'y')) AS t (a, b) WHERE t.a IN (SELECT 1 UNION SELECT 2) ORDER BY t.a
tables: none
SELECT t.count FROM (SELECT count(*) FROM orders) t
tables: orders
SELECT t.sum, t.date_trunc FROM (SELECT sum(amount), date_trunc('day', min(ordered_at)) FROM orders) t
tables: orders
SELECT t.coalesce, t.case, t.array FROM (SELECT coalesce(note, 'x'), CASE WHEN true THEN 1 END, ARRAY[1] FROM orders) t LIMIT 1
tables: orders
SELECT t.extract, t.row_number, t.greatest, t.nullif FROM (SELECT extract(year FROM ordered_at), row_number() OVER (), greatest(1, 2), nullif(1, 2) FROM orders) t LIMIT 1
tables: orders
SELECT t.substring, t.btrim, t.position, t.overlay FROM (SELECT substring('abc' from 1), trim('a'), position('a' in 'b'), overlay('abc' placing 'x' from 1)) t
tables: none
SELECT t.int4, t.text, t.float8, t.bool, t.numeric FROM (SELECT 1::int, 'x'::text, 1::float, true::bool, 1::numeric) t
tables: none
SELECT t.exists, t.json_agg, t.jsonb_build_object, t.string_agg FROM (SELECT exists(SELECT 1), json_agg(1), jsonb_build_object('a', 1), string_agg('a', 'b')) t
tables: none
SELECT t.max, t.percentile_cont, t.lag FROM (SELECT max(x) , percentile_cont(0.5) WITHIN GROUP (ORDER BY x), lag(1) OVER () FROM generate_series(1, 3) x) t
tables: none
SELECT t.to_char, t.upper, t.concat, t.left, t.length FROM (SELECT to_char(now(), 'YYYY'), upper('a'), concat('a', 1), left('abc', 1), length('a')) t
tables: none
SELECT t.now IS NOT NULL, t.current_date IS NOT NULL, t.timezone FROM (SELECT now(), current_date, timestamp '2025-01-01' AT TIME ZONE 'UTC') t
tables: none
WITH t AS (SELECT max(amount), avg(amount) FROM orders) SELECT t.max, t.avg FROM t
tables: orders
SELECT t.avg, t.array_agg, t.stddev, t.mode FROM (SELECT avg(amount), array_agg(id), stddev(amount), mode() WITHIN GROUP (ORDER BY region) FROM orders) t
tables: orders
SELECT t.regexp_replace, t.split_part, t.array_length, t.round, t.abs, t.row FROM (SELECT regexp_replace('a', 'b', 'c'), split_part('a', 'b', 1), array_length(ARRAY[1], 1), round(1.2), abs(1), ROW(1, 2)) t
tables: none
SELECT q.day, q.sum FROM (SELECT date_trunc('day', ordered_at) AS day, sum(amount) FROM orders GROUP BY 1) q ORDER BY 1 LIMIT 1
tables: orders
SELECT a.sum / b.count FROM (SELECT sum(amount) FROM orders) a, (SELECT count(*) FROM orders) b
tables: orders
SELECT v.column1 FROM (VALUES (1)) v
tables: none
SELECT c.count, c.filter FROM (SELECT count(*) FILTER (WHERE true), 1 AS filter FROM orders) c
tables: orders
SELECT t.age, t.justify_days, t.make_date, t.md5, t.sha256 FROM (SELECT age(now(), now()), justify_days(interval '1 day'), make_date(2025, 1, 1), md5('a'), sha256('a')) t
tables: none

# title: refused: what an attacker would try
SELECT ((o)).touch FROM orders o
refused: There is no column touch
SELECT (row(o.*)::orders).touch FROM orders o
refused: Casts to orders are not accepted
SELECT public.orders.touch FROM public.orders
refused: There is no table public.orders
SELECT x.touch FROM (SELECT o FROM orders o) AS y(x)
refused: There is no column x.touch
SELECT (y.x).touch FROM (SELECT o FROM orders o) AS y(x)
refused: There is no column touch
SELECT o.U&"touch" FROM orders o
refused: There is no column o.touch
SELECT id FROM orders o ORDER BY o.touch
refused: There is no column o.touch
SELECT id FROM orders o GROUP BY o.touch, id
refused: There is no column o.touch
SELECT count(*) FILTER (WHERE o.touch = 1) FROM orders o
refused: There is no column o.touch
SELECT sum(id) OVER (ORDER BY o.touch) FROM orders o
refused: There is no column o.touch
SELECT c.get_secret FROM customers c
refused: There is no column c.get_secret
SELECT (1).get_secret
refused: There is no column get_secret
SELECT (c.id).get_secret FROM customers c
refused: There is no column get_secret
SELECT * FROM get_secret(1)
refused: get_secret is not on the list of functions that may be calle
SELECT public.audit_write('x')
refused: audit_write is not on the list of functions that may be call
SELECT "audit_write"('x')
refused: audit_write is not on the list of functions that may be call
SELECT pg_catalog.pg_sleep(1)
refused: pg_sleep is not on the list of functions that may be called
SELECT pg_catalog."pg_sleep"(1)
refused: pg_sleep is not on the list of functions that may be called
SELECT CAST('x' AS trap)
refused: Casts to trap are not accepted
SELECT NULL::text::trap
refused: Casts to trap are not accepted
SELECT * FROM json_to_recordset('[{"a":"x"}]') AS r(a trap)
refused: Casts to trap are not accepted
SELECT * FROM json_to_record('{"a":"x"}') AS r(a public.trap)
refused: Casts to public.trap are not accepted
SELECT * FROM jsonb_populate_record(NULL::orders, '{}')
refused: Casts to orders are not accepted
SELECT jsonb_populate_record(NULL::secret_tokens, '{}')
refused: Casts to secret_tokens are not accepted
SELECT * FROM xmltable('/r' PASSING '<r>x</r>' COLUMNS a trap PATH '.')
refused: Casts to trap are not accepted
SELECT sum_plus(id) FILTER (WHERE true) FROM orders
refused: sum_plus is not on the list of functions that may be called
SELECT ticket_seq.nextval
refused: Sequences are not read
SELECT last_value FROM ticket_seq
refused: There is no table ticket_seq
SELECT lastval()
refused: lastval is not on the list of functions that may be called
SELECT * FROM public."secret_tokens"
refused: There is no table public.secret_tokens
TABLE public.secret_tokens
refused: There is no table public.secret_tokens
SELECT * FROM secret_tokens *
refused: There is no table secret_tokens
SELECT * FROM orders o JOIN LATERAL (TABLE secret_tokens) s ON true
refused: There is no table secret_tokens
SELECT * FROM (orders CROSS JOIN secret_tokens)
refused: There is no table secret_tokens
SELECT (SELECT token FROM secret_tokens LIMIT 1)
refused: There is no table secret_tokens
SELECT ARRAY(SELECT token FROM secret_tokens)
refused: There is no table secret_tokens
SELECT 1 FROM orders WHERE ROW(1, 'x') IN (SELECT id, token FROM secret_tokens)
refused: There is no table secret_tokens
WITH orders AS (TABLE secret_tokens) TABLE orders
refused: There is no table secret_tokens
WITH x AS (DELETE FROM events RETURNING *) SELECT * FROM x
refused: Only reading is accepted
WITH x AS (INSERT INTO audit_log VALUES (1, 'x') RETURNING *) TABLE x
refused: Only reading is accepted
WITH x AS (UPDATE orders SET id = id RETURNING 1) SELECT 1
refused: Only reading is accepted
WITH x AS (MERGE INTO orders USING products ON true WHEN MATCHED THEN DELETE RETURNING 1) SELECT 1
refused: Only reading is accepted
SELECT * INTO t FROM orders
refused: SELECT ..
SELECT 1 INTO TEMP t
refused: SELECT ..
SELECT * INTO UNLOGGED t FROM orders
refused: SELECT ..
SELECT * FROM orders FOR SHARE OF orders NOWAIT
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT * FROM orders FOR NO KEY UPDATE SKIP LOCKED
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT * FROM (SELECT * FROM orders FOR KEY SHARE) q
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
VALUES (1) FOR UPDATE
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SHOW all
refused: SHOW is accepted only for one table by name
EXPLAIN (ANALYZE) DELETE FROM orders
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN (ANALYZE true, VERBOSE) SELECT 1
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN (VERBOSE, ANALYZE 1) SELECT 1
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN (FORMAT JSON, ANALYZE ON) SELECT 1
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN VERBOSE DELETE FROM orders
refused: EXPLAIN is accepted only for one table by name
EXPLAIN (ANALYZE/**/) SELECT 1
refused: EXPLAIN ANALYZE runs the statement
SELECT pg_ls_dir('/')
refused: pg_ls_dir is not on the list of functions that may be called
SELECT * FROM pg_ls_waldir()
refused: pg_ls_waldir is not on the list of functions that may be cal
SELECT loread(lo_open(4711, 262144), 10)
refused: loread is not on the list of functions that may be called
SELECT pg_try_advisory_xact_lock(1)
refused: pg_try_advisory_xact_lock is not on the list of functions th
SELECT set_config('x.y', 'z', false)
refused: set_config is not on the list of functions that may be calle
SELECT version()
refused: current_version tells of the server or session
SELECT session_user::text
refused: session_user tells of the session
SELECT CURRENT_ROLE
refused: current_role tells of the session
SELECT user
refused: user tells of the session
SELECT current_catalog, current_schema
refused: current_catalog tells of the session
SELECT inet_client_addr()
refused: inet_client_addr is not on the list of functions that may be
SELECT pg_backend_pid()
refused: pg_backend_pid is not on the list of functions that may be c
SELECT current_query()
refused: current_query is not on the list of functions that may be ca
SELECT pg_current_xact_id()
refused: pg_current_xact_id is not on the list of functions that may
SELECT has_table_privilege('secret_tokens', 'SELECT')
refused: has_table_privilege is not on the list of functions that may
SELECT pg_get_functiondef('get_secret'::regproc)
refused: pg_get_functiondef is not on the list of functions that may
SELECT obj_description('orders'::regclass)
refused: obj_description is not on the list of functions that may be
SELECT pg_total_relation_size(16400)
refused: pg_total_relation_size is not on the list of functions that
SELECT pg_relation_filepath('secret_tokens')
refused: pg_relation_filepath is not on the list of functions that ma
SELECT format_type(23, NULL)
refused: format_type is not on the list of functions that may be call
SELECT * FROM pg_authid
refused: pg_authid belongs to the system catalogue, which queries may
SELECT * FROM pg_catalog.pg_shadow
refused: pg_catalog.pg_shadow belongs to the system catalogue, which
SELECT * FROM pg_statistic
refused: pg_statistic belongs to the system catalogue, which queries
SELECT * FROM pg_hba_file_rules
refused: pg_hba_file_rules belongs to the system catalogue, which que
SELECT * FROM pg_largeobject
refused: pg_largeobject belongs to the system catalogue, which querie
SELECT * FROM pg_temp.x
refused: There is no table pg_temp.x
SELECT query_to_xml('SELECT * FROM secret_tokens', true, true, '')
refused: query_to_xml is not on the list of functions that may be cal
SELECT cursor_to_xml('c', 1, true, true, '')
refused: cursor_to_xml is not on the list of functions that may be ca
SELECT ts_stat('SELECT vector FROM x')
refused: ts_stat is not on the list of functions that may be called
SELECT ts_rewrite('a'::tsquery, 'SELECT t, s FROM x')
refused: ts_rewrite is not on the list of functions that may be calle
SELECT * FROM crosstab('SELECT 1, 2, 3') AS c(a int)
refused: crosstab is not on the list of functions that may be called
SELECT * FROM connectby('secret_tokens', 'id', 'id', '1', 0) AS t(a int)
refused: connectby is not on the list of functions that may be called
SELECT * FROM dblink('dbname=x', 'SELECT 1') AS t(a int)
refused: dblink is not on the list of functions that may be called
SELECT dblink_exec('x', 'DROP TABLE orders')
refused: dblink_exec is not on the list of functions that may be call
SELECT dblink_connect('x')
refused: dblink_connect is not on the list of functions that may be c
SELECT xpath_table('id', 'token', 'secret_tokens', '/', 'true')
refused: xpath_table is not on the list of functions that may be call
SELECT xslt_process('x', 'y')
refused: xslt_process is not on the list of functions that may be cal
SELECT * FROM heap_page_items(NULL)
refused: heap_page_items is not on the list of functions that may be
SELECT * FROM pgrowlocks('orders')
refused: pgrowlocks is not on the list of functions that may be calle
SELECT pg_prewarm('secret_tokens')
refused: pg_prewarm is not on the list of functions that may be calle
SELECT pg_file_write('x', 'y', false)
refused: pg_file_write is not on the list of functions that may be ca
SELECT gen_salt('bf')
refused: gen_salt is not on the list of functions that may be called
SELECT pgp_sym_decrypt('x', 'y')
refused: pgp_sym_decrypt is not on the list of functions that may be
SELECT pg_stat_reset()
refused: pg_stat_reset is not on the list of functions that may be ca
SELECT pg_logical_emit_message(true, 'x', 'y')
refused: pg_logical_emit_message is not on the list of functions that
SELECT pg_create_logical_replication_slot('x', 'y')
refused: pg_create_logical_replication_slot is not on the list of fun
SELECT brin_summarize_new_values('x')
refused: brin_summarize_new_values is not on the list of functions th
SELECT pg_sleep_for('1 s')
refused: pg_sleep_for is not on the list of functions that may be cal
SELECT * FROM generate_series(1, 2) g, pg_sleep(1)
refused: pg_sleep is not on the list of functions that may be called
SELECT * FROM ROWS FROM (generate_series(1, 2), pg_ls_dir('/')) x
refused: pg_ls_dir is not on the list of functions that may be called
SELECT * FROM orders TABLESAMPLE system(pg_sleep(1))
refused: pg_sleep is not on the list of functions that may be called
SELECT * FROM secret_tokens TABLESAMPLE system(100)
refused: There is no table secret_tokens
SELECT id FROM orders LIMIT pg_sleep(1)::text::int
refused: pg_sleep is not on the list of functions that may be called
SELECT id FROM orders OFFSET (SELECT count(*) FROM secret_tokens)
refused: There is no table secret_tokens
SELECT id FROM orders FETCH FIRST (SELECT 1 FROM secret_tokens) ROWS ONLY
refused: There is no table secret_tokens
SELECT xmlparse(document pg_read_file('x'))
refused: pg_read_file is not on the list of functions that may be cal
SELECT xmlelement(name x, pg_read_file('x'))
refused: pg_read_file is not on the list of functions that may be cal
SELECT xmlelement(name x, xmlattributes(pg_read_file('x') AS a))
refused: pg_read_file is not on the list of functions that may be cal
SELECT xmlserialize(content pg_read_file('x')::xml AS text)
refused: pg_read_file is not on the list of functions that may be cal
SELECT JSON_OBJECT('a' VALUE pg_read_file('x'))
refused: pg_read_file is not on the list of functions that may be cal
SELECT JSON_OBJECTAGG('k': pg_read_file('x'))
refused: pg_read_file is not on the list of functions that may be cal
SELECT JSON_QUERY('{}', pg_read_file('x'))
refused: pg_read_file is not on the list of functions that may be cal
SELECT JSON_EXISTS('{}', '$' PASSING (SELECT token FROM secret_tokens) AS v)
refused: There is no table secret_tokens
SELECT extract(epoch FROM pg_sleep(1)::text::timestamp)
refused: pg_sleep is not on the list of functions that may be called
SELECT overlay('x' PLACING pg_read_file('x') FROM 1)
refused: pg_read_file is not on the list of functions that may be cal
SELECT position('x' IN pg_read_file('x'))
refused: pg_read_file is not on the list of functions that may be cal
SELECT substring(pg_read_file('x') FROM 1 FOR 2)
refused: pg_read_file is not on the list of functions that may be cal
SELECT substring('x' SIMILAR pg_read_file('x') ESCAPE '#')
refused: pg_read_file is not on the list of functions that may be cal
SELECT trim(both pg_read_file('x') FROM 'y')
refused: pg_read_file is not on the list of functions that may be cal
SELECT 'x' LIKE 'y' ESCAPE pg_read_file('x')
refused: pg_read_file is not on the list of functions that may be cal
SELECT 'x' COLLATE pg_read_file('x')
refused: pg_read_file is not on the list of functions that may be cal
SELECT now() AT TIME ZONE pg_read_file('x')
refused: pg_read_file is not on the list of functions that may be cal
SELECT pg_sleep(1) IS NFC NORMALIZED
refused: pg_sleep is not on the list of functions that may be called
SELECT @ pg_sleep(1)
refused: pg_sleep is not on the list of functions that may be called
SELECT @pg_sleep(1)
refused: pg_sleep is not on the list of functions that may be called
SELECT |/ pg_sleep(1)
refused: pg_sleep is not on the list of functions that may be called
SELECT !!pg_read_file('x')
refused: pg_read_file is not on the list of functions that may be cal
SELECT (ARRAY[1])[pg_sleep(1)::text::int]
refused: pg_sleep is not on the list of functions that may be called
SELECT ('{"a":1}'::jsonb)[pg_read_file('x')]
refused: pg_read_file is not on the list of functions that may be cal
SELECT pg_sleep(1) OVER ()
refused: pg_sleep is not on the list of functions that may be called
SELECT 1 WINDOW w AS (ORDER BY pg_sleep(1))
refused: pg_sleep is not on the list of functions that may be called
SELECT 1 GROUP BY GROUPING SETS ((pg_sleep(1)))
refused: pg_sleep is not on the list of functions that may be called
WITH RECURSIVE t AS (SELECT 1 UNION SELECT pg_sleep(1)::text::int) SELECT * FROM t
refused: pg_sleep is not on the list of functions that may be called
WITH RECURSIVE t AS (SELECT 1 AS i) CYCLE i SET c TO pg_read_file('x') DEFAULT 'y' USING p SELECT 1
refused: pg_read_file is not on the list of functions that may be cal
SELECT 1; DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT 1 \; DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT E'\'; DROP TABLE orders; --'; DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT $a$ $b$ $a$; DROP TABLE orders; $b$
refused: A string is not closed: it begins with '$b$'
SELECT $$a$$; DROP TABLE orders; -- $$
refused: Only one statement at a time is accepted
SELECT 'a' --' ; 
; DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT /* /* */ 1 */ ; DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT U&'\0027; DROP TABLE orders; --'; DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT * FROM orders WHERE id = :x
refused: Placeholders are not accepted
SELECT %s
refused: Placeholders are not accepted
SELECT * FROM other.public.orders
refused: other.public.orders names another database
SELECT enum_range(NULL::trap)
refused: Casts to trap are not accepted
SELECT NULL::pg_authid
refused: Casts to pg_authid are not accepted
SELECT (NULL::secret_tokens).token
refused: Casts to secret_tokens are not accepted
SELECT s.token FROM orders, secret_tokens s
refused: There is no table secret_tokens
SELECT o FROM orders o, LATERAL (SELECT pg_sleep(o.id)) q
refused: pg_sleep is not on the list of functions that may be called
SELECT string_agg(token, ',') FROM secret_tokens
refused: There is no table secret_tokens
SELECT count(secret_tokens) FROM secret_tokens
refused: There is no table secret_tokens
SELECT json_agg(secret_tokens.*) FROM secret_tokens
refused: There is no table secret_tokens
SELECT binary_upgrade_set_record_init_privs(true)
refused: binary_upgrade_set_record_init_privs is not on the list of f
SELECT amvalidate(1)
refused: amvalidate is not on the list of functions that may be calle
SELECT pg_column_compression('x')
refused: pg_column_compression is not on the list of functions that m
SELECT currtid2('orders', '(0,1)')
refused: currtid2 is not on the list of functions that may be called
SELECT textregexeq('a', 'b'), pg_collation_actual_version(1)
refused: pg_collation_actual_version is not on the list of functions
SELECT pg_lock_status()
refused: pg_lock_status is not on the list of functions that may be c
SELECT getdatabaseencoding()
refused: getdatabaseencoding is not on the list of functions that may
SELECT pg_char_to_encoding('x')
refused: pg_char_to_encoding is not on the list of functions that may
SELECT make_tuple(1), pg_conf_load_time()
refused: pg_conf_load_time is not on the list of functions that may b
SELECT pg_identify_object(1, 1, 1)
refused: pg_identify_object is not on the list of functions that may
SELECT suppress_redundant_updates_trigger()
refused: suppress_redundant_updates_trigger is not on the list of fun
SELECT RI_FKey_check_ins()
refused: ri_fkey_check_ins is not on the list of functions that may b
SELECT int4in('1')
refused: int4in is not on the list of functions that may be called
SELECT array_in('{x}', 'trap'::regtype, -1)
refused: array_in is not on the list of functions that may be called
SELECT domain_in('x', 'trap'::regtype, -1)
refused: domain_in is not on the list of functions that may be called
SELECT record_in('(1)', 1, 1)
refused: record_in is not on the list of functions that may be called
SELECT json_populate_recordset(NULL::secret_tokens, '[]')
refused: Casts to secret_tokens are not accepted
SELECT row_security_active('orders')
refused: row_security_active is not on the list of functions that may

# title: passes: JSON of an array, operators of the catalogue, the clock as text
SELECT json_object('{a, 1}'), json_object(ARRAY['k'], ARRAY['v'])
tables: none
SELECT amount OPERATOR(pg_catalog.+) 1 FROM orders WHERE region OPERATOR(pg_catalog.=) 'EU'
tables: orders
SELECT timeofday(), ts_token_type('default'), ts_parse('default', 'a b')
tables: none

# title: refused: operators of another schema, a function that is called operator
SELECT 1 OPERATOR(public.+) 1
refused: OPERATOR(public.+) may run any function
SELECT 1 OPERATOR("public".+) 1
refused: OPERATOR(public.+) may run any function
SELECT operator(1)
refused: cannot be parsed
SELECT public.json_object('{a, 1}')
refused: public.json_object is not a built-in function
