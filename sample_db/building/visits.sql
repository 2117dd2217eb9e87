-- What happened in the web shop, and what follows from it.

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
