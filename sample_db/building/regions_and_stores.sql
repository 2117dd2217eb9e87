-- Where the company sells, and from where.

INSERT INTO public.regions
SELECT region_id, region_name, region_name_zh, continent, currency
FROM given_regions ORDER BY region_id;

INSERT INTO public.stores
SELECT
    store_id, store_name, city, region_id, store_type,
    months_ago(opened_months_ago) - 11, months_ago(closed_months_ago), floor_area_m2
FROM given_stores ORDER BY store_id;
