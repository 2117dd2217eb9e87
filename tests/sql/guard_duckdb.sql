# dialect: duckdb

# title: passes: subqueries and membership
SELECT region, count(*) FROM orders GROUP BY ALL ORDER BY ALL
tables: orders
SELECT median(amount), quantile_cont(amount, 0.9), mode(region), approx_count_distinct(id), arg_max(id, amount), max_by(id, amount), histogram(region), first(id), last(id), any_value(id), string_agg(region, ','), list(id), product(2), skewness(amount), entropy(region) FROM orders
tables: orders
SELECT * FROM orders WHERE id IN (SELECT customer_id FROM events) AND (region, status) IN (('EU', 'paid'))
tables: events, orders
SELECT * FROM orders WHERE amount > ALL (SELECT price FROM products WHERE price < 10)
tables: orders, products
SELECT EXISTS (FROM orders WHERE id = 1)
tables: orders
FROM (FROM orders SELECT region, amount WHERE amount > 10) SELECT region, count(*) GROUP BY ALL
tables: orders
SELECT id FROM orders WHERE (region, status) IN (SELECT (region, status) FROM orders) OR id = ANY([1, 2]) OR list_contains([3], id)
tables: orders
SELECT CASE WHEN amount > 100 THEN 'big' WHEN amount > 50 THEN 'mid' ELSE 'small' END AS size, count(*) FROM orders GROUP BY size ORDER BY count(*) DESC
tables: orders
SELECT EXISTS(SELECT 1 FROM orders WHERE amount > 100), 5 > ALL (SELECT 1), (1, 2) = (1, 2), ROW(1, 2)
tables: orders
SELECT first(region ORDER BY id), last(region ORDER BY id), any_value(region), mode(region), arbitrary(region) FROM orders
tables: orders

# title: passes: everything else that analysts write
FROM orders
tables: orders
FROM orders SELECT region, sum(amount) GROUP BY region
tables: orders
SELECT min(COLUMNS(* EXCLUDE (note))) FROM orders
tables: orders
SELECT {'a': 1, 'b': 'x'}, {'a': 1}.a, struct_pack(x := 1), MAP {'k': 1}, MAP {'k': 1}['k'], row(1, 2)
tables: none
SELECT o.customer_id.id FROM (SELECT {'id': 1} AS customer_id) o
tables: none
SELECT s.a.b FROM (SELECT {'a': {'b': 1}} AS s)
tables: none
SELECT s.* FROM (SELECT {'a': 1} AS s)
tables: none
SELECT count(*) FILTER (region = 'EU'), count(*) FILTER (WHERE region = 'US') FROM orders
tables: orders
SELECT o.* FROM "orders" o WHERE o."note" IS NOT NULL
tables: orders
SELECT CASE region WHEN 'EU' THEN 1 ELSE 0 END, if(vip, 1, 0), ifnull(notes, ''), coalesce(notes, 'x') FROM customers
tables: customers
SELECT sum(amount) AS total, total / count(*) AS avg FROM orders
tables: orders
SELECT id, amount AS a, a * 2 AS b FROM orders WHERE b > 100
tables: orders
SELECT 1 AS "a", 1_000_000, 1e3, 0x1F, .5
tables: none
SELECT region: 'x', total: sum(amount) FROM orders
tables: orders
SELECT m.host, avg(m.cpu) FROM metrics m GROUP BY 1 HAVING avg(m.cpu) > 10
tables: metrics
SELECT DISTINCT ON (region) * FROM orders ORDER BY region, amount
tables: orders
SELECT TRY(1/0), least(1, 2), greatest(1, 2), round(1.234, 2), ceil(1.2), log(10), ln(2), pow(2, 3), random() IS NULL, setseed_free: 1
tables: none
SELECT g, count(*) FROM (SELECT id % 3 AS g FROM orders) GROUP BY g
tables: orders
SELECT count() FROM orders
tables: orders
SELECT 'x' AS 'col name'
tables: none
SELECT sum(COLUMNS('am.*')) FROM orders
tables: orders
SELECT list(amount ORDER BY id DESC)[1:3], list_sort(list(amount)), array_agg(DISTINCT region) FROM orders
tables: orders
SELECT [1, 2, 3].list_transform(lambda x: x * 2), list_filter([1,2,3], lambda x, i: i > 1)
tables: none
SELECT list_reduce([1, 2, 3], lambda x, y: x + y), list_zip([1], ['a']), list_unique([1, 1])
tables: none
SELECT map_keys(MAP {'a': 1}), map_entries(MAP {'a': 1}), element_at(MAP {'a': 1}, 'a'), MAP([1, 2], ['a', 'b'])
tables: none
SELECT quantile_cont(amount, [0.25, 0.5]), quantile_disc(amount, 0.5), percentile_cont(0.5) WITHIN GROUP (ORDER BY amount), mad(amount), kurtosis(amount), approx_quantile(amount, 0.5), corr(amount, id), stddev_pop(amount), count_if(amount > 100), countif(region = 'EU'), sum(amount) FILTER (WHERE id > 1), bit_xor(id), geomean(amount), fsum(amount), histogram(region), string_agg(region, ', ' ORDER BY region), group_concat(region), arg_min(region, amount), max_by(region, amount), min(amount, 2), bool_or(id > 2), weighted_avg(amount, id) FROM orders
tables: orders
SELECT o.id, n.x FROM orders o, (SELECT o.amount * 2 AS x) n
tables: orders
SELECT if(amount > 100, 'a', 'b'), ifnull(note, '-'), coalesce(note, region), nullif(region, 'EU'), greatest(1, amount), least(1, amount) FROM orders
tables: orders
SELECT lower(name), name[1:3], name || '!', length(name), name.upper(), concat(name, ' ', region), replace(name, 'a', 'b'), regexp_replace(name, '[aeiou]', '', 'g'), name LIKE 'A%', name ILIKE '%a%', name ~ '.*a', starts_with(name, 'A'), name ^@ 'A', contains(name, 'a'), split_part(email, '@', 1), string_split(email, '@')[1], lpad(name, 10, '.'), left(name, 2), right(name, -2), strip_accents(name), reverse(name), ltrim(name), repeat('x', 3), format('{:,}', 1234567), printf('%.2f', 1.5), chr(65), ord('a'), levenshtein(name, 'x'), jaro_winkler_similarity(name, 'x'), md5(name), bar(id, 0, 20), translate(name, 'a', 'b'), position('a' IN name), instr(name, 'a'), substr(name, 1, 2), trim(BOTH ' ' FROM name) FROM customers
tables: customers
SELECT 5 // 2, 5 / 2, 5 % 2, 2 ^ 3, 2 ** 3, 5 & 1, 5 | 2, xor(5, 1), ~5, 1 << 3, @(-5), -5, +5, 10!, 1 = 1, 1 == 1, 1 <> 2, 1 != 2, NOT true, true AND false OR true, 1 IS NULL, 1 IS NOT DISTINCT FROM 1
tables: none
SELECT count(*) AS "total rows", max(amount) "max €" FROM "orders"
tables: orders
SELECT DISTINCT region, status FROM orders
tables: orders
SELECT (SELECT count(*) FROM orders WHERE customer_id = c.id) AS n, c.name FROM customers c ORDER BY n DESC
tables: customers, orders
SELECT max(o) FROM orders o
tables: orders
SELECT count(DISTINCT o) FROM orders o
tables: orders
SELECT region, list({'id': id, 'amt': amount} ORDER BY id) AS items FROM orders GROUP BY region
tables: orders

# title: passes: a part of the rows
SELECT * EXCLUDE (note) FROM orders LIMIT 1
tables: orders
SELECT * REPLACE (amount * 2 AS amount) FROM orders LIMIT 1
tables: orders
SELECT * RENAME (amount AS total) FROM orders LIMIT 1
tables: orders
SELECT COLUMNS('.*id') FROM orders LIMIT 1
tables: orders
SELECT COLUMNS(lambda c: c LIKE '%id') FROM orders LIMIT 1
tables: orders
SELECT * FROM orders USING SAMPLE 10 ROWS
tables: orders
SELECT * FROM orders USING SAMPLE 10% (bernoulli)
tables: orders
SELECT * FROM orders TABLESAMPLE reservoir(20 ROWS)
tables: orders
SELECT * FROM orders LIMIT 10%
tables: orders
SELECT 'Hello'.upper().lower(), [3,1].list_sort(), name.length() FROM customers LIMIT 1
tables: customers
SELECT shop.main.orders.id FROM shop.main.orders LIMIT 1
tables: orders
SELECT main.orders.id FROM main.orders LIMIT 1
tables: orders
SELECT ORDERS.ID FROM Orders LIMIT 1
tables: orders
SELECT o FROM orders o LIMIT 1
tables: orders
SELECT alias(amount), typeof(amount), 1 IS DISTINCT FROM NULL FROM orders LIMIT 1
tables: orders
SELECT `id` FROM `orders` LIMIT 1
tables: orders
SELECT * EXCLUDE note, amount * 2 AS twice FROM orders LIMIT 1
tables: orders
SELECT COLUMNS(* EXCLUDE (id)) FROM orders LIMIT 1
tables: orders
SELECT COLUMNS(['id', 'region']) FROM orders LIMIT 1
tables: orders
SELECT * LIKE 'a%' FROM orders LIMIT 1
tables: orders
SELECT * GLOB 'a*' FROM orders LIMIT 1
tables: orders
SELECT * SIMILAR TO 'a.*' FROM orders LIMIT 1
tables: orders
SELECT id FROM orders TABLESAMPLE 50% (system, 42)
tables: orders
SELECT id FROM orders USING SAMPLE reservoir(5 ROWS) REPEATABLE (42)
tables: orders
SELECT id FROM orders LIMIT 50%
tables: orders
SELECT typeof(amount), alias(amount), hash(id), pg_typeof(id) FROM orders LIMIT 1
tables: orders
SELECT 'a'.concat('b').upper(), (id::VARCHAR).lpad(3, '0') FROM orders LIMIT 1
tables: orders

# title: passes: tables turned on their side
PIVOT orders ON region USING sum(amount)
tables: orders
PIVOT orders ON region USING sum(amount) GROUP BY status
tables: orders
PIVOT (SELECT region, status, amount FROM orders) ON region IN ('EU', 'US') USING sum(amount), count(*) GROUP BY status
tables: orders
UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b INTO NAME k VALUE v
tables: none
SELECT * FROM (PIVOT orders ON region USING sum(amount))
tables: orders
SELECT * FROM orders PIVOT (sum(amount) FOR region IN ('EU', 'US'))
tables: orders
FROM (UNPIVOT (SELECT 1 AS a, 2 AS b) ON COLUMNS(*))
tables: none
PIVOT orders ON region USING sum(amount) GROUP BY status ORDER BY status LIMIT 2
tables: orders
WITH p AS (PIVOT orders ON region USING sum(amount) GROUP BY status) SELECT * FROM p
tables: orders
PIVOT orders ON region, status USING count(*)
tables: orders
PIVOT orders ON year(ordered_at) USING sum(amount) AS total, count(*) AS n GROUP BY region
tables: orders
PIVOT (FROM orders SELECT region, status, amount) ON status USING first(amount)
tables: orders
SELECT * FROM (PIVOT orders ON region USING sum(amount) GROUP BY status) AS p ORDER BY status
tables: orders
FROM orders PIVOT (sum(amount) FOR region IN ('EU' AS eu, 'US' AS us) GROUP BY status)
tables: orders
UNPIVOT (SELECT id, amount, customer_id FROM orders) ON amount, customer_id INTO NAME metric VALUE val
tables: orders
SELECT * FROM (SELECT 1 AS q1, 2 AS q2) UNPIVOT (v FOR q IN (q1, q2))
tables: none
SELECT * FROM (SELECT 1 AS q1, NULL AS q2) UNPIVOT INCLUDE NULLS (v FOR q IN (q1, q2))
tables: none

# title: passes: rows made by functions
SELECT unnest([1,2,3]), unnest({'a': 1, 'b': 2})
tables: none
SELECT p.id, t.tag FROM products p, unnest(p.tags) AS t(tag)
tables: products
SELECT * FROM range(5) t(i)
tables: none
SELECT i, i * 2 FROM range(0, 10, 2) AS r(i)
tables: none
SELECT * FROM generate_series(DATE '2024-01-01', DATE '2024-01-05', INTERVAL 1 DAY) AS d(day)
tables: none
SELECT * FROM orders LEFT JOIN LATERAL (SELECT name FROM customers WHERE customers.id = orders.customer_id) c ON true LIMIT 1
tables: customers, orders
SELECT unnest(tags) AS tag, count(*) FROM products GROUP BY tag
tables: products
SELECT unnest(tags) AS t, id FROM products
tables: products
SELECT unnest([{'a': 1, 'b': 2}], recursive := true)
tables: none
SELECT range AS i FROM range(3)
tables: none
SELECT generate_series FROM generate_series(1, 3)
tables: none
SELECT unnest(generate_series(DATE '2025-01-01', DATE '2025-01-05', INTERVAL '1 day'))::DATE AS d
tables: none
SELECT * FROM unnest([1, 2, 3])
tables: none
SELECT * FROM unnest(['a', 'b']) WITH ORDINALITY AS t(v, i)
tables: none
SELECT d.range::DATE AS day, count(o.id) FROM range(DATE '2025-01-01', DATE '2025-01-10', INTERVAL 1 DAY) d LEFT JOIN orders o ON o.ordered_at::DATE = d.range::DATE GROUP BY day ORDER BY day
tables: orders
SELECT c.name, t.* FROM customers c, LATERAL (SELECT sum(amount) AS s, count(*) AS n FROM orders WHERE customer_id = c.id) t
tables: customers, orders
SELECT x.i FROM (SELECT unnest([1,2]) AS i) x
tables: none

# title: passes: JSON
SELECT attrs->>'$.color', attrs->'dims'->>'w', json_extract(attrs, '$.tags'), attrs->>'color' FROM products
tables: products
SELECT json_array_length(attrs->'$.tags'), json_keys(attrs) FROM products
tables: products
SELECT je.key, je.value FROM products, json_each(products.attrs) je
tables: products
SELECT TRY_CAST('x' AS INT), '1'::UTINYINT, 1::HUGEINT, [1]::INT[], '{"a":1}'::JSON, {'a':1}::STRUCT(a BIGINT), CAST(1 AS DECIMAL(10,2)), 'x'::VARCHAR(10), '2024-01-01'::TIMESTAMPTZ, [1,2]::INT[2], MAP{'a':1}::MAP(VARCHAR, INT), 1::UNION(num INT, str VARCHAR)
tables: none
SELECT attrs.color, attrs.dims.w FROM (SELECT {'color': 'x', 'dims': {'w': 1}} AS attrs)
tables: none
SELECT json_extract_string(attrs, '$.color'), attrs ->> '$.dims.w', json_object('a', 1), to_json({'a': 1}), json_type(attrs), json_valid('{}'), from_json('{"a":1}', '{"a":"INT"}'), json_group_array(id) FROM products GROUP BY ALL
tables: products
SELECT (attrs->'dims'->>'w')::INT + 1 FROM products WHERE attrs->>'color' = 'black'
tables: products
SELECT TRY_CAST('a' AS INT), CAST('1' AS TINYINT), '1'::UBIGINT, 1::DOUBLE, 1::FLOAT4, 1::REAL, true::INT, '1 day'::INTERVAL, 'a'::BLOB, 1::DECIMAL(5, 2), 1::NUMERIC, '[1]'::INT[], '{}'::JSON, uuid()::VARCHAR, '101'::BIT, 1::VARCHAR, '2024-01-01'::DATE, '10:00'::TIME, '2024-01-01'::TIMESTAMP_S
tables: none
EXPLAIN (FORMAT json) SELECT count(*) FROM orders
tables: orders
SELECT e.payload.page, e.payload->>'page' AS p FROM events e LIMIT 1
tables: events

# title: passes: windows
SELECT id, row_number() OVER (PARTITION BY region ORDER BY amount DESC) rn FROM orders QUALIFY rn <= 2
tables: orders
SELECT * FROM orders QUALIFY row_number() OVER (PARTITION BY region ORDER BY amount DESC) = 1
tables: orders
SELECT sum(amount) OVER (ORDER BY ordered_at RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND CURRENT ROW) FROM orders
tables: orders
SELECT lag(amount IGNORE NULLS) OVER w FROM orders WINDOW w AS (ORDER BY id)
tables: orders
WITH m AS (SELECT date_trunc('month', ordered_at) AS mon, sum(amount) AS rev FROM orders GROUP BY mon) SELECT mon, rev, rev - lag(rev) OVER (ORDER BY mon) AS d FROM m QUALIFY d IS NOT NULL
tables: orders
SELECT region, amount, rank() OVER (PARTITION BY region ORDER BY amount DESC) AS r FROM orders QUALIFY r <= 2 ORDER BY region, r
tables: orders
SELECT id, avg(amount) OVER w AS ma, min(amount) OVER (w ROWS 1 PRECEDING) FROM orders WINDOW w AS (ORDER BY id)
tables: orders
SELECT id, sum(amount) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM orders
tables: orders
SELECT sum(数量) OVER (ORDER BY 下单日期) AS 累计, "产品名称" FROM 订单明细 -- 注释; DELETE
tables: 订单明细

# title: passes: dates and times
SELECT date_trunc('month', ordered_at), strftime(ordered_at, '%Y-%m'), year(ordered_at), monthname(ordered_at), date_diff('day', ordered_at, now()::timestamp), ordered_at + INTERVAL 1 DAY, ordered_at - INTERVAL '2 months', last_day(ordered_at) FROM orders LIMIT 1
tables: orders
SELECT format('{} {}', 'a', 1), printf('%d', 3), lpad('a', 3, '0'), regexp_replace('a', 'a', 'b', 'g'), regexp_extract('a1', '\d'), string_split('a,b', ','), split_part('a,b', ',', 1), levenshtein('a', 'b'), jaccard('ab', 'bc'), strip_accents('é'), trim('  a '), concat_ws('-', 'a', 'b'), starts_with('a', 'a'), contains('abc', 'b'), md5('a'), sha256('a'), base64('a'::blob), hash('a'), bar(1, 0, 10), chr(65), ascii('a'), unicode('a'), reverse('a'), repeat('a', 2), translate('a', 'a', 'b')
tables: none
SELECT time_bucket(INTERVAL '1 week', ordered_at), epoch(ordered_at), epoch_ms(ordered_at), to_timestamp(0), make_date(2024, 1, 1), strptime('2024', '%Y'), age(ordered_at), current_date, current_timestamp, now(), today(), extract('week' FROM ordered_at), date_part('dow', ordered_at), dayname(ordered_at), isodow(ordered_at), quarter(ordered_at), ordered_at AT TIME ZONE 'UTC' FROM orders LIMIT 1
tables: orders
SELECT struct_extract(o, 'id') FROM orders o LIMIT 1
tables: orders
SELECT count(*) FROM orders WHERE ordered_at BETWEEN '2025-01-01' AND '2025-06-30' AND ordered_at::DATE > DATE '2025-01-01'
tables: orders
SELECT CAST(ordered_at AS DATE) AS d, sum(amount) FROM orders GROUP BY d
tables: orders
SELECT CURRENT_DATE - INTERVAL 30 DAY, date '2024-01-01' + 3, interval 3 hour, interval (3) day, to_days(3)
tables: none
SELECT regexp_extract_all(email, '\d+'), email[1], substring(email FROM 1 FOR 2) FROM customers
tables: customers
SELECT struct_insert({'a': 1}, b := 2), struct_extract({'a': 1}, 'a'), {'a': {'b': [1, 2]}}.a.b[1]
tables: none
SELECT date_trunc('quarter', ordered_at), ordered_at::DATE - INTERVAL 1 MONTH, date_part(['year', 'month'], ordered_at), datediff('month', ordered_at, TIMESTAMP '2025-12-31'), date_add(ordered_at, INTERVAL 1 DAY), make_timestamp(2024, 1, 1, 0, 0, 0.0), strptime('01/02/2024', '%d/%m/%Y')::DATE, EXTRACT(DOW FROM ordered_at), week(ordered_at), dayofyear(ordered_at), century(ordered_at) FROM orders LIMIT 1
tables: orders
SELECT o.* FROM orders o WHERE o.id IN (1, 2, 3) AND o.ordered_at > now() - INTERVAL '5 years'
tables: orders
SELECT time_bucket(INTERVAL '2 weeks', ordered_at), epoch_ms(ordered_at), strftime(ordered_at, '%A'), dayname(ordered_at), isoyear(ordered_at), last_day(ordered_at), age(ordered_at), ordered_at AT TIME ZONE 'Europe/Berlin', to_timestamp(1700000000), current_date - 7, today() - INTERVAL 1 YEAR, get_current_timestamp() > ordered_at::TIMESTAMPTZ FROM orders LIMIT 1
tables: orders

# title: passes: joins
SELECT * FROM orders ASOF JOIN metrics ON orders.ordered_at >= metrics.ts LIMIT 1
tables: metrics, orders
SELECT * FROM orders SEMI JOIN customers ON orders.customer_id = customers.id LIMIT 1
tables: customers, orders
SELECT * FROM orders o POSITIONAL JOIN customers c LIMIT 1
tables: customers, orders
SELECT o.id FROM orders o JOIN customers c USING (id) NATURAL JOIN products LIMIT 1
tables: customers, orders, products
SELECT orders.* EXCLUDE (note), c.name FROM orders JOIN customers c ON c.id = orders.customer_id LIMIT 1
tables: customers, orders
SELECT * FROM orders o ANTI JOIN customers c ON o.customer_id = c.id
tables: customers, orders
SELECT o.id FROM orders o ASOF LEFT JOIN metrics m ON o.ordered_at >= m.ts AND m.host = 'web-1'
tables: metrics, orders

# title: passes: plans, and descriptions of a known table
SELECT * FROM orders ORDER BY amount DESC NULLS FIRST LIMIT 3 OFFSET 1
tables: orders
DESCRIBE orders
tables: orders
DESCRIBE SELECT * FROM orders
tables: orders
SUMMARIZE orders
tables: orders
SUMMARIZE SELECT id FROM orders
tables: orders
SHOW orders
tables: orders
EXPLAIN SELECT count(*) FROM orders
tables: orders
EXPLAIN FROM orders
tables: orders
SELECT column_name, column_type FROM (DESCRIBE orders)
tables: orders
SELECT * FROM (SUMMARIZE orders)
tables: orders
SELECT * FROM pragma_table_info('orders')
tables: orders
PRAGMA table_info('orders')
tables: orders
PRAGMA table_info(orders)
tables: orders
SELECT * FROM orders ORDER BY ALL DESC LIMIT 2
tables: orders
SELECT region, sum(amount) FROM orders GROUP BY 1 HAVING sum(amount) > 10 ORDER BY 2 DESC NULLS LAST LIMIT 5
tables: orders
DESCRIBE SELECT region, sum(amount) FROM orders GROUP BY ALL
tables: orders
DESCRIBE TABLE orders
tables: orders
DESC orders
tables: orders
SUMMARIZE (SELECT id, amount FROM orders)
tables: orders
SELECT column_name, null_percentage FROM (SUMMARIZE orders)
tables: orders
SELECT name, type FROM pragma_table_info('orders')
tables: orders

# title: passes: full text
SELECT 'a' || 'b', 7 // 2, 7 % 2, 2 ** 3, 5 & 3, 1 << 2, xor(1, 2), 'abc'[1:2], 'abc' ~ 'a.*', 'a' SIMILAR TO 'a', regexp_matches('a', 'a'), 'a' GLOB 'a*', 'x' NOT LIKE 'y', 'x' ILIKE 'X', 'a' IN ('a', 'b')
tables: none
SELECT regexp_extract(email, '(\w+)-(\d+)', ['a', 'n']), regexp_full_match('a', 'a'), regexp_split_to_array('a b', ' '), regexp_extract_all('a1b2', '\d') FROM customers
tables: customers

# title: passes: casts
SELECT 'ok'::mood, CAST('sad' AS mood)
tables: none
SELECT array_cosine_similarity([1.0,2.0]::FLOAT[2], [1.0,2.0]::FLOAT[2])
tables: none
SELECT array_value(1, 2), [1, 2]::INT[2], array_distance([1.0, 2.0]::FLOAT[2], [1.0, 1.0]::FLOAT[2]), list_cosine_similarity([1.0], [1.0])
tables: none
SELECT bit_count(5), even(1.5), gamma(5), sign(-1), cbrt(27), atan2(1, 1), degrees(1), gcd(4, 6), lcm(4, 6), round(1.555, 2), ceil(1.1), trunc(1.9), sqrt(2), pow(2, 3), log2(8), exp(1), pi(), isnan('nan'::DOUBLE), random() < 2, fmod(5, 3), nextafter(1.0, 2.0), factorial(5)
tables: none

# title: passes: recursive queries
WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t
tables: none
WITH RECURSIVE t AS (SELECT id, manager_id FROM employees WHERE id = 1 UNION ALL SELECT e.id, e.manager_id FROM employees e, t WHERE e.manager_id = t.id) SELECT count(*) FROM t
tables: employees
WITH RECURSIVE org AS (SELECT id, name, [name] AS path FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, list_append(o.path, e.name) FROM employees e JOIN org o ON e.manager_id = o.id) SELECT name, len(path) FROM org
tables: employees
WITH RECURSIVE t(a, b) USING KEY (a) AS (SELECT 1, 2 UNION SELECT a, b + 1 FROM t WHERE b < 5) SELECT * FROM t
tables: none

# title: passes: common tables and what they hide
WITH a AS (SELECT 1 x), b AS (SELECT * FROM a) SELECT * FROM b, a
tables: none
WITH a AS MATERIALIZED (FROM orders), b AS NOT MATERIALIZED (FROM a) SELECT count(*) FROM b
tables: orders

# title: passes: rows without a FROM
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(id, n)
tables: none
VALUES (1), (2)
tables: none
TABLE orders
tables: orders
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t(i, s) WHERE i IN (VALUES (1))
tables: none

# title: passes: grouping sets
SELECT region, sum(amount) FROM orders GROUP BY CUBE (region, status)
tables: orders
SELECT region, grouping_id(region), sum(amount) FROM orders GROUP BY GROUPING SETS ((region), ())
tables: orders
SELECT year(ordered_at) AS y, month(ordered_at) AS m, sum(amount) FROM orders GROUP BY ROLLUP (y, m) ORDER BY y NULLS LAST
tables: orders
SELECT region, status, sum(amount) FROM orders GROUP BY GROUPING SETS ((region, status), (region), ()) ORDER BY ALL
tables: orders

# title: passes: words that only look dangerous
SELECT "update", "drop table" FROM audit_words WHERE "delete" = 1
tables: audit_words
SELECT $$text; drop$$, E'a\nb', 'it''s' -- comment
tables: none
SELECT * FROM orders WHERE note LIKE '%drop%' ESCAPE '\'
tables: orders
SELECT id AS drop_id, 'DELETE FROM x' AS sql FROM orders WHERE note = 'INSERT'
tables: orders
SELECT "group", count(*) AS "delete" FROM audit_words GROUP BY "group"
tables: audit_words

# title: passes: Chinese names
SELECT 产品名称, 数量 * 单价 AS 金额 FROM 订单明细 WHERE 大区 = '华东' ORDER BY 金额 DESC
tables: 订单明细
SELECT sum(数量) AS 总数 FROM main.订单明细
tables: 订单明细
SELECT * FROM 客户 AS 客 JOIN 订单明细 AS 单 ON 客.编号 = 单.订单号
tables: 客户, 订单明细

# title: passes: set operations
SELECT union_value(k := 1), error_free: 1 FROM orders LIMIT 0
tables: orders
SELECT * FROM orders UNION BY NAME SELECT * FROM eu_orders
tables: eu_orders, orders
SELECT id FROM orders INTERSECT SELECT id FROM customers EXCEPT SELECT 3
tables: customers, orders
(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1
tables: none
(FROM orders LIMIT 1) UNION ALL (FROM orders LIMIT 1)
tables: orders
SELECT 1 AS x UNION BY NAME SELECT 2 AS y
tables: none
SELECT id FROM orders EXCEPT ALL SELECT id FROM customers
tables: customers, orders

# title: a function is called only when it is known to compute and to do nothing else
SELECT * FROM read_text('/etc/passwd')
refused: read_text is not on the list
SELECT * FROM glob('*')
refused: glob is not on the list
SELECT * FROM sniff_csv('x')
refused: sniff_csv is not on the list
SELECT * FROM parquet_metadata('x')
refused: parquet_metadata is not on the list
SELECT * FROM read_duckdb('x')
refused: read_duckdb is not on the list
SELECT * FROM duckdb_secrets()
refused: duckdb_secrets is not on the list
SELECT * FROM duckdb_settings()
refused: duckdb_settings is not on the list
SELECT * FROM duckdb_tables()
refused: duckdb_tables is not on the list
SELECT * FROM pragma_show('orders')
refused: pragma_show is not on the list
SELECT * FROM pragma_storage_info('orders')
refused: pragma_storage_info is not on the list
FROM enable_logging(storage='file')
refused: enable_logging is not on the list
FROM query('SELECT 1')
refused: query is not on the list
FROM query_table('secret_tokens')
refused: query_table is not on the list
FROM query_table(['secret_tokens'])
refused: query_table is not on the list
SELECT * FROM json_execute_serialized_sql('{}')
refused: json_execute_serialized_sql is not on the list
SELECT json_serialize_sql('select 1')
refused: json_serialize_sql is not on the list
SELECT getvariable('x')
refused: getvariable is not on the list
SELECT current_setting('temp_directory')
refused: current_setting is not on the list
SELECT getenv('HOME')
refused: getenv is not on the list
SELECT which_secret('s3://x', 's3')
refused: which_secret is not on the list
SELECT nextval('ticket_seq')
refused: nextval is not on the list
SELECT bump()
refused: bump is not on the list
SELECT * FROM peek('/etc/passwd')
refused: peek is not on the list
SELECT main.bump()
refused: bump is not on the list
SELECT shop.main.bump()
refused: bump is not on the list
SELECT "bump"()
refused: bump is not on the list
SELECT 'ticket_seq'.nextval()
refused: nextval is not on the list
SELECT list_transform(['ticket_seq'], lambda x: nextval(x))
refused: nextval is not on the list
SELECT [nextval(x) FOR x IN ['ticket_seq']]
refused: nextval is not on the list
SELECT sleep_ms(1000)
refused: sleep_ms is not on the list
SELECT write_log('x')
refused: write_log is not on the list
SELECT setseed(0.5)
refused: setseed is not on the list
SELECT txid_current()
refused: txid_current is not on the list
SELECT * FROM test_all_types()
refused: test_all_types is not on the list
SELECT * FROM seq_scan('orders')
refused: seq_scan is not on the list
SELECT * FROM pandas_scan(1)
refused: pandas_scan is not on the list
SELECT * FROM python_map_function(1)
refused: python_map_function is not on the list
SELECT * FROM arrow_scan(1, 2, 3)
refused: arrow_scan is not on the list
SELECT * FROM icu_calendar_names()
refused: icu_calendar_names is not on the list
SELECT * FROM repeat_row(1, num_rows=3), read_blob('x')
refused: read_blob is not on the list
SELECT current_query()
refused: current_query is not on the list
SELECT error('x')
refused: error is not on the list
SELECT pg_sleep(1)
refused: pg_sleep is not on the list
SELECT COLUMNS(c -> read_text('x')) FROM orders
refused: read_text is not on the list
SELECT struct_pack(a := read_text('x'))
refused: read_text is not on the list
SELECT {'a': nextval('ticket_seq')}
refused: nextval is not on the list
SELECT MAP {'a': nextval('ticket_seq')}
refused: nextval is not on the list
SELECT CASE WHEN true THEN nextval('ticket_seq') END
refused: nextval is not on the list
SELECT * FROM orders ORDER BY nextval('ticket_seq')
refused: nextval is not on the list
SELECT * FROM orders LIMIT nextval('ticket_seq')
refused: nextval is not on the list
SELECT * FROM orders OFFSET nextval('ticket_seq')
refused: nextval is not on the list
SELECT sum(amount) OVER (ORDER BY nextval('ticket_seq')) FROM orders
refused: nextval is not on the list
SELECT sum(amount) OVER (ROWS BETWEEN nextval('ticket_seq') PRECEDING AND CURRENT ROW) FROM orders
refused: nextval is not on the list
SELECT count(*) FILTER (WHERE nextval('ticket_seq') > 0) FROM orders
refused: nextval is not on the list
SELECT region FROM orders GROUP BY nextval('ticket_seq')
refused: nextval is not on the list
SELECT region FROM orders GROUP BY CUBE (nextval('ticket_seq'))
refused: nextval is not on the list
SELECT region FROM orders QUALIFY nextval('ticket_seq') > 1
refused: nextval is not on the list
SELECT * FROM orders JOIN customers ON nextval('ticket_seq') > 1
refused: nextval is not on the list
SELECT * FROM unnest([nextval('ticket_seq')])
refused: nextval is not on the list
SELECT * FROM range(nextval('ticket_seq'))
refused: nextval is not on the list
VALUES (nextval('ticket_seq'))
refused: nextval is not on the list
SELECT * FROM (VALUES (nextval('ticket_seq')))
refused: nextval is not on the list
SELECT DISTINCT ON (nextval('ticket_seq')) id FROM orders
refused: nextval is not on the list
SELECT * REPLACE (nextval('ticket_seq') AS id) FROM orders
refused: nextval is not on the list
SELECT ([1,2])[nextval('ticket_seq')]
refused: nextval is not on the list
SELECT 'a'[nextval('ticket_seq'):]
refused: nextval is not on the list
SELECT a.b.c.d.nextval('x')
refused: nextval is not on the list
SELECT md5(x) FROM (SELECT read_text('x') AS x)
refused: read_text is not on the list

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT * FROM 'x.csv'
refused: There is no table x.csv
SELECT * FROM "x.csv"
refused: There is no table x.csv
TABLE "f.parquet"
refused: There is no table f.parquet
SELECT * FROM orders JOIN 'f.csv' f ON true
refused: There is no table f.csv
FROM '/etc/passwd'
refused: There is no table /etc/passwd
SELECT * FROM pragma_table_info('secret_tokens')
refused: There is no table secret_tokens
SELECT * FROM pragma_table_info('hr.salaries')
refused: There is no table hr.salaries
PRAGMA table_info('secret_tokens')
refused: There is no table secret_tokens
SELECT * FROM orders WHERE EXISTS (SELECT * FROM secret_tokens)
refused: There is no table secret_tokens
SELECT (SELECT max(token) FROM secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM orders UNION ALL SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM orders UNION ALL BY NAME FROM secret_tokens
refused: There is no table secret_tokens
WITH a AS (WITH secret_tokens AS (SELECT 1) SELECT * FROM secret_tokens) SELECT * FROM secret_tokens, a
refused: There is no table secret_tokens
WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a
refused: There is no table b
WITH secret_tokens AS (SELECT * FROM secret_tokens) SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM hr.salaries
refused: There is no table hr.salaries
SELECT * FROM shop.hr.salaries
refused: There is no table shop.hr.salaries
SELECT hr.salaries.amount FROM hr.salaries
refused: There is no table hr.salaries
SELECT secret_tokens FROM secret_tokens
refused: There is no table secret_tokens
PIVOT secret_tokens ON id USING max(token)
refused: There is no table secret_tokens
PIVOT orders ON region IN (SELECT token FROM secret_tokens) USING sum(amount)
refused: There is no table secret_tokens
UNPIVOT secret_tokens ON token INTO NAME k VALUE v
refused: There is no table secret_tokens
SELECT * FROM (PIVOT secret_tokens ON id USING max(token))
refused: There is no table secret_tokens
SUMMARIZE secret_tokens
refused: There is no table secret_tokens
SUMMARIZE FROM secret_tokens
refused: There is no table secret_tokens
DESCRIBE FROM secret_tokens
refused: There is no table secret_tokens
DESCRIBE secret_tokens
refused: There is no table secret_tokens
SHOW secret_tokens
refused: There is no table secret_tokens
SHOW TABLES
refused: There is no table TABLES
SHOW DATABASES
refused: There is no table DATABASES
SELECT * FROM (SHOW TABLES)
refused: There is no table SHOW
SELECT * FROM (DESCRIBE secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM (SUMMARIZE secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM (SHOW secret_tokens)
refused: There is no table SHOW
EXPLAIN SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM x: 'file.csv'
refused: There is no table file.csv
SELECT * FROM orders LIMIT (SELECT count(*) FROM secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM `secret_tokens`
refused: There is no table secret_tokens
SELECT * FROM "SECRET_TOKENS"
refused: There is no table SECRET_TOKENS
SELECT * FROM secret_tokens AT (VERSION => 1)
refused: There is no table secret_tokens
SELECT * FROM orders SEMI JOIN secret_tokens USING (id)
refused: There is no table secret_tokens
SELECT * FROM orders, LATERAL (SELECT * FROM secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM orders WHERE id IN (FROM secret_tokens SELECT id)
refused: There is no table secret_tokens
SELECT * FROM orders WHERE id IN (TABLE blocked_ids)
refused: There is no table blocked_ids
SELECT EXISTS (FROM secret_tokens)
refused: There is no table secret_tokens
SELECT ARRAY(SELECT token FROM secret_tokens)
refused: There is no table secret_tokens

# title: the system catalogue is read by nobody
SELECT * FROM duckdb_tables
refused: duckdb_tables belongs to the system catalogue, which queries may not r
SELECT * FROM information_schema.tables
refused: information_schema.tables belongs to the system catalogue, which queri
SELECT * FROM pg_catalog.pg_class
refused: pg_catalog.pg_class belongs to the system catalogue, which queries may
SELECT * FROM pg_class
refused: pg_class belongs to the system catalogue, which queries may not read
SELECT * FROM sqlite_master
refused: sqlite_master belongs to the system catalogue, which queries may not r
SELECT * FROM sqlite_temp_master
refused: sqlite_temp_master belongs to the system catalogue, which queries may 
SELECT * FROM system.main.duckdb_columns
refused: system.main.duckdb_columns belongs to the system catalogue, which quer
SELECT * FROM system.information_schema.columns
refused: system.information_schema.columns belongs to the system catalogue, whi
SELECT * FROM pragma_database_list
refused: pragma_database_list belongs to the system catalogue, which queries ma
SELECT * FROM duckdb_logs
refused: duckdb_logs belongs to the system catalogue, which queries may not rea

# title: another database is not reached
SELECT * FROM temp.main.x
refused: temp.main.x names another database

# title: what is left is refused too
SELECT * FROM pragma_table_info('ord' || 'ers')
refused: pragma_table_info needs the name of one table as a string
DESCRIBE
refused: There is no statement

# title: descriptions are of one known table
PRAGMA database_list
refused: PRAGMA is accepted only for one table by name
PRAGMA show_tables
refused: PRAGMA is accepted only for one table by name
PRAGMA enable_profiling
refused: PRAGMA is accepted only for one table by name
PRAGMA version
refused: PRAGMA is accepted only for one table by name
SHOW ALL TABLES
refused: SHOW is accepted only for one table by name
EXPLAIN DELETE FROM orders
refused: EXPLAIN is accepted only for one table by name

# title: text that two lexers read differently is refused
CALL pragma_version()
refused: The quotes in this statement can be read in two ways
CALL duckdb_functions()
refused: The quotes in this statement can be read in two ways

# title: facts of the session and the server are not told
SELECT current_user
refused: current_user tells of the session
SELECT user
refused: user tells of the session
SELECT version()
refused: current_version tells of the server or session
SELECT current_database(), current_schema()
refused: current_schema tells of the session

# title: what is not understood is refused
FROM (SHOW ALL TABLES)
refused: The statement cannot be parsed as duckdb: Expecting )
SELECT * FROM orders o: secret_tokens
refused: The statement cannot be parsed as duckdb: Invalid expression / Unexpec
SELECT x'41'
refused: The statement cannot be parsed as duckdb: Invalid expression / Unexpec

# title: EXPLAIN explains and does not run
EXPLAIN ANALYZE SELECT 1
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN (ANALYZE) SELECT 1
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN (FORMAT json, ANALYZE true) SELECT 1
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN ANALYZE DELETE FROM orders
refused: EXPLAIN ANALYZE runs the statement

# title: what does not begin as a query is refused, whatever it is
COPY orders TO 'x.csv'
refused: Only a query is accepted, and this begins with COPY
COPY (SELECT 1) TO '/dev/stdout'
refused: Only a query is accepted, and this begins with COPY
EXPORT DATABASE 'x'
refused: Only a query is accepted, and this begins with EXPORT
IMPORT DATABASE 'x'
refused: Only a query is accepted, and this begins with IMPORT
INSTALL httpfs
refused: Only a query is accepted, and this begins with INSTALL
LOAD httpfs
refused: Only a query is accepted, and this begins with LOAD
FORCE INSTALL x
refused: Only a query is accepted, and this begins with FORCE
UPDATE EXTENSIONS
refused: Only a query is accepted, and this begins with UPDATE
ATTACH 'x.db' AS x
refused: Only a query is accepted, and this begins with ATTACH
DETACH shop
refused: Only a query is accepted, and this begins with DETACH
USE shop
refused: Only a query is accepted, and this begins with USE
SET memory_limit = '1GB'
refused: Only a query is accepted, and this begins with SET
RESET memory_limit
refused: Only a query is accepted, and this begins with RESET
SET VARIABLE x = 1
refused: Only a query is accepted, and this begins with SET
PREPARE p AS SELECT 1
refused: Only a query is accepted, and this begins with PREPARE
EXECUTE p
refused: Only a query is accepted, and this begins with EXECUTE
DEALLOCATE p
refused: Only a query is accepted, and this begins with DEALLOCATE
BEGIN
refused: Only a query is accepted, and this begins with BEGIN
COMMIT
refused: Only a query is accepted, and this begins with COMMIT
CHECKPOINT
refused: Only a query is accepted, and this begins with CHECKPOINT
VACUUM
refused: Only a query is accepted, and this begins with VACUUM
ANALYZE
refused: Only a query is accepted, and this begins with ANALYZE
CREATE TEMP TABLE x AS SELECT 1
refused: Only a query is accepted, and this begins with CREATE
CREATE SECRET x (TYPE s3)
refused: Only a query is accepted, and this begins with CREATE
DROP TABLE orders
refused: Only a query is accepted, and this begins with DROP
ALTER TABLE orders ADD COLUMN x INT
refused: Only a query is accepted, and this begins with ALTER
TRUNCATE orders
refused: Only a query is accepted, and this begins with TRUNCATE
INSERT INTO orders SELECT * FROM orders
refused: Only a query is accepted, and this begins with INSERT
UPDATE orders SET id = 1
refused: Only a query is accepted, and this begins with UPDATE
DELETE FROM orders
refused: Only a query is accepted, and this begins with DELETE
MERGE INTO orders USING customers ON true WHEN MATCHED THEN DELETE
refused: Only a query is accepted, and this begins with MERGE
COMMENT ON TABLE orders IS 'x'
refused: Only a query is accepted, and this begins with COMMENT

# title: nothing in a WITH clause writes
WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x
refused: Only reading is accepted
WITH x AS (INSERT INTO orders VALUES (1) RETURNING *) SELECT * FROM x
refused: Only reading is accepted

# title: one statement at a time
SELECT 1; SELECT 2
refused: Only one statement at a time is accepted
SELECT 1;;DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT * FROM orders USING SAMPLE 10 ROWS; DROP TABLE x
refused: Only one statement at a time is accepted

# title: variables and placeholders are not read
SELECT $1
refused: Placeholders are not accepted
SELECT ?
refused: Placeholders are not accepted
SELECT $name
refused: Placeholders are not accepted

# title: SELECT ... INTO writes
SELECT 1 INTO x
refused: SELECT ..
SELECT * INTO t2 FROM orders
refused: SELECT ..

# title: rows are not locked
SELECT * FROM orders FOR UPDATE
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted

# title: refused: a CTE has a table's name only where the engine takes it for that
WITH "secret_toKens" AS (SELECT 1 AS token) SELECT token FROM secret_tokens
refused: secret_tokens
WITH RECURSIVE secret_tokens AS (SELECT * FROM secret_tokens) SELECT * FROM secret_tokens
refused: secret_tokens
WITH RECURSIVE secret_tokens AS (FROM secret_tokens UNION FROM secret_tokens) FROM secret_tokens
refused: secret_tokens
WITH RECURSIVE secret_tokens AS (SELECT 1, 'a', token FROM secret_tokens UNION ALL SELECT * FROM secret_tokens WHERE id > 9) SELECT * FROM secret_tokens
refused: secret_tokens
WITH RECURSIVE secret_tokens AS ((SELECT 1 AS id UNION SELECT id FROM secret_tokens) UNION SELECT id + 1 FROM secret_tokens WHERE id < 3) SELECT * FROM secret_tokens
refused: secret_tokens
WITH RECURSIVE secret_tokens AS (SELECT 1 AS id UNION SELECT id FROM secret_tokens UNION SELECT id FROM secret_tokens) SELECT * FROM secret_tokens
refused: secret_tokens
WITH RECURSIVE secret_tokens AS (WITH q AS (SELECT * FROM secret_tokens) SELECT id FROM q UNION SELECT id FROM secret_tokens) SELECT * FROM secret_tokens
refused: secret_tokens
WITH RECURSIVE secret_tokens AS (SELECT id FROM secret_tokens EXCEPT SELECT id FROM secret_tokens WHERE id > 2) SELECT * FROM secret_tokens
refused: secret_tokens
WITH RECURSIVE secret_tokens AS (SELECT 1 AS id UNION ALL BY NAME SELECT id FROM secret_tokens) SELECT * FROM secret_tokens
refused: secret_tokens

# title: passes: a recursive CTE of a name that a hidden table has
WITH RECURSIVE secret_tokens AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM secret_tokens WHERE id < 3) SELECT * FROM secret_tokens
tables: none
WITH RECURSIVE secret_tokens AS ((SELECT 1 AS id) UNION (SELECT id + 1 FROM (SELECT * FROM secret_tokens) q WHERE id < 3)) SELECT * FROM secret_tokens
tables: none

# title: refused: an aggregate that is a macro in FROM, which reads the table that a string names
FROM histogram('secret_tokens', 'token')
refused: reads a table by a string
SELECT * FROM orders, LATERAL histogram('secret_tokens', 'token')
refused: reads a table by a string
SELECT * FROM system.main."histogram"(source := 'secret_tokens', col_name := token)
refused: reads a table by a string

# title: refused: words that are SQL only where letters are folded as Python does
SELECT id FROM orders unıon SELECT id FROM customers
refused: looks like a word of SQL
SELECT count(*) FROM orders croſs JOIN customers
refused: looks like a word of SQL
SELECT id FROM orders WHERE id IN (ſelect 1)
refused: looks like a word of SQL

# title: the other names of PIVOT and UNPIVOT
PIVOT_WIDER orders ON region USING sum(amount) GROUP BY status
tables: orders
FROM (PIVOT_LONGER (SELECT id, amount FROM orders) ON id, amount INTO NAME k VALUE v) SELECT count(*)
tables: orders
PIVOT_WIDER secret_tokens ON owner USING count(*)
refused: There is no table secret_tokens
PIVOT_LONGER secret_tokens ON id
refused: There is no table secret_tokens

# title: functions that the catalogue writes with capitals
SELECT formatReadableSize(1000), formatReadableDecimalSize(1000)
tables: none

# title: refused: PIVOT looks for its values where a WITH is not seen, and finds the table of that name
WITH secret_tokens AS (SELECT 1 AS a, 'x' AS owner), b AS (PIVOT secret_tokens ON owner) FROM b
refused: PIVOT looks for its values
WITH secret_tokens AS (SELECT 1 AS a, 'x' AS owner), b AS (SELECT * FROM (PIVOT secret_tokens ON owner)) FROM b
refused: PIVOT looks for its values
WITH secret_tokens AS (SELECT 'x' AS owner), b AS (PIVOT (SELECT region || (SELECT max(owner) FROM secret_tokens) AS q FROM orders) ON q) FROM b
refused: PIVOT looks for its values
WITH RECURSIVE secret_tokens(owner) AS (SELECT 'a' UNION SELECT k FROM (PIVOT secret_tokens ON owner USING count(*)) UNPIVOT (v FOR k IN (*))) SELECT owner FROM secret_tokens
refused: PIVOT looks for its values
WITH secret_tokens AS (SELECT 'x' AS owner) SELECT * FROM (PIVOT orders ON region IN (SELECT owner FROM secret_tokens))
refused: PIVOT looks for its values
WITH secret_tokens AS (SELECT 1 AS a, 'x' AS owner), b AS (PIVOT_WIDER secret_tokens ON owner) FROM b
refused: PIVOT looks for its values
WITH secret_tokens AS (SELECT 1 AS a, 'x' AS owner), b AS (WITH q AS (SELECT 1) FROM (PIVOT secret_tokens ON owner)) FROM b
refused: PIVOT looks for its values

# title: passes: PIVOT over a WITH that it sees
WITH secret_tokens AS (SELECT 1 AS a, 'x' AS owner) PIVOT secret_tokens ON owner
tables: none
WITH sales AS (SELECT region, status, amount FROM orders) SELECT * FROM (PIVOT sales ON region USING sum(amount) GROUP BY status)
tables: orders
WITH sales AS (FROM orders), p AS (PIVOT sales ON region IN ('EU', 'US') USING sum(amount) GROUP BY status) FROM p
tables: orders
WITH sales AS (FROM orders), p AS (SELECT * FROM sales PIVOT (sum(amount) FOR region IN ('EU', 'US'))) FROM p
tables: orders
WITH p AS (WITH sales AS (FROM orders) PIVOT sales ON region USING sum(amount) GROUP BY status) FROM p
tables: orders
WITH p AS (PIVOT orders ON region USING sum(amount) GROUP BY status) FROM p
tables: orders
PIVOT orders ON region IN (SELECT DISTINCT region FROM customers) USING sum(amount) GROUP BY status
tables: customers, orders
PIVOT (WITH sales AS (FROM orders) FROM sales) ON region USING sum(amount) GROUP BY status
tables: orders
WITH sales AS (FROM orders), names AS (UNPIVOT (SELECT id, amount FROM sales) ON * INTO NAME k VALUE v) FROM names
tables: orders

# title: passes: what analysts write
SELECT region, status, sum(amount) AS total, grouping(region, status) AS g FROM orders GROUP BY GROUPING SETS ((region, status), (region), ()) ORDER BY ALL
tables: orders
SELECT id, amount, sum(amount) OVER w AS running, avg(amount) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS m3 FROM orders WINDOW w AS (PARTITION BY region ORDER BY ordered_at) ORDER BY id
tables: orders
SELECT region, amount FROM orders QUALIFY row_number() OVER (PARTITION BY region ORDER BY amount DESC) <= 2 ORDER BY 1, 2 DESC
tables: orders
WITH RECURSIVE chain AS (SELECT id, name, manager_id, [name] AS path FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, e.manager_id, list_append(c.path, e.name) FROM employees e JOIN chain c ON e.manager_id = c.id) SELECT id, path, len(path) AS depth FROM chain ORDER BY id
tables: employees
WITH RECURSIVE fib(a, b) USING KEY (a) AS (SELECT 0, 1 UNION SELECT b, a + b FROM fib WHERE b < 50) SELECT a FROM fib ORDER BY a
tables: none
PIVOT orders ON region USING sum(amount) AS total, count(*) AS n GROUP BY status ORDER BY status
tables: orders
PIVOT (SELECT region, status, amount FROM orders) ON region IN ('EU', 'US') USING avg(amount) GROUP BY status ORDER BY ALL
tables: orders
FROM (PIVOT orders ON status USING count(*) GROUP BY region) ORDER BY region
tables: orders
UNPIVOT (SELECT id, qty, line_no FROM (SELECT order_id AS id, qty, line_no FROM order_items LIMIT 3)) ON qty, line_no INTO NAME k VALUE v ORDER BY id, k, v
tables: order_items
WITH m AS (UNPIVOT (SELECT host, cpu, hits::DOUBLE AS hits FROM metrics) ON cpu, hits INTO NAME metric VALUE v) SELECT metric, round(avg(v), 2) FROM m GROUP BY metric ORDER BY metric
tables: metrics
SELECT * FROM (SELECT region, status, amount FROM orders) PIVOT (sum(amount) FOR status IN ('paid', 'shipped') GROUP BY region) ORDER BY region
tables: orders
SELECT list_reduce([1, 2, 3], lambda a, b: a + b) AS s, list_zip([1, 2], ['a', 'b']) AS z, flatten([[1], [2, 3]]) AS f, [1, 2, 3][2:] AS sl, [1,2,3][-1] AS last
tables: none
SELECT map {'a': 1, 'b': 2}['a'] AS v, map_keys(map(['x', 'y'], [1, 2])) AS k, map_entries(map {'k': 10}) AS e, cardinality(map {'q': 1}) AS c
tables: none
SELECT {'a': 1, 'b': {'c': 'x'}}.b.c AS c, struct_pack(n := 1, s := 'z') AS p, row(1, 'a') AS r, unnest({'x': 1, 'y': 2})
tables: none
SELECT s.a, s['b'] FROM (SELECT {'a': id, 'b': name} AS s FROM customers ORDER BY id LIMIT 3)
tables: customers
SELECT payload->>'$.page' AS page, (payload->'ms')::INT AS ms, payload->>'q' AS q FROM events ORDER BY id LIMIT 5
tables: events
SELECT json_extract(attrs, ['$.color', '$.dims.w']) AS l, json_array_length(attrs->'tags') AS n, json_keys(attrs) AS k, attrs.dims.h AS h FROM products ORDER BY id LIMIT 4
tables: products
SELECT j.key, j.value, j.type FROM products p, json_each(p.attrs) j WHERE p.id = 1 ORDER BY j.key
tables: products
SELECT from_json(payload, '{"page": "VARCHAR", "ms": "INTEGER"}') AS s FROM events ORDER BY id LIMIT 2
tables: events
SELECT c.id, l.amount FROM customers c, LATERAL (SELECT amount FROM orders o WHERE o.customer_id = c.id ORDER BY amount DESC LIMIT 1) l ORDER BY 1
tables: customers, orders
SELECT m.ts, m.host, o.id FROM metrics m ASOF LEFT JOIN (SELECT id, ordered_at AS ts FROM orders) o USING (ts) ORDER BY m.ts, m.host LIMIT 5
tables: metrics, orders
SELECT a.id, b.id AS other FROM (SELECT id FROM orders ORDER BY id LIMIT 3) a POSITIONAL JOIN (SELECT id FROM customers ORDER BY id DESC LIMIT 3) b
tables: customers, orders
SELECT count(*) < 61 AS ok FROM orders USING SAMPLE 50%
tables: orders
SELECT count(*) AS n FROM orders TABLESAMPLE reservoir(10 ROWS) REPEATABLE (7)
tables: orders
SELECT count(*) <= 60 AS ok FROM orders USING SAMPLE bernoulli(30 PERCENT)
tables: orders
SELECT region, count(*) FILTER (amount > 100) AS big, count(*) FILTER (WHERE status = 'paid') AS paid FROM orders GROUP BY ALL ORDER BY ALL
tables: orders
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) AS med, quantile_disc(amount, [0.25, 0.75]) AS q, mode(status) AS m, mad(amount) AS d FROM orders
tables: orders
SELECT string_agg(DISTINCT status, '|' ORDER BY status) AS s, first(id ORDER BY amount) AS f, arg_max(id, amount) AS am, max(amount, 3) AS top3, histogram(region) AS h FROM orders
tables: orders
SELECT name FROM customers ORDER BY name COLLATE NOCASE DESC NULLS LAST LIMIT 5
tables: customers
SELECT name COLLATE NOCASE.NOACCENT = 'zoe kruger' AS eq FROM customers ORDER BY id
tables: customers
SELECT TIMESTAMPTZ '2025-01-01 00:00:00+00' AT TIME ZONE 'Asia/Shanghai' AS sh, timezone('UTC', TIMESTAMP '2025-01-01') IS NOT NULL AS u
tables: none
SELECT DATE '2025-01-31' + INTERVAL 1 MONTH AS m, DATE '2025-03-01' - DATE '2025-02-01' AS d, INTERVAL '2 days 3 hours' AS i, ordered_at + to_days(3) AS p FROM orders ORDER BY id LIMIT 2
tables: orders
SELECT date_trunc('month', ordered_at) AS m, extract(dow FROM ordered_at) AS dow, strftime(ordered_at, '%Y-%m') AS ym, date_part(['year', 'month'], ordered_at) AS parts, time_bucket(INTERVAL '10 days', ordered_at) AS b FROM orders ORDER BY id LIMIT 4
tables: orders
SELECT generate_series AS d FROM generate_series(DATE '2025-01-01', DATE '2025-01-05', INTERVAL 1 DAY)
tables: none
SELECT unnest(range(1, 4)) AS i, unnest(['a', 'b', 'c']) AS s
tables: none
SELECT d::DATE AS d, coalesce(n, 0) AS n FROM range(DATE '2025-01-01', DATE '2025-01-10', INTERVAL 1 DAY) t(d) LEFT JOIN (SELECT ordered_at::DATE AS d, count(*) AS n FROM orders GROUP BY 1) USING (d) ORDER BY d
tables: orders
SELECT COLUMNS('^(id|amount)$') FROM orders ORDER BY id LIMIT 2
tables: orders
SELECT min(COLUMNS(* EXCLUDE (note, region, status, currency))) FROM orders
tables: orders
SELECT * EXCLUDE (note) REPLACE (upper(region) AS region) RENAME (amount AS betrag) FROM orders ORDER BY id LIMIT 2
tables: orders
SELECT o.* EXCLUDE note, c.name AS cust FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id LIMIT 2
tables: customers, orders
SELECT regexp_replace(name, '[aeiou]', '*', 'g') AS r, regexp_matches(email, '^MASK'), email SIMILAR TO '.*@example\.test' AS s, regexp_extract_all(name, '\w+') AS words, name ~ 'A.*' AS t FROM customers ORDER BY id LIMIT 3
tables: customers
SELECT name ILIKE '%lamp%' AS a, name NOT LIKE 'D%' AS b, name GLOB 'D*' AS c, contains(name, 'Desk') AS d, starts_with(name, 'O') AS e FROM products ORDER BY id
tables: products
SELECT printf('%05d|%s', id, name) AS p, format('{:>6.2f}', amount) AS f, lpad('7', 3, '0') AS l, concat_ws('-', 'a', NULL, 'b') AS c, split_part('a,b,c', ',', 2) AS s, string_split('a b', ' ') AS sp, reverse('abc') AS r, 'a' || 'b' AS cc, repeat('x', 3) AS rep FROM orders JOIN customers USING (id) ORDER BY id LIMIT 2
tables: customers, orders
SELECT 产品名称, sum(数量 * 单价) AS 总额 FROM 订单明细 WHERE 大区 IN ('华东', '华南') GROUP BY 产品名称 HAVING sum(数量) > 1 ORDER BY 总额 DESC
tables: 订单明细
SELECT 'Grand ''total''' AS "The ""total""", sum(amount) AS "sum; DROP TABLE orders" FROM orders
tables: orders
/* report: DELETE nothing */ SELECT -- pick; all
 count(*) /* inner /* nested */ */ FROM orders -- DROP TABLE orders
tables: orders
SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(x, y) ORDER BY x
tables: none
VALUES (1, 'one'), (2, 'two')
tables: none
FROM orders SELECT region, count(*) GROUP BY region ORDER BY region
tables: orders
FROM orders WHERE amount > 200 ORDER BY id LIMIT 3
tables: orders
SELECT region, n FROM (SELECT region, count(*) AS n FROM orders GROUP BY region) WHERE n > (SELECT avg(n) - 1 FROM (SELECT count(*) AS n FROM orders GROUP BY region)) ORDER BY 1
tables: orders
SELECT c.name FROM customers c WHERE NOT EXISTS (FROM orders o WHERE o.customer_id = c.id AND o.amount > 250) ORDER BY 1
tables: customers, orders
SELECT id FROM orders WHERE (region, status) IN (('EU', 'paid'), ('US', 'shipped')) ORDER BY id
tables: orders
SELECT id FROM orders WHERE amount > ALL (SELECT price FROM products WHERE category = 'Paper') AND status = ANY (['paid', 'shipped']) ORDER BY id
tables: orders, products
SELECT region FROM orders INTERSECT SELECT region FROM customers EXCEPT SELECT 'US' ORDER BY 1
tables: customers, orders
SELECT id, amount FROM orders UNION ALL BY NAME SELECT price AS amount, id FROM products ORDER BY id, amount LIMIT 5
tables: orders, products
SELECT DISTINCT ON (customer_id) customer_id, id, amount FROM orders ORDER BY customer_id, amount DESC
tables: orders
SELECT region, sum(amount) FROM orders GROUP BY ROLLUP (region) ORDER BY region NULLS FIRST
tables: orders
SELECT region, status, count(*) FROM orders GROUP BY CUBE (region, status) ORDER BY 1 NULLS LAST, 2 NULLS LAST
tables: orders
SELECT id, lag(amount, 1, 0) OVER (ORDER BY id) AS p, first_value(amount) OVER (PARTITION BY region ORDER BY id) AS f, nth_value(amount, 2) OVER (PARTITION BY region ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS n2, percent_rank() OVER (ORDER BY amount) AS pr, ntile(4) OVER (ORDER BY id) AS q FROM orders ORDER BY id LIMIT 6
tables: orders
SELECT ts, avg(cpu) OVER (PARTITION BY host ORDER BY ts RANGE BETWEEN INTERVAL 3 HOURS PRECEDING AND CURRENT ROW) AS m FROM metrics ORDER BY host, ts LIMIT 5
tables: metrics
SELECT id, sum(amount) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS s FROM orders ORDER BY id LIMIT 4
tables: orders
SELECT CASE region WHEN 'EU' THEN 'Europe' ELSE region END AS r, if(amount > 100, 'big', 'small') AS b, coalesce(note, '-') AS n, nullif(status, 'paid') AS ns FROM orders ORDER BY id LIMIT 3
tables: orders
SELECT #1 FROM (SELECT region FROM orders ORDER BY id LIMIT 1)
tables: orders
SELECT amount AS a, a * 2 AS b, b + 1 AS c FROM orders WHERE a > 250 ORDER BY c
tables: orders
SELECT total: sum(amount), n: count(*) FROM orders
tables: orders
SELECT s.n FROM orders, (SELECT 1 AS n) s LIMIT 1
tables: orders
SELECT (SELECT max(amount) FROM orders o2 WHERE o2.region = o.region) AS mx, o.id FROM orders o ORDER BY o.id LIMIT 3
tables: orders
SELECT ordered_at::DATE AS "date", count(*) AS "count" FROM orders GROUP BY "date" ORDER BY "date" LIMIT 3
tables: orders
SELECT 10 // 3 AS q, 10 % 3 AS m, 2 ** 3 AS p, 5 & 3 AS a, 5 | 3 AS o, xor(5, 3) AS x, ~5 AS n, 1 << 3 AS sh, 5! AS f, @ -7 AS ab
tables: none
SELECT date_diff('day', DATE '2025-01-01', ordered_at) AS d, age(TIMESTAMP '2025-06-01', ordered_at) IS NOT NULL AS a, dayname(ordered_at) AS dn, last_day(ordered_at::DATE) AS ld, epoch(ordered_at) AS ep FROM orders ORDER BY id LIMIT 3
tables: orders
DESCRIBE SELECT region, sum(amount) FROM orders GROUP BY region
tables: orders
SUMMARIZE SELECT amount FROM orders
tables: orders
SUMMARIZE products
tables: products
SELECT 'DROP TABLE orders; --' AS txt, note FROM orders WHERE note LIKE '%ok%' OR note ILIKE 'delete%' ORDER BY id LIMIT 2
tables: orders
SELECT "update", "delete", "order", "select", "group", "drop table" FROM audit_words ORDER BY id LIMIT 2
tables: audit_words
SELECT unnest([{'a': 1, 'b': 2}, {'a': 3, 'b': 4}], recursive := true)
tables: none
SELECT t.c.x FROM (SELECT unnest([{'x': 1}, {'x': 2}]) AS c) t ORDER BY 1
tables: none
SELECT list(id ORDER BY id) AS ids, array_agg(DISTINCT region ORDER BY region) AS r, list_aggregate([1, 2, 3], 'sum') AS s, list_sort([3, 1, 2], 'DESC') AS ls, list_contains(['a'], 'a') AS lc FROM orders WHERE id < 4
tables: orders
SELECT [1.0, 2.0]::FLOAT[2] AS v, array_cosine_similarity([1, 0]::FLOAT[2], [0, 1]::FLOAT[2]) AS c
tables: none
SELECT union_tag(union_value(a := 1)) AS t, enum_range(NULL::mood) AS e, 'ok'::mood AS m
tables: none
SELECT count(DISTINCT (region, status)) AS n, count(DISTINCT customer_id) AS c, approx_count_distinct(customer_id) > 0 AS ap FROM orders
tables: orders
SELECT x FROM (SELECT 1 AS x UNION ALL SELECT 2) SEMI JOIN (SELECT 2 AS x) USING (x)
tables: none
SELECT id FROM customers ANTI JOIN orders ON orders.customer_id = customers.id AND orders.amount > 200 ORDER BY id
tables: customers, orders
SELECT * FROM orders NATURAL JOIN (SELECT 1 AS id) LIMIT 2
tables: orders
SELECT sum(amount) AS total FROM orders HAVING sum(amount) > 10
tables: orders
SELECT id FROM orders LIMIT 10% OFFSET 2
tables: orders
SELECT id FROM orders ORDER BY id LIMIT (SELECT 3) OFFSET 1
tables: orders
WITH a(x) AS MATERIALIZED (SELECT id FROM orders), b AS NOT MATERIALIZED (SELECT x FROM a WHERE x < 3) SELECT * FROM b ORDER BY x
tables: orders
SELECT substr(name, 1, 3) AS s, name[1:2] AS sl, strlen(name) AS l, upper(name), trim('  a '), position('a' IN name), replace(name, 'a', 'b'), translate('abc', 'a', 'z'), left(name, 2), md5(name), strip_accents(name), levenshtein('a', 'b'), jaro_winkler_similarity('ab', 'ac'), soundex FROM customers, (SELECT 1 AS soundex) ORDER BY id LIMIT 2
tables: customers
SELECT `region`, count(*) FROM `orders` GROUP BY `region` ORDER BY `region`
tables: orders
SELECT name.upper().left(3) AS n, 'x'.concat('y') AS c FROM customers ORDER BY id LIMIT 2
tables: customers
SELECT * FROM orders WHERE ordered_at BETWEEN '2025-02-01' AND '2025-03-01' AND shipped_on IS NOT DISTINCT FROM NULL ORDER BY id LIMIT 3
tables: orders
SELECT median(amount), stddev(amount), var_samp(amount), corr(id, amount), regr_slope(amount, id), kurtosis(amount), skewness(amount), entropy(region), sum(DISTINCT amount), product(id) FILTER (id < 4), bit_or(id), bool_and(amount > 0) FROM orders
tables: orders

# title: refused: what an attacker would try
SELECT * FROM 'canary.csv'
refused: There is no table canary.csv
SELECT * FROM "/tmp/canary.csv"
refused: There is no table /tmp/canary.csv
FROM '/tmp/*.parquet'
refused: There is no table /tmp/*.parquet
SELECT * FROM orders, '/tmp/canary.json'
refused: There is no table /tmp/canary.json
SELECT * FROM orders JOIN "/tmp/canary.csv" c ON true
refused: There is no table /tmp/canary.csv
TABLE "/tmp/canary.parquet"
refused: There is no table /tmp/canary.parquet
SELECT id FROM orders WHERE id IN (FROM '/tmp/canary.csv' SELECT id)
refused: There is no table /tmp/canary.csv
WITH x AS (FROM read_csv('/tmp/canary.csv')) SELECT * FROM x
refused: READ_CSV('/tmp/canary.csv') is not a table
SELECT (SELECT content FROM read_text('/etc/passwd'))
refused: read_text is not on the list of functions that may be called
SELECT list_transform(['/etc/passwd'], lambda f: (SELECT content FROM read_text(f)))
refused: read_text is not on the list of functions that may be called
SELECT id FROM orders ORDER BY nextval('ticket_seq')
refused: nextval is not on the list of functions that may be called
SELECT id FROM orders LIMIT nextval('ticket_seq')
refused: nextval is not on the list of functions that may be called
SELECT map {'k': nextval('ticket_seq')}
refused: nextval is not on the list of functions that may be called
SELECT [nextval('ticket_seq')]
refused: nextval is not on the list of functions that may be called
SELECT [nextval('ticket_seq') FOR x IN [1, 2]]
refused: nextval is not on the list of functions that may be called
SELECT x FROM orders, unnest([nextval('ticket_seq')]) t(x)
refused: nextval is not on the list of functions that may be called
SELECT bump() FROM orders GROUP BY ALL
refused: bump is not on the list of functions that may be called
SELECT "nextval"('ticket_seq')
refused: nextval is not on the list of functions that may be called
SELECT main.nextval('ticket_seq')
refused: nextval is not on the list of functions that may be called
SELECT system.main.nextval('ticket_seq')
refused: nextval is not on the list of functions that may be called
SELECT currval('ticket_seq')
refused: currval is not on the list of functions that may be called
SELECT getenv('SHOP_API_KEY')
refused: getenv is not on the list of functions that may be called
SELECT current_setting('home_directory')
refused: current_setting is not on the list of functions that may be
SUMMARIZE SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SUMMARIZE '/tmp/canary.csv'
refused: There is no table /tmp/canary.csv
DESCRIBE '/tmp/canary.csv'
refused: There is no table /tmp/canary.csv
DESCRIBE SELECT * FROM '/tmp/canary.csv'
refused: There is no table /tmp/canary.csv
PIVOT secret_tokens ON owner USING count(*)
refused: There is no table secret_tokens
UNPIVOT secret_tokens ON COLUMNS(* EXCLUDE id) INTO NAME k VALUE v
refused: There is no table secret_tokens
SELECT * FROM orders POSITIONAL JOIN secret_tokens
refused: There is no table secret_tokens
SELECT * FROM orders ASOF JOIN secret_tokens s ON orders.id >= s.id
refused: There is no table secret_tokens
SELECT (FROM secret_tokens SELECT list(token))
refused: There is no table secret_tokens
SELECT id IN (FROM blocked_ids) FROM orders
refused: There is no table blocked_ids
SELECT * FROM main.secret_tokens
refused: There is no table main.secret_tokens
SELECT * FROM shop.main.secret_tokens
refused: There is no table shop.main.secret_tokens
SELECT * FROM shop.secret_tokens
refused: There is no table shop.secret_tokens
SELECT * FROM secret_v
refused: There is no table secret_v
WITH secret_tokens AS (SELECT * FROM main.secret_tokens) SELECT * FROM secret_tokens
refused: There is no table main.secret_tokens
WITH x AS (SELECT 1), secret_tokens AS (SELECT * FROM secret_tokens) SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM query('SELECT * FROM secret_tokens')
refused: query is not on the list of functions that may be called
SELECT * FROM query_table('secret_tokens')
refused: query_table is not on the list of functions that may be call
SELECT * FROM query_table(['orders', 'secret_tokens'])
refused: query_table is not on the list of functions that may be call
SELECT json_execute_serialized_sql(json_serialize_sql('SELECT 1'))
refused: json_execute_serialized_sql is not on the list of functions
FROM json_execute_serialized_sql('{"error":false}')
refused: json_execute_serialized_sql is not on the list of functions
SELECT json_serialize_plan('SELECT * FROM secret_tokens')
refused: json_serialize_plan is not on the list of functions that may
SELECT * FROM sql_auto_complete('SELECT * FROM secr')
refused: sql_auto_complete is not on the list of functions that may b
SELECT * FROM pragma_version()
refused: pragma_version is not on the list of functions that may be c
SELECT current_database()
refused: current_database tells of the server or session
SELECT current_schema()
refused: current_schema tells of the session
SELECT * FROM write_blob('/tmp/x', 'y')
refused: write_blob is not on the list of functions that may be calle
FROM enable_logging()
refused: enable_logging is not on the list of functions that may be c
FROM enable_profiling(save_location = '/tmp/x')
refused: enable_profiling is not on the list of functions that may be
FROM disable_logging()
refused: disable_logging is not on the list of functions that may be
FROM destroy_external_resource('query', 'SELECT 1')
refused: destroy_external_resource is not on the list of functions th
WITH x AS (INSERT INTO audit_log VALUES (1, 'x') RETURNING *) SELECT * FROM x
refused: Only reading is accepted
WITH x AS (DELETE FROM events RETURNING *) SELECT * FROM x
refused: Only reading is accepted
EXPLAIN ANALYZE DELETE FROM events
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN (ANALYZE, FORMAT json) SELECT nextval('ticket_seq')
refused: EXPLAIN ANALYZE runs the statement
EXPLAIN DELETE FROM events
refused: EXPLAIN is accepted only for one table by name
EXPLAIN COPY orders TO 'x'
refused: EXPLAIN is accepted only for one table by name
SELECT 1; DELETE FROM events
refused: Only one statement at a time is accepted
SELECT 1;; DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT $$;$$; DROP TABLE orders; $$
refused: A string is not closed: it begins with '$$'
SELECT 'a'';'; DROP TABLE orders -- '
refused: Only one statement at a time is accepted
SELECT "a""b"; DELETE FROM events
refused: Only one statement at a time is accepted
/* /* */ SELECT 1 */ DELETE FROM events
refused: Only a query is accepted, and this begins with DELETE
SELECT * FROM range(3) t(i), read_text('/etc/passwd')
refused: read_text is not on the list of functions that may be called
SELECT * FROM glob('/etc/*')
refused: glob is not on the list of functions that may be called
SELECT * FROM read_blob('/etc/passwd')
refused: read_blob is not on the list of functions that may be called
SELECT * FROM parquet_metadata('/tmp/canary.parquet')
refused: parquet_metadata is not on the list of functions that may be
SELECT * FROM sniff_csv('/tmp/canary.csv')
refused: sniff_csv is not on the list of functions that may be called
SELECT * FROM parquet_scan('x')
refused: parquet_scan is not on the list of functions that may be cal
SELECT * FROM read_duckdb('/tmp/canary.duckdb')
refused: read_duckdb is not on the list of functions that may be call
SELECT * FROM sqlite_scan('/tmp/canary.db', 'other')
refused: sqlite_scan is not on the list of functions that may be call
SELECT * FROM delta_scan('x')
refused: delta_scan is not on the list of functions that may be calle
SELECT * FROM iceberg_scan('x')
refused: iceberg_scan is not on the list of functions that may be cal
SELECT * FROM postgres_scan('', '', '')
refused: postgres_scan is not on the list of functions that may be ca
SELECT * FROM postgres_query('', 'x')
refused: postgres_query is not on the list of functions that may be c
SELECT * FROM read_xlsx('x')
refused: read_xlsx is not on the list of functions that may be called
SELECT * FROM st_read('x')
refused: st_read is not on the list of functions that may be called
SELECT * FROM which_secret('s3://x', 's3')
refused: which_secret is not on the list of functions that may be cal
SELECT * FROM duckdb_functions() WHERE function_name = 'x'
refused: duckdb_functions is not on the list of functions that may be
SELECT * FROM repeat_row(1, num_rows = 3), duckdb_memory()
refused: duckdb_memory is not on the list of functions that may be ca
SELECT VARCHAR(nextval('ticket_seq'))
refused: varchar is not on the list of functions that may be called
SELECT CAST(1 AS DECIMAL(nextval('ticket_seq'), 2))
refused: nextval is not on the list of functions that may be called
SELECT INTERVAL (nextval('ticket_seq')) DAY
refused: nextval is not on the list of functions that may be called
SELECT COLUMNS(c -> nextval('ticket_seq') > 0) FROM orders
refused: nextval is not on the list of functions that may be called
SELECT COLUMNS(lambda c: (SELECT count(*) FROM secret_tokens) > 0) FROM orders
refused: There is no table secret_tokens
SELECT * EXCLUDE (id), (SELECT max(token) FROM secret_tokens) FROM orders
refused: There is no table secret_tokens
SELECT * FROM orders QUALIFY (SELECT count(*) FROM secret_tokens) > 0
refused: There is no table secret_tokens
SELECT * FROM orders USING SAMPLE 10 ROWS, secret_tokens
refused: There is no table secret_tokens
SELECT * FROM orders AT (VERSION => 1), secret_tokens
refused: There is no table secret_tokens
PIVOT orders ON region USING sum((SELECT count(*) FROM secret_tokens))
refused: There is no table secret_tokens
PIVOT (FROM secret_tokens) ON owner
refused: There is no table secret_tokens
SELECT x: nextval('ticket_seq')
refused: nextval is not on the list of functions that may be called
SELECT * FROM o: secret_tokens
refused: There is no table secret_tokens
SELECT id->(SELECT token FROM secret_tokens LIMIT 1) FROM orders
refused: There is no table secret_tokens
SELECT json_extract('{}', (SELECT token FROM secret_tokens LIMIT 1))
refused: There is no table secret_tokens
SELECT list_filter([1], lambda x: x IN (FROM blocked_ids))
refused: There is no table blocked_ids
SELECT list_reduce([1, 2], lambda a, b: nextval('ticket_seq'))
refused: nextval is not on the list of functions that may be called
SELECT invoke(lambda x: getenv('HOME'), 1)
refused: invoke is not on the list of functions that may be called
SELECT max(token) FROM (VALUES (1)) v, secret_tokens
refused: There is no table secret_tokens
SELECT 1 WHERE EXISTS (TABLE secret_tokens)
refused: There is no table secret_tokens
SELECT 1 FROM orders GROUP BY (SELECT token FROM secret_tokens LIMIT 1)
refused: There is no table secret_tokens
SELECT 1 ORDER BY (SELECT token FROM secret_tokens LIMIT 1)
refused: There is no table secret_tokens
SELECT 1 LIMIT (SELECT count(*) FROM secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM orders o SEMI JOIN secret_tokens USING (id)
refused: There is no table secret_tokens
(SELECT 1) UNION (SELECT count(*) FROM secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM ((((secret_tokens))))
refused: There is no table secret_tokens
FROM secret_tokens
refused: There is no table secret_tokens
FROM orders, secret_tokens
refused: There is no table secret_tokens
SELECT s.token FROM orders, LATERAL (SELECT * FROM secret_tokens) s
refused: There is no table secret_tokens
SELECT * FROM orders, memory.main.x
refused: memory.main.x names another database
SELECT * FROM system.information_schema.tables
refused: system.information_schema.tables belongs to the system catal
SELECT add_parquet_key('x', 'y')
refused: add_parquet_key is not on the list of functions that may be
SELECT read_text('/etc/passwd')
refused: read_text is not on the list of functions that may be called
SELECT * FROM summary((SELECT * FROM secret_tokens))
refused: summary is not on the list of functions that may be called
SELECT * FROM unnest((SELECT list(token) FROM secret_tokens))
refused: There is no table secret_tokens
SELECT * FROM read_json_objects('/tmp/canary.json')
refused: read_json_objects is not on the list of functions that may b
SELECT sleep_ms(10)
refused: sleep_ms is not on the list of functions that may be called
SELECT force_checkpoint()
refused: force_checkpoint is not on the list of functions that may be
FROM force_checkpoint()
refused: force_checkpoint is not on the list of functions that may be
FROM checkpoint('shop')
refused: checkpoint is not on the list of functions that may be calle
SELECT * FROM seq_scan('secret_tokens')
refused: seq_scan is not on the list of functions that may be called
SELECT * FROM fts_main_orders.match_bm25('x')
refused: match_bm25 is not on the list of functions that may be calle
SELECT in_search_path('a', 'b')
refused: in_search_path is not on the list of functions that may be c
SELECT parse_duckdb_log_message('x', 'y')
refused: parse_duckdb_log_message is not on the list of functions tha
SELECT current_connection_id()
refused: current_connection_id is not on the list of functions that m
SELECT is_histogram_other_bin(1), nextval('ticket_seq')
refused: nextval is not on the list of functions that may be called
SELECT ST_Read('x')
refused: st_read is not on the list of functions that may be called
SELECT * FROM orders WHERE id = (SELECT content FROM read_text('/tmp/.env'))
refused: read_text is not on the list of functions that may be called

# title: passes: set operations by name over a query in parentheses
(FROM orders) UNION BY NAME (FROM orders WHERE id < 3) ORDER BY id
tables: orders
SELECT id FROM orders UNION ALL BY NAME (SELECT id FROM customers)
tables: customers, orders
SELECT unbin('101'), get_current_time()
tables: none

# title: refused: what only looks like a set operation by name
SELECT 1 UNION BY NAME (FROM secret_tokens)
refused: There is no table secret_tokens
SELECT name(1)
refused: name is not on the list
