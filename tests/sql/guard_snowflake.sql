# dialect: snowflake

# title: passes: what analysts write
SELECT DATE_TRUNC('month', ordered_at), SUM(amount), LISTAGG(region, ',') WITHIN GROUP (ORDER BY region), MEDIAN(amount), APPROX_COUNT_DISTINCT(id), ARRAY_AGG(id), OBJECT_AGG(region, amount), ANY_VALUE(id), COUNT_IF(amount > 1), ZEROIFNULL(amount), IFF(amount > 1, 1, 0), NVL(note, ''), DATEDIFF('day', ordered_at, CURRENT_DATE), DATEADD(day, 1, ordered_at), TO_CHAR(ordered_at, 'YYYY'), TRY_TO_NUMBER(note), SPLIT_PART(note, '-', 1), REGEXP_SUBSTR(note, 'a'), DAYNAME(ordered_at), LAST_DAY(ordered_at), MONTHNAME(ordered_at) FROM orders GROUP BY ALL
tables: orders
SELECT f.value:name::string, f.index FROM events e, LATERAL FLATTEN(input => e.payload:items) f
tables: events
SELECT payload:page::varchar, payload['ms'], GET_PATH(payload, 'a.b'), PARSE_JSON('{}') FROM events
tables: events
SELECT * FROM orders QUALIFY ROW_NUMBER() OVER (PARTITION BY region ORDER BY amount DESC) = 1
tables: orders
SELECT * FROM orders PIVOT (SUM(amount) FOR region IN ('EU', 'US'))
tables: orders
SELECT TOP 3 * FROM orders
tables: orders
SELECT * EXCLUDE (note) FROM shop.orders LIMIT 3
tables: orders
SELECT * FROM TABLE(GENERATOR(ROWCOUNT => 10))
tables: none
SELECT * FROM TABLE(FLATTEN(INPUT => PARSE_JSON('[1]')))
tables: none
SELECT $$a$$, 'it''s' // comment
tables: none
SELECT a.id FROM orders a ASOF JOIN customers b MATCH_CONDITION (a.id >= b.id) ON a.region = b.region
tables: customers, orders

# title: what is left is refused too
SELECT * FROM @stage
refused: @stage is not a table
SELECT $1 FROM @stage/file.csv
refused: @stage/file.csv is not a table
SELECT * FROM '@stage/file.csv'
refused: '@stage/file.csv' is not a table
SELECT * FROM IDENTIFIER('secret_tokens')
refused: IDENTIFIER('secret_tokens') is not a table
SELECT * FROM TABLE('secret_tokens')
refused: TABLE(...) takes a function here
SELECT * FROM TABLE($x)
refused: TABLE(...) takes a function here
SELECT * FROM $x
refused: $x is not a table
SELECT seq.nextval
refused: Sequences are not read
SELECT * FROM DIRECTORY(@s)
refused: DIRECTORY(@s) is not a table

# title: a function is called only when it is known to compute and to do nothing else
SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))
refused: result_scan is not on the list
SELECT * FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY())
refused: query_history is not on the list
SELECT SYSTEM$WAIT(5)
refused: system$wait is not on the list
SELECT SYSTEM$CANCEL_QUERY('x')
refused: system$cancel_query is not on the list
SELECT my_udf(1)
refused: my_udf is not on the list
SELECT GET_PRESIGNED_URL(@s, 'x')
refused: get_presigned_url is not on the list
SELECT GET_DDL('table', 'x')
refused: get_ddl is not on the list
SELECT SNOWFLAKE.CORTEX.COMPLETE('a', 'b')
refused: complete is not on the list
SELECT * FROM TABLE(INFER_SCHEMA(LOCATION => '@s', FILE_FORMAT => 'x'))
refused: infer_schema is not on the list

# title: facts of the session and the server are not told
SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_ACCOUNT()
refused: current_user tells of the session

# title: what does not begin as a query is refused, whatever it is
COPY INTO @s FROM orders
refused: Only a query is accepted, and this begins with COPY
PUT file://x @s
refused: Only a query is accepted, and this begins with PUT
GET @s file://x
refused: Only a query is accepted, and this begins with GET
LIST @s
refused: Only a query is accepted, and this begins with LIST
REMOVE @s
refused: Only a query is accepted, and this begins with REMOVE
EXECUTE IMMEDIATE 'SELECT 1'
refused: Only a query is accepted, and this begins with EXECUTE
USE ROLE x
refused: Only a query is accepted, and this begins with USE
SET x = 1
refused: Only a query is accepted, and this begins with SET
UNDROP TABLE x
refused: Only a query is accepted, and this begins with UNDROP

# title: text that two lexers read differently is refused
CALL p()
refused: The quotes in this statement can be read in two ways

# title: variables and placeholders are not read
SELECT $x
refused: Variables and parameters are not accepted

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT * FROM orders AT (STATEMENT => 'x'), secret_tokens
refused: There is no table secret_tokens
DESCRIBE TABLE secret_tokens
refused: There is no table secret_tokens

# title: the system catalogue is read by nobody
SELECT * FROM SNOWFLAKE.ACCOUNT_USAGE.USERS
refused: SNOWFLAKE.ACCOUNT_USAGE.USERS belongs to the system catalogue, which q

# title: descriptions are of one known table
SHOW TABLES
refused: SHOW is accepted only for one table by name

# title: passes: more that only computes
SELECT CONDITIONAL_CHANGE_EVENT(region) OVER (ORDER BY id), EQUAL_NULL(note, NULL), BASE64_ENCODE(note) FROM orders
tables: orders
