-- Products, orders and payments, from inventory.events, orders.events and payments.events; requests that are about them.

alter table requests
    alter column campaign drop not null,
    add column sku text,
    add column order_id text,
    drop constraint requests_kind_check,
    add constraint requests_kind_check check (kind in ('claim', 'campaign', 'coupon', 'product', 'order')),
    add constraint requests_have_one_subject check (num_nonnulls(campaign, sku, order_id) = 1);

create table products (
    sku        text   primary key,
    partition  int    not null,
    version    bigint not null check (version > 0),
    -- Null only if the log no longer holds the definition; so are name and terms.
    seller     text,
    name       text,
    terms      jsonb,
    received   bigint not null,
    available  bigint not null check (available >= 0),
    held       bigint not null check (held >= 0),
    sold       bigint not null check (sold >= 0),
    updated_at bigint not null,
    constraint products_stock_is_balanced check (received = available + held + sold)
);

-- The first part is what every fact says, the second what only some facts say: null until one does.
create table orders (
    order_id       text   primary key,
    partition      int    not null,
    version        bigint not null check (version > 0),
    shopper        text   not null,
    state          text   not null,
    gross          bigint not null,
    discount       bigint not null,
    due            bigint not null,
    paid           bigint not null,
    refunded       bigint not null,
    -- How many steps others have yet to answer.
    awaited        int    not null,
    -- When the order moves by itself; null at its end.
    deadline       bigint,
    updated_at     bigint not null,

    request        text,
    placed_at      bigint,
    campaign       text,
    coupon         text,
    coupon_hold    text,
    -- The platform's share of the discount, hundredths of a percent.
    platform_share int,
    attempt        int,
    payment_key    text,
    method         text,
    -- The virtual account that awaits the money.
    account        jsonb,
    reason         text,
    constraint orders_have_a_whole_coupon_or_none check ((campaign is null) = (coupon is null))
);

create table order_lines (
    order_id                text   not null,
    sku                     text   not null,
    -- The number of the order's latest fact about the line.
    version                 bigint not null check (version > 0),
    -- Null only if the log no longer holds the fact that froze the line; so is what follows up to due.
    quantity                bigint,
    hold                    text,
    seller                  text,
    category                text,
    list_price              bigint,
    unit_price              bigint,
    supply_price            bigint,
    gross                   bigint,
    platform_share          bigint,
    seller_share            bigint,
    due                     bigint,
    refunded_quantity       bigint not null,
    refunded_gross          bigint not null,
    refunded_platform_share bigint not null,
    refunded_seller_share   bigint not null,
    refunded_due            bigint not null,
    primary key (order_id, sku)
);

-- Every fact of an order, as it was stated. Written once.
create table order_timeline (
    order_id text   not null,
    version  bigint not null check (version > 0),
    at       bigint not null,
    kind     text   not null,
    state    text   not null,
    gross    bigint not null,
    discount bigint not null,
    due      bigint not null,
    paid     bigint not null,
    refunded bigint not null,
    awaited  int    not null,
    deadline bigint,
    fact     jsonb  not null,
    primary key (order_id, version)
);

-- Payments as the provider last showed them.
create table payments (
    payment_key      text   primary key,
    order_id         text   not null,
    status           text   not null,
    method           text   not null,
    total            bigint not null,
    balance          bigint not null,
    vat              bigint not null,
    wallet           jsonb,
    virtual_account  jsonb,
    approved_at      bigint,
    last_transaction text,
    refunds          jsonb  not null,
    -- When the connector was told, by its own clock.
    told_at          bigint not null,
    src_partition    int    not null,
    src_offset       bigint not null
);

create index payments_of_order on payments (order_id);
