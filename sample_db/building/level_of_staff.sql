-- Those whose manager is there already.

INSERT INTO public.employees
SELECT
    employee_id, full_name, job_title, store_id, manager_id,
    months_ago(hired_months_ago) - 12 - employee_id % 17, months_ago(left_months_ago), salary
FROM given_employees
WHERE (manager_id IS NULL OR manager_id IN (SELECT employee_id FROM public.employees))
    AND employee_id NOT IN (SELECT employee_id FROM public.employees)
ORDER BY employee_id;
