-- Kettle & Trail 壶与径: a made-up company that sells outdoor and kitchen goods on the web and in its own shops.
-- DuckDB has no comments on schemas (2.0) and no foreign keys from one schema to another, so what an analyst
-- should know of either stands in the comments of the tables and columns of `analytics`.

CREATE SCHEMA public;
CREATE SCHEMA analytics;

CREATE TABLE public.regions (
    region_id INTEGER PRIMARY KEY,
    region_name VARCHAR NOT NULL UNIQUE,
    region_name_zh VARCHAR NOT NULL UNIQUE,
    continent VARCHAR NOT NULL,
    currency VARCHAR NOT NULL
);
COMMENT ON TABLE public.regions IS 'Sales regions, to which customers and stores belong. South America is planned and has neither yet.';
COMMENT ON COLUMN public.regions.region_id IS 'Key of the region.';
COMMENT ON COLUMN public.regions.region_name IS 'English name, e.g. East China, Western Europe, North America West.';
COMMENT ON COLUMN public.regions.region_name_zh IS 'Chinese name 中文名称, e.g. 华东, 西欧, 北美西部.';
COMMENT ON COLUMN public.regions.continent IS 'Asia, Europe, North America, South America or Oceania.';
COMMENT ON COLUMN public.regions.currency IS 'ISO code of the currency in which customers of the region pay, e.g. CNY, EUR, USD.';

CREATE TABLE public.stores (
    store_id INTEGER PRIMARY KEY,
    store_name VARCHAR NOT NULL UNIQUE,
    city VARCHAR NOT NULL,
    region_id INTEGER NOT NULL REFERENCES public.regions (region_id),
    store_type VARCHAR NOT NULL CHECK (store_type IN ('shop', 'warehouse')),
    opened_on DATE NOT NULL,
    closed_on DATE,
    floor_area_m2 INTEGER
);
COMMENT ON TABLE public.stores IS 'Shops (门店) that sell to visitors, and warehouses (仓库) that ship what is ordered on the web or by phone.';
COMMENT ON COLUMN public.stores.store_id IS 'Key of the store.';
COMMENT ON COLUMN public.stores.store_name IS 'Name as written on the door: Chinese for most places in China (北京三里屯店), Latin elsewhere.';
COMMENT ON COLUMN public.stores.city IS 'City of the store, e.g. 上海, Hangzhou, London.';
COMMENT ON COLUMN public.stores.region_id IS 'Region in which the store stands.';
COMMENT ON COLUMN public.stores.store_type IS 'shop or warehouse.';
COMMENT ON COLUMN public.stores.opened_on IS 'First day of business.';
COMMENT ON COLUMN public.stores.closed_on IS 'Last day of business; NULL: still open.';
COMMENT ON COLUMN public.stores.floor_area_m2 IS 'Floor area in square metres; NULL: not measured.';

CREATE TABLE public.employees (
    employee_id INTEGER PRIMARY KEY,
    full_name VARCHAR NOT NULL,
    job_title VARCHAR NOT NULL,
    store_id INTEGER REFERENCES public.stores (store_id),
    manager_id INTEGER REFERENCES public.employees (employee_id),
    hired_on DATE NOT NULL,
    left_on DATE,
    salary DECIMAL(10, 2)
);
COMMENT ON TABLE public.employees IS 'Staff 员工, present and former.';
COMMENT ON COLUMN public.employees.employee_id IS 'Key of the employee.';
COMMENT ON COLUMN public.employees.full_name IS 'Name in the employee''s own script, e.g. 林悦 or Hannah Brandt.';
COMMENT ON COLUMN public.employees.job_title IS 'Job title in English, e.g. Store Manager, Sales Associate, Customer Service Agent.';
COMMENT ON COLUMN public.employees.store_id IS 'Store in which they work; NULL: headquarters.';
COMMENT ON COLUMN public.employees.manager_id IS 'Their direct manager, also an employee; NULL: the chief executive.';
COMMENT ON COLUMN public.employees.hired_on IS 'First day of employment.';
COMMENT ON COLUMN public.employees.left_on IS 'Last day of employment; NULL: still employed.';
COMMENT ON COLUMN public.employees.salary IS 'Gross salary per year in USD; NULL: not disclosed (the board).';

CREATE TABLE public.categories (
    category_id INTEGER PRIMARY KEY,
    category_name VARCHAR NOT NULL UNIQUE,
    category_name_zh VARCHAR NOT NULL UNIQUE,
    parent_id INTEGER REFERENCES public.categories (category_id)
);
COMMENT ON TABLE public.categories IS 'Product categories 商品类别, two levels deep: Outdoor, Kitchen and Clothing, and what is below them. Products hang on the lower level.';
COMMENT ON COLUMN public.categories.category_id IS 'Key of the category.';
COMMENT ON COLUMN public.categories.category_name IS 'English name, e.g. Tents, Drinkware, Coffee Gear.';
COMMENT ON COLUMN public.categories.category_name_zh IS 'Chinese name 中文名称, e.g. 帐篷, 杯壶, 咖啡器具.';
COMMENT ON COLUMN public.categories.parent_id IS 'The category above; NULL: a top category.';

CREATE TABLE public.products (
    product_id INTEGER PRIMARY KEY,
    sku VARCHAR NOT NULL UNIQUE,
    product_name VARCHAR NOT NULL,
    product_name_zh VARCHAR NOT NULL,
    category_id INTEGER NOT NULL REFERENCES public.categories (category_id),
    list_price DECIMAL(10, 2) NOT NULL CHECK (list_price > 0),
    unit_cost DECIMAL(10, 2) NOT NULL,
    weight_g INTEGER,
    launched_on DATE NOT NULL,
    discontinued VARCHAR NOT NULL CHECK (discontinued IN ('Y', 'N'))
);
COMMENT ON TABLE public.products IS 'Products 商品, including discontinued ones.';
COMMENT ON COLUMN public.products.product_id IS 'Key of the product.';
COMMENT ON COLUMN public.products.sku IS 'Article number, e.g. TEN-001: three letters for the category, three digits.';
COMMENT ON COLUMN public.products.product_name IS 'English name, e.g. Whistling Kettle 2 L.';
COMMENT ON COLUMN public.products.product_name_zh IS 'Chinese name 中文名称, e.g. 2升鸣笛水壶.';
COMMENT ON COLUMN public.products.category_id IS 'Category of the product, always of the lower level.';
COMMENT ON COLUMN public.products.list_price IS 'Today''s list price of one piece in USD. What was paid at the time is order_items.unit_price.';
COMMENT ON COLUMN public.products.unit_cost IS 'Cost of one piece in USD.';
COMMENT ON COLUMN public.products.weight_g IS 'Weight in grams; NULL: not weighed.';
COMMENT ON COLUMN public.products.launched_on IS 'First day on sale.';
COMMENT ON COLUMN public.products.discontinued IS 'Y: no longer sold (已停产). N: on sale. A letter, not a boolean.';

CREATE TABLE public.tags (
    tag_id INTEGER PRIMARY KEY,
    tag_name VARCHAR NOT NULL UNIQUE,
    tag_name_zh VARCHAR NOT NULL UNIQUE
);
COMMENT ON TABLE public.tags IS 'Labels 标签 that the web shop shows on products.';
COMMENT ON COLUMN public.tags.tag_id IS 'Key of the tag.';
COMMENT ON COLUMN public.tags.tag_name IS 'English label: bestseller, eco, gift, ultralight, family, winter, waterproof, titanium, limited edition.';
COMMENT ON COLUMN public.tags.tag_name_zh IS 'Chinese label 中文标签, e.g. 环保, 礼品, 防水.';

CREATE TABLE public.product_tags (
    product_id INTEGER NOT NULL REFERENCES public.products (product_id),
    tag_id INTEGER NOT NULL REFERENCES public.tags (tag_id),
    PRIMARY KEY (product_id, tag_id)
);
COMMENT ON TABLE public.product_tags IS 'Which product carries which tags: many to many.';
COMMENT ON COLUMN public.product_tags.product_id IS 'The product.';
COMMENT ON COLUMN public.product_tags.tag_id IS 'The tag it carries.';

CREATE TABLE public.customers (
    customer_id INTEGER PRIMARY KEY,
    cust_no VARCHAR UNIQUE,
    customer_name VARCHAR NOT NULL,
    email VARCHAR,
    city VARCHAR NOT NULL,
    region_id INTEGER NOT NULL REFERENCES public.regions (region_id),
    segment VARCHAR NOT NULL CHECK (segment IN ('consumer', 'business', 'wholesale')),
    birth_date VARCHAR,
    marketing_ok VARCHAR CHECK (marketing_ok IN ('Y', 'N')),
    created_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE public.customers IS 'Customers 客户, people and companies, whether or not they ever ordered.';
COMMENT ON COLUMN public.customers.customer_id IS 'Key of the customer.';
COMMENT ON COLUMN public.customers.cust_no IS 'Customer number of the old ERP system (C + 6 digits), kept for bookkeeping; NULL: customer since its end.';
COMMENT ON COLUMN public.customers.customer_name IS 'Name of the person or company in its own script, e.g. 王伟, Lena Müller, 远山贸易有限公司.';
COMMENT ON COLUMN public.customers.email IS 'E-mail address; NULL: none given.';
COMMENT ON COLUMN public.customers.city IS 'City of residence: Chinese characters for most cities in China (北京, 上海, 深圳) but Hangzhou, Xiamen and Shenyang in Latin; local spelling elsewhere (München, Wien).';
COMMENT ON COLUMN public.customers.region_id IS 'Sales region of the customer.';
COMMENT ON COLUMN public.customers.segment IS 'consumer (个人), business (企业) or wholesale (批发).';
COMMENT ON COLUMN public.customers.birth_date IS 'Date of birth as TEXT, YYYYMMDD, e.g. 19870425: strptime(birth_date, ''%Y%m%d''). NULL: companies, and people who did not tell.';
COMMENT ON COLUMN public.customers.marketing_ok IS 'Y: agreed to newsletters. N: refused. NULL: never asked. A letter, not a boolean.';
COMMENT ON COLUMN public.customers.created_at IS 'When the customer was first recorded, UTC.';

CREATE TABLE public.users (
    user_id INTEGER PRIMARY KEY,
    customer_id INTEGER UNIQUE REFERENCES public.customers (customer_id),
    username VARCHAR NOT NULL UNIQUE,
    locale VARCHAR NOT NULL,
    is_active BOOLEAN NOT NULL,
    signed_up_at TIMESTAMP NOT NULL,
    last_login_at TIMESTAMP
);
COMMENT ON TABLE public.users IS 'Accounts 用户账号 of the web shop. Not every customer has one, and staff have accounts without being customers.';
COMMENT ON COLUMN public.users.user_id IS 'Key of the account.';
COMMENT ON COLUMN public.users.customer_id IS 'Customer to whom the account belongs; NULL: a staff account.';
COMMENT ON COLUMN public.users.username IS 'Name with which they log in.';
COMMENT ON COLUMN public.users.locale IS 'Language of the account: zh-CN, en-GB, en-US, de-DE, fr-FR, es-ES or ja-JP.';
COMMENT ON COLUMN public.users.is_active IS 'False: closed or blocked.';
COMMENT ON COLUMN public.users.signed_up_at IS 'When the account was opened, UTC.';
COMMENT ON COLUMN public.users.last_login_at IS 'Last login, UTC; NULL: never logged in again after signing up.';

CREATE TABLE public.orders (
    order_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES public.customers (customer_id),
    store_id INTEGER NOT NULL REFERENCES public.stores (store_id),
    employee_id INTEGER REFERENCES public.employees (employee_id),
    ordered_at TIMESTAMP NOT NULL,
    channel VARCHAR NOT NULL CHECK (channel IN ('web', 'shop', 'phone')),
    status VARCHAR NOT NULL CHECK (status IN ('N', 'P', 'S', 'D', 'C', 'R')),
    payment_method VARCHAR CHECK (
        payment_method IN ('credit_card', 'paypal', 'alipay', 'wechat_pay', 'bank_transfer', 'cash')
    ),
    currency VARCHAR NOT NULL,
    shipping_fee DECIMAL(10, 2) NOT NULL,
    discount DECIMAL(10, 2),
    total_amount DECIMAL(12, 2) NOT NULL,
    shipped_at TIMESTAMP
);
COMMENT ON TABLE public.orders IS 'Orders 订单 of every channel and status, cancelled ones included; amounts in USD. For revenue use sales, where only what was paid is booked.';
COMMENT ON COLUMN public.orders.order_id IS 'Key of the order, rising with time.';
COMMENT ON COLUMN public.orders.customer_id IS 'Customer who ordered.';
COMMENT ON COLUMN public.orders.store_id IS 'Shop where it was sold, or warehouse from which it is shipped.';
COMMENT ON COLUMN public.orders.employee_id IS 'Employee who took the order in a shop or by phone; NULL: web order.';
COMMENT ON COLUMN public.orders.ordered_at IS 'Time of the order, UTC.';
COMMENT ON COLUMN public.orders.channel IS 'web (网店), shop (门店) or phone (电话).';
COMMENT ON COLUMN public.orders.status IS 'N: new, not paid (待付款). P: paid (已付款). S: shipped (已发货). D: delivered, completed (已完成). C: cancelled (已取消). R: returned as a whole (已退货).';
COMMENT ON COLUMN public.orders.payment_method IS 'credit_card, paypal, alipay (支付宝), wechat_pay (微信支付), bank_transfer or cash; NULL: not paid yet.';
COMMENT ON COLUMN public.orders.currency IS 'ISO code of the currency the customer paid in. For information only: every amount here is already in USD.';
COMMENT ON COLUMN public.orders.shipping_fee IS 'Shipping charged, USD; 0: free, or taken away from a shop.';
COMMENT ON COLUMN public.orders.discount IS 'Discount on the whole order, USD, as a positive amount; NULL: none.';
COMMENT ON COLUMN public.orders.total_amount IS 'What the customer pays, USD: sum of quantity * unit_price of its order_items, plus shipping_fee, less discount. So it differs from the sum of the items.';
COMMENT ON COLUMN public.orders.shipped_at IS 'When it left the warehouse, UTC; NULL: not shipped (yet), cancelled, or sold in a shop.';

CREATE TABLE public.order_items (
    order_id INTEGER NOT NULL REFERENCES public.orders (order_id),
    line_no INTEGER NOT NULL,
    product_id INTEGER NOT NULL REFERENCES public.products (product_id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    unit_price DECIMAL(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line_no)
);
COMMENT ON TABLE public.order_items IS 'Lines 订单明细 of orders, one per product.';
COMMENT ON COLUMN public.order_items.order_id IS 'Order to which the line belongs.';
COMMENT ON COLUMN public.order_items.line_no IS 'Number of the line within its order, from 1.';
COMMENT ON COLUMN public.order_items.product_id IS 'Product ordered.';
COMMENT ON COLUMN public.order_items.quantity IS 'Pieces ordered.';
COMMENT ON COLUMN public.order_items.unit_price IS 'Price of one piece at that time, USD, before the discount of the order.';

CREATE TABLE public.returns (
    return_id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    returned_on DATE NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    reason VARCHAR,
    refund_amount DECIMAL(10, 2) NOT NULL,
    FOREIGN KEY (order_id, line_no) REFERENCES public.order_items (order_id, line_no)
);
COMMENT ON TABLE public.returns IS 'Goods sent back 退货, per order line; a delivered order can have some lines returned. Gas canisters and coffee filters are not taken back.';
COMMENT ON COLUMN public.returns.return_id IS 'Key of the return.';
COMMENT ON COLUMN public.returns.order_id IS 'Order from which it came; with line_no, the order line.';
COMMENT ON COLUMN public.returns.line_no IS 'Line of that order.';
COMMENT ON COLUMN public.returns.returned_on IS 'Day on which the goods arrived back.';
COMMENT ON COLUMN public.returns.quantity IS 'Pieces returned, at most as many as were ordered.';
COMMENT ON COLUMN public.returns.reason IS 'damaged, wrong_size, not_as_described, changed_mind or arrived_late; NULL: the customer gave none.';
COMMENT ON COLUMN public.returns.refund_amount IS 'Money paid back, USD.';

CREATE TABLE public.sales (
    sale_id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES public.orders (order_id),
    product_id INTEGER NOT NULL REFERENCES public.products (product_id),
    region_id INTEGER NOT NULL REFERENCES public.regions (region_id),
    sale_date DATE NOT NULL,
    quantity INTEGER NOT NULL,
    revenue DECIMAL(12, 2) NOT NULL,
    cost DECIMAL(12, 2) NOT NULL
);
COMMENT ON TABLE public.sales IS 'Sales ledger 销售记录: one row per order line of orders that were paid (status P, S, D or R). The table for revenue, margin and units sold. Returns are not deducted; they are in returns.';
COMMENT ON COLUMN public.sales.sale_id IS 'Key of the sale.';
COMMENT ON COLUMN public.sales.order_id IS 'Order from which it comes.';
COMMENT ON COLUMN public.sales.product_id IS 'Product sold.';
COMMENT ON COLUMN public.sales.region_id IS 'Sales region of the customer.';
COMMENT ON COLUMN public.sales.sale_date IS 'Day of the order.';
COMMENT ON COLUMN public.sales.quantity IS 'Pieces sold.';
COMMENT ON COLUMN public.sales.revenue IS 'Revenue 销售额 in USD: quantity * unit price less the line''s share of the discount, without shipping.';
COMMENT ON COLUMN public.sales.cost IS 'Cost of the goods in USD. Gross profit (毛利) is revenue - cost.';

CREATE TABLE analytics.sales_summary (
    month DATE NOT NULL,
    region_id INTEGER NOT NULL,
    category_id INTEGER NOT NULL,
    orders INTEGER NOT NULL,
    units INTEGER NOT NULL,
    revenue DECIMAL(14, 2) NOT NULL,
    cost DECIMAL(14, 2) NOT NULL,
    PRIMARY KEY (month, region_id, category_id)
);
COMMENT ON TABLE analytics.sales_summary IS 'public.sales summed up 销售汇总 by month, region and category. The current month is in it as far as it has gone.';
COMMENT ON COLUMN analytics.sales_summary.month IS 'First day of the month.';
COMMENT ON COLUMN analytics.sales_summary.region_id IS 'Region: public.regions.region_id.';
COMMENT ON COLUMN analytics.sales_summary.category_id IS 'Category of the products, lower level: public.categories.category_id.';
COMMENT ON COLUMN analytics.sales_summary.orders IS 'Orders with at least one product of the category. An order with two categories counts in both, so do not sum over categories.';
COMMENT ON COLUMN analytics.sales_summary.units IS 'Pieces sold.';
COMMENT ON COLUMN analytics.sales_summary.revenue IS 'Revenue in USD.';
COMMENT ON COLUMN analytics.sales_summary.cost IS 'Cost of the goods in USD.';

CREATE TABLE analytics.user_behavior (
    event_id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL,
    user_id INTEGER,
    event_time TIMESTAMP NOT NULL,
    event_type VARCHAR NOT NULL CHECK (
        event_type IN ('page_view', 'search', 'product_view', 'add_to_cart', 'checkout', 'purchase')
    ),
    product_id INTEGER,
    search_term VARCHAR,
    device VARCHAR NOT NULL CHECK (device IN ('mobile', 'desktop', 'tablet', 'mini_program')),
    traffic_source VARCHAR,
    seconds_on_page INTEGER
);
COMMENT ON TABLE analytics.user_behavior IS 'Events 用户行为 of the web shop, one row each. Kept for the current month and the six before it. Each web order of that time is one purchase event.';
COMMENT ON COLUMN analytics.user_behavior.event_id IS 'Key of the event, rising with time.';
COMMENT ON COLUMN analytics.user_behavior.session_id IS 'Visit to which the event belongs.';
COMMENT ON COLUMN analytics.user_behavior.user_id IS 'Account: public.users.user_id; NULL: visitor who was not logged in.';
COMMENT ON COLUMN analytics.user_behavior.event_time IS 'Time of the event, UTC.';
COMMENT ON COLUMN analytics.user_behavior.event_type IS 'page_view, search, product_view, add_to_cart, checkout or purchase.';
COMMENT ON COLUMN analytics.user_behavior.product_id IS 'Product viewed or put into the cart: public.products.product_id; NULL for the other types.';
COMMENT ON COLUMN analytics.user_behavior.search_term IS 'Words searched for, English or Chinese, e.g. tent, 帐篷; NULL unless event_type is search.';
COMMENT ON COLUMN analytics.user_behavior.device IS 'mobile, desktop, tablet, or mini_program (微信小程序).';
COMMENT ON COLUMN analytics.user_behavior.traffic_source IS 'How the visit began: direct, search, social, email or ad; NULL: unknown.';
COMMENT ON COLUMN analytics.user_behavior.seconds_on_page IS 'Seconds until the next event; NULL for the last event of a visit.';

CREATE VIEW analytics.monthly_revenue AS
SELECT
    CAST(date_trunc('month', sale_date) AS DATE) AS month,
    CAST(sum(revenue) AS DECIMAL(14, 2)) AS revenue,
    CAST(sum(revenue - cost) AS DECIMAL(14, 2)) AS gross_profit,
    count(DISTINCT order_id) AS orders,
    CAST(sum(quantity) AS BIGINT) AS units
FROM public.sales
GROUP BY ALL;
COMMENT ON VIEW analytics.monthly_revenue IS 'Revenue 月销售额 of the whole company by month, from public.sales. The current month is as far as it has gone.';
COMMENT ON COLUMN analytics.monthly_revenue.month IS 'First day of the month.';
COMMENT ON COLUMN analytics.monthly_revenue.revenue IS 'Revenue in USD, without shipping, returns not deducted.';
COMMENT ON COLUMN analytics.monthly_revenue.gross_profit IS 'Revenue less cost of the goods, USD.';
COMMENT ON COLUMN analytics.monthly_revenue.orders IS 'Paid orders.';
COMMENT ON COLUMN analytics.monthly_revenue.units IS 'Pieces sold.';

CREATE VIEW analytics.customer_value AS
SELECT
    c.customer_id,
    c.customer_name,
    count(o.order_id) AS orders,
    CAST(coalesce(sum(o.total_amount), 0) AS DECIMAL(14, 2)) AS total_spent,
    CAST(min(o.ordered_at) AS DATE) AS first_order_on,
    CAST(max(o.ordered_at) AS DATE) AS last_order_on
FROM public.customers AS c
LEFT JOIN public.orders AS o ON o.customer_id = c.customer_id AND o.status <> 'C'
GROUP BY ALL;
COMMENT ON VIEW analytics.customer_value IS 'What each customer has ordered over the last three years 客户价值; cancelled orders are left out.';
COMMENT ON COLUMN analytics.customer_value.customer_id IS 'Customer: public.customers.customer_id.';
COMMENT ON COLUMN analytics.customer_value.customer_name IS 'Name of the customer.';
COMMENT ON COLUMN analytics.customer_value.orders IS 'Orders that were not cancelled; 0: never ordered.';
COMMENT ON COLUMN analytics.customer_value.total_spent IS 'Sum of orders.total_amount in USD, shipping included, returns not deducted.';
COMMENT ON COLUMN analytics.customer_value.first_order_on IS 'Day of the first order; NULL: never ordered.';
COMMENT ON COLUMN analytics.customer_value.last_order_on IS 'Day of the latest order; NULL: never ordered.';
