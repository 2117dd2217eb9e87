"""The sample database: a made-up company whose last day of business is the day on which it is built."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from agent.resources import folder

if TYPE_CHECKING:
    import duckdb

UNUSED_FOR = 2 * 24 * 3600  # seconds after which a sample that nobody asked for is deleted

# What is drawn by chance comes from the md5 of a key: DuckDB's random() differs from run to run as soon as
# there are two threads, and its hash() may differ from version to version. Weights are summed as whole
# numbers, because a sum of floats depends on the order in which threads deliver them. Everything is dated
# back from `today`.
MACROS = """
SET VARIABLE first_day = CAST(date_trunc('month', getvariable('today')) - INTERVAL 36 MONTH AS DATE);
SET VARIABLE first_event_day = CAST(date_trunc('month', getvariable('today')) - INTERVAL 6 MONTH AS DATE);
SET VARIABLE days = date_diff('day', getvariable('first_day'), getvariable('today'));

CREATE TEMP MACRO chance(key, what) AS (md5_number_lower(what || key) % 1000003) / 1000003.0;
CREATE TEMP MACRO whole(x) AS CAST(floor(x) AS BIGINT);
CREATE TEMP MACRO drawn(items, u) AS items[1 + whole(u * len(items))];
CREATE TEMP MACRO day_after(days) AS getvariable('first_day') + CAST(floor(days) AS INTEGER);
CREATE TEMP MACRO months_ago(n) AS CAST(getvariable('today') - to_months(n) AS DATE);
-- The last day is only as long as its morning, so that no order lies far in the future of whoever asks.
CREATE TEMP MACRO moment(day, u) AS
    day + to_seconds(whole(u * CASE WHEN day = getvariable('today') THEN 25000 ELSE 86399 END));
CREATE TEMP MACRO money(x) AS CAST(round(x, 2) AS DECIMAL(10, 2));
"""

# A row may refer to another of its own table only if that one was there before the statement (DuckDB 2.0), so
# these two are run once for each level of the tree.
ONE_LEVEL_OF_CATEGORIES = """
INSERT INTO public.categories
SELECT category_id, category_name, category_name_zh, parent_id FROM given_categories
WHERE (parent_id IS NULL OR parent_id IN (SELECT category_id FROM public.categories))
    AND category_id NOT IN (SELECT category_id FROM public.categories)
ORDER BY category_id;
"""

ONE_LEVEL_OF_STAFF = """
INSERT INTO public.employees
SELECT
    employee_id, full_name, job_title, store_id, manager_id,
    months_ago(hired_months_ago) - 12 - employee_id % 17, months_ago(left_months_ago), salary
FROM given_employees
WHERE (manager_id IS NULL OR manager_id IN (SELECT employee_id FROM public.employees))
    AND employee_id NOT IN (SELECT employee_id FROM public.employees)
ORDER BY employee_id;
"""

REGIONS_AND_STORES = """
INSERT INTO public.regions
SELECT region_id, region_name, region_name_zh, continent, currency
FROM given_regions ORDER BY region_id;

INSERT INTO public.stores
SELECT
    store_id, store_name, city, region_id, store_type,
    months_ago(opened_months_ago) - 11, months_ago(closed_months_ago), floor_area_m2
FROM given_stores ORDER BY store_id;

"""

PRODUCTS = """
INSERT INTO public.products
SELECT
    product_id, sku, product_name, product_name_zh, category_id, list_price, unit_cost, weight_g,
    months_ago(launched_months_ago) - product_id % 23,
    CASE WHEN discontinued_months_ago IS NULL THEN 'N' ELSE 'Y' END
FROM given_products ORDER BY product_id;

INSERT INTO public.tags SELECT tag_id, tag_name, tag_name_zh FROM given_tags ORDER BY tag_id;

INSERT INTO public.product_tags
SELECT product_id AS product, tag_id AS tag
FROM given_products JOIN given_tags ON list_contains(string_split(tags, ';'), tag_name)
ORDER BY product, tag;
"""

CUSTOMERS = """
CREATE TEMP MACRO capitalised(word) AS upper(word[1]) || word[2:];
CREATE TEMP MACRO plain(word) AS regexp_replace(lower(word), '[^a-z]', '', 'g');

CREATE TEMP TABLE name_lists AS
SELECT culture, part, list({'name': name, 'latin': latin} ORDER BY rowid) AS names
FROM given_names GROUP BY ALL;

CREATE TEMP TABLE weighed_cities AS
SELECT *, sum(weight) OVER (ORDER BY rowid) AS reach FROM given_cities;

-- A third of the customers came in the two years before the first order, the others ever faster since.
CREATE TEMP TABLE drafted_customers AS
WITH numbered AS (
    SELECT
        i,
        moment(
            CASE
                WHEN i <= 2000 THEN day_after(-730 + 730 * (i - 1) / 2000)
                ELSE day_after((getvariable('days') + 0.99) * ((i - 2000) / 4000.0) ** 0.8)
            END,
            (chance(i, 'hour') + chance(i, 'hour too')) / 2
        ) AS created_at,
        whole(chance(i, 'city') * (SELECT max(reach) FROM weighed_cities)) AS aim,
        CASE
            WHEN chance(i, 'segment') < 0.03 THEN 'wholesale'
            WHEN chance(i, 'segment') < 0.12 THEN 'business'
            ELSE 'consumer'
        END AS segment
    FROM range(1, 6001) AS t (i)
), placed AS (
    SELECT n.*, c.city, c.region_id, c.culture
    FROM numbered AS n ASOF JOIN weighed_cities AS c ON n.aim < c.reach
), named AS (
    SELECT
        p.*,
        drawn(g.names, chance(i, 'given')) AS given,
        drawn(g.names, chance(i, 'second character')) AS second,
        drawn(f.names, chance(i, 'family') ** 1.2) AS family,
        drawn(c.names, chance(i, 'company')).name AS company,
        drawn(s.names, chance(i, 'suffix')).name AS suffix
    FROM placed AS p
    JOIN name_lists AS g ON g.culture = p.culture AND g.part = 'given'
    JOIN name_lists AS f ON f.culture = p.culture AND f.part = 'family'
    JOIN name_lists AS c ON c.culture = p.culture AND c.part = 'company'
    JOIN name_lists AS s ON s.culture = p.culture AND s.part = 'suffix'
)
SELECT
    row_number() OVER (ORDER BY created_at, i) AS customer_id,
    created_at, city, region_id, culture, segment,
    CASE
        WHEN segment <> 'consumer' AND culture = 'zh'
            THEN regexp_replace(city, '[A-Za-z]+', '') || company || suffix
        WHEN segment <> 'consumer' THEN company || ' ' || suffix || ' ' || city
        WHEN culture = 'zh' AND chance(i, 'script') < 0.92
            THEN family.name || given.name
                || CASE WHEN len(given.name) + len(second.name) = 2 THEN second.name ELSE '' END
        WHEN culture = 'zh' THEN capitalised(given.latin) || ' ' || capitalised(family.latin)
        ELSE given.name || ' ' || family.name
    END AS customer_name,
    plain(given.latin) || '.' || plain(family.latin) AS handle
FROM named;

INSERT INTO public.customers
SELECT
    customer_id,
    CASE WHEN created_at < months_ago(20) THEN 'C0' || (customer_id * 7 + 10400) END,
    customer_name,
    CASE
        WHEN chance(customer_id, 'email') < 0.11 THEN NULL
        WHEN segment = 'consumer'
            THEN handle || customer_id || '@example.'
                || drawn(['com', 'org', 'net'], chance(customer_id, 'at'))
        ELSE 'orders' || customer_id || '@example.com'
    END,
    city, region_id, segment,
    CASE
        WHEN segment = 'consumer' AND chance(customer_id, 'birthday told') < 0.68
            THEN strftime(
                getvariable('today') - to_days(CAST(whole(
                    6700 + 10000 * (chance(customer_id, 'born') + chance(customer_id, 'born too'))
                ) AS INTEGER)),
                '%Y%m%d'
            )
    END,
    CASE
        WHEN chance(customer_id, 'newsletter') < 0.44 THEN 'Y'
        WHEN chance(customer_id, 'newsletter') < 0.83 THEN 'N'
    END,
    created_at
FROM drafted_customers ORDER BY customer_id;

CREATE TEMP TABLE drafted_users AS
WITH everyone AS (
    SELECT
        customer_id, handle || '.' || customer_id AS username,
        CASE culture
            WHEN 'zh' THEN 'zh-CN'
            WHEN 'de' THEN 'de-DE'
            WHEN 'fr' THEN 'fr-FR'
            WHEN 'es' THEN 'es-ES'
            WHEN 'ja' THEN 'ja-JP'
            ELSE CASE WHEN region_id IN (10, 11) THEN 'en-US' ELSE 'en-GB' END
        END AS locale,
        created_at + to_seconds(whole(
            chance(customer_id, 'account')
            * CASE WHEN chance(customer_id, 'at once') < 0.7 THEN 900 ELSE 17000000 END
        )) AS signed_up_at
    FROM drafted_customers
    WHERE chance(customer_id, 'has account') < 0.84
    UNION ALL
    SELECT
        NULL, 'staff.' || lpad(CAST(employee_id AS VARCHAR), 3, '0'),
        CASE WHEN full_name SIMILAR TO '[A-Z].*' THEN 'en-GB' ELSE 'zh-CN' END,
        hired_on + INTERVAL 9 HOUR
    FROM public.employees
    WHERE job_title IN ('Web Merchandiser', 'Data Analyst', 'Customer Service Agent', 'Head of E-commerce')
)
SELECT row_number() OVER (ORDER BY signed_up_at, username) AS user_id, *
FROM everyone WHERE signed_up_at < getvariable('today') + INTERVAL 8 HOUR;
"""

ORDERS = """
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
"""

BEHAVIOR = """
-- A visit that ends in a web order shows each of its products; the other visits wander, and mostly leave.
CREATE TEMP TABLE drafted_events AS
WITH regulars AS (
    SELECT
        user_id, locale, CAST(signed_up_at AS DATE) AS signed_up_on,
        row_number() OVER (ORDER BY user_id) AS place
    FROM drafted_users WHERE chance(user_id, 'regular') < 0.45
), buying AS (
    SELECT
        'b' || o.order_id AS visit, o.key, u.user_id, o.culture = 'zh' AS chinese, o.ordered_at,
        list(i.product_id ORDER BY i.line_no) AS products
    FROM drafted_orders AS o
    JOIN drafted_items AS i ON i.order_id = o.order_id
    LEFT JOIN drafted_users AS u ON u.customer_id = o.customer_id AND u.signed_up_at < o.ordered_at
    WHERE o.channel = 'web' AND o.day >= getvariable('first_event_day')
    GROUP BY ALL
), buying_steps AS (
    SELECT
        visit, user_id, chinese, key, ordered_at, list_concat(
            [{'type': 'page_view', 'product': NULL}],
            flatten([
                [{'type': 'product_view', 'product': p}, {'type': 'add_to_cart', 'product': p}]
                FOR p IN products
            ]),
            [{'type': 'checkout', 'product': NULL}, {'type': 'purchase', 'product': NULL}]
        ) AS steps
    FROM buying
), bought AS (
    SELECT
        visit, user_id, chinese, key, step, len(steps) AS last_step,
        steps[step].type AS event_type, steps[step].product AS product_id,
        20 + whole(70 * chance(key, 'pace')) AS pace,
        ordered_at - to_seconds(pace * (len(steps) - step)) AS event_time
    FROM buying_steps, unnest(generate_series(1, len(steps))) AS t (step)
), wandering AS (
    SELECT
        'w' || v AS visit, v AS key, day,
        moment(day, (chance(v, 'visit hour') + chance(v, 'visit hour too')) / 2) AS started_at,
        1 + whole(least(11, -3.1 * ln(1 - chance(v, 'steps')))) AS last_step,
        15 + whole(120 * chance(v, 'pace') ** 2) AS pace,
        CASE WHEN chance(v, 'logged in') < 0.42 THEN 1 + whole(chance(v, 'who') * regulars) END AS place
    FROM (
        SELECT d.day, CAST(epoch(d.day) AS BIGINT) // 20 + k AS v, regulars
        FROM (
            -- Some 53,000 visits however long the current month is, more of them on days with more orders.
            SELECT day, count(*) AS regulars, CAST(53000 * orders // sum(orders) OVER () AS BIGINT) AS visits
            FROM order_days JOIN regulars ON signed_up_on < day
            WHERE day >= getvariable('first_event_day') GROUP BY day, orders
        ) AS d, unnest(generate_series(1, visits)) AS t (k)
    )
), wandered AS (
    SELECT
        w.*, u.user_id, step, started_at + to_seconds(pace * (step - 1)) AS event_time,
        coalesce(u.locale = 'zh-CN', chance(w.key, 'chinese') < 0.4) AS chinese,
        -- Two steps share one product, so that what is put into the cart was looked at before.
        w.key * 6 + (step - 1) // 2 AS look,
        chance(w.key * 12 + step, 'type') AS luck,
        season_of(day) AS season
    FROM wandering AS w
    CROSS JOIN unnest(generate_series(1, last_step)) AS t (step)
    LEFT JOIN regulars AS u ON u.place = w.place
), typed AS (
    SELECT
        *,
        CASE
            WHEN step = 1 AND luck < 0.55 THEN 'page_view'
            WHEN step = 1 AND luck < 0.93 THEN 'product_view'
            WHEN step = 1 THEN 'search'
            WHEN luck < 0.16 THEN 'search'
            WHEN luck < 0.30 THEN 'page_view'
            WHEN luck < 0.36 AND step % 2 = 0 AND step > 2 THEN 'add_to_cart'
            WHEN luck < 0.375 AND step > 3 AND step = last_step THEN 'checkout'
            ELSE 'product_view'
        END AS event_type
    FROM wandered
), aimed AS (
    SELECT t.*, whole(chance(look, 'look') * r.reach) AS aim
    FROM typed AS t JOIN season_reach AS r USING (season)
), looked AS (
    SELECT
        a.*,
        CASE
            WHEN event_type NOT IN ('product_view', 'add_to_cart') THEN NULL
            WHEN p.launched_on <= a.day AND p.discontinued_on IS NULL THEN p.product_id
            ELSE p.classic
        END AS product_id
    FROM aimed AS a ASOF JOIN weighed_products AS p ON a.season = p.season AND a.aim < p.reach
)
SELECT TRUE AS buys, visit, user_id, chinese, key, step, last_step, event_type, product_id, event_time, pace
FROM bought WHERE event_time >= getvariable('first_event_day')
UNION ALL
SELECT FALSE, visit, user_id, chinese, key, step, last_step, event_type, product_id, event_time, pace FROM looked;

CREATE TEMP TABLE visits AS
SELECT
    visit, row_number() OVER (ORDER BY min(event_time), visit) AS session_id,
    -- Who buys sits at a desk, and came on purpose, somewhat more often than who looks around.
    chance(visit, 'device') ** CASE WHEN any_value(buys) THEN 0.7 ELSE 1 END AS device_luck,
    chance(visit, 'source') ** CASE WHEN any_value(buys) THEN 1.3 ELSE 1 END AS source_luck,
    CASE
        WHEN any_value(chinese) AND device_luck < 0.46 THEN 'mini_program'
        WHEN device_luck < 0.62 THEN 'mobile'
        WHEN device_luck < 0.93 THEN 'desktop'
        ELSE 'tablet'
    END AS device,
    CASE
        WHEN source_luck < 0.29 THEN 'direct'
        WHEN source_luck < 0.55 THEN 'search'
        WHEN source_luck < 0.64 THEN 'email'
        WHEN source_luck < 0.76 THEN 'ad'
        WHEN source_luck < 0.93 THEN 'social'
    END AS traffic_source
FROM drafted_events GROUP BY visit;

CREATE TEMP TABLE search_terms AS
SELECT culture = 'zh' AS chinese, list(term ORDER BY rowid) AS terms FROM given_search_terms GROUP BY ALL;

INSERT INTO analytics.user_behavior
SELECT
    row_number() OVER (ORDER BY event_time, session_id, step),
    session_id, user_id, event_time, event_type, product_id,
    CASE WHEN event_type = 'search' THEN drawn(s.terms, chance(key * 12 + step, 'term') ** 1.6) END,
    device, traffic_source, CASE WHEN step < last_step THEN pace END
FROM drafted_events AS e
JOIN visits AS v ON v.visit = e.visit
JOIN search_terms AS s ON s.chinese = e.chinese
ORDER BY event_time, session_id, step;

-- The last login is the first step of the last visit, or before visits were kept, or never.
CREATE TEMP TABLE last_visits AS
WITH starts AS (
    SELECT user_id, min(event_time) AS began
    FROM drafted_events WHERE user_id IS NOT NULL GROUP BY user_id, visit
)
SELECT user_id, max(began) AS began FROM starts GROUP BY user_id;

INSERT INTO public.users
SELECT
    u.user_id, customer_id, username, locale,
    v.began IS NOT NULL OR chance(u.user_id, 'closed') > 0.12,
    signed_up_at,
    coalesce(v.began, CASE
        WHEN chance(u.user_id, 'came back') < 0.55 AND signed_up_at < getvariable('first_event_day')
            THEN signed_up_at + to_seconds(whole(
                chance(u.user_id, 'last seen')
                * date_diff('second', signed_up_at, CAST(getvariable('first_event_day') AS TIMESTAMP))
            ))
    END)
FROM drafted_users AS u LEFT JOIN last_visits AS v ON v.user_id = u.user_id
ORDER BY u.user_id;

INSERT INTO analytics.sales_summary
SELECT
    date_trunc('month', s.sale_date) AS month, s.region_id, p.category_id,
    count(DISTINCT s.order_id), sum(s.quantity), sum(s.revenue), sum(s.cost)
FROM public.sales AS s JOIN public.products AS p ON p.product_id = s.product_id
GROUP BY ALL ORDER BY month, s.region_id, p.category_id;
"""

STEPS = (
    (
        "products, stores and staff",
        REGIONS_AND_STORES + 2 * ONE_LEVEL_OF_CATEGORIES + 5 * ONE_LEVEL_OF_STAFF + PRODUCTS,
    ),
    ("customers", CUSTOMERS),
    ("three years of orders", ORDERS),
    ("visits to the web shop", BEHAVIOR),
)


def sample_database(
    directory: Path | None = None, today: date | None = None, *, tell: Callable[[str], None] | None = None
) -> Path:
    """The sample database of that day, built if it is not there yet."""
    today = today or date.today()
    if directory is not None:
        return _found_or_built(directory, today, tell)
    try:
        return _found_or_built(_cache_directory(), today, tell)
    except (OSError, RuntimeError):  # a home that is read-only, full, or not there
        return _found_or_built(_temporary_directory(), today, tell)


def build_sample(path: Path, today: date, *, tell: Callable[[str], None] | None = None) -> None:
    """Build the sample database of that day as one file, which appears at `path` when it is complete.

    Raises OSError where it cannot be written.
    """
    import duckdb  # a fifth of a second, which only the first question of a day needs

    with tempfile.TemporaryDirectory(prefix=".sample-", dir=path.parent) as workshop:
        unfinished = Path(workshop) / "sample.duckdb"
        try:
            with duckdb.connect(":memory:") as connection:
                _fill(connection, unfinished, today, tell or _silent)
        except duckdb.IOException as error:
            raise OSError(str(error)) from error
        os.replace(unfinished, path)


def _fill(connection: duckdb.DuckDBPyConnection, file: Path, today: date, tell: Callable[[str], None]) -> None:
    quoted = str(file).replace("'", "''")
    # Storage of DuckDB 1.0, so that older releases can open the file too: those of 2.0 are refused by 1.5.
    connection.execute(f"ATTACH '{quoted}' AS sample (STORAGE_VERSION 'v1.0.0')")
    connection.execute("USE sample")
    connection.execute("SET enable_progress_bar = false")  # DuckDB would draw it on stdout, amid someone's answer
    connection.execute("SET VARIABLE today = ?", [today])
    source = folder("sample_db")
    connection.execute((source / "schema.sql").read_text(encoding="utf-8"))
    connection.execute(MACROS)
    for table in sorted(source.glob("*.csv")):
        _stage(connection, table)
    for what, sql in STEPS:
        tell(f"Building the sample database: {what}")
        connection.execute(sql)
    connection.execute("USE memory")
    connection.execute("DETACH sample")  # writes what is still in its log into the file


def _stage(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Bring one CSV file in as the temporary table `given_<name>`; an empty cell is NULL.

    Not by read_csv: it would take a `[` or `*` in the path of the installation for a pattern.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    columns = [[cell or None for cell in column] for column in zip(*rows, strict=True)]
    types = ["INTEGER" if all(cell is None or cell.isdecimal() for cell in c) else "VARCHAR" for c in columns]
    table = f"given_{file.stem}"
    fields = ", ".join(f"{name} {type_}" for name, type_ in zip(header, types, strict=True))
    connection.execute(f"CREATE TEMP TABLE {table} ({fields})")
    connection.execute(f"INSERT INTO {table} SELECT {', '.join('unnest(?)' for _ in header)}", columns)


def _found_or_built(directory: Path, today: date, tell: Callable[[str], None] | None) -> Path:
    path = directory / f"sample-{today.isoformat()}-{_edition()}.duckdb"
    if path.exists():
        with contextlib.suppress(OSError):  # a sample baked into a read-only image is as good
            # Says that it is in use, to whoever clears away old ones. Its time of writing stays: what is known
            # of the database would have to be read anew.
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        return path
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    build_sample(path, today, tell=tell)
    _clear_away_unused(directory)
    return path


def _edition() -> str:
    """Changes when the data or this file changes, so that no one is served the sample of an older release."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    source = folder("sample_db")
    for file in (source / "schema.sql", *sorted(source.glob("*.csv"))):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:10]


def _clear_away_unused(directory: Path) -> None:
    """Delete our old samples, but none lately used: another process may be about to open it again."""
    for old in (*directory.glob("sample-*.duckdb"), *directory.glob(".sample-*")):
        with contextlib.suppress(OSError):
            if time.time() - max(old.stat().st_atime, old.stat().st_mtime) > UNUSED_FOR:
                shutil.rmtree(old) if old.is_dir() else old.unlink()


def _cache_directory() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path("~/.cache").expanduser()) / "dbagent"


def _temporary_directory() -> Path:
    """A folder of our own that later runs find again; a fresh one if that name is someone else's."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    shared = Path(tempfile.gettempdir()) / f"dbagent-{user}"
    shared.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and shared.stat().st_uid != user:
        return Path(tempfile.mkdtemp(prefix="dbagent-"))
    return shared


def _silent(_: str) -> None:
    pass
