//! Every route, each one row.

use super::caller::Role;

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    /// Anybody: it holds no data.
    Anybody,
    /// A token with one of these roles, or a session that began with one.
    Roles(&'static [Role]),
    /// A token with one of these roles, not a session.
    Token(&'static [Role]),
}

/// What a route shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Handler {
    /// The page.
    Page,
    /// A file of the page.
    Asset,
    /// Begins a session.
    BeginSession,
    /// Ends a session.
    EndSession,
    /// Who asks.
    Me,
    /// Nodes and edges.
    Topology,
    /// Every group.
    Lag,
    /// Every group, again and again.
    LagStream,
    /// One group, with what is to be said of it.
    LagOfGroup,
    /// Every topic.
    Topics,
    /// One topic.
    Topic,
    /// One topic's JSON Schema.
    TopicSchema,
    /// The numbers of the facts.
    Sale,
    /// The numbers of the facts, again and again.
    SaleStream,
    /// The alerts that Prometheus has.
    Alerts,
    /// Every dead letter.
    DeadLetters,
    /// One dead letter.
    DeadLetter,
    /// Appends a dead letter's record to its inbox.
    ReplayLetter,
    /// Notes that a dead letter needs nothing more.
    DropLetter,
    /// Records of topics.
    Tap,
    /// Everything that happened to one thing.
    Story,
    /// What there is to call.
    OpenApi,
    /// The same for people.
    Docs,
    /// The topics and their values.
    AsyncApi,
    /// The same for people.
    TopicDocs,
}

/// One route.
pub(super) struct Route {
    pub(super) method: &'static str,
    /// The path, with parameters in braces.
    pub(super) template: &'static str,
    /// What metrics and the document call it.
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) access: Access,
    pub(super) handler: Handler,
}

const BOTH: &[Role] = &[Role::Analyst, Role::Operator];
const OPERATOR: &[Role] = &[Role::Operator];
const READERS: &[Role] = &[Role::Analyst, Role::Privacy];
const ALL: &[Role] = &[Role::Analyst, Role::Operator, Role::Privacy];

const fn get(
    template: &'static str,
    name: &'static str,
    access: Access,
    handler: Handler,
    summary: &'static str,
) -> Route {
    Route { method: "GET", template, name, summary, access, handler }
}

const fn of(
    method: &'static str,
    name: &'static str,
    access: Access,
    handler: Handler,
    summary: &'static str,
) -> Route {
    Route { method, template: "/v1/session", name, summary, access, handler }
}

const fn post(template: &'static str, name: &'static str, handler: Handler, summary: &'static str) -> Route {
    Route { method: "POST", template, name, summary, access: Access::Roles(OPERATOR), handler }
}

/// Every route.
pub(super) static TABLE: [Route; 25] = [
    get("/", "page", Access::Anybody, Handler::Page, "The page; it holds no data."),
    get("/assets/{file}", "asset", Access::Anybody, Handler::Asset, "A file of the page."),
    of(
        "POST",
        "begin_session",
        Access::Token(ALL),
        Handler::BeginSession,
        "Begins a browser's session: a bearer token in, a cookie out.",
    ),
    of("DELETE", "end_session", Access::Anybody, Handler::EndSession, "Ends the session."),
    of("GET", "session", Access::Roles(ALL), Handler::Me, "Who is asking."),
    get(
        "/v1/topology",
        "topology",
        Access::Roles(BOTH),
        Handler::Topology,
        "Roles, topics and processors, and what flows between them.",
    ),
    get("/v1/lag", "lag", Access::Roles(BOTH), Handler::Lag, "How far every group is behind."),
    get(
        "/v1/lag/stream",
        "lag_stream",
        Access::Roles(BOTH),
        Handler::LagStream,
        "The same once a second, as server-sent events.",
    ),
    get(
        "/v1/lag/{group}",
        "lag_of_group",
        Access::Roles(BOTH),
        Handler::LagOfGroup,
        "One group with its partitions, and what is to be said of it.",
    ),
    get(
        "/v1/topics",
        "topics",
        Access::Roles(BOTH),
        Handler::Topics,
        "Every topic: what it is for, its ends, who reads it.",
    ),
    get(
        "/v1/topics/{topic}",
        "topic",
        Access::Roles(BOTH),
        Handler::Topic,
        "One topic with its partitions and settings.",
    ),
    get(
        "/v1/topics/{topic}/schema",
        "topic_schema",
        Access::Roles(BOTH),
        Handler::TopicSchema,
        "The JSON Schema of a topic's values.",
    ),
    get(
        "/v1/sale",
        "sale",
        Access::Roles(BOTH),
        Handler::Sale,
        "Coupons, goods, orders and money, counted from the facts.",
    ),
    get(
        "/v1/sale/stream",
        "sale_stream",
        Access::Roles(BOTH),
        Handler::SaleStream,
        "The same once a second, as server-sent events.",
    ),
    get("/v1/alerts", "alerts", Access::Roles(OPERATOR), Handler::Alerts, "The alerts that Prometheus has."),
    get(
        "/v1/dead-letters",
        "dead_letters",
        Access::Roles(OPERATOR),
        Handler::DeadLetters,
        "Dead letters by kind, and the newest one by one; ?topic, ?reason, ?since and ?handled=true or false.",
    ),
    get(
        "/v1/dead-letters/{partition}/{offset}",
        "dead_letter",
        Access::Roles(OPERATOR),
        Handler::DeadLetter,
        "One dead letter: where it came from and how far it can be decoded. Personal fields are masked.",
    ),
    post(
        "/v1/dead-letters/{partition}/{offset}/replay",
        "replay_dead_letter",
        Handler::ReplayLetter,
        "Appends the letter's record to its inbox, once; with an Idempotency-Key. ?again=true for a third time.",
    ),
    post(
        "/v1/dead-letters/{partition}/{offset}/drop",
        "drop_dead_letter",
        Handler::DropLetter,
        "Notes that the letter needs nothing more, ?because=why; with an Idempotency-Key.",
    ),
    get(
        "/v1/taps/{topic}",
        "tap",
        Access::Roles(READERS),
        Handler::Tap,
        "Records of a topic, or of several separated by commas, or of a saved tap @NAME; the words of timesale tap are its parameters. \
         Personal fields are masked; ?unmask=REASON or the header Timesale-Reason shows them to the role privacy.",
    ),
    get(
        "/v1/stories/{kind}/{id}",
        "story",
        Access::Roles(READERS),
        Handler::Story,
        "Everything that happened to an order, a coupon, a request or a trace, with causes; ?hours. Personal fields are masked as in taps.",
    ),
    get("/openapi.json", "openapi", Access::Anybody, Handler::OpenApi, "This description."),
    get("/docs", "docs", Access::Anybody, Handler::Docs, "This description for people, and every problem code."),
    get("/asyncapi.yaml", "asyncapi", Access::Anybody, Handler::AsyncApi, "The topics and their values, for programs."),
    get("/docs/topics", "topic_docs", Access::Anybody, Handler::TopicDocs, "The topics and their values, for people."),
];
