# dialect: tsql

# title: passes: what analysts write
SELECT TOP 3 id, amount FROM orders ORDER BY amount DESC
tables: orders
SELECT TOP (3) WITH TIES [id], [dbo_free].[region] FROM [orders] AS [dbo_free] ORDER BY id
tables: orders
SELECT YEAR(ordered_at), DATEPART(month, ordered_at), DATEADD(day, 1, ordered_at), DATEDIFF(day, ordered_at, GETDATE()), FORMAT(ordered_at, 'yyyy'), CONVERT(varchar(10), ordered_at, 120), ISNULL(note, ''), IIF(amount > 1, 1, 0), LEN(note), CHARINDEX('a', note), STUFF(note, 1, 1, ''), STRING_AGG(region, ',') WITHIN GROUP (ORDER BY region), TRY_CONVERT(int, note), EOMONTH(ordered_at), CAST(amount AS decimal(10,2)), CONCAT(note, 'x'), NEWID(), COUNT_BIG(*) FROM orders GROUP BY YEAR(ordered_at)
tables: orders
SELECT id FROM orders ORDER BY id OFFSET 5 ROWS FETCH NEXT 5 ROWS ONLY
tables: orders
SELECT * FROM orders PIVOT (SUM(amount) FOR region IN ([EU], [US])) p
tables: orders
SELECT c.id, x.n FROM customers c CROSS APPLY (SELECT COUNT(*) AS n FROM orders o WHERE o.customer_id = c.id) x
tables: customers, orders
SELECT o.id FROM orders o WITH (NOLOCK)
tables: orders
WITH t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n FROM t
tables: none
SELECT value FROM STRING_SPLIT('a,b', ',')
tables: none
SELECT j.a FROM OPENJSON('[]') WITH (a int '$.a') j
tables: none
SELECT N'x', 'it''s', [drop table] FROM audit_words
tables: audit_words
SELECT id FROM orders FOR JSON PATH
tables: orders

# title: what is left is refused too
SELECT * FROM OPENROWSET(BULK 'x', SINGLE_CLOB) a
refused: BULK begins another statement
SELECT * FROM OPENDATASOURCE('x', 'y').a.b.c
refused: OPENDATASOURCE('x', 'y').a.b.c is not a table
SELECT NEXT VALUE FOR s
refused: Sequences advance when they are read
SELECT 1 DELETE FROM orders
refused: DELETE begins another statement
SELECT id FROM orders OPTION (USE PLAN N'x')
refused: USE begins another statement
SELECT * FROM srv.db.dbo.t
refused: srv.db.dbo.t is not a table
SELECT * FROM (DELETE FROM orders OUTPUT deleted.*) x
refused: DELETE begins another statement

# title: a function is called only when it is known to compute and to do nothing else
SELECT * FROM OPENQUERY(srv, 'SELECT 1')
refused: openquery is not on the list
SELECT SUSER_SNAME(), DB_NAME(), HOST_NAME()
refused: host_name is not on the list
SELECT * FROM fn_get_sql(1)
refused: fn_get_sql is not on the list
SELECT dbo.f(1)
refused: f is not on the list
SELECT PWDENCRYPT('x')
refused: pwdencrypt is not on the list

# title: SELECT ... INTO writes
SELECT * INTO x FROM orders
refused: SELECT ..

# title: what does not begin as a query is refused, whatever it is
EXEC xp_cmdshell 'x'
refused: Only a query is accepted, and this begins with EXEC
EXEC('SELECT 1')
refused: Only a query is accepted, and this begins with EXEC
xp_cmdshell 'x'
refused: Only a query is accepted, and this begins with xp_cmdshell
DECLARE @x INT
refused: Only a query is accepted, and this begins with DECLARE
WAITFOR DELAY '1'
refused: Only a query is accepted, and this begins with WAITFOR
BULK INSERT x FROM 'y'
refused: Only a query is accepted, and this begins with BULK
USE x
refused: Only a query is accepted, and this begins with USE
IF 1 = 1 SELECT 1
refused: Only a query is accepted, and this begins with IF
MERGE INTO orders USING customers ON 1=1 WHEN MATCHED THEN DELETE;
refused: Only a query is accepted, and this begins with MERGE

# title: variables and placeholders are not read
SELECT @@version
refused: Variables and parameters are not accepted
SELECT @x = 1
refused: Variables and parameters are not accepted

# title: the system catalogue is read by nobody
SELECT * FROM sys.objects
refused: sys.objects belongs to the system catalogue, which queries may not rea

# title: another database is not reached
SELECT * FROM master.dbo.sysdatabases
refused: master.dbo.sysdatabases names another database

# title: facts of the session and the server are not told
SELECT SYSTEM_USER
refused: system_user tells of the session
SELECT CURRENT_USER
refused: current_user tells of the session

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT * FROM #temp
refused: There is no table temp

# title: what is not understood is refused
SELECT 1 SELECT 2
refused: The statement cannot be parsed as tsql: Invalid expression / Unexpecte

# title: hints that change settings are refused
SELECT * FROM orders WITH (UPDLOCK)
refused: The hint UPDLOCK is not accepted
SELECT * FROM orders WITH (TABLOCKX, HOLDLOCK)
refused: The hint TABLOCKX is not accepted

# title: passes: parts of dates in short, checksums, hashes
SELECT DATEPART(iso_week, ordered_at), DATEDIFF(mi, ordered_at, GETDATE()), DATEADD(dd, 1, ordered_at), DATENAME(dw, ordered_at) FROM orders
tables: orders
SELECT CHECKSUM(id), HASHBYTES('SHA2_256', note), DATALENGTH(note) FROM orders
tables: orders
