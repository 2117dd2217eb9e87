-- What the company sells, and how it is tagged.

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
