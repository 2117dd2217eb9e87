-- Who buys, and who of them has an account.

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
