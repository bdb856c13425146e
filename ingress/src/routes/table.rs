//! The table of routes: what the OpenAPI document says and what metrics name.

use events::coupons::CampaignTerms;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use warp::http::Method;

use crate::handlers::{Pending, campaigns, claims, coupons, health, requests};

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Anybody, without a token.
    Anybody,
    /// Whoever has a token.
    Caller,
    /// A token with the role `shopper`.
    Shopper,
    /// A token with the role `operator`.
    Operator,
}

/// What a route reads beside the path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Body {
    /// Nothing.
    None,
    /// Nothing, or `{}`.
    Empty,
    /// A campaign's terms.
    Terms,
}

/// One success of a route.
pub(crate) struct AnswerSpec {
    /// The status.
    pub(crate) status: u16,
    /// When.
    pub(crate) description: &'static str,
    /// The body, if it is JSON.
    pub(crate) schema: Option<fn(&mut SchemaGenerator) -> Schema>,
}

/// One route.
pub(crate) struct Route {
    pub(crate) id: RouteId,
    pub(crate) method: Method,
    /// The path, with parameters in braces.
    pub(crate) template: &'static str,
    /// What metrics and the document call it.
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) access: Access,
    pub(crate) body: Body,
    pub(crate) answers: &'static [AnswerSpec],
    /// Statuses of problems beyond those that every route of its kind has.
    pub(crate) problems: &'static [u16],
}

/// The routes' names in the program; a place in [`TABLE`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RouteId {
    PostClaim,
    GetRequest,
    GetCampaign,
    PutCampaign,
    PauseCampaign,
    ResumeCampaign,
    EndCampaign,
    GetMyCoupons,
    Livez,
    Readyz,
    Metrics,
    OpenApi,
    Docs,
    DocsStyle,
}

impl RouteId {
    /// Its place in the table.
    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

const fn schema<T: JsonSchema>(status: u16, description: &'static str) -> AnswerSpec {
    AnswerSpec { status, description, schema: Some(|generator| generator.subschema_for::<T>()) }
}

const fn text(description: &'static str) -> AnswerSpec {
    AnswerSpec { status: 200, description, schema: None }
}

const PENDING: AnswerSpec = schema::<Pending>(202, "In the log, not decided yet; Location says where to look");
const CHANGED: &[AnswerSpec] = &[schema::<campaigns::Changed>(200, "Carried out"), PENDING];

/// Statuses of the problems that a command's route may answer.
const COMMAND: &[u16] = &[400, 403, 408, 409, 411, 413, 415, 422];

/// Every route, in order of [`RouteId`].
pub(crate) static TABLE: [Route; 14] = [
    Route {
        id: RouteId::PostClaim,
        method: Method::POST,
        template: "/v1/campaigns/{campaign}/claims",
        name: "post_claim",
        summary: "Claim a coupon",
        access: Access::Shopper,
        body: Body::Empty,
        answers: &[schema::<claims::Granted>(201, "Granted"), PENDING],
        problems: COMMAND,
    },
    Route {
        id: RouteId::GetRequest,
        method: Method::GET,
        template: "/v1/requests/{request}",
        name: "get_request",
        summary: "What became of a request",
        access: Access::Caller,
        body: Body::None,
        answers: &[schema::<requests::Shown>(200, "Your request")],
        problems: &[400],
    },
    Route {
        id: RouteId::GetCampaign,
        method: Method::GET,
        template: "/v1/campaigns/{campaign}",
        name: "get_campaign",
        summary: "A campaign: terms, phase, stock",
        access: Access::Caller,
        body: Body::None,
        answers: &[schema::<campaigns::Shown>(200, "The campaign")],
        problems: &[400],
    },
    Route {
        id: RouteId::PutCampaign,
        method: Method::PUT,
        template: "/v1/campaigns/{campaign}",
        name: "put_campaign",
        summary: "Define a campaign, or change its terms",
        access: Access::Operator,
        body: Body::Terms,
        answers: CHANGED,
        problems: COMMAND,
    },
    command(RouteId::PauseCampaign, "/v1/campaigns/{campaign}/pause", "pause_campaign", "Stop granting until resumed"),
    command(RouteId::ResumeCampaign, "/v1/campaigns/{campaign}/resume", "resume_campaign", "Grant again"),
    command(RouteId::EndCampaign, "/v1/campaigns/{campaign}/end", "end_campaign", "Close a campaign for good"),
    Route {
        id: RouteId::GetMyCoupons,
        method: Method::GET,
        template: "/v1/me/coupons",
        name: "get_my_coupons",
        summary: "The caller's coupons",
        access: Access::Shopper,
        body: Body::None,
        answers: &[schema::<coupons::Wallet>(200, "Your coupons")],
        problems: &[403],
    },
    health(RouteId::Livez, "/livez", "livez", "Whether the process is worth keeping"),
    health(RouteId::Readyz, "/readyz", "readyz", "Whether the process can take traffic"),
    asset(RouteId::Metrics, "/metrics", "metrics", "Metrics in Prometheus' text format"),
    asset(RouteId::OpenApi, "/openapi.json", "openapi", "This document"),
    asset(RouteId::Docs, "/docs", "docs", "This document as a page"),
    asset(RouteId::DocsStyle, "/docs/style.css", "docs_style", "The page's style"),
];

const fn command(id: RouteId, template: &'static str, name: &'static str, summary: &'static str) -> Route {
    Route {
        id,
        method: Method::POST,
        template,
        name,
        summary,
        access: Access::Operator,
        body: Body::Empty,
        answers: CHANGED,
        problems: COMMAND,
    }
}

const fn health(id: RouteId, template: &'static str, name: &'static str, summary: &'static str) -> Route {
    const ANSWERS: &[AnswerSpec] =
        &[schema::<health::Report>(200, "It is"), schema::<health::Report>(503, "It is not")];
    Route {
        id,
        method: Method::GET,
        template,
        name,
        summary,
        access: Access::Anybody,
        body: Body::None,
        answers: ANSWERS,
        problems: &[],
    }
}

const fn asset(id: RouteId, template: &'static str, name: &'static str, summary: &'static str) -> Route {
    const ANSWERS: &[AnswerSpec] = &[text("As it is")];
    Route {
        id,
        method: Method::GET,
        template,
        name,
        summary,
        access: Access::Anybody,
        body: Body::None,
        answers: ANSWERS,
        problems: &[],
    }
}

/// The JSON Schema of a campaign's terms.
pub(crate) fn terms_schema(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<CampaignTerms>()
}

/// The methods that a path allows, for `Allow`.
pub(crate) fn allowed(path: &str) -> String {
    // warp takes a path with a slash at its end for the same path.
    let path = path.strip_suffix('/').unwrap_or(path);
    let matches = |template: &str| {
        let (mut given, mut wanted) = (path.split('/'), template.split('/'));
        loop {
            match (given.next(), wanted.next()) {
                (None, None) => return true,
                (Some(part), Some(name)) if part == name || (name.starts_with('{') && !part.is_empty()) => {}
                _ => return false,
            }
        }
    };
    let mut methods: Vec<&str> = Vec::new();
    for route in TABLE.iter().filter(|route| matches(route.template)) {
        methods.push(route.method.as_str());
        if route.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.join(", ")
}
