# dialect: spark

# title: passes: what analysts write
SELECT date_format(ordered_at, 'yyyy-MM') AS m, sum(amount) FROM orders GROUP BY 1
tables: orders
SELECT explode(split(note, ' ')) AS w FROM orders
tables: orders
SELECT o.id, t.tag FROM products o LATERAL VIEW explode(o.tags) t AS tag
tables: products
SELECT * FROM orders TABLESAMPLE (10 PERCENT)
tables: orders
SELECT id, percentile_approx(amount, 0.5), collect_list(region), count_if(status = 'paid') FROM orders GROUP BY id
tables: orders
SELECT named_struct('a', 1).a, map('a', 1)['a'], array(1,2)[0], transform(array(1,2), x -> x + 1), filter(array(1), x -> x > 0), aggregate(array(1), 0, (a, x) -> a + x) FROM orders
tables: orders
SELECT * FROM orders PIVOT (sum(amount) FOR region IN ('EU', 'US'))
tables: orders
SELECT id FROM orders DISTRIBUTE BY region SORT BY id
tables: orders
SELECT id FROM orders CLUSTER BY region
tables: orders
SELECT /*+ BROADCAST(c) */ o.id FROM orders o JOIN customers c ON o.customer_id = c.id
tables: customers, orders
SELECT o.id FROM orders o LEFT ANTI JOIN customers c ON o.customer_id = c.id
tables: customers, orders
SELECT id, amount FROM `orders` WHERE note RLIKE 'a' AND region IN ("EU", 'US')
tables: orders
SELECT date_add(current_date(), 1), datediff(current_date(), '2024-01-01'), months_between(current_date(), '2024-01-01'), trunc(current_date(), 'MM'), to_date('2024', 'yyyy'), unix_timestamp(), from_unixtime(0), add_months(current_date(), 1), make_date(2024,1,1), date_trunc('month', current_timestamp()), extract(year FROM ordered_at) FROM orders
tables: orders
SELECT regexp_extract(note, '(a)', 1), regexp_replace(note, 'a', 'b'), concat_ws('-', note, region), instr(note, 'a'), lpad(note, 3, '0'), initcap(note), nvl(note, 'x'), if(amount > 1, 1, 0), coalesce(note, ''), size(array(1)), sha2(note, 256), md5(note), get_json_object(note, '$.a'), to_json(named_struct('a', 1)), schema_of_json('{}') FROM orders
tables: orders
WITH a AS (SELECT * FROM orders) SELECT region, count(DISTINCT id) FROM a GROUP BY region WITH ROLLUP
tables: orders
SELECT region, sum(amount) FROM orders GROUP BY region GROUPING SETS ((region), ())
tables: orders
SELECT id, row_number() OVER (PARTITION BY region ORDER BY id) FROM orders QUALIFY row_number() OVER (PARTITION BY region ORDER BY id) = 1
tables: orders
VALUES (1, 'a')
tables: none
SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(a, b)
tables: none
SELECT * FROM range(10)
tables: none

# title: a function is called only when it is known to compute and to do nothing else
SELECT reflect('java.lang.Runtime', 'getRuntime')
refused: reflect is not on the list
SELECT java_method('java.util.UUID', 'randomUUID')
refused: java_method is not on the list
SELECT * FROM read_files('/etc/passwd')
refused: read_files is not on the list
SELECT input_file_name() FROM orders
refused: input_file_name is not on the list
SELECT raise_error('x')
refused: raise_error is not on the list
SELECT java_method('a','b')
refused: java_method is not on the list
SELECT * FROM IDENTIFIER('secret_tokens')
refused: identifier is not on the list
SELECT * FROM IDENTIFIER('secret' || '_tokens')
refused: identifier is not on the list
SELECT IDENTIFIER('token') FROM orders
refused: identifier is not on the list
SELECT http_request('x')
refused: http_request is not on the list
SELECT ai_query('a', 'b')
refused: ai_query is not on the list
SELECT secret('a', 'b')
refused: secret is not on the list
SELECT try_reflect('a','b')
refused: try_reflect is not on the list
SELECT assert_true(false)
refused: assert_true is not on the list
SELECT * FROM orders LATERAL VIEW explode(reflect('a', 'b')) t AS x
refused: reflect is not on the list

# title: what is left is refused too
SELECT TRANSFORM(id) USING 'cat' AS (x) FROM orders
refused: TRANSFORM ..

# title: what does not begin as a query is refused, whatever it is
FROM orders SELECT TRANSFORM(id) USING 'cat'
refused: Only a query is accepted, and this begins with FROM
ADD JAR 'x'
refused: Only a query is accepted, and this begins with ADD
SET spark.x = 1
refused: Only a query is accepted, and this begins with SET
CACHE TABLE orders
refused: Only a query is accepted, and this begins with CACHE
REFRESH TABLE orders
refused: Only a query is accepted, and this begins with REFRESH
INSERT OVERWRITE DIRECTORY '/tmp/x' SELECT 1
refused: Only a query is accepted, and this begins with INSERT
FROM orders INSERT INTO x SELECT 1
refused: Only a query is accepted, and this begins with FROM
CREATE TEMPORARY VIEW x AS SELECT 1
refused: Only a query is accepted, and this begins with CREATE

# title: what is not understood is refused
SELECT MAP(id) USING 'cat' FROM orders
refused: The statement cannot be parsed as spark: list index out of range

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT * FROM csv.`/etc/passwd`
refused: There is no table csv./etc/passwd
SELECT * FROM parquet.`s3://x/y`
refused: There is no table parquet.s3://x/y
SELECT * FROM text.`/etc/passwd`
refused: There is no table text./etc/passwd
SELECT * FROM delta.`/x`
refused: There is no table delta./x
SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM global_temp.x
refused: There is no table global_temp.x
DESCRIBE secret_tokens
refused: There is no table secret_tokens
DESCRIBE EXTENDED secret_tokens
refused: There is no table secret_tokens
EXPLAIN SELECT * FROM secret_tokens
refused: There is no table secret_tokens

# title: facts of the session and the server are not told
SELECT current_user(), current_database(), version()
refused: current_user tells of the session

# title: variables and placeholders are not read
SELECT ${x}
refused: Variables and parameters are not accepted
SELECT :x
refused: Placeholders are not accepted

# title: descriptions are of one known table
SHOW TABLES
refused: SHOW is accepted only for one table by name
