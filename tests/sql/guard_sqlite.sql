# dialect: sqlite

# title: passes: everything else that analysts write
SELECT region, count(*) FROM orders GROUP BY region HAVING count(*) > 1
tables: orders
SELECT * FROM docs('lamp')
tables: docs
SELECT o.[id], o."region" FROM [orders] AS o
tables: orders
SELECT 'orders' AS t, 'it''s', x'41', "name" FROM customers
tables: customers
SELECT iif(amount > 100, 'a', 'b'), ifnull(note, ''), nullif(status, 'paid'), typeof(amount), quote(note), hex(note), substr(note, 1, 2), printf('%.2f', amount), unicode('a'), char(65), max(1, 2), likely(1), total(amount), glob('a*', 'abc'), like('a%', 'abc') FROM orders
tables: orders
SELECT (SELECT max(amount) FROM orders o WHERE o.customer_id = c.id) FROM customers c
tables: customers, orders
SELECT id FROM orders WHERE amount BETWEEN 10 AND 20 COLLATE NOCASE;
tables: orders
SELECT name COLLATE NOCASE FROM customers ORDER BY name COLLATE NOCASE
tables: customers
SELECT count(DISTINCT region), avg(DISTINCT amount) FROM orders
tables: orders
SELECT ceil(1.2), floor(1.2), ln(2), log(10), log(2, 8), pow(2, 3), sqrt(4), sin(1), pi(), degrees(1), mod(5, 3), trunc(1.5), sign(-1), exp(1)
tables: none
SELECT id, amount, (SELECT count(*) FROM orders b WHERE b.amount > a.amount) + 1 AS rnk FROM orders a
tables: orders
SELECT 'a' 'b'
tables: none
SELECT total(amount) FROM orders o, customers AS c, products p WHERE o.customer_id = c.id AND p.id = 1
tables: customers, orders, products
SELECT region, group_concat(DISTINCT status) AS st, group_concat(id, '|') AS ids FROM orders GROUP BY region HAVING count(DISTINCT status) > 1
tables: orders
SELECT c.name, (SELECT sum(amount) FROM orders o WHERE o.customer_id = c.id AND o.status = 'paid') AS paid FROM customers c WHERE paid IS NOT NULL
tables: customers, orders
SELECT * FROM docs WHERE docs = 'lamp'
tables: docs
SELECT * FROM docs WHERE body LIKE '%oak%'
tables: docs
SELECT highlight(docs, 0, '[', ']') FROM docs('title:lamp')
tables: docs
SELECT name, upper(name), lower(name), length(name), substr(name, 2), substr(name, -3, 2), trim(name), ltrim(name, 'A'), replace(name, ' ', '_'), instr(name, 'a'), name || '-' || region, printf('%05d', id), format('%s', name), hex(name), unicode(name), quote(name), soundex_free FROM (SELECT *, 1 AS soundex_free FROM customers)
tables: customers
SELECT abs(-1.5), round(2.567, 1), max(1, 2, 3), min(1, 2), random() % 10 <> 11, sign(-5), ceil(1.2), floor(1.8), sqrt(2), power(2, 3), exp(1), ln(2), log10(100), log2(8), pi(), radians(180), sin(0), atan2(1, 1), mod(10, 3), trunc(1.9)
tables: none
SELECT iif(vip, 'y', 'n'), coalesce(notes, '(none)'), ifnull(notes, ''), nullif(region, 'EU'), CASE WHEN vip = 1 THEN 'VIP' END, notes IS NULL, notes NOT NULL, vip IS TRUE, vip IS NOT FALSE FROM customers
tables: customers
SELECT count(*) FILTER (WHERE status = 'paid') * 100.0 / count(*) AS pct, total(amount), avg(amount), group_concat(status) FILTER (WHERE id < 3) FROM orders
tables: orders

# title: passes: dates and times
SELECT strftime('%Y-%m', ordered_at) AS m, sum(amount) FROM orders GROUP BY m ORDER BY m
tables: orders
SELECT date('now', '-1 month'), datetime(ordered_at, '+1 day'), julianday('now') - julianday(ordered_at), unixepoch('now'), time('12:00'), CURRENT_DATE, CURRENT_TIMESTAMP FROM orders LIMIT 1
tables: orders
SELECT datetime(ordered_at, 'start of month', '+1 month', '-1 day') FROM orders LIMIT 1
tables: orders
SELECT strftime('%Y', ordered_at) AS y, strftime('%W', ordered_at), date(ordered_at, 'start of month', '+1 month', '-1 day'), time(ordered_at), julianday(ordered_at) FROM orders LIMIT 2
tables: orders
SELECT date('now', 'weekday 0', '-7 days'), datetime('now', 'localtime'), strftime('%s', 'now') - strftime('%s', '2024-01-01'), date(1092941466, 'unixepoch')
tables: none
SELECT 'single', "id", 'it''s', x'4142', 1e3, 0x1F, .5, -1, NULL, TRUE, FALSE, CURRENT_TIME FROM orders LIMIT 1
tables: orders

# title: passes: JSON
SELECT json_extract(attrs, '$.color'), attrs->>'$.color', attrs->'dims'->>'w', json_array_length(attrs, '$.tags'), json_type(attrs) FROM products
tables: products
SELECT p.id, j.value FROM products p, json_each(p.attrs, '$.tags') j
tables: products
SELECT p.id, json_each.value FROM products p, json_each(p.attrs)
tables: products
SELECT fullkey, atom FROM products, json_tree(products.attrs) WHERE atom IS NOT NULL
tables: products
SELECT json_group_array(name), json_group_object(id, name), group_concat(name, '; '), group_concat(DISTINCT region) FROM customers
tables: customers
SELECT p.name, j.key, j.value, j.type FROM products p, json_each(p.attrs) AS j WHERE j.key = 'color'
tables: products
SELECT p.id, t.value AS tag FROM products p JOIN json_each(p.attrs, '$.tags') t
tables: products
SELECT json_extract(payload, '$.page', '$.ms'), json_set(payload, '$.x', 1), json_remove(payload, '$.q'), json_patch(payload, '{}'), json_valid(payload), json_quote('x'), json_array(1, 'a', NULL), json_object('k', 1), json(payload), json_replace(payload, '$.ms', 0) FROM events LIMIT 1
tables: events
SELECT id, payload ->> '$.page' AS page, payload -> '$.ms' FROM events WHERE payload ->> '$.ms' > 100 ORDER BY page
tables: events

# title: passes: windows
SELECT id, row_number() OVER (PARTITION BY region ORDER BY amount DESC), sum(amount) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING), lag(id, 1, 0) OVER (ORDER BY id) FROM orders
tables: orders
SELECT id, avg(amount) FILTER (WHERE status = 'paid') OVER w FROM orders WINDOW w AS (PARTITION BY region)
tables: orders
SELECT percent_rank() OVER (ORDER BY amount), cume_dist() OVER (ORDER BY amount), ntile(3) OVER (ORDER BY id), nth_value(id, 2) OVER (ORDER BY id), first_value(id) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM orders
tables: orders
SELECT id, sum(amount) OVER (PARTITION BY region ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS w, rank() OVER win, dense_rank() OVER win FROM orders WINDOW win AS (PARTITION BY region ORDER BY amount DESC)
tables: orders
SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY region ORDER BY amount DESC) AS rn FROM orders) WHERE rn = 1
tables: orders
SELECT id, lag(amount, 1, 0) OVER (ORDER BY id), lead(amount) OVER (ORDER BY id), first_value(amount) OVER (ORDER BY id), ntile(4) OVER (ORDER BY id) FROM orders
tables: orders

# title: passes: recursive queries
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t
tables: none
WITH RECURSIVE d(day) AS (SELECT date('2025-01-01') UNION ALL SELECT date(day, '+1 day') FROM d WHERE day < '2025-01-10') SELECT d.day, count(o.id) FROM d LEFT JOIN orders o ON date(o.ordered_at) = d.day GROUP BY d.day
tables: orders
WITH RECURSIVE org(id, lvl) AS (SELECT id, 0 FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, lvl + 1 FROM employees e JOIN org ON e.manager_id = org.id ORDER BY 2 DESC LIMIT 100) SELECT substr('......', 1, lvl * 2) || e.name FROM org JOIN employees e USING (id)
tables: employees

# title: passes: common tables and what they hide
WITH t(n) AS (VALUES (1), (2)) SELECT n FROM t
tables: none
WITH b AS (SELECT * FROM a), a AS (SELECT 1 AS x) SELECT * FROM b
tables: none
WITH x AS NOT MATERIALIZED (SELECT 1 AS a) SELECT * FROM x
tables: none
WITH t(a, b) AS (VALUES (1, 2), (3, 4)), u AS (SELECT sum(a) AS s FROM t) SELECT * FROM t, u
tables: none

# title: passes: full text
SELECT * FROM docs WHERE docs MATCH 'lamp'
tables: docs
SELECT title, bm25(docs), highlight(docs, 1, '<b>', '</b>'), snippet(docs, 1, '[', ']', '...', 5) FROM docs WHERE docs MATCH 'lamp OR desk' ORDER BY rank
tables: docs
SELECT title FROM docs4 WHERE docs4 MATCH 'lamp'
tables: docs4
SELECT snippet(docs4), offsets(docs4), hex(matchinfo(docs4)) FROM docs4 WHERE body MATCH 'desk'
tables: docs4
SELECT docs.title, snippet(docs, 1, '<b>', '</b>', '...', 10) FROM docs WHERE docs MATCH 'desk AND oak' ORDER BY bm25(docs) LIMIT 5
tables: docs
SELECT rowid, title FROM docs WHERE title MATCH 'lamp*'
tables: docs
SELECT docid, title FROM docs4 WHERE docs4 MATCH 'lamp NEAR/3 desk'
tables: docs4

# title: passes: subqueries and membership
SELECT count(*) FROM orders WHERE region IN ('EU', 'US') AND id NOT IN (SELECT id FROM customers)
tables: customers, orders
SELECT * FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE vip = 1)
tables: customers, orders
SELECT EXISTS (SELECT 1 FROM orders), NOT EXISTS (SELECT 1 FROM orders WHERE 0)
tables: orders
SELECT (1, 2) = (1, 2), (id, region) IN (SELECT id, region FROM orders) FROM customers
tables: customers, orders
SELECT 1 WHERE 1 IN (1, 2) AND NULL IS NULL
tables: none
SELECT id FROM orders WHERE amount > (SELECT avg(amount) FROM orders) AND region NOT IN (SELECT region FROM customers WHERE region IS NULL)
tables: customers, orders
SELECT name FROM customers WHERE name GLOB '*[aA]*' OR name LIKE '%_a%' ESCAPE '_' OR region BETWEEN 'A' AND 'Z' OR id IN (1, 2) OR (id, region) = (1, 'EU')
tables: customers

# title: passes: words that only look dangerous
SELECT "update", [drop table], `group` FROM audit_words
tables: audit_words
SELECT * FROM orders /* unclosed; delete
tables: orders
SELECT sum(amount) total FROM orders -- trailing
tables: orders
SELECT "order", [group], `select`, "drop table" FROM audit_words WHERE "delete" IN (0, 1)
tables: audit_words

# title: passes: plans, and descriptions of a known table
SELECT * FROM orders ORDER BY amount DESC NULLS LAST LIMIT 5 OFFSET 2
tables: orders
PRAGMA table_info(orders)
tables: orders
PRAGMA table_info('orders')
tables: orders
PRAGMA table_xinfo("orders")
tables: orders
PRAGMA foreign_key_list(orders)
tables: orders
PRAGMA main.table_info(orders)
tables: orders
SELECT * FROM pragma_table_info('orders')
tables: orders
SELECT m.name FROM pragma_table_xinfo('orders') AS m
tables: orders
EXPLAIN QUERY PLAN SELECT * FROM orders
tables: orders
EXPLAIN SELECT * FROM orders
tables: orders
SELECT * FROM orders ORDER BY region COLLATE NOCASE ASC, amount DESC NULLS FIRST LIMIT 10 OFFSET 2
tables: orders
SELECT * FROM main.pragma_table_info('orders')
tables: orders
SELECT name FROM pragma_table_info('orders') WHERE pk = 1
tables: orders
SELECT name FROM pragma_index_list('orders')
tables: orders
PRAGMA table_info("orders")
tables: orders
PRAGMA index_list(orders)
tables: orders
pragma table_xinfo('orders')
tables: orders
EXPLAIN QUERY PLAN SELECT * FROM orders JOIN customers USING (id)
tables: customers, orders
SELECT id FROM orders WHERE note IN ('DROP TABLE orders', 'delete', '--', '/*') OR status = 'pragma'
tables: orders

# title: passes: a part of the rows
SELECT * FROM orders LIMIT 2, 3
tables: orders
SELECT * FROM main.orders LIMIT 1
tables: orders
SELECT main.orders.id FROM main.orders LIMIT 1
tables: orders
SELECT rowid, oid, _rowid_ FROM orders LIMIT 1
tables: orders
SELECT * FROM orders NOT INDEXED LIMIT 1
tables: orders
SELECT o.id FROM (orders o) LIMIT 1
tables: orders
SELECT * FROM "main"."orders" LIMIT 1
tables: orders
SELECT ORDERS.id FROM Orders LIMIT 1
tables: orders
SELECT typeof(amount), CAST(amount AS INTEGER), CAST(id AS TEXT) || '', CAST('1.5' AS REAL), CAST('x' AS BLOB), CAST(amount AS NUMERIC(10, 2)), 1.0 * id / 3, id / 2, id % 2 FROM orders LIMIT 1
tables: orders
SELECT likelihood(id > 1, 0.5), unlikely(id = 1), likely(1), glob('a*', 'ab'), like('a%', 'ab') FROM orders LIMIT 1
tables: orders

# title: passes: set operations
SELECT id FROM orders UNION SELECT id FROM customers INTERSECT SELECT id FROM products EXCEPT SELECT 4 ORDER BY 1
tables: customers, orders, products
SELECT x FROM (SELECT 1 AS x UNION ALL SELECT 2) WHERE x > 1
tables: none
SELECT 1 UNION ALL SELECT 2 UNION SELECT 3 EXCEPT SELECT 1 INTERSECT SELECT 3
tables: none
SELECT * FROM (SELECT id FROM orders UNION SELECT id FROM customers) AS u LEFT JOIN products p ON p.id = u.id
tables: customers, orders, products

# title: passes: rows without a FROM
VALUES (1, 'a'), (2, 'b')
tables: none
SELECT * FROM (VALUES (1, 2), (3, 4)) AS v
tables: none
SELECT * FROM (VALUES (1, 'a'), (2, 'b'))
tables: none

# title: passes: joins
SELECT a.id FROM orders a NATURAL JOIN customers b
tables: customers, orders
SELECT a.id FROM orders a LEFT JOIN customers b USING (id) CROSS JOIN products LIMIT 2
tables: customers, orders, products
SELECT * FROM orders FULL OUTER JOIN customers ON orders.id = customers.id
tables: customers, orders
SELECT * FROM (orders JOIN customers ON orders.customer_id = customers.id) LIMIT 1
tables: customers, orders
SELECT o.region, count(*) AS n, sum(o.amount) AS s FROM orders AS o LEFT JOIN customers AS c ON c.id = o.customer_id GROUP BY 1 ORDER BY n DESC, 1 LIMIT 3
tables: customers, orders
SELECT a.id, b.id FROM orders a JOIN orders b ON a.customer_id = b.customer_id AND a.id < b.id WHERE a.region = b.region
tables: orders
SELECT * FROM orders o INNER JOIN customers c ON o.customer_id = c.id CROSS JOIN (SELECT count(*) AS n FROM products) LEFT OUTER JOIN events e USING (id) LIMIT 1
tables: customers, events, orders, products

# title: passes: casts
SELECT CASE status WHEN 'paid' THEN 1 ELSE 0 END AS p, CAST(amount AS TEXT), CAST(amount AS INT), amount IS NOT NULL, note ISNULL, note NOTNULL, amount <> 5, amount == 5, id % 2, id << 1, ~id, -id, +id, id | 1, id & 1, 'a' || 'b', 1 IS 1, 1 IS NOT DISTINCT FROM 1 FROM orders
tables: orders

# title: passes: Chinese names
SELECT 产品名称 FROM 订单明细 WHERE 大区 = '华东' -- 删除
tables: 订单明细
SELECT 订单号, 单价 * 数量 AS 金额 FROM 订单明细 WHERE 产品名称 LIKE '%灯%'
tables: 订单明细

# title: the system catalogue is read by nobody
SELECT * FROM sqlite_master
refused: sqlite_master belongs to the system catalogue, which queries may not r
SELECT * FROM sqlite_schema
refused: sqlite_schema belongs to the system catalogue, which queries may not r
SELECT * FROM main.sqlite_master
refused: main.sqlite_master belongs to the system catalogue, which queries may 
SELECT * FROM sqlite_temp_schema
refused: sqlite_temp_schema belongs to the system catalogue, which queries may 
SELECT * FROM sqlite_sequence
refused: sqlite_sequence belongs to the system catalogue, which queries may not
SELECT * FROM sqlite_stat1
refused: sqlite_stat1 belongs to the system catalogue, which queries may not re
SELECT * FROM sqlite_dbpage
refused: sqlite_dbpage belongs to the system catalogue, which queries may not r
SELECT * FROM pragma_table_list
refused: pragma_table_list belongs to the system catalogue, which queries may n
SELECT * FROM pragma_database_list
refused: pragma_database_list belongs to the system catalogue, which queries ma
SELECT * FROM pragma_function_list
refused: pragma_function_list belongs to the system catalogue, which queries ma
SELECT * FROM pragma_user_version
refused: pragma_user_version belongs to the system catalogue, which queries may
SELECT id FROM orders WHERE id IN pragma_user_version
refused: pragma_user_version belongs to the system catalogue, which queries may
EXPLAIN SELECT * FROM sqlite_master
refused: sqlite_master belongs to the system catalogue, which queries may not r

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT * FROM temp.sqlite_temp_master
refused: There is no table temp.sqlite_temp_master
SELECT * FROM dbstat
refused: There is no table dbstat
SELECT * FROM pragma_table_info('secret_tokens')
refused: There is no table secret_tokens
SELECT * FROM docs_content
refused: There is no table docs_content
SELECT * FROM docs_data
refused: There is no table docs_data
SELECT * FROM docs4_content
refused: There is no table docs4_content
SELECT * FROM fts5vocab
refused: There is no table fts5vocab
SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM 'secret_tokens'
refused: There is no table secret_tokens
SELECT * FROM main.secret_tokens
refused: There is no table main.secret_tokens
SELECT * FROM "secret_tokens"
refused: There is no table secret_tokens
SELECT id FROM orders WHERE id IN secret_tokens
refused: There is no table secret_tokens
SELECT id FROM orders WHERE id IN main.blocked_ids
refused: There is no table main.blocked_ids
SELECT id FROM orders WHERE id IN "blocked_ids"
refused: There is no table blocked_ids
SELECT id FROM orders WHERE id IN [blocked_ids]
refused: There is no table blocked_ids
SELECT id FROM orders WHERE id IN `blocked_ids`
refused: There is no table blocked_ids
SELECT id FROM orders WHERE id IN 'blocked_ids'
refused: There is no table blocked_ids
SELECT id FROM orders WHERE id NOT IN blocked_ids
refused: There is no table blocked_ids
SELECT CASE id WHEN 1 IN blocked_ids THEN 1 END FROM orders
refused: There is no table blocked_ids
SELECT (1 IN blocked_ids)
refused: There is no table blocked_ids
SELECT 1 IN blocked_ids UNION SELECT 2
refused: There is no table blocked_ids
SELECT max(1 IN blocked_ids) OVER () FROM orders
refused: There is no table blocked_ids
SELECT * FROM orders ORDER BY id IN blocked_ids
refused: There is no table blocked_ids
SELECT * FROM orders LIMIT (1 IN blocked_ids)
refused: There is no table blocked_ids
WITH x AS (SELECT id IN blocked_ids FROM orders) SELECT * FROM x
refused: There is no table blocked_ids
SELECT * FROM hr_salaries
refused: There is no table hr_salaries
PRAGMA table_info(secret_tokens)
refused: There is no table secret_tokens
PRAGMA main.table_info(secret_tokens)
refused: There is no table secret_tokens
PRAGMA table_info = secret_tokens
refused: There is no table secret_tokens
PRAGMA foreign_key_list(secret_tokens)
refused: There is no table secret_tokens
EXPLAIN QUERY PLAN SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM generate_series(1, 2), secret_tokens
refused: There is no table secret_tokens
SELECT * FROM json_each((SELECT token FROM secret_tokens))
refused: There is no table secret_tokens
SELECT * FROM docs WHERE docs MATCH (SELECT token FROM secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM secret_v
refused: There is no table secret_v
SELECT * FROM (secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM (orders, secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM orders, (secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM orders NATURAL JOIN secret_tokens
refused: There is no table secret_tokens
WITH secret_tokens AS (SELECT 1) SELECT * FROM main.secret_tokens
refused: There is no table main.secret_tokens

# title: a function is called only when it is known to compute and to do nothing else
SELECT * FROM pragma_table_list()
refused: pragma_table_list is not on the list
SELECT * FROM pragma_module_list()
refused: pragma_module_list is not on the list
SELECT * FROM pragma_index_info('x')
refused: pragma_index_info is not on the list
SELECT * FROM fts3tokenize('simple', 'x')
refused: fts3tokenize is not on the list
SELECT load_extension('x')
refused: load_extension is not on the list
SELECT "load_extension"('x')
refused: load_extension is not on the list
SELECT `load_extension`('x')
refused: load_extension is not on the list
SELECT [load_extension]('x')
refused: load_extension is not on the list
SELECT load_extension ('x')
refused: load_extension is not on the list
SELECT load_extension/**/('x')
refused: load_extension is not on the list
SELECT readfile('x')
refused: readfile is not on the list
SELECT writefile('x', 'y')
refused: writefile is not on the list
SELECT edit('x')
refused: edit is not on the list
SELECT fts3_tokenizer('simple')
refused: fts3_tokenizer is not on the list
SELECT sqlite_source_id()
refused: sqlite_source_id is not on the list
SELECT sqlite_compileoption_get(1)
refused: sqlite_compileoption_get is not on the list
SELECT last_insert_rowid()
refused: last_insert_rowid is not on the list
SELECT changes()
refused: changes is not on the list
SELECT total_changes()
refused: total_changes is not on the list
SELECT sqlite_log(1, 'x')
refused: sqlite_log is not on the list
SELECT randomblob(1000000000)
refused: randomblob is not on the list
SELECT optimize(docs4) FROM docs4
refused: optimize is not on the list
SELECT rtreecheck('x')
refused: rtreecheck is not on the list
SELECT zeroblob(1), load_extension('x')
refused: load_extension is not on the list
SELECT snippet(docs4), optimize(docs4) FROM docs4
refused: optimize is not on the list
SELECT * FROM secret_tokens('x')
refused: secret_tokens is not on the list
SELECT raise(abort, 'x')
refused: raise is not on the list

# title: what is left is refused too
SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p
refused: pragma_table_info needs the name of one table as a string
SELECT * FROM pragma_table_info((SELECT 'secret_tokens'))
refused: pragma_table_info needs the name of one table as a string
SELECT id FROM orders WHERE id IN pragma_table_info('secret_tokens')
refused: pragma_table_info needs the name of one table as a string

# title: what is not understood is refused
SELECT 'load_extension'('x')
refused: The statement cannot be parsed as sqlite: Required keyword: 'expressio
SELECT ?1
refused: The statement cannot be parsed as sqlite: Invalid expression / Unexpec

# title: facts of the session and the server are not told
SELECT sqlite_version()
refused: current_version tells of the server or session

# title: descriptions are of one known table
PRAGMA table_list
refused: PRAGMA is accepted only for one table by name
PRAGMA database_list
refused: PRAGMA is accepted only for one table by name
PRAGMA journal_mode
refused: PRAGMA is accepted only for one table by name
PRAGMA journal_mode = OFF
refused: PRAGMA is accepted only for one table by name
PRAGMA writable_schema = 1
refused: PRAGMA is accepted only for one table by name
PRAGMA user_version = 5
refused: PRAGMA is accepted only for one table by name
PRAGMA query_only = 0
refused: PRAGMA is accepted only for one table by name
PRAGMA optimize
refused: PRAGMA is accepted only for one table by name
PRAGMA integrity_check
refused: PRAGMA is accepted only for one table by name
PRAGMA wal_checkpoint
refused: PRAGMA is accepted only for one table by name
PRAGMA case_sensitive_like = 1
refused: PRAGMA is accepted only for one table by name
PRAGMA index_info(x)
refused: PRAGMA is accepted only for one table by name
EXPLAIN DELETE FROM orders
refused: EXPLAIN is accepted only for one table by name

# title: what does not begin as a query is refused, whatever it is
ATTACH 'x' AS y
refused: Only a query is accepted, and this begins with ATTACH
DETACH y
refused: Only a query is accepted, and this begins with DETACH
VACUUM
refused: Only a query is accepted, and this begins with VACUUM
VACUUM INTO 'x'
refused: Only a query is accepted, and this begins with VACUUM
REINDEX
refused: Only a query is accepted, and this begins with REINDEX
ANALYZE
refused: Only a query is accepted, and this begins with ANALYZE
BEGIN
refused: Only a query is accepted, and this begins with BEGIN
SAVEPOINT x
refused: Only a query is accepted, and this begins with SAVEPOINT
RELEASE x
refused: Only a query is accepted, and this begins with RELEASE
ROLLBACK
refused: Only a query is accepted, and this begins with ROLLBACK
INSERT INTO orders(id) VALUES (1)
refused: Only a query is accepted, and this begins with INSERT
UPDATE OR IGNORE orders SET id = 1
refused: Only a query is accepted, and this begins with UPDATE
DELETE FROM orders
refused: Only a query is accepted, and this begins with DELETE
CREATE TEMP TABLE x AS SELECT 1
refused: Only a query is accepted, and this begins with CREATE
CREATE VIRTUAL TABLE x USING fts5(a)
refused: Only a query is accepted, and this begins with CREATE
DROP TABLE orders
refused: Only a query is accepted, and this begins with DROP
WITH x AS (SELECT 1) DELETE FROM orders
refused: Only a query is accepted, and this is DELETE
WITH x AS (SELECT 1) INSERT INTO orders(id) SELECT * FROM x
refused: Only a query is accepted, and this is INSERT
INSERT INTO docs(docs) VALUES ('optimize')
refused: Only a query is accepted, and this begins with INSERT

# title: text that two lexers read differently is refused
REPLACE INTO orders(id) VALUES (1)
refused: The quotes in this statement can be read in two ways

# title: nothing in a WITH clause writes
WITH x AS (DELETE FROM orders RETURNING id) SELECT * FROM x
refused: Only reading is accepted

# title: one statement at a time
SELECT 1; DELETE FROM orders
refused: Only one statement at a time is accepted
; DELETE FROM orders
refused: Only one statement at a time is accepted

# title: variables and placeholders are not read
SELECT :x
refused: Placeholders are not accepted
SELECT @x
refused: Variables and parameters are not accepted
SELECT $x
refused: $x is a variable

# title: refused: a CTE has a table's name only where the engine takes it for that
WITH "secret_toKens" AS (SELECT 1 AS token) SELECT token FROM secret_tokens
refused: secret_tokens
WITH secret_toKens AS (SELECT 1 AS token) SELECT (SELECT token FROM secret_tokens)
refused: secret_tokens

# title: passes: names that fold into words of SQL nowhere
WITH sayı AS (SELECT 1 AS straße) SELECT straße FROM sayı
tables: none
