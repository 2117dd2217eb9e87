-- The categories whose parent is there already.

INSERT INTO public.categories
SELECT category_id, category_name, category_name_zh, parent_id FROM given_categories
WHERE (parent_id IS NULL OR parent_id IN (SELECT category_id FROM public.categories))
    AND category_id NOT IN (SELECT category_id FROM public.categories)
ORDER BY category_id;
