# dialect: mysql

# title: passes: grouping sets
SELECT region, COUNT(*) FROM orders GROUP BY region WITH ROLLUP
tables: orders
SELECT o.region, COUNT(*) AS n, SUM(o.amount) AS s FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY o.region WITH ROLLUP HAVING n > 1
tables: customers, orders

# title: passes: a part of the rows
SELECT HIGH_PRIORITY SQL_NO_CACHE id FROM orders LIMIT 1
tables: orders
SELECT id FROM orders LIMIT 3 ROWS EXAMINED 1000
tables: orders
SELECT id FROM orders LIMIT ROWS EXAMINED 1000
tables: orders
SELECT TRIM(LEADING 'x' FROM note), SUBSTRING(note FROM 1 FOR 2), POSITION('a' IN note), LOCATE('a', note), SUBSTRING_INDEX(note, '-', 1), LPAD(note, 5, '0'), REPEAT('a', 3), CONCAT_WS(',', note, region), ELT(1, 'a'), FIELD('a', 'a'), FIND_IN_SET('a', 'a,b'), INSERT('abc', 1, 1, 'x'), LEFT(note, 1), RIGHT(note, 1), MID(note, 1, 2), REVERSE(note), UPPER(note), LCASE(note), LENGTH(note), CHAR_LENGTH(note), ASCII('a'), HEX('a'), UNHEX('41'), MD5('a'), SHA1('a'), SHA2('a', 256), CRC32('a'), TO_BASE64('a'), FORMAT(1234.5, 2), QUOTE(note), REGEXP_REPLACE(note, 'a', 'b'), REGEXP_SUBSTR(note, 'a'), STRCMP('a', 'b'), SOUNDEX('a'), BIN(5), OCT(8), CONV('a', 16, 2), UUID() IS NOT NULL, RAND() >= 0 FROM orders LIMIT 1
tables: orders
SELECT id FROM orders FETCH FIRST 3 ROWS ONLY
tables: orders
SELECT id FROM orders OFFSET 1 ROW FETCH NEXT 2 ROWS ONLY
tables: orders
SELECT IF(amount > 100, 'a', 'b'), IFNULL(note, ''), NULLIF(1, 1), COALESCE(note, 'x'), CASE WHEN vip THEN 1 END, GREATEST(1, 2), LEAST(1, 2), ISNULL(note) FROM orders, customers LIMIT 1
tables: customers, orders
SELECT {schema}.orders.id FROM {schema}.orders LIMIT 1
tables: orders
SELECT * FROM orders WHERE (region, status) IN (SELECT region, status FROM orders) AND amount >= ALL (SELECT price FROM products WHERE price < 5) LIMIT 1
tables: orders, products
SELECT NVL(note, 'x'), NVL2(note, 1, 2), TO_CHAR(ordered_at, 'YYYY'), ADD_MONTHS(ordered_at, 1), CHR(65), DECODE_ORACLE(1, 1, 'a', 'b'), LENGTHB('a'), TRUNCATE(1.5, 0) FROM orders LIMIT 1
tables: orders
SELECT ALL region FROM orders LIMIT 0
tables: orders
SELECT region, GROUP_CONCAT(DISTINCT status ORDER BY status LIMIT 2) FROM orders GROUP BY region
tables: orders
SELECT CONCAT(name, ' <', email, '>'), UPPER(name), SUBSTRING(name, 1, 3), SUBSTRING_INDEX(email, '@', -1), CHAR_LENGTH(name), LEFT(name, 1), REPLACE(name, 'a', 'b'), REVERSE(name), LPAD(id, 5, '0'), TRIM(name), INSTR(name, 'a'), CONCAT_WS('-', id, region), FORMAT(credit_limit, 2), MD5(name), SHA2(name, 256), HEX(name), ORD(name), CHAR(77, 121), REGEXP_SUBSTR(email, '[0-9]+'), REGEXP_INSTR(email, '@'), SPACE(3), REPEAT('a', 2), QUOTE(name), UCASE(name), ELT(2, 'a', 'b'), FIELD('b', 'a', 'b'), FIND_IN_SET('b', 'a,b'), STRCMP('a', 'b'), SOUNDEX(name), TO_BASE64(name), CRC32(name), BIT_LENGTH(name), EXPORT_SET(5, 'Y', 'N', ',', 4), MAKE_SET(1, 'a', 'b'), WEIGHT_STRING('a') FROM customers
tables: customers
SELECT ROUND(amount, 1), FLOOR(amount), CEILING(amount), TRUNCATE(amount, 1), MOD(id, 2), id % 2, id DIV 2, POWER(2, id), SQRT(id), LOG10(100), SIGN(-1), RAND(1) < 2, GREATEST(1, id), LEAST(1, id), ABS(-id), CONV('ff', 16, 10), BIN(id), PI(), ATAN2(1, 1) FROM orders LIMIT 1
tables: orders
SELECT id FROM orders IGNORE INDEX (PRIMARY) WHERE id > 0 LIMIT 1
tables: orders

# title: passes: joins
SELECT * FROM { OJ orders o LEFT OUTER JOIN customers c ON o.customer_id = c.id } LIMIT 1
tables: customers, orders
SELECT o.id FROM (orders o, customers c) LEFT JOIN products p ON p.id = o.id WHERE c.id = o.customer_id
tables: customers, orders, products
SELECT id FROM orders NATURAL LEFT JOIN customers
tables: customers, orders
SELECT STRAIGHT_JOIN o.id FROM orders o STRAIGHT_JOIN customers c ON o.customer_id = c.id
tables: customers, orders
SELECT c.name, o.amount FROM customers c JOIN (SELECT customer_id, MAX(amount) AS amount FROM orders GROUP BY customer_id) o ON o.customer_id = c.id WHERE c.name LIKE '%a%' COLLATE utf8mb4_bin OR c.name REGEXP '^[A-Z]'
tables: customers, orders

# title: passes: rows without a FROM
VALUES (1,2),(3,4)
tables: none
SELECT * FROM (VALUES (1,2),(3,4)) v
tables: none

# title: passes: common tables and what they hide
WITH v(a, b) AS (VALUES (1,2),(3,4)) SELECT a FROM v
tables: none
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT * FROM a UNION ALL SELECT * FROM b
tables: none

# title: passes: recursive queries
WITH RECURSIVE t AS (SELECT 1 AS a UNION SELECT a + 1 FROM t WHERE a < 3) CYCLE a RESTRICT SELECT * FROM t
tables: none
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n FROM t
tables: none
WITH RECURSIVE d AS (SELECT DATE('2025-01-01') AS day UNION ALL SELECT day + INTERVAL 1 DAY FROM d WHERE day < '2025-01-10') SELECT d.day, COUNT(o.id) FROM d LEFT JOIN orders o ON DATE(o.ordered_at) = d.day GROUP BY d.day
tables: orders

# title: passes: dates and times
SELECT CAST('1' AS SIGNED), CONVERT('x' USING utf8mb4), _utf8mb4'x', x'41', 0x41, b'1', CHAR(65 USING utf8), CONVERT('1', DECIMAL(10,2)), CAST(1 AS CHAR(10)), CAST('2024-01-01' AS DATE), BINARY 'a'
tables: none
SELECT TIMESTAMPDIFF(MONTH, '2024-01-01', ordered_at), EXTRACT(YEAR_MONTH FROM ordered_at), ordered_at + INTERVAL 1 DAY, DATE_SUB(ordered_at, INTERVAL 3 MONTH), DATE_FORMAT(ordered_at, '%Y-%m'), YEAR(ordered_at), QUARTER(ordered_at), WEEK(ordered_at, 1), DAYNAME(ordered_at), LAST_DAY(ordered_at), DATEDIFF(NOW(), ordered_at), STR_TO_DATE('2024', '%Y'), UNIX_TIMESTAMP(ordered_at), FROM_UNIXTIME(0), CURDATE(), CURTIME(), SYSDATE(), UTC_TIMESTAMP, CURRENT_TIMESTAMP, MAKEDATE(2024, 1), PERIOD_DIFF(202401, 202312), TO_DAYS(ordered_at), CONVERT_TZ(ordered_at, '+00:00', '+01:00'), DATE(ordered_at), TIME(ordered_at), HOUR(ordered_at) FROM orders LIMIT 1
tables: orders
SELECT id FROM orders WHERE ordered_at >= '2025-01-01' AND ordered_at < '2025-02-01' + INTERVAL 1 MONTH AND YEAR(ordered_at) = 2025
tables: orders
SELECT DATE_ADD(ordered_at, INTERVAL '1:30' HOUR_MINUTE), ADDDATE(ordered_at, 3), SUBDATE(ordered_at, INTERVAL 1 WEEK), ADDTIME('10:00', '01:00'), TIMEDIFF('10:00', '09:00'), SEC_TO_TIME(60), TIME_FORMAT('10:00', '%H'), DATE '2024-01-01', TIMESTAMP '2024-01-01 00:00:00', TIMESTAMPADD(DAY, 1, ordered_at), WEEKDAY(ordered_at), YEARWEEK(ordered_at), MONTHNAME(ordered_at), DAYOFYEAR(ordered_at) FROM orders LIMIT 1
tables: orders
SELECT DATE_FORMAT(ordered_at, '%x-%v') AS wk, COUNT(*) FROM orders GROUP BY wk ORDER BY wk
tables: orders
SELECT * FROM orders WHERE ordered_at BETWEEN '2025-01-01' AND NOW() - INTERVAL 1 DAY AND MONTH(ordered_at) IN (1, 2, 3) AND NOT note <=> NULL
tables: orders
SELECT DATE_ADD(ordered_at, INTERVAL 1 QUARTER), ordered_at - INTERVAL '1-2' YEAR_MONTH, TIMESTAMPDIFF(DAY, ordered_at, NOW()), DATEDIFF(CURDATE(), ordered_at), LAST_DAY(ordered_at), DAYOFWEEK(ordered_at), WEEKOFYEAR(ordered_at), EXTRACT(HOUR FROM ordered_at), DATE(ordered_at), UNIX_TIMESTAMP(), FROM_UNIXTIME(1700000000, '%Y'), STR_TO_DATE('01/02/2024', '%d/%m/%Y'), NOW(6), CURRENT_TIMESTAMP(3), LOCALTIME(), UTC_TIME() FROM orders LIMIT 1
tables: orders
SELECT CAST(amount AS CHAR), CAST('12' AS UNSIGNED), CAST(amount AS DOUBLE), CONVERT(amount, SIGNED), CAST('2024-01-01' AS DATETIME(6)), CAST(amount AS DECIMAL(12, 4)), amount + 0.0, '5' + 5, CAST(NULL AS TIME) FROM orders LIMIT 1
tables: orders
SELECT TIME_TO_SEC('01:00:00'), SEC_TO_TIME(3600), MAKETIME(1, 2, 3), ADDTIME('10:00', '00:10'), SUBTIME('10:00', '00:10'), TIMEDIFF('10:00', '09:00'), PERIOD_ADD(202401, 2), TO_SECONDS('2024-01-01'), MICROSECOND('10:00:00.5'), GET_FORMAT(DATE, 'ISO')
tables: none

# title: passes: everything else that analysts write
SELECT 'a' 'b', N'x', "dq", 1 AS 'al'
tables: none
SELECT COUNT(*), STDDEV(amount), VAR_SAMP(amount), BIT_OR(id), STD(amount), SUM(DISTINCT amount), AVG(amount), MIN(id), COUNT(DISTINCT region, status) FROM orders
tables: orders
SELECT * FROM orders WHERE note LIKE '%\%%' OR note LIKE '100|%%' ESCAPE '|' OR note = 'it\'s' OR note = "say ""hi"""
tables: orders
SELECT 1 FROM DUAL
tables: none
SELECT 1 FROM dual WHERE 1 = 1
tables: none
SELECT region, SUM(CASE WHEN status = 'paid' THEN amount ELSE 0 END) / NULLIF(SUM(amount), 0) FROM orders GROUP BY region HAVING SUM(amount) > 10 ORDER BY 2 DESC
tables: orders
SELECT ROUND(1.5), CEIL(1.2), FLOOR(1.5), TRUNCATE(1.55, 1), MOD(5, 3), POW(2, 3), SQRT(9), LN(2), LOG(10, 100), LOG2(8), EXP(1), SIGN(-1), ABS(-1), PI(), DEGREES(1), RADIANS(1), SIN(1)
tables: none
SELECT ST_AsText(POINT(1, 2)), ST_X(POINT(1,2)), ST_Distance(POINT(0,0), POINT(1,1)), ST_Contains(ST_GeomFromText('POLYGON((0 0,0 2,2 2,2 0,0 0))'), POINT(1,1))
tables: none
SELECT SQL_BIG_RESULT SQL_BUFFER_RESULT DISTINCT region FROM orders
tables: orders
SELECT DISTINCTROW region FROM orders
tables: orders
SELECT region, GROUP_CONCAT(id ORDER BY id SEPARATOR '|') FROM orders GROUP BY region
tables: orders
SELECT IF(amount > 100, 'hi', 'lo') AS b, COUNT(*) FROM orders GROUP BY IF(amount > 100, 'hi', 'lo')
tables: orders
SELECT SQL_NO_CACHE DISTINCT region FROM orders USE INDEX () ORDER BY region
tables: orders
SELECT 1 AS `a``b`, 2 AS `c d`
tables: none
SELECT VALUE_FREE.id FROM (SELECT 1 AS id) VALUE_FREE
tables: none

# title: passes: JSON
SELECT JSON_EXTRACT(attrs, '$.color'), JSON_UNQUOTE(JSON_EXTRACT(attrs, '$.color')), JSON_VALUE(attrs, '$.color'), JSON_CONTAINS(attrs, '"black"', '$.color'), JSON_SEARCH(attrs, 'one', 'new'), JSON_TYPE(attrs), JSON_VALID(attrs), JSON_ARRAY(1, 2), JSON_MERGE_PATCH('{}', '{}') FROM products
tables: products
SELECT jt.a FROM JSON_TABLE('[{"a":1}]', '$[*]' COLUMNS (a INT PATH '$.a', o FOR ORDINALITY, b VARCHAR(10) PATH '$.b' DEFAULT 'x' ON EMPTY NULL ON ERROR)) AS jt
tables: none
SELECT p.id, j.t FROM products p, JSON_TABLE(p.attrs, '$.tags[*]' COLUMNS (t VARCHAR(20) PATH '$')) j
tables: products
SELECT GROUP_CONCAT(DISTINCT region ORDER BY region DESC SEPARATOR ', '), JSON_ARRAYAGG(id), JSON_OBJECTAGG(id, region) FROM orders
tables: orders
EXPLAIN FORMAT=JSON SELECT * FROM orders
tables: orders
SELECT JSON_VALUE(attrs, '$.color') AS color, JSON_EXTRACT(attrs, '$.dims.w') + 1, JSON_LENGTH(attrs), JSON_KEYS(attrs), JSON_QUERY(attrs, '$.dims'), JSON_EXISTS(attrs, '$.x'), JSON_SET(attrs, '$.x', 1), JSON_DETAILED(attrs), JSON_COMPACT(attrs), JSON_OBJECTAGG(id, name) FROM products
tables: products
SELECT p.id, jt.tag FROM products p, JSON_TABLE(p.attrs, '$.tags[*]' COLUMNS (n FOR ORDINALITY, tag VARCHAR(20) PATH '$')) AS jt ORDER BY 1
tables: products
SELECT STDDEV_SAMP(amount), VARIANCE(amount), BIT_AND(id), BIT_XOR(id), COUNT(DISTINCT customer_id), SUM(DISTINCT amount), MAX(ordered_at), JSON_ARRAYAGG(region ORDER BY id LIMIT 2) FROM orders
tables: orders
EXPLAIN FORMAT = JSON SELECT * FROM orders
tables: orders

# title: passes: words that only look dangerous
SELECT amount DIV 2, amount MOD 2, 1 XOR 1, NOT 1, !1, 1 && 0, 1 || 0, 1 <=> NULL, region REGEXP '^E', region RLIKE 'U$', region NOT LIKE 'x%', region SOUNDS LIKE 'EU', 5 & 3, 5 | 3, 5 ^ 3, ~5, 1 << 2, -amount, 5--3 FROM orders LIMIT 1
tables: orders
SELECT `update`, `drop table`, `order` FROM audit_words WHERE `delete` = 1
tables: audit_words
SELECT 'DROP TABLE x; -- "', "DELETE /* FROM */ t", 'a\\' FROM orders LIMIT 1
tables: orders
SELECT /* hint? */ id -- comment; DROP TABLE t
 , region # another
 FROM orders LIMIT 1;
tables: orders
SELECT a.id AS `delete`, a.region AS 'drop' FROM orders AS a HAVING `delete` > 3
tables: orders
SELECT `order` AS `select`, "literal" AS 'quoted alias', `drop table` FROM audit_words WHERE `update` <> 'DELETE FROM x'
tables: audit_words
SELECT 'a''b', 'a\'b', "a\"b", 'back\\slash', 'per%cent', '--', '#', '/* */', _utf8mb4'x' COLLATE utf8mb4_bin, N'nat', 0x41, x'41', b'01', 1e3, .5, TRUE, NULL
tables: none
SELECT EXTRACTVALUE('<a><b>x</b></a>', '/a/b'), UPDATEXML('<a/>', '/a', '<b/>')
tables: none

# title: passes: windows
SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY amount) OVER (PARTITION BY region), MEDIAN(amount) OVER (PARTITION BY region) FROM orders
tables: orders
SELECT id, ROW_NUMBER() OVER w, SUM(amount) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders WINDOW w AS (PARTITION BY region ORDER BY id)
tables: orders
SELECT id, LAG(amount) OVER (ORDER BY id), NTILE(4) OVER (ORDER BY id), CUME_DIST() OVER (ORDER BY id), FIRST_VALUE(id) OVER (ORDER BY id) FROM orders
tables: orders
SELECT id, SUM(amount) OVER (PARTITION BY region ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run, DENSE_RANK() OVER (ORDER BY amount DESC) FROM orders
tables: orders
SELECT FIRST_VALUE(amount) OVER w, LAST_VALUE(amount) OVER w, NTH_VALUE(amount, 2) OVER w, LEAD(amount, 1) OVER w, PERCENT_RANK() OVER w FROM orders WINDOW w AS (PARTITION BY region ORDER BY id)
tables: orders
SELECT PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY amount) OVER () FROM orders LIMIT 1
tables: orders

# title: passes: plans, and descriptions of a known table
SELECT id FROM orders FORCE INDEX (PRIMARY) WHERE id > 3 ORDER BY id DESC LIMIT 3 OFFSET 1
tables: orders
DESCRIBE orders
tables: orders
DESC orders
tables: orders
SHOW COLUMNS FROM orders
tables: orders
SHOW FULL COLUMNS FROM orders
tables: orders
SHOW INDEX FROM orders
tables: orders
SHOW CREATE TABLE orders
tables: orders
EXPLAIN orders
tables: orders
EXPLAIN SELECT * FROM orders
tables: orders
EXPLAIN EXTENDED SELECT * FROM orders
tables: orders
EXPLAIN PARTITIONS SELECT * FROM orders
tables: orders
SELECT CASE region WHEN 'EU' THEN 'Europe' ELSE region END AS r, IFNULL(note, '-'), NULLIF(region, 'EU'), COALESCE(note, region), NVL(note, 'x') FROM orders ORDER BY FIELD(region, 'US', 'EU'), id DESC LIMIT 2, 5
tables: orders
(SELECT id FROM orders ORDER BY amount DESC LIMIT 1) UNION ALL (SELECT id FROM orders ORDER BY amount LIMIT 1)
tables: orders
DESCRIBE orders amount
tables: orders
SHOW COLUMNS IN orders LIKE 'a%'
tables: orders
SHOW KEYS FROM orders
tables: orders
SHOW FIELDS FROM {schema}.orders
tables: orders

# title: passes: set operations
(SELECT id FROM orders LIMIT 1) UNION (SELECT id FROM customers LIMIT 1) ORDER BY 1 LIMIT 3
tables: customers, orders
SELECT id FROM orders EXCEPT SELECT id FROM customers INTERSECT SELECT id FROM products
tables: customers, orders, products

# title: passes: Chinese names
SELECT 产品名称, SUM(数量) FROM 订单明细 GROUP BY 产品名称
tables: 订单明细
SELECT `客户`.`姓名` FROM `客户` WHERE `城市` = '上海' # 删除
tables: 客户
SELECT 产品名称 AS 名称, SUM(数量) AS 总数 FROM 订单明细 WHERE 大区 IN ('华东', '华南') GROUP BY 产品名称 HAVING 总数 > 0
tables: 订单明细

# title: passes: subqueries and membership
SELECT c.name, (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id) n FROM customers c WHERE EXISTS (SELECT 1 FROM orders WHERE customer_id = c.id) AND c.id NOT IN (SELECT customer_id FROM events WHERE customer_id > 100)
tables: customers, events, orders
SELECT * FROM orders o WHERE EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id AND i.qty > 1) AND o.customer_id = ANY (SELECT id FROM customers) AND (o.region, o.status) NOT IN (SELECT 'X', 'Y')
tables: customers, order_items, orders
SELECT id FROM orders WHERE id IN (1,2,3) AND amount > 10 OR NOT (region LIKE 'E%') XOR id = 2
tables: orders

# title: passes: full text
SELECT MATCH_FREE.id FROM orders AS MATCH_FREE LIMIT 1
tables: orders

# title: passes: casts
SELECT UUID() IS NOT NULL, INET_ATON('10.0.0.1'), INET6_NTOA(INET6_ATON('::1')), UNHEX('41'), AES_ENCRYPT('a', 'k') IS NULL, COMPRESS('a') IS NULL, LENGTH(NULL), ISNULL(NULL), BIT_COUNT(5), DEGREES(1)
tables: none

# title: comments that MySQL executes are refused
SELECT 1 /*! INTO OUTFILE '/tmp/x' */
refused: Comments of the kind /*! ..
SELECT 1 /*!50000 UNION SELECT token FROM secret_tokens */
refused: Comments of the kind /*! ..
SELECT * FROM /*! secret_tokens, */ orders
refused: Comments of the kind /*! ..
SELECT * FROM orders /*M! FOR UPDATE */
refused: Comments of the kind /*! ..
SELECT 1 /*M!100100 UNION SELECT 2 */
refused: Comments of the kind /*! ..
/*! DELETE FROM orders */
refused: Comments of the kind /*! ..
SELECT 1 --/*!, sleep(5) */
refused: Comments of the kind /*! ..
SELECT "x" /* a */ /*!1 */
refused: Comments of the kind /*! ..

# title: what is not understood is refused
SELECT 1 --1 INTO OUTFILE '/tmp/x'
refused: The statement cannot be parsed as mysql: Invalid expression / Unexpect
SELECT id FROM orders INTO @a
refused: The statement cannot be parsed as mysql: Invalid expression / Unexpect
SELECT id FROM orders INTO OUTFILE '/tmp/x'
refused: The statement cannot be parsed as mysql: Invalid expression / Unexpect
SELECT id INTO DUMPFILE '/tmp/x' FROM orders
refused: The statement cannot be parsed as mysql: Invalid expression / Unexpect
SELECT id FROM orders INTO DUMPFILE '/tmp/x'
refused: The statement cannot be parsed as mysql: Invalid expression / Unexpect
SELECT NEXT VALUE FOR ticket_seq
refused: The statement cannot be parsed as mysql: Invalid expression / Unexpect
SELECT PREVIOUS VALUE FOR ticket_seq
refused: The statement cannot be parsed as mysql: Invalid expression / Unexpect
SELECT * FROM orders PROCEDURE ANALYSE()
refused: The statement cannot be parsed as mysql: Invalid expression / Unexpect
SELECT MATCH(name) AGAINST (load_file('x')) FROM products
refused: The statement cannot be parsed as mysql: Required keyword: 'this' miss
SELECT ENCRYPT('x')
refused: The statement cannot be parsed as mysql: Required keyword: 'passphrase

# title: variables and placeholders are not read
SELECT @x := 5
refused: Variables are not assigned in queries
SELECT @x
refused: Variables and parameters are not accepted
SELECT @@version
refused: Server variables are not read
SELECT @@global.secure_file_priv
refused: Server variables are not read
SELECT @@datadir
refused: Server variables are not read
SELECT ?
refused: Placeholders are not accepted
SELECT :x
refused: Placeholders are not accepted

# title: SELECT ... INTO writes
SELECT * INTO @a FROM orders
refused: SELECT ..

# title: a function is called only when it is known to compute and to do nothing else
SELECT LOAD_FILE('/etc/passwd')
refused: load_file is not on the list
SELECT `load_file`('/etc/passwd')
refused: load_file is not on the list
SELECT load_file ('/etc/passwd')
refused: load_file is not on the list
SELECT load_file/**/('/etc/passwd')
refused: load_file is not on the list
SELECT SLEEP(5)
refused: sleep is not on the list
SELECT BENCHMARK(1000000, MD5('a'))
refused: benchmark is not on the list
SELECT GET_LOCK('x', 1)
refused: get_lock is not on the list
SELECT RELEASE_LOCK('x')
refused: release_lock is not on the list
SELECT RELEASE_ALL_LOCKS()
refused: release_all_locks is not on the list
SELECT IS_FREE_LOCK('x')
refused: is_free_lock is not on the list
SELECT MASTER_POS_WAIT('x', 1)
refused: master_pos_wait is not on the list
SELECT LAST_INSERT_ID(5)
refused: last_insert_id is not on the list
SELECT LAST_INSERT_ID()
refused: last_insert_id is not on the list
SELECT NEXTVAL(ticket_seq)
refused: nextval is not on the list
SELECT LASTVAL(ticket_seq)
refused: lastval is not on the list
SELECT SETVAL(ticket_seq, 5)
refused: setval is not on the list
SELECT CONNECTION_ID()
refused: connection_id is not on the list
SELECT FOUND_ROWS()
refused: found_rows is not on the list
SELECT UUID_SHORT()
refused: uuid_short is not on the list
SELECT audit_write('x')
refused: audit_write is not on the list
SELECT get_secret(1)
refused: get_secret is not on the list
SELECT {schema}.get_secret(1)
refused: get_secret is not on the list
SELECT {schema}.`get_secret`(1)
refused: get_secret is not on the list
SELECT sys.version_major()
refused: version_major is not on the list
SELECT sys_exec('ls')
refused: sys_exec is not on the list
VALUES (sleep(5))
refused: sleep is not on the list
EXPLAIN SELECT * FROM (SELECT audit_write('x')) q
refused: audit_write is not on the list
SELECT JSON_TABLE(LOAD_FILE('x'), '$' COLUMNS (a INT PATH '$'))
refused: load_file is not on the list
SELECT EXTRACTVALUE(LOAD_FILE('x'), '/a')
refused: load_file is not on the list
SELECT GROUP_CONCAT(id ORDER BY sleep(5)) FROM orders
refused: sleep is not on the list
SELECT INTERVAL(sleep(5), 1)
refused: sleep is not on the list
SELECT 1 + INTERVAL sleep(5) DAY
refused: sleep is not on the list
SELECT CASE WHEN 1 THEN sleep(5) END
refused: sleep is not on the list
SELECT * FROM orders LIMIT 1 OFFSET sleep(5)
refused: sleep is not on the list
SELECT {fn sleep(5)}
refused: sleep is not on the list
SELECT COLUMN_GET(load_file('x'), 'a' AS CHAR)
refused: load_file is not on the list
SELECT CONVERT(load_file('x') USING utf8)
refused: load_file is not on the list
SELECT PASSWORD('x')
refused: password is not on the list
SELECT RANDOM_BYTES(5)
refused: random_bytes is not on the list
SELECT name_const('x', sleep(5))
refused: name_const is not on the list
SELECT STATEMENT_DIGEST('x')
refused: statement_digest is not on the list

# title: what is left is refused too
SELECT ticket_seq.nextval
refused: Sequences are not read
SELECT {schema}.abs(1)
refused: {schema}.abs is not a built-in function

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT * FROM ticket_seq
refused: There is no table ticket_seq
SELECT * FROM hr.salaries
refused: There is no table hr.salaries
SELECT hr.salaries.amount FROM hr.salaries
refused: There is no table hr.salaries
SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM `secret_tokens`
refused: There is no table secret_tokens
SELECT * FROM orders o, secret_tokens s
refused: There is no table secret_tokens
SELECT * FROM (orders, secret_tokens)
refused: There is no table secret_tokens
SELECT * FROM orders WHERE id = (SELECT id FROM secret_tokens LIMIT 1)
refused: There is no table secret_tokens
SELECT * FROM orders WHERE id IN (TABLE blocked_ids)
refused: There is no table blocked_ids
TABLE secret_tokens
refused: There is no table secret_tokens
VALUES (1), ((SELECT token FROM secret_tokens LIMIT 1))
refused: There is no table secret_tokens
SHOW COLUMNS FROM secret_tokens
refused: There is no table secret_tokens
SHOW CREATE TABLE secret_tokens
refused: There is no table secret_tokens
SHOW INDEX FROM hr.salaries
refused: There is no table hr.salaries
DESCRIBE secret_tokens
refused: There is no table secret_tokens
DESC hr.salaries
refused: There is no table hr.salaries
EXPLAIN secret_tokens
refused: There is no table secret_tokens
EXPLAIN SELECT * FROM secret_tokens
refused: There is no table secret_tokens
WITH orders2 AS (SELECT * FROM secret_tokens) SELECT * FROM orders2
refused: There is no table secret_tokens
WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a
refused: There is no table b
SELECT * FROM {OJ secret_tokens s LEFT JOIN orders o ON 1=1}
refused: There is no table secret_tokens
SELECT * FROM orders PARTITION (p0), secret_tokens
refused: There is no table secret_tokens
SELECT * FROM SECRET_TOKENS
refused: There is no table SECRET_TOKENS
SELECT * FROM Orders
refused: There is no table Orders

# title: facts of the session and the server are not told
SELECT USER(), CURRENT_USER(), SESSION_USER()
refused: current_user tells of the session
SELECT CURRENT_USER
refused: current_user tells of the session
SELECT CURRENT_ROLE
refused: current_role tells of the session
SELECT VERSION()
refused: current_version tells of the server or session
SELECT DATABASE()
refused: current_schema tells of the server or session
SELECT SCHEMA()
refused: current_schema tells of the server or session
SELECT CURRENT_USER()
refused: current_user tells of the session

# title: the system catalogue is read by nobody
SELECT * FROM mysql.user
refused: mysql.user belongs to the system catalogue, which queries may not read
SELECT * FROM information_schema.tables
refused: information_schema.tables belongs to the system catalogue, which queri
SELECT * FROM INFORMATION_SCHEMA.COLUMNS
refused: INFORMATION_SCHEMA.COLUMNS belongs to the system catalogue, which quer
SELECT * FROM performance_schema.threads
refused: performance_schema.threads belongs to the system catalogue, which quer
SELECT * FROM sys.processlist
refused: sys.processlist belongs to the system catalogue, which queries may not

# title: rows are not locked
SELECT * FROM orders FOR UPDATE
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT * FROM orders LOCK IN SHARE MODE
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT * FROM orders FOR SHARE
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT * FROM orders FOR UPDATE SKIP LOCKED
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted

# title: descriptions are of one known table
SHOW TABLES
refused: SHOW is accepted only for one table by name
SHOW DATABASES
refused: SHOW is accepted only for one table by name
SHOW GRANTS
refused: SHOW is accepted only for one table by name
SHOW VARIABLES
refused: SHOW is accepted only for one table by name
SHOW STATUS
refused: SHOW is accepted only for one table by name
SHOW PROCESSLIST
refused: SHOW is accepted only for one table by name
SHOW COLUMNS FROM orders FROM hr
refused: SHOW is accepted only for one table by name
SHOW CREATE VIEW secret_v
refused: SHOW is accepted only for one table by name
SHOW CREATE FUNCTION get_secret
refused: SHOW is accepted only for one table by name
SHOW CREATE PROCEDURE wipe_orders
refused: SHOW is accepted only for one table by name
SHOW TABLE STATUS
refused: SHOW is accepted only for one table by name
SHOW ENGINE INNODB STATUS
refused: SHOW is accepted only for one table by name
SHOW BINARY LOGS
refused: SHOW is accepted only for one table by name
SHOW FUNCTION STATUS
refused: SHOW is accepted only for one table by name
SHOW WARNINGS
refused: SHOW is accepted only for one table by name
EXPLAIN DELETE FROM orders
refused: EXPLAIN is accepted only for one table by name
EXPLAIN UPDATE orders SET id = 1
refused: EXPLAIN is accepted only for one table by name
EXPLAIN FOR CONNECTION 5
refused: EXPLAIN is accepted only for one table by name

# title: EXPLAIN explains and does not run
EXPLAIN ANALYZE SELECT 1
refused: EXPLAIN ANALYZE runs the statement

# title: what does not begin as a query is refused, whatever it is
ANALYZE SELECT 1
refused: Only a query is accepted, and this begins with ANALYZE
ANALYZE FORMAT=JSON SELECT 1
refused: Only a query is accepted, and this begins with ANALYZE
ANALYZE TABLE orders
refused: Only a query is accepted, and this begins with ANALYZE
DO SLEEP(5)
refused: Only a query is accepted, and this begins with DO
DO RELEASE_LOCK('x')
refused: Only a query is accepted, and this begins with DO
SET @x = 1
refused: Only a query is accepted, and this begins with SET
SET GLOBAL x = 1
refused: Only a query is accepted, and this begins with SET
SET SESSION sql_mode = ''
refused: Only a query is accepted, and this begins with SET
SET NAMES gbk
refused: Only a query is accepted, and this begins with SET
SET STATEMENT max_statement_time = 0 FOR SELECT 1
refused: Only a query is accepted, and this begins with SET
USE hr
refused: Only a query is accepted, and this begins with USE
HANDLER orders OPEN
refused: Only a query is accepted, and this begins with HANDLER
LOAD DATA INFILE 'x' INTO TABLE orders
refused: Only a query is accepted, and this begins with LOAD
LOAD XML INFILE 'x' INTO TABLE orders
refused: Only a query is accepted, and this begins with LOAD
INSERT IGNORE INTO orders(id) VALUES (1)
refused: Only a query is accepted, and this begins with INSERT
INSERT INTO orders(id) SELECT 1 ON DUPLICATE KEY UPDATE id = 1
refused: Only a query is accepted, and this begins with INSERT
UPDATE orders, customers SET orders.id = 1
refused: Only a query is accepted, and this begins with UPDATE
DELETE orders FROM orders JOIN customers
refused: Only a query is accepted, and this begins with DELETE
TRUNCATE orders
refused: Only a query is accepted, and this begins with TRUNCATE
RENAME TABLE orders TO x
refused: Only a query is accepted, and this begins with RENAME
CREATE TABLE x SELECT 1
refused: Only a query is accepted, and this begins with CREATE
CREATE OR REPLACE VIEW v AS SELECT 1
refused: Only a query is accepted, and this begins with CREATE
DROP DATABASE hr
refused: Only a query is accepted, and this begins with DROP
GRANT ALL ON *.* TO x
refused: Only a query is accepted, and this begins with GRANT
FLUSH TABLES
refused: Only a query is accepted, and this begins with FLUSH
RESET MASTER
refused: Only a query is accepted, and this begins with RESET
PURGE BINARY LOGS TO 'x'
refused: Only a query is accepted, and this begins with PURGE
KILL 5
refused: Only a query is accepted, and this begins with KILL
INSTALL PLUGIN x SONAME 'y'
refused: Only a query is accepted, and this begins with INSTALL
PREPARE p FROM 'SELECT 1'
refused: Only a query is accepted, and this begins with PREPARE
EXECUTE p
refused: Only a query is accepted, and this begins with EXECUTE
EXECUTE IMMEDIATE 'SELECT 1'
refused: Only a query is accepted, and this begins with EXECUTE
START TRANSACTION
refused: Only a query is accepted, and this begins with START
COMMIT
refused: Only a query is accepted, and this begins with COMMIT
LOCK TABLES orders READ
refused: Only a query is accepted, and this begins with LOCK
XA START 'x'
refused: Only a query is accepted, and this begins with XA
CHECK TABLE orders
refused: Only a query is accepted, and this begins with CHECK
OPTIMIZE TABLE orders
refused: Only a query is accepted, and this begins with OPTIMIZE
CHECKSUM TABLE orders
refused: Only a query is accepted, and this begins with CHECKSUM
HELP 'x'
refused: Only a query is accepted, and this begins with HELP
SIGNAL SQLSTATE '45000'
refused: Only a query is accepted, and this begins with SIGNAL
WITH x AS (SELECT 1) DELETE FROM orders
refused: Only a query is accepted, and this is DELETE
WITH x AS (SELECT 1) UPDATE orders SET id = 1
refused: Only a query is accepted, and this is UPDATE
BINLOG 'x'
refused: Only a query is accepted, and this begins with BINLOG
CACHE INDEX orders IN x
refused: Only a query is accepted, and this begins with CACHE

# title: text that two lexers read differently is refused
CALL wipe_orders()
refused: The quotes in this statement can be read in two ways
REPLACE INTO orders(id) VALUES (1)
refused: The quotes in this statement can be read in two ways

# title: one statement at a time
BEGIN NOT ATOMIC SELECT 1; END
refused: Only one statement at a time is accepted
SELECT 1; DROP TABLE orders
refused: Only one statement at a time is accepted
SELECT 'a\'; DROP TABLE orders; -- '; DROP TABLE orders
refused: Only one statement at a time is accepted

# title: hints that change settings are refused
SELECT /*+ SET_VAR(sql_mode='') */ 1
refused: Optimizer hints that change settings are not accepted
SELECT /*+ MAX_EXECUTION_TIME(0) */ 1
refused: Optimizer hints that change settings are not accepted

# title: what MariaDB knows and its parser here does not
SELECT GROUP_CONCAT(name ORDER BY id SEPARATOR ';' LIMIT 2) FROM products
tables: products
SELECT GROUP_CONCAT(DISTINCT name ORDER BY id LIMIT 1, 2), COUNT(*) FROM products GROUP BY category LIMIT 3
tables: products
SELECT GROUP_CONCAT(LOAD_FILE('/etc/passwd') LIMIT 2) FROM products
refused: load_file is not on the list
SELECT GROUP_CONCAT(name LIMIT (SELECT id FROM secret_tokens)) FROM products
refused: There is no table secret_tokens
SELECT COLUMN_JSON(COLUMN_ADD(COLUMN_CREATE('a', 1), 'b', 'x')) AS j
tables: none

# title: passes: what analysts write
SELECT region, status, SUM(amount) AS s FROM orders GROUP BY region, status WITH ROLLUP
tables: orders
SELECT id, SUM(amount) OVER w AS running, AVG(amount) OVER (PARTITION BY region ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS m FROM orders WINDOW w AS (PARTITION BY region ORDER BY id) ORDER BY id
tables: orders
SELECT id, ROW_NUMBER() OVER (ORDER BY amount DESC, id) rn, RANK() OVER (ORDER BY region) rk, DENSE_RANK() OVER (ORDER BY region) dr, NTILE(4) OVER (ORDER BY id) nt, PERCENT_RANK() OVER (ORDER BY amount) pr, CUME_DIST() OVER (ORDER BY amount) cd, LAG(amount, 1) OVER (ORDER BY id) lg, LEAD(amount) OVER (ORDER BY id) ld, FIRST_VALUE(id) OVER (PARTITION BY region ORDER BY amount) fv, LAST_VALUE(id) OVER (PARTITION BY region ORDER BY id) lv, NTH_VALUE(id, 2) OVER (PARTITION BY region ORDER BY id) nv FROM orders ORDER BY id LIMIT 5
tables: orders
SELECT region, MEDIAN(amount) OVER (PARTITION BY region) AS med, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY amount) OVER (PARTITION BY region) AS pc FROM orders ORDER BY id LIMIT 3
tables: orders
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i, i * i FROM n
tables: none
WITH RECURSIVE d AS (SELECT DATE('2025-01-01') AS d UNION ALL SELECT d + INTERVAL 1 DAY FROM d WHERE d < '2025-01-10') SELECT d.d, COUNT(o.id) FROM d LEFT JOIN orders o ON DATE(o.ordered_at) = d.d GROUP BY d.d ORDER BY d.d
tables: orders
SELECT JSON_EXTRACT(attrs, '$.color'), JSON_UNQUOTE(JSON_EXTRACT(attrs, '$.color')), JSON_VALUE(attrs, '$.dims.w'), JSON_LENGTH(attrs, '$.tags'), JSON_KEYS(attrs), JSON_CONTAINS(attrs, '"new"', '$.tags'), JSON_TYPE(attrs), JSON_VALID('{}'), JSON_SEARCH(attrs, 'one', 'black') FROM products ORDER BY id LIMIT 4
tables: products
SELECT JSON_OBJECT('id', id, 'n', name) AS o, JSON_ARRAY(1, 'a', NULL) AS a, JSON_SET('{"a":1}', '$.b', 2) AS s, JSON_REMOVE('{"a":1}', '$.a') AS r, JSON_MERGE_PATCH('{"a":1}', '{"b":2}') AS m, JSON_QUOTE('x') AS q, JSON_DETAILED('{"a":1}') AS d FROM products ORDER BY id LIMIT 2
tables: products
SELECT JSON_ARRAYAGG(id ORDER BY id) AS a, JSON_OBJECTAGG(sku, price) AS o FROM products WHERE id < 4
tables: products
SELECT p.id, t.tag FROM products p, JSON_TABLE(p.attrs, '$.tags[*]' COLUMNS (n FOR ORDINALITY, tag VARCHAR(20) PATH '$')) AS t ORDER BY p.id, t.n
tables: products
SELECT p.id, t.w, t.h FROM products p CROSS JOIN JSON_TABLE(p.attrs, '$' COLUMNS (w INT PATH '$.dims.w', h INT PATH '$.dims.h' DEFAULT '0' ON EMPTY, NESTED PATH '$.tags[*]' COLUMNS (tag VARCHAR(9) PATH '$'))) t ORDER BY p.id, t.tag LIMIT 6
tables: products
SELECT region, GROUP_CONCAT(DISTINCT status ORDER BY status DESC SEPARATOR ' | ') AS s, GROUP_CONCAT(id) IS NOT NULL AS i, COUNT(DISTINCT customer_id, status) AS c, BIT_OR(id), STD(amount), STDDEV_SAMP(amount), VAR_POP(amount), SUM(amount > 100) AS big, AVG(status = 'paid') AS share FROM orders GROUP BY region ORDER BY region
tables: orders
SELECT DATE_FORMAT(ordered_at, '%Y-%m') AS m, YEAR(ordered_at), QUARTER(ordered_at), WEEK(ordered_at, 3), DAYNAME(ordered_at), DAYOFWEEK(ordered_at), LAST_DAY(ordered_at), DATEDIFF(shipped_on, ordered_at), TIMESTAMPDIFF(HOUR, ordered_at, '2025-12-31'), DATE_ADD(ordered_at, INTERVAL 1 MONTH), ordered_at - INTERVAL '1:30' MINUTE_SECOND, EXTRACT(YEAR_MONTH FROM ordered_at), UNIX_TIMESTAMP(ordered_at) > 0, STR_TO_DATE('01,5,2025', '%d,%m,%Y'), MAKEDATE(2025, 32), TO_DAYS('2025-01-01'), TIME_TO_SEC('01:00:00'), PERIOD_DIFF(202502, 202501), CONVERT_TZ('2025-01-01 00:00:00', '+00:00', '+08:00') FROM orders ORDER BY id LIMIT 3
tables: orders
SELECT NOW() > '2025-01-01', CURDATE() >= '2025-01-01', CURRENT_TIMESTAMP(3) IS NOT NULL, UTC_TIMESTAMP() IS NOT NULL, DATE '2025-01-01' + INTERVAL 1 QUARTER, TIMESTAMP '2025-01-01 10:00:00', TIME '10:00:00', {d '2025-01-01'}, ADDTIME('10:00:00', '01:00:00'), SUBDATE('2025-01-31', 31), SEC_TO_TIME(3661)
tables: none
SELECT CONCAT(name, ' <', email, '>'), CONCAT_WS('-', 'a', NULL, 'b'), SUBSTRING(name, 1, 3), SUBSTRING(name FROM 2 FOR 2), SUBSTRING_INDEX(email, '@', -1), LEFT(name, 2), LOCATE('a', name), INSTR(name, 'a'), POSITION('a' IN name), REPLACE(name, 'a', 'b'), LPAD('7', 3, '0'), UPPER(name), LCASE(name), TRIM(LEADING 'x' FROM 'xxa'), REVERSE('abc'), REPEAT('x', 3), CHAR_LENGTH('张伟'), LENGTH('张伟'), ELT(2, 'a', 'b'), FIELD('b', 'a', 'b'), FIND_IN_SET('b', 'a,b'), FORMAT(1234.5, 2), HEX('a'), UNHEX('61'), MD5('a'), SHA2('a', 256), ASCII('a'), CHAR(65 USING utf8mb4), SPACE(2), STRCMP('a', 'b'), QUOTE("it's"), INSERT('abcd', 2, 1, 'X'), SOUNDEX('Robert') FROM customers ORDER BY id LIMIT 2
tables: customers
SELECT name REGEXP '^[A-M]' AS a, name RLIKE 'a$' AS b, name NOT REGEXP 'x' AS c, REGEXP_REPLACE(name, '[aeiou]', '*') AS d, REGEXP_SUBSTR(email, '@.*') AS e, REGEXP_INSTR(name, 'a') AS f, name LIKE '%o\'b%' AS g, name LIKE 'a|%' ESCAPE '|' AS h, name SOUNDS LIKE 'Ada' AS i, BINARY name = 'ada' AS j FROM customers ORDER BY id LIMIT 4
tables: customers
SELECT name COLLATE utf8mb4_general_ci AS n FROM customers ORDER BY name COLLATE utf8mb4_bin DESC, CONVERT(name USING latin1) LIMIT 3
tables: customers
SELECT _utf8mb4'abc' COLLATE utf8mb4_bin AS a, N'x' AS n, x'4142' AS h, 0x4142 AS hx, b'101' + 0 AS b, 'a' 'b' AS j, "dq" AS d, 'it''s' AS q, 'a\nb' AS nl, TRUE, FALSE, NULL, 1e3, .5, -1, - -1, !0, NOT 1, ~1 & 255, 5 DIV 2, 5 % 2, 5 MOD 2, 7 ^ 2, 1 << 3, 1 | 2, 2 && 1, 1 || 0, 1 XOR 1, NULL <=> NULL
tables: none
SELECT IF(amount > 100, 'big', 'small'), IFNULL(note, '-'), NULLIF(status, 'paid'), COALESCE(note, '-'), GREATEST(1, 2), LEAST(1, 2), CASE status WHEN 'paid' THEN 1 ELSE 0 END, INTERVAL(5, 1, 10), ISNULL(note), CAST(amount AS SIGNED), CAST('2025-01-01' AS DATE), CONVERT('5', DECIMAL(5, 2)), CAST(1 AS CHAR), amount BETWEEN 10 AND 20, region IN ('EU', 'US'), note IS NOT NULL FROM orders ORDER BY id LIMIT 3
tables: orders
SELECT ROUND(2.567, 2), CEIL(1.2), FLOOR(-1.2), TRUNCATE(2.567, 1), POW(2, 8), SQRT(2), EXP(1), LN(10), LOG(2, 8), LOG10(100), MOD(7, 3), ABS(-1), SIGN(-2), PI(), RAND() < 1, RADIANS(180), CRC32('a'), CONV('ff', 16, 10), BIN(5), OCT(8), BIT_COUNT(7), INET_ATON('10.0.0.1'), UUID() IS NOT NULL, DEGREES(PI())
tables: none
SELECT `update`, `delete`, `order`, `select`, `group`, `drop table` AS `drop;--` FROM audit_words ORDER BY `order` LIMIT 2
tables: audit_words
SELECT 产品名称, SUM(数量 * 单价) AS 总额 FROM 订单明细 WHERE 大区 IN ('华东', '华南') GROUP BY 产品名称 HAVING 总额 > 10 ORDER BY 总额 DESC
tables: 订单明细
# leading comment; DROP TABLE orders
SELECT COUNT(*) -- DELETE
FROM orders /* ; TRUNCATE */;
tables: orders
SELECT 5--3 AS eight
tables: none
SELECT 'drop table orders; -- ' AS t, "DELETE FROM x" AS d, note FROM orders WHERE note LIKE '%ok%' ORDER BY id LIMIT 2
tables: orders
SELECT c.name, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.region = 'US' ORDER BY c.id, o.id LIMIT 5
tables: customers, orders
SELECT o.id, c.name FROM customers c RIGHT OUTER JOIN orders o USING (region) WHERE o.id < 3 ORDER BY 1, 2 LIMIT 4
tables: customers, orders
SELECT a.id FROM orders a STRAIGHT_JOIN customers b ON a.customer_id = b.id ORDER BY a.id LIMIT 2
tables: customers, orders
SELECT id FROM orders USE INDEX (PRIMARY) WHERE id < 4 ORDER BY id
tables: orders
SELECT id FROM orders FORCE INDEX FOR ORDER BY (PRIMARY) ORDER BY id LIMIT 2
tables: orders
SELECT SQL_NO_CACHE STRAIGHT_JOIN o.id FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id LIMIT 2
tables: customers, orders
SELECT SQL_CALC_FOUND_ROWS id FROM orders ORDER BY id LIMIT 2
tables: orders
SELECT DISTINCTROW region FROM orders ORDER BY region
tables: orders
SELECT id FROM orders WHERE (region, status) IN (('EU', 'paid'), ('US', 'shipped')) ORDER BY id
tables: orders
SELECT id FROM orders WHERE (region, status) = ('EU', 'paid') OR ROW(id, region) = ROW(2, 'US') ORDER BY id
tables: orders
SELECT id FROM orders WHERE amount > ALL (SELECT price FROM products WHERE category = 'Paper') AND customer_id = ANY (SELECT id FROM customers WHERE vip) ORDER BY id
tables: customers, orders, products
SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.amount > 250) ORDER BY c.id
tables: customers, orders
SELECT region FROM orders UNION DISTINCT SELECT region FROM customers ORDER BY region
tables: customers, orders
(SELECT region FROM orders ORDER BY id LIMIT 1) UNION ALL (SELECT region FROM customers ORDER BY id LIMIT 1)
tables: customers, orders
SELECT region FROM orders INTERSECT SELECT region FROM customers ORDER BY 1
tables: customers, orders
SELECT region FROM orders EXCEPT ALL SELECT region FROM customers WHERE id < 3 ORDER BY 1 LIMIT 3
tables: customers, orders
SELECT s.region, s.n, ROUND(100 * s.n / SUM(s.n) OVER (), 1) AS pct FROM (SELECT region, COUNT(*) AS n FROM orders GROUP BY region) AS s ORDER BY pct DESC, region
tables: orders
SELECT region, COUNT(*) FROM orders GROUP BY region HAVING COUNT(*) > (SELECT 1) ORDER BY COUNT(*) DESC, region LIMIT 5 OFFSET 0
tables: orders
SELECT region, COUNT(*) n FROM orders GROUP BY 1 ORDER BY NULL
tables: orders
SELECT id FROM orders ORDER BY FIELD(status, 'paid', 'shipped') DESC, id LIMIT 4
tables: orders
SELECT id FROM orders ORDER BY id OFFSET 2 ROWS FETCH NEXT 2 ROWS ONLY
tables: orders
SELECT VALUE FROM (SELECT 1 AS VALUE) t
tables: none
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t
tables: none
VALUES (1, 'a'), (2, 'b')
tables: none
EXPLAIN FORMAT=JSON SELECT * FROM orders WHERE id = 1
tables: orders
EXPLAIN SELECT region, COUNT(*) FROM orders GROUP BY region
tables: orders
SELECT e.name, IFNULL(m.name, '-') boss FROM employees e LEFT JOIN employees m ON e.manager_id = m.id ORDER BY e.id
tables: employees
WITH r AS (SELECT region, amount, ROW_NUMBER() OVER (PARTITION BY region ORDER BY amount DESC, id) rn FROM orders) SELECT region, amount FROM r WHERE rn <= 2 ORDER BY region, amount DESC
tables: orders
WITH a AS (SELECT 1 AS x), b(y) AS (SELECT x + 1 FROM a) SELECT (SELECT x FROM a) AS x, y FROM b
tables: none
SELECT COUNT(*) FROM orders o, customers c WHERE o.customer_id = c.id AND c.vip IS TRUE
tables: customers, orders
SELECT COUNT(*) FROM orders o INNER JOIN customers c CROSS JOIN products p WHERE o.id = 1 AND c.id = 1
tables: customers, orders, products
SELECT COUNT(*) FROM orders NATURAL JOIN (SELECT id FROM customers) c
tables: customers, orders
SELECT region, SUM(CASE WHEN status = 'paid' THEN amount ELSE 0 END) AS paid FROM orders GROUP BY region ORDER BY paid DESC
tables: orders
SELECT MIN(hits), MAX(ts), COUNT(hits), COUNT(*), SUM(hits) FROM metrics WHERE host LIKE 'web-%'
tables: metrics
SELECT o.*, c.name FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE o.ordered_at >= '2025-02-01' AND o.ordered_at < '2025-02-01' + INTERVAL 1 MONTH ORDER BY o.id
tables: customers, orders
SELECT ST_AsText(POINT(1, 2)), ST_Distance(ST_GeomFromText('POINT(0 0)'), ST_GeomFromText('POINT(3 4)')), ST_X(POINT(5, 6)), ST_Area(ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'))
tables: none
SELECT id, amount - (SELECT AVG(amount) FROM orders) AS diff FROM orders ORDER BY ABS(diff), id LIMIT 3
tables: orders
SELECT NVL(note, 'none'), NVL2(note, 1, 0), DECODE_ORACLE(region, 'EU', 1, 0), ADD_MONTHS('2025-01-31', 1), TO_CHAR(ordered_at, 'YYYY-MM-DD'), NATURAL_SORT_KEY('a10') IS NOT NULL FROM orders ORDER BY id LIMIT 2
tables: orders
SELECT COLUMN_JSON(COLUMN_CREATE('a', 1)) AS j
tables: none
SELECT UPDATEXML('<a>1</a>', '/a', '<a>2</a>') AS u, EXTRACTVALUE('<a>1</a>', '/a') AS e, COMPRESS('a') IS NOT NULL, AES_ENCRYPT('a', 'k') IS NOT NULL, TO_BASE64('abc'), FROM_BASE64('YWJj'), WEIGHT_STRING('a') IS NOT NULL, CHARSET('a'), COLLATION('a'), COERCIBILITY('a')
tables: none
SELECT CURRENT_DATE, LOCALTIME IS NOT NULL, LOCALTIMESTAMP(2) IS NOT NULL, CURRENT_TIME() IS NOT NULL
tables: none
SELECT id FROM orders LIMIT 3 ROWS EXAMINED 10000
tables: orders
SELECT orders.region 'Region', COUNT(*) "How many" FROM orders GROUP BY orders.region ORDER BY 1
tables: orders
SELECT FROM_UNIXTIME(0) IS NOT NULL, TIME_FORMAT('10:20:30', '%H:%i'), GET_FORMAT(DATE, 'ISO'), MICROSECOND('10:00:00.5'), DATE_SUB('2025-03-31', INTERVAL 1 MONTH), TIMESTAMPADD(WEEK, 1, '2025-01-01'), YEARWEEK('2025-01-01'), WEEKDAY('2025-01-01'), DAYOFYEAR('2025-02-01')
tables: none
SELECT id, name FROM customers WHERE name = 'O\'Brien' OR name = "O'Brien" OR name LIKE '张%' ORDER BY id
tables: customers
SELECT 1 FROM DUAL WHERE 1 = 1
tables: none
SELECT JSON_VALUE(payload, '$.page') page, COUNT(*) FROM events GROUP BY page ORDER BY page LIMIT 5
tables: events
SELECT 1 AS `a``b`, 2 AS `weird "name"`
tables: none

# title: refused: what an attacker would try
SELECT 1 /*M! UNION SELECT token FROM secret_tokens */
refused: Comments of the kind /*! ..
SELECT 1 /*M!100100 UNION SELECT token FROM secret_tokens */
refused: Comments of the kind /*! ..
SELECT 1 /*!*/ ; DELETE FROM orders
refused: Comments of the kind /*! ..
SELECT 'a\\'; DELETE FROM orders; -- '
refused: Only one statement at a time is accepted
SELECT 1 --; DELETE
FROM orders; DELETE FROM orders
refused: Only one statement at a time is accepted
SELECT 1 --1; DELETE FROM orders
refused: Only one statement at a time is accepted
SELECT 1 # x
; DELETE FROM orders
refused: Only one statement at a time is accepted
SELECT `a``b`; DELETE FROM orders
refused: Only one statement at a time is accepted
SELECT "a""b"; DELETE FROM orders
refused: Only one statement at a time is accepted
SELECT @@session.sql_mode
refused: Server variables are not read
SELECT @`x` := 1
refused: Variables are not assigned in queries
SELECT @'x' := 1
refused: Variables are not assigned in queries
SELECT 1 INTO @x
refused: SELECT ..
SELECT 1 UNION SELECT 2 INTO @x
refused: SELECT ..
SELECT * FROM orders FOR SHARE SKIP LOCKED
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT * FROM (SELECT * FROM orders FOR UPDATE) q
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted
SELECT load_file (0x2f6574632f706173737764)
refused: load_file is not on the list of functions that may be called
SELECT SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT sleep (1)
refused: sleep is not on the list of functions that may be called
SELECT IS_USED_LOCK('x')
refused: is_used_lock is not on the list of functions that may be cal
SELECT ROW_COUNT()
refused: row_count is not on the list of functions that may be called
SELECT USER()
refused: user is not on the list of functions that may be called
SELECT SESSION_USER()
refused: session_user tells of the server or session
SELECT SYSTEM_USER()
refused: system_user is not on the list of functions that may be call
SELECT shop.audit_write('x')
refused: audit_write is not on the list of functions that may be call
SELECT `shop`.`audit_write`('x')
refused: audit_write is not on the list of functions that may be call
SELECT MASTER_GTID_WAIT('x')
refused: master_gtid_wait is not on the list of functions that may be
SELECT SYS_EXEC('id')
refused: sys_exec is not on the list of functions that may be called
SELECT sys.format_bytes(1)
refused: sys.format_bytes is not a built-in function
SELECT * FROM mysql.global_priv
refused: mysql.global_priv belongs to the system catalogue, which que
SELECT * FROM INFORMATION_SCHEMA.PROCESSLIST
refused: INFORMATION_SCHEMA.PROCESSLIST belongs to the system catalog
SELECT * FROM sys.version
refused: sys.version belongs to the system catalogue, which queries m
SELECT * FROM shop.secret_tokens
refused: There is no table shop.secret_tokens
SELECT * FROM `shop`.`secret_tokens` s
refused: There is no table shop.secret_tokens
SELECT * FROM Secret_Tokens
refused: There is no table Secret_Tokens
SELECT * FROM shop . secret_tokens
refused: There is no table shop.secret_tokens
SELECT * FROM .secret_tokens
refused: There is no table secret_tokens
SELECT * FROM trap_view
refused: There is no table trap_view
SELECT * FROM secret_v
refused: There is no table secret_v
SELECT * FROM orders, secret_tokens
refused: There is no table secret_tokens
SELECT * FROM { OJ orders LEFT OUTER JOIN secret_tokens ON 1 }
refused: There is no table secret_tokens
SELECT * FROM orders STRAIGHT_JOIN secret_tokens
refused: There is no table secret_tokens
SELECT * FROM orders NATURAL JOIN secret_tokens
refused: There is no table secret_tokens
SELECT (SELECT token FROM secret_tokens LIMIT 1)
refused: There is no table secret_tokens
SELECT 1 WHERE EXISTS (SELECT 1 FROM secret_tokens)
refused: There is no table secret_tokens
SELECT id FROM orders WHERE id IN (SELECT id FROM blocked_ids)
refused: There is no table blocked_ids
SELECT id = ANY (SELECT id FROM blocked_ids) FROM orders
refused: There is no table blocked_ids
SELECT ROW(1, 2) = (SELECT id, id FROM blocked_ids)
refused: There is no table blocked_ids
WITH orders AS (SELECT * FROM secret_tokens) SELECT * FROM orders
refused: There is no table secret_tokens
WITH RECURSIVE r AS (SELECT 1 AS i UNION SELECT id FROM blocked_ids) SELECT * FROM r
refused: There is no table blocked_ids
SELECT * FROM JSON_TABLE((SELECT JSON_ARRAYAGG(token) FROM secret_tokens), '$[*]' COLUMNS (t TEXT PATH '$')) j
refused: There is no table secret_tokens
SELECT GROUP_CONCAT(token SEPARATOR ',') FROM secret_tokens
refused: There is no table secret_tokens
SELECT GROUP_CONCAT(id ORDER BY (SELECT token FROM secret_tokens LIMIT 1)) FROM orders
refused: There is no table secret_tokens
SELECT id FROM orders ORDER BY (SELECT token FROM secret_tokens LIMIT 1)
refused: There is no table secret_tokens
SELECT id FROM orders GROUP BY (SELECT token FROM secret_tokens LIMIT 1)
refused: There is no table secret_tokens
SELECT id FROM orders HAVING (SELECT token FROM secret_tokens LIMIT 1)
refused: There is no table secret_tokens
SELECT SUM(id) OVER (ORDER BY (SELECT token FROM secret_tokens LIMIT 1)) FROM orders
refused: There is no table secret_tokens
SELECT INTERVAL(1, (SELECT id FROM blocked_ids LIMIT 1))
refused: There is no table blocked_ids
SELECT DATE_ADD(NOW(), INTERVAL (SELECT id FROM blocked_ids LIMIT 1) DAY)
refused: There is no table blocked_ids
SELECT CONVERT((SELECT token FROM secret_tokens LIMIT 1) USING utf8mb4)
refused: There is no table secret_tokens
SELECT CHAR((SELECT id FROM blocked_ids LIMIT 1) USING utf8mb4)
refused: There is no table blocked_ids
SELECT CAST(SLEEP(1) AS CHAR)
refused: sleep is not on the list of functions that may be called
SELECT BINARY SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT !SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT ~SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT - SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT NOT SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT 1 && SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT 1 || SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT 1 XOR SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT 1 DIV SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT 1 <=> SLEEP(1)
refused: sleep is not on the list of functions that may be called
SELECT 'a' SOUNDS LIKE LOAD_FILE('x')
refused: load_file is not on the list of functions that may be called
SELECT 'a' REGEXP LOAD_FILE('x')
refused: load_file is not on the list of functions that may be called
SELECT CASE SLEEP(1) WHEN 1 THEN 2 END
refused: sleep is not on the list of functions that may be called
SELECT IF(1, SLEEP(1), 0)
refused: sleep is not on the list of functions that may be called
SELECT 1 BETWEEN SLEEP(1) AND 2
refused: sleep is not on the list of functions that may be called
SELECT EXTRACT(YEAR FROM LOAD_FILE('x'))
refused: load_file is not on the list of functions that may be called
SELECT TRIM(LOAD_FILE('x') FROM 'a')
refused: load_file is not on the list of functions that may be called
SELECT POSITION('a' IN LOAD_FILE('x'))
refused: load_file is not on the list of functions that may be called
SELECT SUBSTRING(LOAD_FILE('x') FROM 1)
refused: load_file is not on the list of functions that may be called
SELECT TIMESTAMPADD(DAY, SLEEP(1), NOW())
refused: sleep is not on the list of functions that may be called
SELECT JSON_EXTRACT(LOAD_FILE('x'), '$')
refused: load_file is not on the list of functions that may be called
SELECT JSON_OBJECT('a', LOAD_FILE('x'))
refused: load_file is not on the list of functions that may be called
SELECT {fn SLEEP(1)}
refused: sleep is not on the list of functions that may be called
SELECT {ts LOAD_FILE('x')}
refused: load_file is not on the list of functions that may be called
SELECT * FROM orders LIMIT ROWS EXAMINED 1; DELETE FROM orders
refused: Only one statement at a time is accepted
VALUES (LOAD_FILE('x'))
refused: load_file is not on the list of functions that may be called
VALUES ROW(SLEEP(1))
refused: sleep is not on the list of functions that may be called
SHOW COLUMNS FROM orders WHERE (SELECT COUNT(*) FROM secret_tokens)
refused: SHOW is accepted only for one table by name
SHOW COLUMNS FROM orders LIKE 'a' ; DELETE FROM orders
refused: Only one statement at a time is accepted
SHOW INDEX FROM secret_tokens
refused: There is no table secret_tokens
SHOW COLUMNS FROM orders FROM mysql
refused: SHOW is accepted only for one table by name
DESCRIBE orders; DELETE FROM orders
refused: Only one statement at a time is accepted
EXPLAIN EXTENDED UPDATE orders SET id = 1
refused: EXPLAIN is accepted only for one table by name
SELECT 1 FROM orders WHERE id = ?
refused: Placeholders are not accepted
SELECT /*+ SET_VAR(sql_mode='ANSI_QUOTES') */ 1
refused: Optimizer hints that change settings are not accepted
SELECT * FROM orders FOR SYSTEM_TIME AS OF NOW(), secret_tokens
refused: There is no table secret_tokens
SELECT * FROM orders USE INDEX (PRIMARY), secret_tokens
refused: There is no table secret_tokens
SELECT DEFAULT(id) FROM secret_tokens
refused: There is no table secret_tokens
SELECT VALUES(id) FROM orders, secret_tokens
refused: values is not on the list of functions that may be called
SELECT 1 FROM DUAL, secret_tokens
refused: There is no table secret_tokens
SELECT 1 FROM dual UNION SELECT token FROM secret_tokens
refused: There is no table secret_tokens
SELECT COUNT(*)FROM(SELECT*FROM secret_tokens)x
refused: There is no table secret_tokens
SELECT(token)FROM(secret_tokens)
refused: There is no table secret_tokens
SELECT*FROM`secret_tokens`
refused: There is no table secret_tokens
SELECT OLD_PASSWORD('x')
refused: old_password is not on the list of functions that may be cal
SELECT DES_ENCRYPT('x')
refused: des_encrypt is not on the list of functions that may be call
SELECT BINLOG_GTID_POS('x', 1)
refused: binlog_gtid_pos is not on the list of functions that may be
SELECT DECODE(LOAD_FILE('x'), 'y')
refused: load_file is not on the list of functions that may be called
SELECT SFORMAT('{}', LOAD_FILE('x'))
refused: load_file is not on the list of functions that may be called
SELECT COLUMN_GET(LOAD_FILE('x'), 'a' AS CHAR)
refused: load_file is not on the list of functions that may be called
SELECT NAME_CONST('x', SLEEP(1))
refused: name_const is not on the list of functions that may be calle
SELECT WEIGHT_STRING(LOAD_FILE('x') AS CHAR(3))
refused: load_file is not on the list of functions that may be called
SELECT ST_GeomFromText(LOAD_FILE('x'))
refused: load_file is not on the list of functions that may be called
SELECT RANDOM_BYTES(8), SPIDER_DIRECT_SQL('x', 'y', 'z')
refused: spider_direct_sql is not on the list of functions that may b

# title: passes: numbers that MariaDB counts, full text without parentheses
SELECT seq FROM seq_1_to_5 ORDER BY seq
tables: none
SELECT s.seq, COUNT(o.id) FROM seq_1_to_9_step_2 s LEFT JOIN orders o ON o.id = s.seq GROUP BY s.seq
tables: orders
SELECT SYS_GUID() IS NOT NULL
tables: none

# title: refused: beside numbers that MariaDB counts
SELECT token FROM seq_1_to_3, secret_tokens
refused: There is no table secret_tokens
SELECT * FROM seq_1_to_
refused: There is no table seq_1_to_
SELECT * FROM hr.seq_1_to_5
refused: There is no table hr.seq_1_to_5
SELECT id FROM customers WHERE MATCH name AGAINST (load_file('x'))
refused: cannot be parsed
