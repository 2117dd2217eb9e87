-- Each case: a title, the statement as it is asked, the statement as it runs (or -- refused: with words of the reason).
-- PostgreSQL. orders is read where region = 'north'; of customers, email is masked and ssn is not seen;
-- secret_tokens is not seen; products is read freely. Views: all_orders over orders, cheap over products.

-- title: a free table is read as it is written
SELECT Name, count(*) FROM products p GROUP BY 1;
SELECT Name, count(*) FROM products p GROUP BY 1;

-- title: a ruled table is read through its rule, wherever it stands
SELECT p.name FROM products p LEFT JOIN orders o ON o.product_id = p.id;
SELECT p.name FROM products p LEFT JOIN (SELECT * FROM "public"."orders" WHERE (region = 'north')) o ON o.product_id = p.id;

-- title: without an alias the table's name becomes it
SELECT orders.id FROM orders WHERE orders.amount > 5 OR 1 = 1;
SELECT orders.id FROM (SELECT * FROM "public"."orders" WHERE (region = 'north')) AS orders WHERE orders.amount > 5 OR 1 = 1;

-- title: a masked field is masked below everything, and one that is not seen is not there
SELECT * FROM customers c WHERE c.email LIKE 'a%';
SELECT * FROM (SELECT "id", "name", CAST('***' AS TEXT) AS "email", "region" FROM "public"."customers") c WHERE c.email LIKE 'a%';

-- title: a schema in front of a column goes with the table's
SELECT public.orders.note FROM public.orders WHERE public.orders.id = 2;
SELECT orders.note FROM (SELECT * FROM "public"."orders" WHERE (region = 'north')) AS orders WHERE orders.id = 2;

-- title: a CTE that takes a ruled table's name is given one of its own
WITH orders AS (SELECT 5 AS n) SELECT orders.n FROM orders;
WITH "orders_cte1" AS (SELECT 5 AS n) SELECT orders.n FROM "orders_cte1" AS orders;

-- title: a CTE that reads the table whose name it takes reads it through the rule
WITH orders AS (SELECT * FROM orders) SELECT count(*) FROM orders o;
WITH "orders_cte1" AS (SELECT * FROM (SELECT * FROM "public"."orders" WHERE (region = 'north')) AS orders) SELECT count(*) FROM "orders_cte1" o;

-- title: a CTE inside a CTE hides no table outside of it
WITH a AS (WITH orders AS (SELECT 1 AS id) SELECT * FROM orders) SELECT * FROM orders, a;
WITH a AS (WITH "orders_cte1" AS (SELECT 1 AS id) SELECT * FROM "orders_cte1" AS orders) SELECT * FROM (SELECT * FROM "public"."orders" WHERE (region = 'north')) AS orders, a;

-- title: joins in parentheses
SELECT count(*) FROM (products p JOIN orders USING (id));
SELECT count(*) FROM (products p JOIN (SELECT * FROM "public"."orders" WHERE (region = 'north')) AS orders USING (id));

-- title: subqueries of every kind
SELECT (SELECT max(amount) FROM orders o WHERE o.product_id = p.id) FROM products p WHERE EXISTS (SELECT 1 FROM orders);
SELECT (SELECT max(amount) FROM (SELECT * FROM "public"."orders" WHERE (region = 'north')) o WHERE o.product_id = p.id) FROM products p WHERE EXISTS (SELECT 1 FROM (SELECT * FROM "public"."orders" WHERE (region = 'north')) AS orders);

-- title: what the text says beside the tables stays as it was written
SELECT MOD(id, 3), id::text FROM ORDERS o(id);
SELECT MOD(id, 3), id::text FROM (SELECT * FROM "public"."orders" WHERE (region = 'north')) o(id);

-- title: TABLE is written as the SELECT that it is
TABLE orders;
SELECT * FROM (SELECT * FROM "public"."orders" WHERE (region = 'north')) AS orders;

-- title: a view over a ruled table is read through its definition
SELECT count(*) FROM all_orders;
SELECT count(*) FROM (SELECT * FROM (SELECT orders.id, orders.note FROM (SELECT * FROM "public"."orders" WHERE (region = 'north')) AS orders) AS "all_orders") AS all_orders;

-- title: a view over free tables is read by its name
SELECT count(*) FROM cheap;
SELECT count(*) FROM cheap;

-- title: a table that is not seen
SELECT * FROM secret_tokens;
-- refused: may not see secret_tokens

-- title: a table that there is not is told apart from it
SELECT * FROM secrets;
-- refused: There is no table secrets

-- title: a field that is not seen
SELECT ssn FROM customers;
-- refused: may not see public.customers.ssn

-- title: hidden columns lie below the rules
SELECT ctid FROM orders;
-- refused: hidden column

-- title: a sample would be taken before the rule
SELECT * FROM orders TABLESAMPLE BERNOULLI (50);
-- refused: Name the table alone

-- title: a plan tells of the rule
EXPLAIN SELECT * FROM orders;
-- refused: Run the query itself
