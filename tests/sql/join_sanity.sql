# Pairs over the tables of tests/test_join_sanity.py: the statement that goes wrong, with the kind of its warning,
# and one that gives what was asked, of which nothing may be said. Then statements that are right as they are.

# title: a sum of the one side over its many side
# asks: the total of all orders that have items
fan-out: SELECT sum(o.total) FROM orders o JOIN order_items i ON i.order_id = o.id
right: SELECT sum(o.total) FROM orders o WHERE EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id)

# title: the same in a group of its own parent
fan-out: SELECT c.city, sum(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id GROUP BY c.city
right: SELECT c.city, sum(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.id IN (SELECT order_id FROM order_items) GROUP BY c.city

# title: totals beside quantities
fan-out: SELECT c.id, sum(o.total), sum(i.quantity) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id GROUP BY c.id
right: SELECT c.id, sum(o.total), sum(i.quantity) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN (SELECT order_id, sum(quantity) AS quantity FROM order_items GROUP BY order_id) i ON i.order_id = o.id GROUP BY c.id

# title: a mean of the one side weighed by its many side
fan-out: SELECT avg(c.age) FROM customers c JOIN orders o ON o.customer_id = c.id
right: SELECT avg(c.age) FROM customers c WHERE c.id IN (SELECT customer_id FROM orders)

# title: a count of the one side's key is a count of the many side
fan-out: SELECT count(c.id) FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.status = 'paid'
right: SELECT count(DISTINCT c.id) FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.status = 'paid'

# title: a count of the one side in groups of a field of its own
fan-out: SELECT c.city, count(c.id) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.city
right: SELECT c.city, count(DISTINCT c.id) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.city

# title: a credit added up once for each order of its customer
fan-out: SELECT sum(c.credit) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
right: SELECT sum(c.credit) FROM customers c

# title: two many sides of one table, summed
many-to-many: SELECT sum(p.amount) FROM orders o JOIN payments p ON p.order_id = o.id JOIN order_items i ON i.order_id = o.id
right: SELECT sum(p.amount) FROM orders o JOIN payments p ON p.order_id = o.id WHERE EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id)

# title: two many sides of one table, both summed
many-to-many: SELECT o.id, sum(p.amount), sum(i.quantity) FROM orders o LEFT JOIN payments p ON p.order_id = o.id LEFT JOIN order_items i ON i.order_id = o.id GROUP BY o.id
right: SELECT o.id, p.amount, i.quantity FROM orders o LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM payments GROUP BY order_id) p ON p.order_id = o.id LEFT JOIN (SELECT order_id, sum(quantity) AS quantity FROM order_items GROUP BY order_id) i ON i.order_id = o.id

# title: two many sides of one table, counted
many-to-many: SELECT c.id, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN reviews r ON r.customer_id = c.id GROUP BY c.id
right: SELECT c.id, count(DISTINCT o.id) + count(DISTINCT r.id) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN reviews r ON r.customer_id = c.id GROUP BY c.id

# title: two many sides of one table, the rows of one counted by its key
many-to-many: SELECT c.id, count(o.id) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN reviews r ON r.customer_id = c.id GROUP BY c.id
right: SELECT c.id, count(DISTINCT o.id) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN reviews r ON r.customer_id = c.id GROUP BY c.id

# title: two many sides joined with each other and the parent left out
many-to-many: SELECT sum(o.total) FROM orders o JOIN reviews r ON r.customer_id = o.customer_id
right: SELECT sum(o.total) FROM orders o WHERE o.customer_id IN (SELECT customer_id FROM reviews)

# title: a table without a condition among commas
missing condition: SELECT c.name, o.total FROM customers c, orders o WHERE o.status = 'paid'
right: SELECT c.name, o.total FROM customers c, orders o WHERE o.status = 'paid' AND o.customer_id = c.id

# title: a table without a condition among three
missing condition: SELECT sum(i.quantity) FROM orders o, order_items i, products p WHERE i.order_id = o.id
right: SELECT sum(i.quantity) FROM orders o, order_items i, products p WHERE i.order_id = o.id AND i.product_id = p.id

# title: a condition that names one table twice
missing condition: SELECT count(*) FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON i.product_id = i.product_id
right: SELECT count(*) FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON i.product_id = p.id

# title: a condition about another table
missing condition: SELECT count(*) FROM stores s JOIN orders o ON o.status = 'paid'
right: SELECT count(*) FROM stores s JOIN orders o ON o.store_id = s.id AND o.status = 'paid'

# title: a filter that was meant to be a condition
missing condition: SELECT count(*) FROM customers c, orders o WHERE c.city = 'Berlin'
right: SELECT count(*) FROM customers c, orders o WHERE c.city = 'Berlin' AND o.customer_id = c.id

# title: derived tables side by side
missing condition: SELECT a.city, b.total FROM (SELECT city, id FROM customers) a, (SELECT customer_id, total FROM orders) b
right: SELECT a.city, b.total FROM (SELECT city, id FROM customers) a, (SELECT customer_id, total FROM orders) b WHERE b.customer_id = a.id

# title: half of a composite key
many-to-many: SELECT sum(o.total * r.rate) FROM orders o JOIN rates r ON r.day = o.ordered_on
right: SELECT sum(o.total * r.rate) FROM orders o JOIN rates r ON r.day = o.ordered_on AND r.currency = o.currency

# title: half of a composite foreign key
many-to-many: SELECT sum(i.quantity) FROM order_items i JOIN shipments s ON s.order_id = i.order_id
right: SELECT sum(i.quantity) FROM order_items i WHERE EXISTS (SELECT 1 FROM shipments s WHERE s.order_id = i.order_id AND s.line = i.line)

# title: monthly targets against a store's rent
fan-out: SELECT sum(s.rent) FROM stores s JOIN targets t ON t.store_id = s.id
right: SELECT sum(s.rent) FROM stores s JOIN targets t ON t.store_id = s.id AND t.month = '2026-01'

# title: a grouped subquery that is finer than the join
fan-out: SELECT sum(c.credit) FROM customers c JOIN (SELECT customer_id, status, sum(total) AS total FROM orders GROUP BY customer_id, status) o ON o.customer_id = c.id
right: SELECT sum(c.credit) FROM customers c JOIN (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id) o ON o.customer_id = c.id

# title: a distinct subquery that is finer than the join
fan-out: SELECT sum(c.credit) FROM customers c JOIN (SELECT DISTINCT customer_id, status FROM orders) o ON o.customer_id = c.id
right: SELECT sum(c.credit) FROM customers c JOIN (SELECT DISTINCT customer_id FROM orders) o ON o.customer_id = c.id

# title: the repetition is inside a derived table
fan-out: SELECT sum(t.total) FROM (SELECT o.id, o.total, i.product_id FROM orders o JOIN order_items i ON i.order_id = o.id) t
right: SELECT sum(t.total) FROM (SELECT DISTINCT o.id, o.total FROM orders o JOIN order_items i ON i.order_id = o.id) t

# title: the repetition is inside a CTE
fan-out: WITH sold AS (SELECT o.*, i.product_id FROM orders o JOIN order_items i ON i.order_id = o.id) SELECT status, sum(total) FROM sold GROUP BY status
right: WITH sold AS (SELECT o.* FROM orders o WHERE o.id IN (SELECT order_id FROM order_items)) SELECT status, sum(total) FROM sold GROUP BY status

# title: the repetition is between two CTEs
fan-out: WITH a AS (SELECT id, total FROM orders), b AS (SELECT order_id, amount FROM payments) SELECT sum(a.total) FROM a JOIN b ON b.order_id = a.id
right: WITH a AS (SELECT id, total FROM orders), b AS (SELECT order_id, sum(amount) AS amount FROM payments GROUP BY order_id) SELECT sum(a.total) FROM a JOIN b ON b.order_id = a.id

# title: the repetition is in one arm of a union
fan-out: SELECT sum(total) FROM orders UNION ALL SELECT sum(o.total) FROM orders o JOIN payments p ON p.order_id = o.id
right: SELECT sum(total) FROM orders UNION ALL SELECT sum(o.total) FROM orders o WHERE o.id IN (SELECT order_id FROM payments)

# title: the repetition is in a scalar subquery
fan-out: SELECT c.id, (SELECT sum(o.total) FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.customer_id = c.id) FROM customers c
right: SELECT c.id, (SELECT sum(o.total) FROM orders o WHERE o.customer_id = c.id AND EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id)) FROM customers c

# title: in HAVING
fan-out: SELECT c.id FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id GROUP BY c.id HAVING sum(o.total) > 50
right: SELECT c.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.id IN (SELECT order_id FROM order_items) GROUP BY c.id HAVING sum(o.total) > 50

# title: in ORDER BY
fan-out: SELECT c.id FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id GROUP BY c.id ORDER BY sum(o.total) LIMIT 1
right: SELECT c.id FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY sum(o.total) LIMIT 1

# title: with USING
many-to-many: SELECT sum(i.quantity) FROM order_items i JOIN shipments s USING (order_id)
right: SELECT sum(i.quantity) FROM order_items i JOIN (SELECT DISTINCT order_id, line FROM shipments) s USING (order_id, line)

# title: through a bridge
fan-out: SELECT sum(o.total) FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id WHERE p.list_price > 1
right: SELECT sum(o.total) FROM orders o WHERE o.id IN (SELECT i.order_id FROM order_items i JOIN products p ON p.id = i.product_id WHERE p.list_price > 1)

# title: by a field at the other end of a bridge
fan-out: SELECT p.category_id, sum(o.shipping) FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id GROUP BY p.category_id
right: SELECT category_id, sum(shipping) FROM (SELECT DISTINCT p.category_id, o.id, o.shipping FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id) GROUP BY category_id

# title: tags repeat orders
fan-out: SELECT sum(o.total) FROM orders o JOIN tags t ON t.order_id = o.id WHERE t.tag IN ('gift', 'rush')
right: SELECT t.tag, sum(o.total) FROM orders o JOIN tags t ON t.order_id = o.id WHERE t.tag IN ('gift', 'rush') GROUP BY t.tag

# title: a window over repeated rows
fan-out: SELECT DISTINCT o.status, sum(o.total) OVER (PARTITION BY o.status) FROM orders o JOIN order_items i ON i.order_id = o.id
right: SELECT DISTINCT o.status, sum(o.total) OVER (PARTITION BY o.status) FROM orders o WHERE o.id IN (SELECT order_id FROM order_items)

# title: an expression of the one side
fan-out: SELECT sum(coalesce(o.total, 0) - o.shipping) FROM orders o LEFT JOIN payments p ON p.order_id = o.id
right: SELECT sum(coalesce(o.total, 0) - o.shipping) FROM orders o

# title: a CASE whose values are of the one side
fan-out: SELECT sum(CASE WHEN p.amount > 0 THEN o.total ELSE 0 END) FROM orders o JOIN payments p ON p.order_id = o.id
right: SELECT sum(CASE WHEN EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.amount > 0) THEN o.total ELSE 0 END) FROM orders o

# title: FILTER does not undo it
fan-out: SELECT sum(o.total) FILTER (WHERE p.amount > 0) FROM orders o JOIN payments p ON p.order_id = o.id
right: SELECT sum(p.amount) FILTER (WHERE o.status = 'paid') FROM orders o JOIN payments p ON p.order_id = o.id

# title: SUM(DISTINCT) is no cure: equal totals of different orders count once
fan-out: SELECT sum(DISTINCT o.total) FROM orders o JOIN order_items i ON i.order_id = o.id
right: SELECT sum(o.total) FROM orders o WHERE o.id IN (SELECT order_id FROM order_items)

# title: a quantile
fan-out: SELECT quantile_cont(o.total, 0.9) FROM orders o JOIN order_items i ON i.order_id = o.id
right: SELECT quantile_cont(o.total, 0.9) FROM orders o WHERE o.id IN (SELECT order_id FROM order_items)

# title: a standard deviation
fan-out: SELECT round(stddev_samp(o.total), 3) FROM orders o JOIN order_items i ON i.order_id = o.id
right: SELECT round(stddev_samp(o.total), 3) FROM orders o WHERE o.id IN (SELECT order_id FROM order_items)

# title: salaries of managers, once for each of their people
fan-out: SELECT sum(m.salary) FROM employees m JOIN employees e ON e.manager_id = m.id
right: SELECT sum(m.salary) FROM employees m WHERE m.id IN (SELECT manager_id FROM employees)

# title: a left join to the many side and a filter on it
fan-out: SELECT avg(s.rent) FROM stores s LEFT JOIN employees e ON e.store_id = s.id WHERE e.salary > 10
right: SELECT avg(s.rent) FROM stores s WHERE s.id IN (SELECT store_id FROM employees WHERE salary > 10)

# title: staff and orders of a store
many-to-many: SELECT s.id, count(e.id), count(o.id) FROM stores s JOIN employees e ON e.store_id = s.id JOIN orders o ON o.store_id = s.id GROUP BY s.id
right: SELECT s.id, (SELECT count(*) FROM employees e WHERE e.store_id = s.id), (SELECT count(*) FROM orders o WHERE o.store_id = s.id) FROM stores s

# title: salaries against sales
many-to-many: SELECT sum(e.salary), sum(o.total) FROM employees e JOIN orders o ON o.store_id = e.store_id
right: SELECT (SELECT sum(salary) FROM employees), (SELECT sum(total) FROM orders)

# title: what a store pays for each order
many-to-many: SELECT s.name, sum(e.salary) / count(o.id) FROM stores s JOIN employees e ON e.store_id = s.id JOIN orders o ON o.store_id = s.id GROUP BY s.name
right: SELECT s.name, e.salary / o.n FROM stores s JOIN (SELECT store_id, sum(salary) AS salary FROM employees GROUP BY store_id) e ON e.store_id = s.id JOIN (SELECT store_id, count(*) AS n FROM orders GROUP BY store_id) o ON o.store_id = s.id

# title: reviews against sales of a product
many-to-many: SELECT p.id, avg(r.stars), sum(i.quantity) FROM products p JOIN reviews r ON r.product_id = p.id JOIN order_items i ON i.product_id = p.id GROUP BY p.id
right: SELECT p.id, (SELECT avg(r.stars) FROM reviews r WHERE r.product_id = p.id), (SELECT sum(i.quantity) FROM order_items i WHERE i.product_id = p.id) FROM products p

# title: two many sides of which one has no declared key
many-to-many: SELECT c.id, sum(v.seconds) FROM customers c JOIN visits v ON v.customer_id = c.id JOIN orders o ON o.customer_id = c.id GROUP BY c.id
right: SELECT c.id, sum(v.seconds) FROM customers c JOIN visits v ON v.customer_id = c.id WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) GROUP BY c.id

# title: a many side that has no declared key
fan-out: SELECT sum(c.credit) FROM customers c JOIN visits v ON v.customer_id = c.id
right: SELECT sum(v.seconds) FROM customers c JOIN visits v ON v.customer_id = c.id

# title: three levels down
fan-out: SELECT sum(c.credit) FROM countries k JOIN customers c ON c.country_code = k.code JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id
right: SELECT sum(i.quantity) FROM countries k JOIN customers c ON c.country_code = k.code JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id

# title: population of countries, once for each customer
fan-out: SELECT sum(k.population) FROM countries k JOIN customers c ON c.country_code = k.code
right: SELECT sum(population) FROM countries WHERE code IN (SELECT country_code FROM customers)

# title: a lateral that gives several rows
fan-out: SELECT sum(c.credit) FROM customers c, LATERAL (SELECT o.total FROM orders o WHERE o.customer_id = c.id) t
right: SELECT sum(c.credit) FROM customers c, LATERAL (SELECT sum(o.total) AS total FROM orders o WHERE o.customer_id = c.id) t

# title: a CROSS JOIN repeats what is summed
fan-out: SELECT sum(o.total) FROM orders o CROSS JOIN stores s
right: SELECT sum(o.total) FROM orders o

# title: an unnested list repeats its row
fan-out: SELECT sum(c.credit) FROM customers c, unnest(c.hobbies) AS h(hobby)
right: SELECT h.hobby, sum(c.credit) FROM customers c, unnest(c.hobbies) AS h(hobby) GROUP BY h.hobby

# title: a join of a joined pair in brackets
fan-out: SELECT sum(c.credit) FROM customers c JOIN (orders o JOIN order_items i ON i.order_id = o.id) ON o.customer_id = c.id
right: SELECT sum(i.quantity) FROM customers c JOIN (orders o JOIN order_items i ON i.order_id = o.id) ON o.customer_id = c.id

# title: names without their tables
fan-out: SELECT sum(credit) FROM customers JOIN orders ON customer_id = customers.id
right: SELECT sum(total) FROM customers JOIN orders ON customer_id = customers.id

# title: names in another case
fan-out: SELECT SUM(C.Credit) FROM Customers C JOIN Orders O ON O.Customer_Id = C.Id
right: SELECT SUM(O.Total) FROM Customers C JOIN Orders O ON O.Customer_Id = C.Id

# title: a wildcard in between
fan-out: SELECT sum(t.credit) FROM (SELECT * FROM customers c JOIN visits v ON v.customer_id = c.id) t
right: SELECT sum(t.seconds) FROM (SELECT * FROM customers c JOIN visits v ON v.customer_id = c.id) t

# title: the latest row is meant, and all are taken
fan-out: SELECT sum(c.credit) FROM customers c JOIN (SELECT customer_id, total, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_on) AS n FROM orders) o ON o.customer_id = c.id WHERE o.n <= 2
right: SELECT sum(c.credit) FROM customers c JOIN (SELECT customer_id, total, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_on) AS n FROM orders) o ON o.customer_id = c.id WHERE o.n = 1

# title: QUALIFY that keeps one row of each, of something else
fan-out: SELECT sum(c.credit) FROM customers c JOIN (SELECT * FROM orders QUALIFY row_number() OVER (PARTITION BY customer_id, status ORDER BY ordered_on) = 1) o ON o.customer_id = c.id
right: SELECT sum(c.credit) FROM customers c JOIN (SELECT * FROM orders QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY ordered_on) = 1) o ON o.customer_id = c.id

# title: DISTINCT ON that keeps one row of each, of something else
fan-out: SELECT sum(c.credit) FROM customers c JOIN (SELECT DISTINCT ON (customer_id, status) * FROM orders) o ON o.customer_id = c.id
right: SELECT sum(c.credit) FROM customers c JOIN (SELECT DISTINCT ON (customer_id) * FROM orders) o ON o.customer_id = c.id

# title: right as it is: the finest table is what is summed, counted or averaged
right: SELECT c.city, sum(o.total), count(*), avg(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.city
right: SELECT p.name, sum(i.quantity * i.price) FROM order_items i JOIN products p ON p.id = i.product_id JOIN orders o ON o.id = i.order_id WHERE o.status = 'paid' GROUP BY p.name
right: SELECT sum(i.quantity * p.list_price) FROM order_items i JOIN products p ON p.id = i.product_id
right: SELECT k.name, count(*) FROM countries k JOIN customers c ON c.country_code = k.code JOIN orders o ON o.customer_id = c.id GROUP BY k.name
right: SELECT s.name, count(o.id) FROM stores s LEFT JOIN orders o ON o.store_id = s.id GROUP BY s.name

# title: right as it is: a count of the one side within its own group is a count of the many side
right: SELECT c.id, c.name, count(c.id) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name
right: SELECT c.name, count(c.id) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.name
right: SELECT c.id, avg(c.age), sum(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id

# title: right as it is: conditions are counted, not values
right: SELECT sum(CASE WHEN c.city = 'Berlin' THEN 1 ELSE 0 END) FROM customers c JOIN orders o ON o.customer_id = c.id
right: SELECT count(CASE WHEN c.city = 'Berlin' THEN 1 END), count_if(c.age > 30), sum((c.age > 30)::INT) FROM customers c JOIN orders o ON o.customer_id = c.id
right: SELECT count(*) FILTER (WHERE c.city = 'Berlin') * 1.0 / count(*) FROM customers c JOIN orders o ON o.customer_id = c.id

# title: right as it is: repetition changes nothing
right: SELECT min(o.total), max(o.total), count(DISTINCT o.id), bool_or(o.total > 5), any_value(o.status) FROM orders o JOIN order_items i ON i.order_id = o.id
right: SELECT c.id, max(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN reviews r ON r.customer_id = c.id GROUP BY c.id
right: SELECT DISTINCT c.name FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id

# title: right as it is: joined by a key
right: SELECT sum(c.credit), avg(p.score) FROM customers c JOIN profiles p ON p.customer_id = c.id
right: SELECT sum(o.total) FROM orders o JOIN customers c ON c.id = o.customer_id JOIN profiles p ON p.customer_id = o.customer_id JOIN countries k ON k.code = c.country_code
right: SELECT sum(c.credit) FROM customers c JOIN tags t ON t.order_id = c.id AND t.tag = 'gift'
right: SELECT sum(o.total / r.rate) FROM orders o LEFT JOIN rates r ON r.day = o.ordered_on AND r.currency = 'USD'
right: SELECT sum(o.total) FROM orders o JOIN stores s ON lower(s.name) = lower(o.status)
right: SELECT e.store_id, sum(e.salary) FROM employees e LEFT JOIN employees m ON m.id = e.manager_id GROUP BY e.store_id
right: SELECT sum(e.salary) FROM employees e LEFT JOIN employees m ON m.id = e.manager_id LEFT JOIN employees top ON top.id = m.manager_id

# title: right as it is: a bridge whose other end is fixed
right: SELECT p.id, sum(o.total) FROM orders o JOIN tags t ON t.order_id = o.id JOIN products p ON p.name = t.tag GROUP BY p.id, t.tag
right: SELECT sum(o.total) FROM orders o JOIN tags t ON t.order_id = o.id WHERE t.tag = 'gift'
right: SELECT t.tag, avg(p.amount) FROM payments p JOIN tags t USING (order_id) GROUP BY t.tag
right: SELECT t.month, sum(s.rent) FROM stores s JOIN targets t ON t.store_id = s.id GROUP BY t.month

# title: right as it is: one row beside others
right: SELECT o.id, o.total / a.total FROM orders o, (SELECT sum(total) AS total FROM orders) a
right: SELECT sum(o.total) / max(a.total) FROM orders o CROSS JOIN (SELECT sum(total) AS total FROM orders) a
right: WITH a AS (SELECT avg(total) AS mean FROM orders) SELECT count(*) FROM orders o, a WHERE o.total > a.mean
right: SELECT o.id, s.value FROM orders o, settings s WHERE s.key = 'vat'
right: SELECT o.id, t.total FROM orders o, (SELECT total FROM orders ORDER BY total DESC LIMIT 1) t
right: SELECT a.population - b.population FROM countries a, countries b WHERE a.name = 'A' AND b.name = 'B'

# title: right as it is: every pair is meant, and said to be
right: SELECT s.name, t.tag FROM stores s CROSS JOIN (SELECT DISTINCT tag FROM tags) t
right: SELECT count(*) FROM stores a CROSS JOIN stores b
right: SELECT d.day, count(o.id) FROM generate_series(DATE '2026-01-01', DATE '2026-01-03', INTERVAL 1 DAY) AS d(day) LEFT JOIN orders o ON o.ordered_on = d.day GROUP BY d.day
right: SELECT d.n, sum(o.total) FROM range(3) AS d(n), orders o WHERE o.id > d.n GROUP BY d.n
right: SELECT count(*) FROM customers a JOIN customers b ON a.city = b.city AND a.id < b.id

# title: right as it is: ranges
right: SELECT a.id, sum(b.total) FROM orders a JOIN orders b ON b.ordered_on <= a.ordered_on GROUP BY a.id
right: SELECT sum(o.total * r.rate) FROM orders o JOIN rates r ON r.currency = o.currency AND o.ordered_on BETWEEN r.day AND r.day
right: SELECT sum(o.total) FROM orders o ASOF JOIN rates r ON r.currency = o.currency AND o.ordered_on >= r.day

# title: right as it is: membership and windows
right: SELECT sum(o.total) FROM orders o SEMI JOIN order_items i ON i.order_id = o.id
right: SELECT sum(o.total) FROM orders o ANTI JOIN payments p ON p.order_id = o.id
right: SELECT o.id, i.line, row_number() OVER (PARTITION BY o.id ORDER BY i.line), sum(i.quantity) OVER (PARTITION BY o.id) FROM orders o JOIN order_items i ON i.order_id = o.id
right: SELECT o.status, sum(sum(i.quantity)) OVER () FROM orders o JOIN order_items i ON i.order_id = o.id GROUP BY o.status
right: SELECT sum(c.credit) FROM customers c, LATERAL (SELECT o.total FROM orders o WHERE o.customer_id = c.id ORDER BY o.total LIMIT 1) t

# title: right as it is: a report joined from totals
right: WITH sales AS (SELECT store_id, sum(total) AS total FROM orders GROUP BY store_id), staff AS (SELECT store_id, sum(salary) AS salary FROM employees GROUP BY store_id) SELECT sum(s.rent), sum(sales.total), sum(staff.salary) FROM stores s LEFT JOIN sales ON sales.store_id = s.id LEFT JOIN staff ON staff.store_id = s.id
right: WITH per AS (SELECT c.id, c.city, sum(o.total) AS total FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.city) SELECT per.city, sum(per.total), sum(p.score) FROM per JOIN profiles p ON p.customer_id = per.id GROUP BY per.city
right: SELECT sum(a.total) - sum(b.total) FROM (SELECT store_id, sum(total) AS total FROM orders WHERE status = 'paid' GROUP BY 1) a FULL JOIN (SELECT store_id, sum(total) AS total FROM orders WHERE status <> 'paid' GROUP BY 1) b USING (store_id)
right: SELECT a.month, a.total - b.total FROM (SELECT month(ordered_on) AS month, sum(total) AS total FROM orders GROUP BY month(ordered_on)) a JOIN (SELECT month(ordered_on) AS month, sum(total) AS total FROM orders GROUP BY ALL) b ON b.month = a.month + 1

# title: right as it is: nothing is declared, so nothing is said
right: SELECT sum(l.amount) FROM ledger l JOIN ledger_notes n ON n.entry = l.entry
right: SELECT sum(l.amount) FROM ledger l JOIN customers c ON c.name = l.party
right: SELECT sum(b.total) FROM big_orders b JOIN order_items i ON i.quantity = b.id

# title: right as it is: many to many by way of a recursive or set query
right: WITH RECURSIVE up AS (SELECT id, manager_id FROM employees UNION ALL SELECT e.id, up.manager_id FROM employees e JOIN up ON e.manager_id = up.id) SELECT sum(e.salary) FROM employees e JOIN up ON up.id = e.id
right: SELECT sum(c.credit) FROM customers c JOIN (SELECT customer_id FROM orders UNION SELECT customer_id FROM reviews) u ON u.customer_id = c.id
right: SELECT sum(c.credit) FROM customers c JOIN (SELECT customer_id FROM orders INTERSECT SELECT customer_id FROM reviews) u ON u.customer_id = c.id

# title: COUNT(*) by the left side of an outer join counts one for what has no match
counts no match as one: SELECT p.id, p.name, count(*) FROM products p LEFT JOIN reviews r ON r.product_id = p.id GROUP BY p.id, p.name
right: SELECT p.id, p.name, count(r.id) FROM products p LEFT JOIN reviews r ON r.product_id = p.id GROUP BY p.id, p.name
counts no match as one: SELECT p.name, count(*) AS n FROM products p LEFT JOIN reviews r ON r.product_id = p.id GROUP BY p.name ORDER BY count(*) DESC
right: SELECT p.name, count(*) AS n FROM products p JOIN reviews r ON r.product_id = p.id GROUP BY p.name ORDER BY count(*) DESC
counts no match as one: SELECT p.id, count(1) FROM products p LEFT OUTER JOIN reviews r ON p.id = r.product_id GROUP BY p.id
right: SELECT p.id, count(r.product_id) FROM products p LEFT OUTER JOIN reviews r ON p.id = r.product_id GROUP BY p.id
counts no match as one: SELECT p.id, count(p.id) FROM products p LEFT JOIN reviews r ON p.id = r.product_id GROUP BY p.id
right: SELECT p.id, count(p.id) FROM products p JOIN reviews r ON p.id = r.product_id GROUP BY p.id
counts no match as one: SELECT p.id, count(*) FROM reviews r RIGHT JOIN products p ON r.product_id = p.id GROUP BY p.id
right: SELECT p.id, count(r.id) FROM reviews r RIGHT JOIN products p ON r.product_id = p.id GROUP BY p.id
counts no match as one: SELECT p.category_id, count(*) FROM products p LEFT JOIN reviews r ON r.product_id = p.id GROUP BY p.category_id
right: SELECT p.category_id, count(r.id) FROM products p LEFT JOIN reviews r ON r.product_id = p.id GROUP BY p.category_id
counts no match as one: SELECT p.name, count(*) FROM products p LEFT JOIN (SELECT * FROM reviews WHERE stars > 2) r ON r.product_id = p.id GROUP BY p.name
right: SELECT p.name, count(r.id) FROM products p LEFT JOIN (SELECT * FROM reviews WHERE stars > 2) r ON r.product_id = p.id GROUP BY p.name
counts no match as one: SELECT p.id, count(*) FROM products p LEFT JOIN reviews r ON r.product_id = p.id LEFT JOIN customers c ON c.id = r.customer_id GROUP BY p.id
right: SELECT p.id, count(r.id) FROM products p LEFT JOIN reviews r ON r.product_id = p.id LEFT JOIN customers c ON c.id = r.customer_id GROUP BY p.id
counts no match as one: SELECT d.day, count(*) FROM generate_series(DATE '2026-01-01', DATE '2026-01-03', INTERVAL 1 DAY) AS d(day) LEFT JOIN orders o ON o.ordered_on = d.day GROUP BY d.day
right: SELECT d.day, count(o.id) FROM generate_series(DATE '2026-01-01', DATE '2026-01-03', INTERVAL 1 DAY) AS d(day) LEFT JOIN orders o ON o.ordered_on = d.day GROUP BY d.day

# title: COUNT(*) over an outer join that counts what it says
right: SELECT o.status, count(*) FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY o.status
right: SELECT o.id, count(*) FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY o.id
right: SELECT c.name, count(*) FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY c.name
right: SELECT c.id, count(*) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.status = 'paid' GROUP BY c.id
right: SELECT c.city, count(*) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL GROUP BY c.city
right: SELECT c.id, count(*) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id HAVING count(*) > 1
right: SELECT c.id, count(*) FILTER (WHERE o.id IS NOT NULL) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id
right: SELECT c.id, count(*), count(o.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id
right: SELECT c.id, CASE WHEN count(o.id) = 0 THEN 0 ELSE count(*) END FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id
right: SELECT c.id, count(*) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id GROUP BY c.id
right: SELECT c.id, count(*) FROM customers c LEFT JOIN profiles p ON p.customer_id = c.id GROUP BY c.id
right: SELECT c.city, count(*) FROM customers c LEFT JOIN profiles p ON p.customer_id = c.id GROUP BY c.city
right: SELECT o.currency, count(*) FROM orders o LEFT JOIN rates r ON r.day = o.ordered_on AND r.currency = o.currency GROUP BY o.currency
right: SELECT o.status, count(*) FROM orders o LEFT JOIN (SELECT order_id, sum(amount) AS paid FROM payments GROUP BY order_id) p ON p.order_id = o.id GROUP BY o.status
right: SELECT o.id, count(*) FROM orders o LEFT JOIN (SELECT order_id, sum(amount) AS paid FROM payments GROUP BY order_id) p ON p.order_id = o.id GROUP BY o.id
right: SELECT l.party, count(*) FROM ledger l LEFT JOIN ledger_notes n ON n.entry = l.entry GROUP BY l.party
right: SELECT l.entry, count(*) FROM ledger l LEFT JOIN ledger_notes n ON n.entry = l.entry GROUP BY l.entry
right: SELECT s.id, o.status, count(*) FROM stores s LEFT JOIN orders o ON o.store_id = s.id GROUP BY s.id, o.status
right: SELECT count(*) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
right: SELECT e.store_id, count(*) FROM employees e LEFT JOIN employees m ON m.id = e.manager_id GROUP BY e.store_id
right: SELECT c.id, countif(o.status = 'paid') FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id
