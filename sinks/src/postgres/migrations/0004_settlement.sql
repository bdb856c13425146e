-- What sellers are owed, from settlement.events. Days are written 2026-11-23, in the seller's zone, so that their order as text is
-- their order in time.

alter table requests
    add column seller text,
    drop constraint requests_kind_check,
    add constraint requests_kind_check
        check (kind in ('claim', 'campaign', 'coupon', 'product', 'order', 'seller')),
    drop constraint requests_have_one_subject,
    add constraint requests_have_one_subject check (num_nonnulls(campaign, sku, order_id, seller) = 1);

-- Every policy that was set. Each holds from its day until the day of the next version.
create table seller_policies (
    seller         text   not null,
    -- Counts the seller's policies, from 1.
    version        int    not null check (version > 0),
    effective_from text   not null,
    policy         jsonb  not null,
    set_at         bigint not null,
    primary key (seller, version)
);

-- A seller's day: what it amounts to by now, or its statement, which never changes.
create table statements (
    seller         text   not null,
    day            text   not null,
    -- The number of the seller's latest fact about the day.
    version        bigint not null check (version > 0),
    status         text   not null check (status in ('open', 'closed')),
    lines          bigint not null check (lines >= 0),
    gross          bigint not null,
    platform_share bigint not null,
    seller_share   bigint not null,
    -- What shoppers paid.
    due            bigint not null,
    base           bigint not null,
    commission     bigint not null,
    vat            bigint not null,
    net            bigint not null,
    -- What follows is null while the day is open. The policy's version is 0 when it is the market's.
    policy         int,
    carried_in     bigint check (carried_in <= 0),
    payable        bigint check (payable >= 0),
    carried_out    bigint check (carried_out <= 0),
    closed_at      bigint,
    updated_at     bigint not null,
    primary key (seller, day),
    constraint statements_are_whole_once_closed
        check ((status = 'closed') = (num_nulls(policy, carried_in, payable, carried_out, closed_at) = 0)),
    constraint statements_are_balanced check (gross = due + platform_share + seller_share),
    constraint statements_pay_out_what_is_owed check (carried_in + net = payable + carried_out)
);

-- What each posting adds to its day; negative when it is taken back. Written once. Lines are counted by the seller, from 1.
create table statement_lines (
    seller         text   not null,
    day            text   not null,
    number         bigint not null check (number > 0),
    kind           text   not null,
    order_id       text   not null,
    -- Which refund of the order led to it.
    refund         int,
    sku            text   not null,
    quantity       int    not null,
    -- The version of the policy that it is settled by; 0: the market's.
    policy         int    not null,
    -- Which kind of rule applied, what it takes (hundredths of a percent, or so much a unit), and the least it takes a unit.
    rule           text   not null,
    rate           int,
    fixed          bigint,
    minimum        bigint not null,
    vat_mode       text   not null,
    gross          bigint not null,
    platform_share bigint not null,
    seller_share   bigint not null,
    due            bigint not null,
    base           bigint not null,
    commission     bigint not null,
    vat            bigint not null,
    net            bigint not null,
    -- When the order came there, and when the line was posted.
    reached_at     bigint not null,
    at             bigint not null,
    -- The record of settlement.inbox that led to it.
    src_partition  int    not null,
    src_offset     bigint not null,
    primary key (seller, day, number),
    constraint statement_lines_are_balanced check (gross = due + platform_share + seller_share)
);

-- What a closed day's payable is paid out in.
create table pay_outs (
    seller text   not null,
    day    text   not null,
    part   text   not null check (part in ('whole', 'first', 'reserve')),
    pay_on text   not null,
    amount bigint not null check (amount > 0),
    primary key (seller, day, part)
);

create index pay_outs_by_day on pay_outs (pay_on);
