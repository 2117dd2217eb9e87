# dialect: databricks

# title: passes: what analysts write
SELECT payload:page::int, * EXCEPT (payload) FROM events QUALIFY row_number() OVER (ORDER BY id) < 3
tables: events
SELECT id, try_divide(amount, 0) FROM shop.orders VERSION AS OF 1
tables: orders

# title: a function is called only when it is known to compute and to do nothing else
SELECT * FROM read_files('s3://x')
refused: read_files is not on the list
SELECT secret('scope', 'key')
refused: secret is not on the list
SELECT * FROM cloud_files('x', 'csv')
refused: cloud_files is not on the list

# title: what does not begin as a query is refused, whatever it is
COPY INTO orders FROM 's3://x'
refused: Only a query is accepted, and this begins with COPY
LIST 's3://x'
refused: Only a query is accepted, and this begins with LIST

# title: another database is not reached
SELECT * FROM system.access.audit
refused: system.access.audit names another database

# title: facts of the session and the server are not told
SELECT session_user()
refused: session_user tells of the session
