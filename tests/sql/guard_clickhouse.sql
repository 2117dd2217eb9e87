# dialect: clickhouse

# title: passes: what analysts write
SELECT toStartOfMonth(ordered_at) AS m, uniq(id), quantile(0.5)(amount), groupArray(id), argMax(id, amount), countIf(status = 'paid'), sumIf(amount, region = 'EU'), any(id), topK(3)(region), formatDateTime(ordered_at, '%Y'), dateDiff('day', ordered_at, now()), multiIf(amount > 1, 'a', 'b'), toUInt32(id), arrayJoin([1,2]), JSONExtractString(note, 'a'), if(amount > 1, 1, 0), quantiles(0.5, 0.9)(amount) FROM orders GROUP BY m WITH TOTALS
tables: orders
SELECT id FROM orders PREWHERE region = 'EU' WHERE amount > 1 ORDER BY id LIMIT 1 BY region LIMIT 5
tables: orders
SELECT id, tag FROM products ARRAY JOIN tags AS tag
tables: products
SELECT arrayMap(x -> x + 1, [1,2]), arrayFilter((x, y) -> x > y, [1], [0]), tuple(1, 'a').1, map('a', 1)['a'] FROM orders
tables: orders
SELECT * FROM numbers(10)
tables: none
SELECT number FROM numbers(3) ORDER BY number WITH FILL FROM 0 TO 10
tables: none
SELECT o.id FROM orders o GLOBAL ANY LEFT JOIN customers c ON o.customer_id = c.id
tables: customers, orders
SELECT id FROM orders ASOF JOIN customers USING (id, region)
tables: customers, orders
WITH 5 AS x SELECT x + id FROM orders
tables: orders

# title: a function is called only when it is known to compute and to do nothing else
SELECT * FROM url('http://x', CSV, 'a String')
refused: url is not on the list
SELECT * FROM s3('x')
refused: s3 is not on the list
SELECT * FROM remote('x', db.t)
refused: remote is not on the list
SELECT * FROM mysql('x','y','z','u','p')
refused: mysql is not on the list
SELECT * FROM postgresql('x')
refused: postgresql is not on the list
SELECT * FROM file('x')
refused: file is not on the list
SELECT * FROM executable('x', TSV, 'a String')
refused: executable is not on the list
SELECT * FROM cluster('x', shop.secret_tokens)
refused: cluster is not on the list
SELECT * FROM merge('shop', '.*')
refused: merge is not on the list
SELECT * FROM hdfs('x')
refused: hdfs is not on the list
SELECT * FROM input('x')
refused: input is not on the list
SELECT * FROM view(SELECT * FROM secret_tokens)
refused: view is not on the list
SELECT * FROM dictionary('x')
refused: dictionary is not on the list
SELECT dictGet('x', 'y', 1)
refused: dictget is not on the list
SELECT joinGet('x', 'y', 1)
refused: joinget is not on the list
SELECT file('x')
refused: file is not on the list
SELECT sleep(3)
refused: sleep is not on the list
SELECT sleepEachRow(1)
refused: sleepeachrow is not on the list
SELECT getSetting('x'), getMacro('x')
refused: getmacro is not on the list
SELECT catboostEvaluate('x', 1)
refused: catboostevaluate is not on the list
SELECT generateRandom('a')
refused: generaterandom is not on the list
SELECT throwIf(1)
refused: throwif is not on the list
SELECT quantile(sleep(1))(amount) FROM orders
refused: sleep is not on the list
SELECT arrayMap(x -> sleep(x), [1])
refused: sleep is not on the list

# title: the system catalogue is read by nobody
SELECT * FROM system.users
refused: system.users belongs to the system catalogue, which queries may not re

# title: facts of the session and the server are not told
SELECT hostName(), currentUser(), version(), currentDatabase()
refused: current_database tells of the server or session

# title: what is left is refused too
SELECT 1 SETTINGS readonly = 0
refused: SETTINGS change the session
SELECT 1 FROM orders SETTINGS max_execution_time = 0
refused: SETTINGS change the session
SELECT 1 FORMAT CSV
refused: FORMAT is not accepted here
SELECT in(id, secret_tokens) FROM orders
refused: in cannot have more than one name
SELECT * FROM numbers(1) FORMAT Null SETTINGS x = 1
refused: SETTINGS change the session

# title: what is not understood is refused
SELECT 1 INTO OUTFILE 'x'
refused: The statement cannot be parsed as clickhouse: Invalid expression / Une

# title: variables and placeholders are not read
SELECT {x:UInt32}
refused: Placeholders are not accepted

# title: a table is read only when the metadata has it, wherever and however it is written
SELECT * FROM secret_tokens
refused: There is no table secret_tokens
SELECT id IN secret_tokens FROM orders
refused: There is no table secret_tokens
SELECT id IN shop.secret_tokens FROM orders
refused: There is no table shop.secret_tokens
SELECT id GLOBAL IN secret_tokens FROM orders
refused: There is no table secret_tokens

# title: what does not begin as a query is refused, whatever it is
KILL QUERY WHERE 1
refused: Only a query is accepted, and this begins with KILL
SYSTEM RELOAD CONFIG
refused: Only a query is accepted, and this begins with SYSTEM
OPTIMIZE TABLE orders
refused: Only a query is accepted, and this begins with OPTIMIZE

# title: passes: aggregates with combinators, transform
SELECT avgOrNull(amount), uniqIf(id, amount > 1), sumMapIf(map('a', id), id > 1), histogram(3)(amount), groupUniqArrayIf(region, id > 1) FROM orders
tables: orders
SELECT transform(region, ['EU', 'US'], [1, 2], 0), runningDifference(id), toLastDayOfMonth(ordered_at) FROM orders
tables: orders

# title: refused: a combinator behind what is not on the list
SELECT joinGetOrNull('secret_join', 'token', 1)
refused: joingetornull is not on the list
SELECT getSettingOrDefault('max_threads', 1)
refused: getsettingordefault is not on the list
