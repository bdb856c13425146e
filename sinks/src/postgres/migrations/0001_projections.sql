-- What the shop looks like, row by row: a projection of coupons.events. Nothing here is the only copy of anything: an empty
-- database is filled again from the log. Ids are stored as their text, instants as milliseconds since 1970, money in minor units.

create table campaigns (
    campaign   text   primary key,
    partition  int    not null,
    version    bigint not null check (version > 0),
    -- Null only if the log no longer holds the definition.
    status     text   check (status in ('running', 'paused', 'ended')),
    terms      jsonb,
    stock      bigint not null,
    remaining  bigint not null check (remaining >= 0),
    granted    bigint not null check (granted >= 0),
    held       bigint not null check (held >= 0),
    redeemed   bigint not null check (redeemed >= 0),
    expired    bigint not null check (expired >= 0),
    revoked    bigint not null check (revoked >= 0),
    updated_at bigint not null,
    constraint campaigns_stock_is_balanced
        check (stock = remaining + granted + held + redeemed + expired + revoked)
);

create table coupons (
    coupon        text   primary key,
    campaign      text   not null,
    shopper       text   not null,
    -- Null only if the log no longer holds the grant; so is expires_at.
    request       text,
    state         text   not null check (state in ('granted', 'held', 'redeemed', 'expired', 'revoked')),
    expires_at    bigint,
    order_id      text,
    hold          text,
    hold_until    bigint,
    discount      bigint,
    restored      int    not null,
    updated_at    bigint not null,
    src_partition int    not null,
    src_offset    bigint not null
);

create index coupons_of_shopper on coupons (shopper);

create table requests (
    request       text   primary key,
    campaign      text   not null,
    shopper       text,
    kind          text   not null check (kind in ('claim', 'campaign', 'coupon')),
    status        text   not null check (status in ('granted', 'applied', 'refused')),
    reason        text,
    coupon        text,
    decided_at    bigint not null,
    src_partition int    not null,
    src_offset    bigint not null,
    constraint requests_refused_for_a_reason check ((status = 'refused') = (reason is not null))
);

create index requests_of_shopper on requests (shopper) where shopper is not null;

-- How far each partition has been written. The position moves in the transaction that writes the rows, and only for the
-- owner whose generation this is: whoever is assigned a partition raises the generation and so fences every earlier owner.
create table sink_positions (
    topic       text   not null,
    partition   int    not null,
    generation  bigint not null,
    -- Null: nothing was written yet, begin at the log's first record.
    next_offset bigint,
    primary key (topic, partition)
);

-- Records that could not become rows, as they were read, and why. Somebody has to look.
create table dead_rows (
    topic         text   not null,
    src_partition int    not null,
    src_offset    bigint not null,
    -- 'undecodable', 'impossible', or the SQLSTATE that refused the row.
    cause         text   not null,
    reason        text   not null,
    key           bytea,
    value         bytea,
    headers       text   not null,
    logged_at     bigint not null,
    primary key (topic, src_partition, src_offset)
);
