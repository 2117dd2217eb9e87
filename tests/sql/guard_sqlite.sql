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

# title: passes: what analysts write
SELECT region, count(*) FILTER (WHERE status = 'paid') AS paid, sum(amount) FILTER (WHERE amount > 100) AS big FROM orders GROUP BY region ORDER BY region
tables: orders
SELECT id, sum(amount) OVER w AS running, avg(amount) OVER (PARTITION BY region ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS m FROM orders WINDOW w AS (PARTITION BY region ORDER BY id) ORDER BY id
tables: orders
SELECT id, row_number() OVER (ORDER BY amount DESC) AS rn, rank() OVER (ORDER BY region) AS rk, dense_rank() OVER (ORDER BY region) AS dr, percent_rank() OVER (ORDER BY amount) AS pr, cume_dist() OVER (ORDER BY amount) AS cd, ntile(4) OVER (ORDER BY id) AS nt FROM orders ORDER BY id LIMIT 5
tables: orders
SELECT id, lag(amount, 1, 0) OVER (ORDER BY id), lead(amount) OVER (ORDER BY id), first_value(amount) OVER (PARTITION BY region ORDER BY id), last_value(amount) OVER (PARTITION BY region ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), nth_value(amount, 2) OVER (PARTITION BY region ORDER BY id) FROM orders ORDER BY id LIMIT 5
tables: orders
SELECT id, sum(amount) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) AS s FROM orders ORDER BY id LIMIT 4
tables: orders
SELECT id, count(*) OVER (ORDER BY amount RANGE BETWEEN 10 PRECEDING AND 10 FOLLOWING EXCLUDE NO OTHERS) AS near FROM orders ORDER BY id LIMIT 4
tables: orders
WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 10) SELECT n, n * n FROM c
tables: none
WITH RECURSIVE tree(id, name, lvl, path) AS (SELECT id, name, 0, name FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, t.lvl + 1, t.path || '/' || e.name FROM employees e JOIN tree t ON e.manager_id = t.id ORDER BY 3 DESC) SELECT substr('..........', 1, lvl * 2) || name, path FROM tree
tables: employees
WITH RECURSIVE dates(d) AS (SELECT date('2025-01-01') UNION ALL SELECT date(d, '+1 day') FROM dates WHERE d < '2025-01-10') SELECT d, (SELECT count(*) FROM orders WHERE date(ordered_at) = d) AS n FROM dates
tables: orders
SELECT json_extract(attrs, '$.color') AS c, attrs ->> '$.dims.w' AS w, attrs -> 'tags' AS t, json_array_length(attrs, '$.tags') AS n FROM products ORDER BY id LIMIT 5
tables: products
SELECT p.id, j.key, j.value, j.type FROM products p, json_each(p.attrs, '$.dims') AS j ORDER BY p.id, j.key LIMIT 6
tables: products
SELECT t.fullkey, t.atom FROM products p JOIN json_tree(p.attrs) t WHERE t.atom IS NOT NULL AND p.id < 3 ORDER BY p.id, t.fullkey
tables: products
SELECT json_group_array(json_object('id', id, 'n', name)) AS a, json_group_object(sku, price) AS o FROM (SELECT * FROM products ORDER BY id LIMIT 3)
tables: products
SELECT json_set('{"a":1}', '$.b', 2), json_remove('{"a":1,"b":2}', '$.a'), json_patch('{"a":1}', '{"a":null}'), json_valid('{}'), json_type('[1]'), json_quote('x'), json('{ "a" : 1 }')
tables: none
SELECT docs.title, snippet(docs, 1, '[', ']', '…', 5) AS s, bm25(docs) AS score FROM docs WHERE docs MATCH 'lamp' ORDER BY rank
tables: docs
SELECT title FROM docs WHERE docs MATCH 'title : lamp OR body : oak' ORDER BY title
tables: docs
SELECT title FROM docs('desk') ORDER BY title
tables: docs
SELECT highlight(docs, 0, '<b>', '</b>') FROM docs WHERE docs = 'lamp*'
tables: docs
SELECT title, offsets(docs4) AS o FROM docs4 WHERE docs4 MATCH 'chair NEAR/2 25' ORDER BY title
tables: docs4
SELECT title FROM docs WHERE title MATCH 'lamp' AND body LIKE '%desk%'
tables: docs
SELECT date('2025-01-31', '+1 month') AS a, date('now', 'start of year') <= date('now') AS b, strftime('%Y-%W', ordered_at) AS w, julianday(shipped_on) - julianday(date(ordered_at)) AS days, unixepoch(ordered_at) AS u, datetime(ordered_at, '-3 hours', 'utc') IS NOT NULL AS z FROM orders ORDER BY id LIMIT 3
tables: orders
SELECT time('12:34:56', '+90 minutes') AS t, strftime('%s', '2025-01-01') + 0 AS s, CAST(strftime('%m', ordered_at) AS INTEGER) AS m FROM orders ORDER BY id LIMIT 2
tables: orders
SELECT substr(name, 1, 3), instr(name, 'a'), replace(name, 'a', 'b'), upper(name), trim('  x '), ltrim('xxa', 'x'), length(name), hex('ab'), quote(name), printf('%05.1f|%-5s|', amount, region), format('%d%%', 5), char(65, 66), unicode('A'), name || ' · ' || region FROM orders JOIN customers USING (region) WHERE orders.id < 3 ORDER BY 1 LIMIT 4
tables: customers, orders
SELECT iif(amount > 100, 'big', 'small'), ifnull(note, '-'), coalesce(note, status), nullif(region, 'EU'), max(1, 2, 3), min(3, 2), abs(-2), round(2.567, 1), typeof(amount), likely(1), total(amount) OVER () FROM orders ORDER BY id LIMIT 2
tables: orders
SELECT name FROM customers WHERE name NOT LIKE 'A%' AND name NOT GLOB '*z*' AND notes IS NOT NULL AND notes NOT NULL AND notes NOTNULL ORDER BY id
tables: customers
SELECT DISTINCT region COLLATE NOCASE AS r FROM orders ORDER BY r COLLATE RTRIM DESC NULLS LAST
tables: orders
SELECT region, amount FROM orders WHERE (region, amount) IN (VALUES ('EU', 20), ('US', 66.25)) ORDER BY id
tables: orders
SELECT id FROM orders WHERE amount BETWEEN 50 AND 100 AND status IN ('paid', 'shipped') AND id NOT IN (SELECT id FROM orders WHERE region = 'US') ORDER BY id
tables: orders
SELECT c.name, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.region = 'US' ORDER BY c.id, o.id LIMIT 5
tables: customers, orders
SELECT c.id, o.id FROM customers c RIGHT JOIN orders o ON c.id = o.customer_id ORDER BY o.id LIMIT 3
tables: customers, orders
SELECT a.id, b.id FROM (SELECT 1 AS id UNION SELECT 2) a FULL OUTER JOIN (SELECT 2 AS id UNION SELECT 3) b USING (id) ORDER BY 1
tables: none
SELECT * FROM orders NATURAL JOIN (SELECT id FROM customers WHERE id < 3) ORDER BY id
tables: customers, orders
SELECT region FROM orders UNION SELECT region FROM customers EXCEPT SELECT 'US' INTERSECT SELECT region FROM orders ORDER BY 1
tables: customers, orders
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) ORDER BY column1 DESC
tables: none
SELECT "update", [delete], `order`, "select", "group", "drop table" FROM audit_words ORDER BY id LIMIT 2
tables: audit_words
SELECT 产品名称, sum(数量 * 单价) AS 总额 FROM 订单明细 WHERE 大区 <> '华北' GROUP BY 产品名称 HAVING count(*) > 1 ORDER BY 总额 DESC
tables: 订单明细
SELECT d.订单号, k.姓名 FROM 订单明细 AS d JOIN 客户 AS k ON k.编号 = d.订单号 ORDER BY d.订单号
tables: 客户, 订单明细
/* DROP TABLE orders; */ SELECT count(*) -- DELETE FROM orders
FROM orders /* trailing
tables: orders
SELECT 'DELETE FROM x; -- ''q''' AS t, "region" AS [weird name; DROP] FROM orders LIMIT 1
tables: orders
SELECT region, group_concat(DISTINCT status) AS s, group_concat(id, ';') AS ids FROM (SELECT * FROM orders ORDER BY id) GROUP BY region ORDER BY region
tables: orders
SELECT region, (SELECT max(amount) FROM orders x WHERE x.region = o.region) AS m, EXISTS (SELECT 1 FROM customers c WHERE c.region = o.region) AS e FROM orders o GROUP BY region ORDER BY region
tables: customers, orders
SELECT id, max(amount) FROM orders GROUP BY region ORDER BY id
tables: orders
SELECT CASE WHEN amount >= 200 THEN 'h' WHEN amount >= 100 THEN 'm' END AS band, count(*) FROM orders GROUP BY 1 ORDER BY 1 NULLS FIRST
tables: orders
SELECT id FROM orders ORDER BY amount DESC, id LIMIT 5 OFFSET 3
tables: orders
SELECT id FROM orders ORDER BY id LIMIT 2, 3
tables: orders
SELECT x'4142' AS b, CAST(x'4142' AS TEXT) AS t, 0x1F AS h, 1e3 AS e, .5 AS f, 5 % 3, 7 / 2, 7 << 1, ~1, 1 | 2, 3 & 1, 1 = 1, 1 == 1, 1 <> 2, 1 != 2, 1 IS NOT 2, NULL IS NULL, NOT 0, - -1, +1
tables: none
SELECT CAST('2025' AS INTEGER), CAST(1 AS REAL), CAST(12 AS TEXT), CAST('1.5' AS NUMERIC), TRUE, FALSE, 1 IS TRUE, NULL IS NOT TRUE
tables: none
SELECT round(avg(amount), 2), sum(amount), count(DISTINCT customer_id), min(ordered_at), max(ordered_at), total(amount) FROM orders
tables: orders
SELECT ceil(1.2), floor(-1.5), sqrt(2), pow(2, 8), exp(0), ln(1), log10(100), log2(8), pi(), sin(0), radians(180), mod(7, 3), trunc(2.7), sign(-3), degrees(pi())
tables: none
SELECT rowid, oid, * FROM customers WHERE rowid < 3
tables: customers
SELECT main.orders.id, main.orders.region FROM main.orders ORDER BY main.orders.id LIMIT 2
tables: orders
SELECT id FROM orders NOT INDEXED WHERE id = 3
tables: orders
SELECT strftime('%Y-%m', ordered_at) AS month, region, sum(amount) AS s, round(100.0 * sum(amount) / sum(sum(amount)) OVER (PARTITION BY strftime('%Y-%m', ordered_at)), 1) AS pct FROM orders GROUP BY 1, 2 ORDER BY 1, 2
tables: orders
WITH r AS (SELECT region, amount, row_number() OVER (PARTITION BY region ORDER BY amount DESC, id) AS rn FROM orders) SELECT region, amount FROM r WHERE rn <= 2 ORDER BY 1, 2 DESC
tables: orders
WITH a AS NOT MATERIALIZED (SELECT 1 AS x), b(y) AS (SELECT x + 1 FROM a) SELECT (SELECT x FROM a), y FROM b
tables: none
SELECT * FROM pragma_table_info('orders') WHERE pk = 1
tables: orders
EXPLAIN QUERY PLAN SELECT * FROM orders WHERE id = 1
tables: orders
SELECT e.name AS emp, coalesce(m.name, '-') AS boss FROM employees e LEFT OUTER JOIN employees m ON e.manager_id = m.id ORDER BY e.id
tables: employees
SELECT count(*) FROM orders o, customers c WHERE o.customer_id = c.id AND c.vip IS TRUE
tables: customers, orders
SELECT count(*) FROM orders CROSS JOIN products WHERE orders.id < 3
tables: orders, products
SELECT region, sum(CASE WHEN status = 'paid' THEN amount ELSE 0 END) AS paid, avg(amount > 100) AS share FROM orders GROUP BY region HAVING paid > 0 ORDER BY paid DESC
tables: orders
SELECT soundex FROM (SELECT 1 AS soundex)
tables: none
SELECT name, ordered_at FROM orders JOIN customers ON customers.id = orders.customer_id WHERE ordered_at >= '2025-02-01' AND ordered_at < date('2025-02-01', '+1 month') ORDER BY ordered_at
tables: customers, orders
SELECT id, amount, amount - (SELECT avg(amount) FROM orders) AS diff FROM orders ORDER BY abs(diff) LIMIT 3
tables: orders
SELECT (1, 2) < (1, 3), (SELECT 1, 2) = (1, 2), 5 BETWEEN 1 AND 9, 'a' < 'b' COLLATE NOCASE
tables: none
SELECT id FROM orders WHERE note IS 'ok-01' OR note IS NOT DISTINCT FROM NULL ORDER BY id LIMIT 2
tables: orders
SELECT "region" "r", 'x' 'y', amount amt FROM orders o LIMIT 1
tables: orders
SELECT ALL region FROM orders ORDER BY id LIMIT 1
tables: orders
SELECT id FROM orders WHERE id IN (1, 2, 3,4) ORDER BY 1 DESC;
tables: orders
SELECT id, CURRENT_DATE >= '2025-01-01' AS c, CURRENT_TIMESTAMP IS NOT NULL FROM orders LIMIT 1
tables: orders
SELECT CAST(id AS DOUBLE PRECISION) FROM orders LIMIT 1
tables: orders
SELECT id AS end FROM orders LIMIT 1
tables: orders
SELECT desc FROM (SELECT region AS desc FROM orders) LIMIT 1
tables: orders
SELECT key, row, plan, query, by FROM (SELECT 1 AS key, 2 AS row, 3 AS plan, 4 AS query, 5 AS by)
tables: none
SELECT end - begin AS span FROM (SELECT 5 AS end, 2 AS begin)
tables: none
SELECT temp, view, action, match, no, of, ignore FROM (SELECT 1 AS temp, 2 AS view, 3 AS action, 4 AS match, 5 AS no, 6 AS of, 7 AS ignore)
tables: none
SELECT current, following, range, rows, groups, partition FROM (SELECT 1 AS current, 2 AS following, 3 AS range, 4 AS rows, 5 AS groups, 6 AS partition)
tables: none
SELECT "a" FROM (SELECT 1 "a") AS 'q'
tables: none
SELECT 5. + .5, 0x10, 1e2
tables: none
SELECT region FROM orders AS 'o' WHERE o.id = 1
tables: orders
SELECT region 'r' FROM 'orders' o WHERE 'o'.id = 1
tables: orders
SELECT o.'region' FROM orders o LIMIT 1
tables: orders
SELECT 'orders'.'region' FROM orders LIMIT 1
tables: orders
SELECT count() FROM orders
tables: orders
SELECT id FROM orders ORDER BY id LIMIT 2 /* unclosed
tables: orders
SELECT 1 IS NOT DISTINCT FROM 1
tables: none
SELECT id ISNULL, id NOTNULL, id NOT NULL FROM orders LIMIT 1
tables: orders
SELECT (SELECT 1, 2) = (1, 2)
tables: none
SELECT 'abc' NOT MATCH 'x' WHERE 0
tables: none
SELECT * FROM (orders JOIN customers ON customers.id = orders.customer_id) WHERE orders.id = 1
tables: customers, orders
SELECT orders.id FROM orders LEFT JOIN (order_items JOIN products ON products.id = product_id) ON order_id = orders.id WHERE orders.id = 1
tables: order_items, orders, products
SELECT * FROM orders, customers JOIN products ON products.id = orders.id WHERE orders.id = 1 AND customers.id = 1
tables: customers, orders, products
SELECT o.id FROM orders o NATURAL LEFT OUTER JOIN (SELECT 1 AS id) LIMIT 1
tables: orders
SELECT sum(id) OVER (ROWS 2 PRECEDING) FROM orders LIMIT 1
tables: orders
SELECT sum(id) OVER (w ROWS UNBOUNDED PRECEDING) FROM orders WINDOW w AS (ORDER BY id), v AS (w) LIMIT 1
tables: orders
SELECT sum(id) FILTER (WHERE id > 3) OVER (ORDER BY id) FROM orders LIMIT 5
tables: orders
VALUES (1), (2) UNION SELECT 3 ORDER BY 1
tables: none
SELECT id FROM orders WHERE id = +1 OR id = - -2 OR NOT id = ~3 LIMIT 1
tables: orders
SELECT id FROM orders WHERE id IN () LIMIT 1
tables: orders
SELECT id NOT IN () FROM orders LIMIT 1
tables: orders
SELECT group_concat(id, ',' ) FROM orders GROUP BY region ORDER BY region COLLATE "NOCASE"
tables: orders
SELECT id FROM orders ORDER BY +id, -id LIMIT 1
tables: orders
SELECT id FROM orders WHERE amount BETWEEN 1 AND 2 OR id BETWEEN 1 AND 2 AND region = 'EU'
tables: orders
SELECT ''''||"region"||'''' FROM orders LIMIT 1
tables: orders
SELECT x'' , X'00ff', quote(x'ab')
tables: none
WITH t(a, b) AS (SELECT 1, 2), u AS (VALUES (1, 2)) SELECT * FROM t, u
tables: none
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 5) SELECT n FROM t
tables: none
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t ORDER BY 1 LIMIT 5 OFFSET 1) SELECT n FROM t
tables: none
SELECT json('{"a":[1,2]}') -> '$.a[#-1]', '{"a":1}' ->> 'a', '[1,2]' ->> 0, '[1,2]' -> -1 IS NULL
tables: none
SELECT 1 WHERE 1 GROUP BY 1
tables: none
SELECT max(id), region FROM orders GROUP BY 2 HAVING 1 LIMIT 1
tables: orders
SELECT *, * FROM (SELECT 1)
tables: none
SELECT o.*, 1 FROM orders o LIMIT 1
tables: orders
SELECT strftime('%Y', 'now') > '2000' AS y, date('now', 'localtime', 'weekday 0') IS NOT NULL
tables: none
SELECT 1 <> 2, 1 != 2, 1 == 1, 1 = 1, 'a' IS 'a', 'a' IS NOT 'b', 2 % 2, 2 << 1, 2 | 1, 2 & 1
tables: none
SELECT NULL IS NULL AND NOT NULL IS NOT NULL
tables: none
SELECT - id, + id, ~ id, NOT id FROM orders LIMIT 1
tables: orders
SELECT id FROM orders ORDER BY 1 ASC NULLS FIRST, 1 DESC NULLS LAST LIMIT 1
tables: orders
SELECT CASE WHEN 1 THEN 2 ELSE 3 END || CASE 1 WHEN 1 THEN 'a' END
tables: none
SELECT "orders".id, [orders].id, `orders`.id FROM orders LIMIT 1
tables: orders
SELECT EXISTS (SELECT 1 FROM orders), NOT EXISTS (VALUES (1))
tables: orders
SELECT * FROM json_each('[1,2]') WHERE key = 0
tables: none
SELECT e.value FROM json_each('[1,2]') AS e, json_each('[3]') f
tables: none
SELECT value FROM json_each('{"a":{"b":[1,2]}}', '$.a.b')
tables: none
SELECT docs.rowid, rank FROM docs WHERE docs MATCH '"desk lamp"' ORDER BY rank LIMIT 1
tables: docs
SELECT * FROM docs('lamp') ORDER BY rank
tables: docs
SELECT count(*) FROM docs WHERE docs MATCH 'lamp' AND rank MATCH 'bm25(10.0, 5.0)'
tables: docs
SELECT id, 'x' FROM orders EXCEPT SELECT id, 'x' FROM orders WHERE id > 2
tables: orders
SELECT DISTINCT region r FROM orders ORDER BY r
tables: orders
SELECT 1 UNION ALL SELECT 2 UNION SELECT 3 INTERSECT SELECT 3
tables: none
SELECT iif(1, 2, 3), ifnull(NULL, 1), nullif(1, 1), likely(1), unlikely(0), char(97, 98)
tables: none
SELECT total(amount), avg(DISTINCT id), count(DISTINCT region), sum(ALL id) FROM orders
tables: orders
SELECT id FROM orders WHERE region LIKE 'e%' COLLATE NOCASE LIMIT 1
tables: orders
SELECT id FROM orders WHERE region COLLATE NOCASE = 'eu' LIMIT 1
tables: orders
SELECT id FROM orders WHERE region COLLATE NOCASE IN ('eu') LIMIT 1
tables: orders
SELECT abs(id) AS "abs", max(id, 3) AS max FROM orders LIMIT 1
tables: orders
SELECT CURRENT_TIME IS NOT NULL, CURRENT_DATE IS NOT NULL, CURRENT_TIMESTAMP IS NOT NULL
tables: none
SELECT 1; -- trailing comment
tables: none
SELECT id FROM orders WHERE id = 1 OR 1 = 1 -- comment; DELETE FROM orders
tables: orders

# title: refused: what an attacker would try
SELECT id FROM orders WHERE id IN blocked_ids
refused: There is no table blocked_ids
SELECT id FROM orders WHERE id NOT IN `blocked_ids`
refused: There is no table blocked_ids
SELECT CASE WHEN 3 IN blocked_ids THEN 1 END
refused: There is no table blocked_ids
SELECT count(*) FILTER (WHERE id IN blocked_ids) FROM orders
refused: There is no table blocked_ids
SELECT sum(id IN blocked_ids) OVER () FROM orders
refused: There is no table blocked_ids
SELECT id FROM orders ORDER BY id IN blocked_ids
refused: There is no table blocked_ids
SELECT id FROM orders GROUP BY id IN blocked_ids
refused: There is no table blocked_ids
SELECT id FROM orders LIMIT (1 IN blocked_ids)
refused: There is no table blocked_ids
SELECT (1 IN blocked_ids) + 1
refused: There is no table blocked_ids
SELECT -(1 IN blocked_ids)
refused: There is no table blocked_ids
SELECT (id, id) IN secret_tokens FROM orders
refused: There is no table secret_tokens
SELECT id IN pragma_table_list FROM orders
refused: pragma_table_list belongs to the system catalogue, which que
SELECT id IN sqlite_master FROM orders
refused: sqlite_master belongs to the system catalogue, which queries
SELECT 3 IN blocked_ids('x')
refused: blocked_ids is not on the list of functions that may be call
SELECT * FROM main.'secret_tokens'
refused: There is no table main.secret_tokens
SELECT * FROM temp.x
refused: There is no table temp.x
SELECT * FROM sqlite_temp_master
refused: sqlite_temp_master belongs to the system catalogue, which qu
SELECT * FROM sqlite_stmt
refused: sqlite_stmt belongs to the system catalogue, which queries m
SELECT * FROM bytecode('SELECT 1')
refused: bytecode is not on the list of functions that may be called
SELECT * FROM tables_used('SELECT 1')
refused: tables_used is not on the list of functions that may be call
SELECT * FROM pragma_table_info('secret' || '_tokens')
refused: pragma_table_info needs the name of one table as a string
SELECT * FROM pragma_database_list()
refused: pragma_database_list is not on the list of functions that ma
SELECT * FROM pragma_compile_options
refused: pragma_compile_options belongs to the system catalogue, whic
SELECT * FROM pragma_journal_mode('delete')
refused: pragma_journal_mode is not on the list of functions that may
SELECT * FROM pragma_writable_schema
refused: pragma_writable_schema belongs to the system catalogue, whic
SELECT * FROM orders, pragma_table_list
refused: pragma_table_list belongs to the system catalogue, which que
SELECT * FROM docs4_segments
refused: There is no table docs4_segments
SELECT readfile('/etc/passwd')
refused: readfile is not on the list of functions that may be called
SELECT writefile('/tmp/x', 'y')
refused: writefile is not on the list of functions that may be called
SELECT fts5(1)
refused: fts5 is not on the list of functions that may be called
SELECT fts5_source_id()
refused: fts5_source_id is not on the list of functions that may be c
SELECT "optimize"(docs4) FROM docs4
refused: optimize is not on the list of functions that may be called
SELECT [optimize](docs4) FROM docs4
refused: optimize is not on the list of functions that may be called
SELECT main.load_extension('x')
refused: load_extension is not on the list of functions that may be c
SELECT sqlite_compileoption_get(0)
refused: sqlite_compileoption_get is not on the list of functions tha
SELECT rtreenode(2, x'00')
refused: rtreenode is not on the list of functions that may be called
SELECT sqlite_offset(id) FROM orders
refused: sqlite_offset is not on the list of functions that may be ca
SELECT sqlite_rename_table('main', 'x', 'y', 'a', 'b', 0)
refused: sqlite_rename_table is not on the list of functions that may
SELECT sqlite_drop_column(0, 'x', 0)
refused: sqlite_drop_column is not on the list of functions that may
SELECT sqlite_fail('x', 'y')
refused: sqlite_fail is not on the list of functions that may be call
SELECT sqlite_crypt('x', 'y')
refused: sqlite_crypt is not on the list of functions that may be cal
SELECT zipfile('a', 'b')
refused: zipfile is not on the list of functions that may be called
SELECT * FROM zipfile('x')
refused: zipfile is not on the list of functions that may be called
SELECT * FROM fsdir('/etc')
refused: fsdir is not on the list of functions that may be called
SELECT * FROM csv('x')
refused: csv is not on the list of functions that may be called
SELECT sha3_query('SELECT * FROM secret_tokens')
refused: sha3_query is not on the list of functions that may be calle
SELECT eval('DELETE FROM orders')
refused: eval is not on the list of functions that may be called
SELECT dbagent_hash('x')
refused: dbagent_hash is not on the list of functions that may be cal
WITH x AS (SELECT 1) INSERT INTO audit_log SELECT * FROM x
refused: Only a query is accepted, and this is INSERT
EXPLAIN QUERY PLAN UPDATE orders SET id = 1
refused: EXPLAIN is accepted only for one table by name
EXPLAIN SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT 1;DELETE FROM orders
refused: Only one statement at a time is accepted
SELECT 'a;b'; DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT "a";"b"; DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT [a];DELETE FROM orders
refused: Only one statement at a time is accepted
SELECT 1 /* open; DELETE FROM orders */; DELETE FROM orders
refused: Only one statement at a time is accepted
SELECT 1 -- x
; DELETE FROM orders
refused: Only one statement at a time is accepted
SELECT * FROM orders WHERE id = ?
refused: Placeholders are not accepted
SELECT * FROM orders WHERE id = :x
refused: Placeholders are not accepted
SELECT * FROM orders WHERE id = @x
refused: Variables and parameters are not accepted
SELECT * FROM orders WHERE id = $x
refused: $x is a variable
SELECT * FROM (SELECT * FROM (SELECT token FROM secret_tokens))
refused: There is no table secret_tokens
SELECT (SELECT token FROM secret_tokens)
refused: There is no table secret_tokens
SELECT 1 WHERE EXISTS (SELECT 1 FROM secret_tokens)
refused: There is no table secret_tokens
WITH orders AS (SELECT * FROM secret_tokens) SELECT * FROM orders
refused: There is no table secret_tokens
WITH RECURSIVE x(n) AS (SELECT 1 UNION SELECT id FROM secret_tokens) SELECT * FROM x
refused: There is no table secret_tokens
SELECT * FROM orders JOIN secret_tokens USING (id)
refused: There is no table secret_tokens
SELECT * FROM orders, secret_tokens
refused: There is no table secret_tokens
SELECT * FROM (orders JOIN secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM ((secret_tokens))
refused: There is no table secret_tokens
SELECT id FROM orders UNION SELECT token FROM secret_tokens
refused: There is no table secret_tokens
VALUES ((SELECT token FROM secret_tokens))
refused: There is no table secret_tokens
SELECT * FROM (VALUES ((SELECT token FROM secret_tokens)))
refused: There is no table secret_tokens
SELECT id FROM orders ORDER BY (SELECT token FROM secret_tokens)
refused: There is no table secret_tokens
SELECT id FROM orders LIMIT (SELECT id FROM secret_tokens)
refused: There is no table secret_tokens
SELECT id FROM orders LIMIT 1 OFFSET (SELECT id FROM secret_tokens)
refused: There is no table secret_tokens
SELECT id FROM orders GROUP BY 1 HAVING (SELECT id FROM secret_tokens)
refused: There is no table secret_tokens
SELECT sum(id) OVER (PARTITION BY (SELECT id FROM secret_tokens)) FROM orders
refused: There is no table secret_tokens
SELECT sum(id) FILTER (WHERE (SELECT id FROM secret_tokens)) FROM orders
refused: There is no table secret_tokens
SELECT CASE (SELECT id FROM secret_tokens) WHEN 1 THEN 2 END
refused: There is no table secret_tokens
SELECT CAST((SELECT token FROM secret_tokens) AS TEXT)
refused: There is no table secret_tokens
SELECT 'x' LIKE (SELECT token FROM secret_tokens)
refused: There is no table secret_tokens
SELECT 1 BETWEEN (SELECT id FROM secret_tokens) AND 2
refused: There is no table secret_tokens
SELECT 1 COLLATE (SELECT id FROM secret_tokens)
refused: There is no table secret_tokens
SELECT j.value FROM json_each((SELECT json_group_array(token) FROM secret_tokens)) j
refused: There is no table secret_tokens
SELECT * FROM docs((SELECT token FROM secret_tokens))
refused: There is no table secret_tokens
SELECT group_concat(token) FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM orders AS secret_tokens, main.secret_tokens
refused: There is no table main.secret_tokens
SELECT * FROM orders AS o INDEXED BY x, secret_tokens
refused: There is no table secret_tokens
SELECT RAISE(ABORT, 'x')
refused: raise is not on the list of functions that may be called
SELECT likelihood(load_extension('x'), 0.5)
refused: load_extension is not on the list of functions that may be c
SELECT unlikely(readfile('x'))
refused: readfile is not on the list of functions that may be called
SELECT 1 IS load_extension('x')
refused: load_extension is not on the list of functions that may be c
SELECT x'41' || load_extension('x')
refused: load_extension is not on the list of functions that may be c
SELECT rowid FROM secret_v
refused: There is no table secret_v
SELECT * FROM all_orders_v
refused: There is no table all_orders_v
SELECT 1 FROM orders WHERE note MATCH load_extension('x')
refused: load_extension is not on the list of functions that may be c
SELECT 1 FROM orders WHERE note REGEXP load_extension('x')
refused: load_extension is not on the list of functions that may be c
SELECT quote(readfile('/etc/passwd'))
refused: readfile is not on the list of functions that may be called
SELECT subtype(1), readfile('x')
refused: readfile is not on the list of functions that may be called
select/**/*/**/from/**/secret_tokens
refused: There is no table secret_tokens
SELECT * FROM/**/"secret_tokens"
refused: There is no table secret_tokens
SELECT * FROM orders WHERE id IN/**/blocked_ids
refused: There is no table blocked_ids
SELECT id FROM orders WHERE id IN (SELECT id FROM orders WHERE id IN blocked_ids)
refused: There is no table blocked_ids
SELECT 1 == 3 IN blocked_ids
refused: There is no table blocked_ids
SELECT NOT 3 IN blocked_ids
refused: There is no table blocked_ids
SELECT 3 IN blocked_ids AND 1
refused: There is no table blocked_ids
SELECT 3 IN blocked_ids IS TRUE
refused: There is no table blocked_ids
SELECT (SELECT 3) IN blocked_ids
refused: There is no table blocked_ids
SELECT 3 IN blocked_ids AS x
refused: There is no table blocked_ids
SELECT 3 IN (SELECT * FROM blocked_ids)
refused: There is no table blocked_ids
SELECT 3 IN temp.blocked_ids
refused: There is no table temp.blocked_ids
SELECT max(3 IN blocked_ids, 1)
refused: There is no table blocked_ids
SELECT iif(3 IN blocked_ids, 1, 0)
refused: There is no table blocked_ids
SELECT count(*) FROM orders HAVING 3 IN blocked_ids
refused: There is no table blocked_ids
SELECT * FROM orders o JOIN customers c ON o.id IN blocked_ids
refused: There is no table blocked_ids
SELECT * FROM orders WHERE id IN secret_v
refused: There is no table secret_v
