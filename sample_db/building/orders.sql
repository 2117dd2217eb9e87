-- What was ordered, delivered, sold and sent back.

-- Growth over three years, a season that peaks in June and towards Christmas, 11.11, busy week-ends, noise.
CREATE TEMP TABLE order_days AS
SELECT
    day,
    greatest(1, CAST(floor(
        25.0
        * (0.70 + 0.60 * date_diff('day', getvariable('first_day'), day) / getvariable('days'))
        * [0.82, 0.78, 0.94, 1.03, 1.12, 1.20, 1.10, 1.02, 0.92, 0.95, 1.22, 1.30][month(day)]
        * [0.90, 0.92, 0.94, 0.96, 1.02, 1.16, 1.10][isodow(day)]
        * CASE strftime(day, '%m-%d') WHEN '11-11' THEN 2.6 WHEN '06-18' THEN 1.8 ELSE 1 END
        * CASE WHEN day = getvariable('today') THEN 0.3 ELSE 1 END
        * (0.8 + 0.4 * chance(day, 'busy'))
        + chance(day, 'rounding')
    ) AS INTEGER)) AS orders
FROM (
    SELECT CAST(d AS DATE) AS day
    FROM generate_series(getvariable('first_day'), getvariable('today'), INTERVAL 1 DAY) AS t (d)
);

-- A few customers order often and many seldom; one in nine never did.
CREATE TEMP TABLE weighed_customers AS
SELECT
    *,
    sum(weight) OVER (ORDER BY customer_id) AS reach,
    CAST(created_at AS DATE) AS created_on
FROM (
    SELECT
        customer_id, region_id, culture, segment, created_at,
        whole(
            100 * (0.45 + (-ln(1 - chance(customer_id, 'loyal'))) ** 1.5)
            * CASE segment WHEN 'wholesale' THEN 3.5 WHEN 'business' THEN 2 ELSE 1 END
        ) AS weight
    FROM drafted_customers
    WHERE chance(customer_id, 'never orders') > 0.11
);

CREATE TEMP TABLE placed_orders AS
WITH each AS (
    SELECT day, orders, CAST(epoch(day) AS BIGINT) + k AS key
    FROM order_days, unnest(generate_series(1, orders)) AS t (k)
), reach AS (
    SELECT e.day, max(c.reach) AS reach
    FROM order_days AS e JOIN weighed_customers AS c ON c.created_on < e.day
    GROUP BY ALL
), aimed AS (
    SELECT e.*, whole(chance(key, 'customer') * reach) AS aim FROM each AS e JOIN reach USING (day)
)
SELECT
    100000 + row_number() OVER (ORDER BY ordered_at, key) AS order_id, *,
    date_diff('day', day, getvariable('today')) AS age,
    CASE
        WHEN segment = 'wholesale' THEN CASE WHEN chance(key, 'channel') < 0.65 THEN 'web' ELSE 'phone' END
        WHEN chance(key, 'channel') < 0.58 THEN 'web'
        WHEN chance(key, 'channel') < 0.93 THEN 'shop'
        ELSE 'phone'
    END AS wanted_channel
FROM (
    SELECT
        a.day, a.key, c.customer_id, c.region_id, c.culture, c.segment,
        moment(a.day, (chance(key, 'hour') + chance(key, 'hour too') + chance(key, 'hour again')) / 3)
            AS ordered_at
    FROM aimed AS a ASOF JOIN weighed_customers AS c ON a.aim < c.reach
);

-- Where the region has no shop that was open that day, what would have been a shop order is a web order.
CREATE TEMP TABLE shop_of_order AS
SELECT o.order_id, arg_min(s.store_id, md5_number_lower(o.key || '-' || s.store_id)) AS store_id
FROM placed_orders AS o
JOIN public.stores AS s
    ON s.region_id = o.region_id AND s.store_type = 'shop'
    AND s.opened_on <= o.day AND (s.closed_on IS NULL OR s.closed_on >= o.day)
WHERE o.wanted_channel = 'shop'
GROUP BY o.order_id;

CREATE TEMP TABLE drafted_orders AS
WITH housed AS (
    SELECT
        o.*,
        CASE
            WHEN wanted_channel = 'shop' AND s.store_id IS NULL THEN 'web'
            ELSE wanted_channel
        END AS channel,
        coalesce(s.store_id, r.warehouse_id) AS store_id,
        r.currency
    FROM placed_orders AS o
    JOIN given_regions AS r ON r.region_id = o.region_id
    LEFT JOIN shop_of_order AS s ON s.order_id = o.order_id
), takers AS (
    SELECT h.order_id, arg_min(e.employee_id, md5_number_lower(h.key || '/' || e.employee_id)) AS employee_id
    FROM housed AS h
    JOIN public.employees AS e
        ON e.store_id = h.store_id AND e.hired_on <= h.day AND (e.left_on IS NULL OR e.left_on >= h.day)
        AND e.job_title IN ('Store Manager', 'Sales Associate', 'Customer Service Agent')
    WHERE h.channel <> 'web'
    GROUP BY h.order_id
)
SELECT
    h.*, t.employee_id,
    chance(key, 'status') AS luck,
    CASE
        WHEN channel = 'shop' THEN CASE WHEN age > 30 AND luck < 0.02 THEN 'R' ELSE 'D' END
        WHEN luck < 0.045 AND age > 0 THEN 'C'
        WHEN age = 0 THEN CASE WHEN luck < 0.4 THEN 'N' ELSE 'P' END
        WHEN age <= 2 THEN CASE WHEN luck < 0.12 THEN 'N' WHEN luck < 0.55 THEN 'P' ELSE 'S' END
        WHEN age <= 9 THEN CASE WHEN luck < 0.06 THEN 'N' WHEN luck < 0.10 * (10 - age) THEN 'S' ELSE 'D' END
        WHEN luck < 0.05 THEN 'S'
        WHEN luck < 0.08 AND age > 30 THEN 'R'
        ELSE 'D'
    END AS status
FROM housed AS h LEFT JOIN takers AS t ON t.order_id = h.order_id;

CREATE TEMP MACRO season_of(day) AS ['winter', 'spring', 'summer', 'autumn'][1 + month(day) % 12 // 3];

CREATE TEMP TABLE weighed_products AS
SELECT
    season, p.product_id,
    first_value(p.product_id) OVER (PARTITION BY p.category_id ORDER BY p.product_id) AS classic,
    CAST(p.list_price AS DECIMAL(10, 2)) AS list_price,
    q.launched_on, months_ago(p.discontinued_months_ago) AS discontinued_on,
    sum(p.popularity * c.percent) OVER (PARTITION BY season ORDER BY p.product_id) AS reach
FROM given_products AS p
JOIN public.products AS q ON q.product_id = p.product_id
JOIN (
    UNPIVOT (SELECT category_id, winter, spring, summer, autumn FROM given_categories)
    ON winter, spring, summer, autumn INTO NAME season VALUE percent
) AS c ON c.category_id = p.category_id;

CREATE TEMP TABLE season_reach AS SELECT season, max(reach) AS reach FROM weighed_products GROUP BY ALL;

-- A product that was not on sale that day is replaced by the classic of its category.
CREATE TEMP TABLE drafted_items AS
WITH lines AS (
    SELECT
        order_id, day, age, segment, channel, key * 10 + k AS line_key, k,
        season_of(day) AS season
    FROM (
        SELECT
            *,
            CASE
                WHEN chance(key, 'lines') < 0.36 THEN 1
                WHEN chance(key, 'lines') < 0.66 THEN 2
                WHEN chance(key, 'lines') < 0.86 THEN 3
                WHEN chance(key, 'lines') < 0.96 THEN 4
                ELSE 6
            END + CASE WHEN segment = 'wholesale' THEN 2 ELSE 0 END AS n
        FROM drafted_orders
    ), unnest(generate_series(1, n)) AS t (k)
), aimed AS (
    SELECT
        l.*, whole(chance(line_key, 'product') * r.reach) AS aim
    FROM lines AS l JOIN season_reach AS r USING (season)
), picked AS (
    SELECT
        a.*,
        CASE
            WHEN p.launched_on <= a.day AND coalesce(p.discontinued_on > a.day, TRUE) THEN p.product_id
            ELSE p.classic
        END AS product_id
    FROM aimed AS a ASOF JOIN weighed_products AS p ON a.season = p.season AND a.aim < p.reach
), once AS (
    SELECT * FROM picked QUALIFY row_number() OVER (PARTITION BY order_id, product_id ORDER BY k) = 1
)
SELECT
    o.order_id, row_number() OVER (PARTITION BY o.order_id ORDER BY k) AS line_no, o.product_id, line_key,
    CAST(CASE o.segment
        WHEN 'wholesale' THEN 3 + floor(12 * chance(line_key, 'pieces') ** 1.5)
        WHEN 'business' THEN 1 + floor(8 * chance(line_key, 'pieces') ** 2)
        ELSE CASE
            WHEN chance(line_key, 'pieces') < 0.78 OR p.list_price > 200 THEN 1
            WHEN chance(line_key, 'pieces') < 0.94 THEN 2
            ELSE 4
        END
    END AS INTEGER) AS quantity,
    -- Prices went up twice: two years ago and one year ago.
    money(
        p.list_price
        * CASE WHEN o.age >= 730 THEN 0.92 WHEN o.age >= 365 THEN 0.96 ELSE 1.00 END
        * CASE o.segment WHEN 'wholesale' THEN 0.72 WHEN 'business' THEN 0.90 ELSE 1.00 END
    ) AS unit_price,
    p.unit_cost
FROM once AS o JOIN public.products AS p ON p.product_id = o.product_id;

CREATE TEMP TABLE order_sums AS
WITH summed AS (
    SELECT order_id, sum(quantity * unit_price) AS goods FROM drafted_items GROUP BY ALL
)
SELECT
    s.*,
    money(CASE
        WHEN o.channel = 'shop' THEN 0
        WHEN o.segment = 'wholesale' THEN 45
        WHEN s.goods >= 120 THEN 0
        ELSE 6.9
    END) AS shipping_fee,
    CASE
        WHEN month(o.day) = 11 AND day(o.day) = 11 THEN money(s.goods * 0.15)
        WHEN chance(o.key, 'voucher') < 0.05 THEN money(s.goods * 0.15)
        WHEN chance(o.key, 'voucher') < 0.20 THEN money(s.goods * 0.10)
    END AS discount
FROM summed AS s JOIN drafted_orders AS o ON o.order_id = s.order_id;

INSERT INTO public.orders
SELECT
    o.order_id, o.customer_id, o.store_id, o.employee_id, o.ordered_at, o.channel, o.status,
    CASE
        WHEN o.status = 'N' OR (o.status = 'C' AND chance(key, 'paid') < 0.6) THEN NULL
        WHEN o.segment = 'wholesale' THEN 'bank_transfer'
        WHEN o.segment = 'business' AND chance(key, 'pay') < 0.5 THEN 'bank_transfer'
        WHEN o.channel = 'shop' AND chance(key, 'pay') > 0.88 THEN 'cash'
        WHEN o.currency = 'CNY' AND chance(key, 'pay') < 0.47 THEN 'wechat_pay'
        WHEN o.currency = 'CNY' AND chance(key, 'pay') < 0.84 THEN 'alipay'
        WHEN o.currency = 'CNY' THEN 'credit_card'
        WHEN o.channel = 'web' AND chance(key, 'pay') < 0.35 THEN 'paypal'
        ELSE 'credit_card'
    END,
    o.currency, s.shipping_fee, s.discount, s.goods + s.shipping_fee - coalesce(s.discount, 0),
    CASE
        WHEN o.channel <> 'shop' AND o.status IN ('S', 'D', 'R')
            THEN least(
                o.ordered_at + to_minutes(whole(240 + 3000 * chance(key, 'packed'))),
                getvariable('today') + INTERVAL 8 HOUR
            )
    END
FROM drafted_orders AS o JOIN order_sums AS s ON s.order_id = o.order_id
ORDER BY o.order_id;

INSERT INTO public.order_items
SELECT order_id, line_no, product_id, quantity, unit_price FROM drafted_items ORDER BY order_id, line_no;

INSERT INTO public.sales
SELECT
    row_number() OVER (ORDER BY i.order_id, i.line_no),
    i.order_id, i.product_id, o.region_id, o.day, i.quantity,
    money(i.quantity * i.unit_price * (1 - coalesce(s.discount, 0) / s.goods)),
    i.quantity * i.unit_cost
FROM drafted_items AS i
JOIN drafted_orders AS o ON o.order_id = i.order_id
JOIN order_sums AS s ON s.order_id = i.order_id
WHERE o.status IN ('P', 'S', 'D', 'R')
ORDER BY i.order_id, i.line_no;

INSERT INTO public.returns
SELECT
    row_number() OVER (ORDER BY returned_on, order_id, line_no), order_id, line_no, returned_on, pieces,
    CASE WHEN chance(line_key, 'told why') > 0.14 THEN drawn(
        CASE
            WHEN clothes THEN ['wrong_size', 'wrong_size', 'wrong_size', 'changed_mind', 'not_as_described']
            ELSE ['damaged', 'damaged', 'not_as_described', 'changed_mind', 'changed_mind', 'arrived_late']
        END, chance(line_key, 'why')) END,
    money(pieces * unit_price * (1 - share))
FROM (
    SELECT
        i.order_id, i.line_no, i.line_key, i.unit_price, p.sku, coalesce(s.discount, 0) / s.goods AS share,
        p.category_id IN (14, 15) AS clothes,
        o.day + CAST(8 + floor(22 * chance(i.line_key, 'sent back')) AS INTEGER) AS returned_on,
        CASE WHEN o.status = 'R' OR i.quantity = 1 THEN i.quantity ELSE 1 END AS pieces
    FROM drafted_items AS i
    JOIN drafted_orders AS o ON o.order_id = i.order_id
    JOIN order_sums AS s ON s.order_id = i.order_id
    JOIN public.products AS p ON p.product_id = i.product_id
    WHERE o.status = 'R'
        OR (o.status = 'D'
            AND chance(i.line_key, 'returned') < CASE WHEN p.category_id IN (14, 15) THEN 0.06 ELSE 0.016 END)
)
WHERE returned_on <= getvariable('today') AND sku NOT IN ('STV-006', 'COF-006')
ORDER BY returned_on, order_id, line_no;
