-- Statements under a policy, each with the rows that it would give if what the user may see were all there is.
-- engines: duckdb sqlite postgres mysql
-- must be answered
SELECT id FROM orders ORDER BY id
SELECT o.id, c.email FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY 1
SELECT c.id, o.id FROM customers c LEFT JOIN orders o ON c.id = o.customer_id AND o.region <> 'north' ORDER BY 1, 2
SELECT count(*) FROM orders a CROSS JOIN orders b
SELECT count(*) FROM orders, customers
SELECT a.id, b.id FROM orders a LEFT JOIN orders b ON b.id = a.id + 3 ORDER BY 1
SELECT id FROM orders UNION SELECT id + 1 FROM orders ORDER BY 1
SELECT id FROM orders INTERSECT SELECT id FROM orders WHERE region <> 'north'
SELECT id FROM customers EXCEPT SELECT customer_id FROM orders ORDER BY 1
SELECT id FROM customers WHERE id NOT IN (SELECT customer_id FROM orders) ORDER BY id
SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.region = 'south') ORDER BY 1
SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.note LIKE 'HIDDEN%') ORDER BY 1
WITH o AS (SELECT * FROM orders) SELECT count(*) FROM o a JOIN o b ON a.id = b.id
WITH a AS (SELECT * FROM orders), b AS (SELECT * FROM a), c AS (SELECT * FROM b) SELECT max(note), count(*) FROM c
WITH customers AS (SELECT id, note AS email FROM orders) SELECT email FROM customers WHERE email IS NOT NULL ORDER BY 1
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT o.id FROM orders o JOIN t ON t.n = o.id ORDER BY 1
WITH RECURSIVE orders AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM orders WHERE id < 4) SELECT count(*) FROM orders
WITH RECURSIVE t AS (SELECT id FROM orders WHERE id = 1 UNION ALL SELECT o.id FROM orders o JOIN t ON o.id = t.id + 1) SELECT id FROM t ORDER BY 1
SELECT customer_id, count(*) FROM orders GROUP BY customer_id HAVING max(note) LIKE 'HIDDEN%'
SELECT region, count(*) AS n, sum(amount) AS s FROM orders GROUP BY region ORDER BY region
SELECT id, rank() OVER (ORDER BY amount DESC) AS r FROM orders ORDER BY r
SELECT id, lag(id) OVER (ORDER BY id) AS earlier FROM orders ORDER BY id
SELECT id FROM customers ORDER BY email, id
SELECT email, count(*) AS n FROM customers GROUP BY email
SELECT a.id, b.id FROM customers a JOIN customers b ON a.email = b.email AND a.id < b.id ORDER BY 1, 2
SELECT count(*) FROM customers WHERE phone IS NULL
SELECT count(phone), count(email) FROM customers
SELECT CASE WHEN email LIKE 'ada%' THEN 'yes' ELSE 'no' END AS k, count(*) FROM customers GROUP BY 1
SELECT coalesce(phone, 'none') AS p FROM customers WHERE id = 1
SELECT upper(email) AS e FROM customers WHERE id = 3
SELECT * FROM customers ORDER BY id
SELECT customers.* FROM customers WHERE id = 2
SELECT c.* FROM customers AS c JOIN orders o ON o.customer_id = c.id ORDER BY c.id
SELECT q.email FROM (SELECT id, email FROM customers) q WHERE q.id = 1
SELECT (SELECT email FROM customers c WHERE c.id = o.customer_id) AS e FROM orders o ORDER BY o.id
SELECT o.id, (SELECT count(*) FROM orders i WHERE i.id <= o.id) AS n FROM orders o ORDER BY 1
SELECT orders.id FROM products AS customers JOIN orders ON orders.id = customers.id ORDER BY 1
SELECT count(*) FROM all_orders JOIN orders ON all_orders.id = orders.id
SELECT count(*) FROM orders JOIN products USING (id)
SELECT count(*) FROM orders NATURAL JOIN (SELECT id FROM products) AS p
SELECT DISTINCT region FROM orders
SELECT count(*) FROM orders WHERE note >= 'HIDDEN' AND note < 'HIDDEO'
SELECT id FROM orders WHERE 1 = 1 OR region = 'south' ORDER BY id
SELECT id FROM orders WHERE NOT (region = 'north')
SELECT p.id FROM products p ORDER BY (SELECT count(*) FROM orders o WHERE o.id < p.id), p.id
SELECT CASE WHEN (SELECT count(*) FROM orders WHERE region = 'south') > 0 THEN 'some' ELSE 'none' END AS k
SELECT sum(CASE WHEN region = 'south' THEN 1 ELSE 0 END) AS n FROM orders
SELECT count(*) FROM (SELECT customer_id, region FROM orders GROUP BY customer_id, region) AS x
SELECT x.email FROM (SELECT email FROM customers UNION ALL SELECT note FROM orders) x WHERE x.email IS NOT NULL ORDER BY 1
-- may be refused
SELECT * FROM secret_tokens
SELECT ssn FROM customers
SELECT max(ssn) FROM customers
SELECT id FROM customers WHERE ssn LIKE 'SSN%'
SELECT id FROM customers ORDER BY ssn
SELECT count(*) FROM customers GROUP BY ssn
SELECT c.ssn FROM (SELECT * FROM customers) c
WITH secret_tokens AS (SELECT * FROM secret_tokens) SELECT * FROM secret_tokens
WITH RECURSIVE secret_tokens AS (SELECT * FROM secret_tokens) SELECT * FROM secret_tokens
WITH RECURSIVE secret_tokens AS (SELECT id, token FROM secret_tokens UNION SELECT 1, 'b') SELECT * FROM secret_tokens
WITH RECURSIVE a AS (SELECT * FROM secret_tokens), secret_tokens AS (SELECT 1 AS x) SELECT * FROM a
SELECT * FROM (WITH secret_tokens AS (SELECT 1 AS x) SELECT * FROM secret_tokens) q, secret_tokens
SELECT * FROM (SELECT 1 AS a) secret_tokens, secret_tokens
SELECT (SELECT token FROM secret_tokens LIMIT 1) FROM (SELECT 1 AS token) secret_tokens
WITH orders AS (SELECT * FROM orders WHERE region = 'south') SELECT count(*) FROM orders
SELECT id FROM orders WHERE id IN (SELECT id FROM secret_tokens)
SELECT CASE WHEN EXISTS (SELECT 1 FROM secret_tokens) THEN 1 ELSE 0 END
SELECT 1 ORDER BY (SELECT token FROM secret_tokens LIMIT 1)
SELECT sum(id) OVER (PARTITION BY (SELECT max(token) FROM secret_tokens)) FROM products
SELECT 1 FROM products HAVING (SELECT count(*) FROM secret_tokens) > 0
SELECT id FROM products LIMIT (SELECT count(*) FROM orders WHERE region = 'south')
(SELECT token FROM secret_tokens)
SELECT id FROM products UNION ALL SELECT token FROM secret_tokens
SELECT count(*) FROM (orders CROSS JOIN secret_tokens)
SELECT 1 / (CASE WHEN note LIKE 'HIDDEN%' THEN 0 ELSE 1 END) FROM orders
SELECT id FROM orders WHERE CAST(note AS DATE) IS NOT NULL
SELECT id FROM customers WHERE CAST(email AS DECIMAL) > 0
SELECT n FROM totals
SELECT token FROM token_view
EXPLAIN SELECT * FROM orders
SELECT * FROM information_schema.tables
-- engines: duckdb
-- must be answered
SUMMARIZE orders
summarize table customers;
FROM orders SELECT id ORDER BY id
SELECT struct_extract(c, 'email') AS e FROM customers c WHERE c.id = 1
SELECT COLUMNS('e.*') FROM customers WHERE id = 1
SELECT * EXCLUDE (name) FROM customers WHERE id = 1
SELECT * REPLACE (email || '!' AS email) FROM customers WHERE id = 1
SELECT list(note ORDER BY note) FROM orders
SELECT to_json(c) FROM customers c WHERE id = 1
SELECT * FROM orders PIVOT (count(*) FOR region IN ('north', 'south'))
PIVOT orders ON region USING count(*)
UNPIVOT (SELECT id, email FROM customers) ON email INTO NAME k VALUE v
SELECT id FROM orders QUALIFY row_number() OVER (PARTITION BY region ORDER BY id) = 1
SELECT count(*) FILTER (WHERE region = 'south') FROM orders
SELECT c.id, l.n FROM customers c, LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer_id = c.id) l ORDER BY 1
-- may be refused
FROM secret_tokens
SELECT ssn.x FROM customers
SELECT COLUMNS('ssn') FROM customers
SELECT c['ssn'] FROM customers c
SELECT (c).ssn FROM customers c
FROM histogram('secret_tokens', 'token')
FROM histogram('orders', 'note')
FROM query_table('orders')
FROM query('FROM secret_tokens')
FROM (DESCRIBE customers)
SELECT rowid FROM orders WHERE rowid > 0
WITH RECURSIVE secret_tokens AS (FROM secret_tokens UNION ALL BY NAME FROM secret_tokens) FROM secret_tokens
SELECT error(note) FROM orders
SELECT * FROM "secret_tokens" TABLESAMPLE 100%
-- engines: sqlite
-- must be answered
SELECT id AS oid, note FROM orders ORDER BY oid
SELECT note FROM [orders] WHERE id = 2
SELECT note FROM 'orders' WHERE id = 2
SELECT group_concat(id) FROM orders
SELECT json_group_array(email) FROM customers
SELECT id FROM products WHERE id IN (SELECT id FROM orders)
-- may be refused
SELECT 'HIDDEN-TOKEN' IN secret_tokens
SELECT (2, 1, 'south', 20, 'HIDDEN-2') IN orders
SELECT rowid FROM orders
SELECT * FROM sqlite_master
SELECT * FROM pragma_table_info('customers')
SELECT json(note) FROM orders
-- engines: postgres
-- must be answered
SELECT count(*) FROM orders *
SELECT count(*) FROM public.orders * WHERE id > 1
SELECT id AS oid FROM orders ORDER BY oid
SELECT row_to_json(c)::text FROM customers c WHERE id = 1
SELECT c::text FROM customers c WHERE id = 1
SELECT (c).email FROM customers c WHERE id = 1
TABLE orders
SELECT DISTINCT ON (region) region, note FROM orders ORDER BY region, note
SELECT c.id, l.id FROM customers c LEFT JOIN LATERAL (SELECT id FROM orders o WHERE o.customer_id = c.id) l ON true ORDER BY 1
SELECT string_agg(note, ',') FROM orders
SELECT json_agg(o)::text FROM orders o
-- may be refused
SELECT (c).ssn FROM customers c
SELECT c.to_jsonb FROM customers c WHERE id = 1
SELECT to_jsonb(c) ->> 'ssn' FROM customers c
SELECT id IN (TABLE secret_tokens) FROM products
SELECT * FROM ONLY orders
SELECT ctid FROM orders WHERE ctid IS NULL
SELECT query_to_xml('TABLE secret_tokens', true, false, '')
SELECT * FROM pg_stats
SELECT ROW(1, 'x')::customers
-- engines: mysql
-- must be answered
SELECT `orders`.`id` FROM `orders` ORDER BY 1
SELECT group_concat(id ORDER BY id) FROM orders
SELECT STRAIGHT_JOIN count(*) FROM orders o JOIN customers c ON c.id = o.customer_id
SELECT region, count(*) FROM orders GROUP BY region WITH ROLLUP
-- may be refused
SELECT note FROM orders FOR UPDATE
SELECT extractvalue('<a/>', concat('/', note)) FROM orders
SELECT note FROM orders WHERE exp(CASE WHEN region = 'south' THEN 710 ELSE 1 END) > 0
SELECT @x := note FROM orders
SELECT * FROM mysql.user
