# dialect: bigquery

# title: passes: what analysts write
SELECT DATE_TRUNC(DATE(ordered_at), MONTH), COUNT(DISTINCT id), STRING_AGG(region, ',' ORDER BY region LIMIT 3), ARRAY_AGG(id IGNORE NULLS ORDER BY id LIMIT 1)[OFFSET(0)], APPROX_COUNT_DISTINCT(id), SAFE_CAST(note AS INT64), IFNULL(note, ''), IF(amount > 1, 1, 0), DATE_DIFF(CURRENT_DATE(), DATE(ordered_at), DAY), DATE_ADD(CURRENT_DATE(), INTERVAL 1 DAY), FORMAT_DATE('%Y', CURRENT_DATE()), PARSE_DATE('%Y', '2024'), TIMESTAMP_TRUNC(CURRENT_TIMESTAMP(), DAY), EXTRACT(YEAR FROM ordered_at), REGEXP_EXTRACT(note, r'(\d+)'), REGEXP_CONTAINS(note, r'a'), SPLIT(note, ','), JSON_VALUE(note, '$.a'), GENERATE_UUID(), FARM_FINGERPRINT(note), ROUND(amount, 2) FROM orders GROUP BY 1
tables: orders
SELECT o.id, tag FROM `shop.products` o, UNNEST(o.tags) AS tag WITH OFFSET AS n
tables: products
SELECT o.id, tag FROM shop.products o CROSS JOIN UNNEST(tags) tag
tables: products
SELECT o.id FROM shop.products o, o.tags
tables: products
SELECT * EXCEPT (note), STRUCT(id, region) AS s, [1, 2] FROM `shop`.`orders`
tables: orders
SELECT AS STRUCT id FROM orders
tables: orders
SELECT id FROM orders QUALIFY ROW_NUMBER() OVER (PARTITION BY region ORDER BY id) = 1
tables: orders
SELECT * FROM UNNEST(GENERATE_DATE_ARRAY('2024-01-01', '2024-01-05')) AS d
tables: none
SELECT SAFE.SUBSTR(note, 1), NET.HOST(note) FROM orders
tables: orders
SELECT region, COUNT(*) FROM orders FOR SYSTEM_TIME AS OF TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR) GROUP BY region
tables: orders
SELECT * FROM orders PIVOT (SUM(amount) FOR region IN ('EU', 'US'))
tables: orders
SELECT 'a' # comment
tables: none
SELECT """triple 'x' "y" """, r'\d', b'x'
tables: none

# title: a function is called only when it is known to compute and to do nothing else
SELECT * FROM EXTERNAL_QUERY('c', 'SELECT 1')
refused: external_query is not on the list
SELECT * FROM ML.PREDICT(MODEL m, TABLE orders)
refused: predict is not on the list
SELECT * FROM VECTOR_SEARCH(TABLE secret_tokens, 'a', TABLE orders)
refused: vector_search is not on the list
SELECT KEYS.NEW_KEYSET('x')
refused: new_keyset is not on the list
SELECT AI.GENERATE('x')
refused: generate is not on the list
SELECT ERROR('x')
refused: error is not on the list
SELECT `proj.ds.fn`(1)
refused: proj.ds.fn is not on the list
SELECT ds.fn(1)
refused: fn is not on the list

# title: facts of the session and the server are not told
SELECT SESSION_USER()
refused: session_user tells of the session

# title: variables and placeholders are not read
SELECT @@project_id
refused: Variables and parameters are not accepted
SELECT @x
refused: Variables and parameters are not accepted

# title: what does not begin as a query is refused, whatever it is
EXECUTE IMMEDIATE 'SELECT 1'
refused: Only a query is accepted, and this begins with EXECUTE
EXPORT DATA OPTIONS (uri='x') AS SELECT 1
refused: Only a query is accepted, and this begins with EXPORT
DECLARE x INT64
refused: Only a query is accepted, and this begins with DECLARE
ASSERT 1 = 1
refused: Only a query is accepted, and this begins with ASSERT

# title: another database is not reached
SELECT * FROM `other-project.shop.orders`
refused: other-project.shop.orders names another database

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT * FROM `region-us.INFORMATION_SCHEMA.JOBS`
refused: There is no table region-us.INFORMATION_SCHEMA.JOBS
SELECT * FROM `shop.ord*`
refused: There is no table shop.ord*
SELECT * FROM secret_tokens
refused: There is no table secret_tokens

# title: what is left is refused too
SELECT * FROM shop.INFORMATION_SCHEMA.TABLES
refused: INFORMATION_SCHEMA stands where it was not understood

# title: one statement at a time
CREATE TEMP FUNCTION f() AS (1); SELECT f()
refused: Only one statement at a time is accepted
BEGIN SELECT 1; END
refused: Only one statement at a time is accepted

# title: what is not understood is refused
SELECT * FROM APPENDS(TABLE secret_tokens)
refused: The statement cannot be parsed as bigquery: Expecting )

# title: text that two lexers read differently is refused
CALL p()
refused: The quotes in this statement can be read in two ways

# title: passes: pipes, the row of the largest
FROM orders |> WHERE amount > 10 |> AGGREGATE SUM(amount) AS s GROUP BY region |> ORDER BY s DESC
tables: orders
SELECT ANY_VALUE(region HAVING MAX amount), IEEE_DIVIDE(1, 0) FROM orders
tables: orders

# title: refused: through a pipe too
FROM orders |> JOIN secret_tokens USING (id)
refused: There is no table secret_tokens
FROM orders |> UNION ALL (SELECT token FROM secret_tokens)
refused: There is no table secret_tokens
FROM orders |> CALL my_function()
refused: cannot be parsed
FROM orders |> SELECT id, my_function(id)
refused: my_function is not on the list
