# dialect: oracle

# title: passes: what analysts write
SELECT TO_CHAR(ordered_at, 'YYYY-MM'), SUM(amount), LISTAGG(region, ',') WITHIN GROUP (ORDER BY region), NVL(note, 'x'), DECODE(region, 'EU', 1, 0), TRUNC(ordered_at, 'MM'), ADD_MONTHS(ordered_at, 1), MONTHS_BETWEEN(SYSDATE, ordered_at), SYSDATE, SUBSTR(note, 1, 2), INSTR(note, 'a'), REGEXP_SUBSTR(note, 'a'), RATIO_TO_REPORT(amount) OVER (), TO_DATE('2024', 'YYYY'), NVL2(note, 1, 0), EXTRACT(YEAR FROM ordered_at) FROM orders GROUP BY 1
tables: orders
SELECT id FROM orders WHERE ROWNUM <= 3
tables: orders
SELECT id, LEVEL FROM employees START WITH manager_id IS NULL CONNECT BY PRIOR id = manager_id
tables: employees
SELECT 1 FROM DUAL
tables: none
SELECT o.id FROM orders o, customers c WHERE o.customer_id = c.id(+)
tables: customers, orders
SELECT q'[it's]' FROM dual
tables: none
SELECT MAX(id) KEEP (DENSE_RANK FIRST ORDER BY amount) FROM orders
tables: orders

# title: a function is called only when it is known to compute and to do nothing else
SELECT UTL_HTTP.REQUEST('x') FROM dual
refused: request is not on the list
SELECT DBMS_PIPE.RECEIVE_MESSAGE('x', 5) FROM dual
refused: receive_message is not on the list
SELECT SYS_CONTEXT('x', 'y') FROM dual
refused: sys_context is not on the list
SELECT f(1) FROM dual
refused: f is not on the list
SELECT pkg.f(1) FROM dual
refused: f is not on the list
SELECT * FROM TABLE(f(1))
refused: table is not on the list
SELECT XMLTYPE(BFILENAME('a', 'b'), 1) FROM dual
refused: xmltype is not on the list
SELECT EXTRACTVALUE(XMLTYPE('x'), '/a') FROM dual
refused: extractvalue is not on the list
SELECT HTTPURITYPE('x').getclob() FROM dual
refused: getclob is not on the list
SELECT DBMS_XMLGEN.GETXML('SELECT 1') FROM dual
refused: getxml is not on the list
SELECT USERENV('x') FROM dual
refused: userenv is not on the list

# title: facts of the session and the server are not told
SELECT USER FROM dual
refused: user tells of the session
SELECT UID FROM dual
refused: uid tells of the session

# title: what is left is refused too
SELECT seq.NEXTVAL FROM dual
refused: Sequences are not read
SELECT seq.CURRVAL FROM dual
refused: Sequences are not read

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT * FROM orders@link
refused: There is no table orders@link
SELECT * FROM all_tables
refused: There is no table all_tables
SELECT * FROM v$session
refused: There is no table v$session
SELECT * FROM secret_tokens
refused: There is no table secret_tokens

# title: the system catalogue is read by nobody
SELECT * FROM sys.user$
refused: sys.user$ belongs to the system catalogue, which queries may not read

# title: rows are not locked
SELECT * FROM orders FOR UPDATE
refused: Locking reads (FOR UPDATE, FOR SHARE) are not accepted

# title: one statement at a time
BEGIN NULL; END;
refused: Only one statement at a time is accepted
WITH FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; SELECT f FROM dual
refused: Only one statement at a time is accepted

# title: variables and placeholders are not read
SELECT :x FROM dual
refused: Placeholders are not accepted

# title: descriptions are of one known table
EXPLAIN PLAN FOR SELECT 1 FROM dual
refused: EXPLAIN is accepted only for one table by name

# title: what does not begin as a query is refused, whatever it is
LOCK TABLE orders IN EXCLUSIVE MODE
refused: Only a query is accepted, and this begins with LOCK

# title: passes: rows of trees, pivots, columns that the statement names
SELECT name, CONNECT_BY_ROOT name r, SYS_CONNECT_BY_PATH(name, '/') p, CONNECT_BY_ISLEAF FROM employees START WITH manager_id IS NULL CONNECT BY PRIOR id = manager_id
tables: employees
SELECT eu, us_s FROM (SELECT region, amount FROM orders) PIVOT (SUM(amount) AS s FOR region IN ('EU' AS eu, 'US' AS us))
tables: orders
WITH t (n) AS (SELECT id FROM orders) SELECT t.n, ROWNUM, SYSDATE FROM t
tables: orders
SELECT STANDARD_HASH(note, 'SHA256'), ORA_HASH(id), FROM_TZ(ordered_at, 'UTC') FROM orders WHERE LNNVL(amount > 1)
tables: orders

# title: refused: Oracle calls functions without parentheses, and XQuery reads tables by their names
SELECT my_fn FROM DUAL
refused: There is no column my_fn, and a function may be called so
SELECT hr.my_fn FROM orders
refused: There is no column hr.my_fn
SELECT pkg.id FROM orders
refused: There is no column pkg.id
SELECT id FROM orders ORDER BY my_fn
refused: There is no column my_fn
SELECT * FROM XMLTABLE('fn:collection("oradb:/SHOP/SECRET_TOKENS")')
refused: XMLTABLE runs XQuery
