//! Every route: the filters that find its handler (here and in the files beside) and the table that describes it ([`table`]). A
//! test asks every row of the table and every path between the rows, so that neither can say what the other does not.

mod coupons;
mod door;
mod orders;
mod prices;
mod products;
mod settlements;
mod table;

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::filters::path::FullPath;
use warp::reject::{MethodNotAllowed, Rejection};
use warp::reply::Response;

pub(crate) use table::{Access, Body, Key, Route, RouteId, TABLE, allowed};

use crate::handlers::Answer;
use crate::problem::{Code, Problem};
use crate::request::{Call, body};
use crate::state::State;

/// The routes. Each is boxed, look-ups of prices and claims come first, handlers answer for themselves, and what no route takes is answered by the
/// one `recover`.
pub(crate) fn routes(state: &Arc<State>) -> BoxedFilter<(Response,)> {
    let way = Way {
        shared: {
            let state = Arc::clone(state);
            warp::any().map(move || Arc::clone(&state)).boxed()
        },
        deadline: Duration::from_millis(state.config.server.body_timeout_ms),
    };
    within(&["products"], prices::routes(&way).or(products::routes(&way)).unify().boxed())
        .or(within(&["campaigns", "requests", "me"], coupons::routes(&way)))
        .unify()
        .or(within(&["orders", "webhooks"], orders::routes(&way)))
        .unify()
        .or(within(&["sellers", "settlements"], settlements::routes(&way)))
        .unify()
        .or(door::routes(&way))
        .unify()
        .recover(async |rejection: Rejection| Ok::<_, Infallible>(rejected(&rejection)))
        .unify()
        .boxed()
}

/// Routes of which each begins with `/v1/` and one of these words. Asked first, so that a request walks past the other rooms' doors
/// without knocking at every one: each boxed filter costs an allocation.
fn within(
    words: &'static [&'static str],
    routes: BoxedFilter<(Response,)>,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    let begins = move |path: &str| {
        path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next()).is_some_and(|word| words.contains(&word))
    };
    warp::path::full()
        .and_then(move |path: FullPath| ready(if begins(path.as_str()) { Ok(()) } else { Err(warp::reject()) }))
        .untuple_one()
        .and(routes)
}

/// What every route needs on its way to its handler.
struct Way {
    shared: BoxedFilter<(Arc<State>,)>,
    deadline: Duration,
}

impl Way {
    /// The state at hand.
    fn state(&self) -> BoxedFilter<(Arc<State>,)> {
        self.shared.clone()
    }

    /// The call at hand and its body. What is wrong with the body is for the handler to say, after it has asked who is calling.
    fn with_body(
        &self,
        route: RouteId,
        kind: Body,
    ) -> impl Filter<Extract = ((Arc<Call>, Result<Bytes, Problem>),), Error = Rejection> + Clone + use<> {
        let deadline = self.deadline;
        call(route).and(warp::body::stream()).then(move |call: Arc<Call>, stream| async move {
            let body = body::read(&call, stream, kind.most(), deadline).await;
            (call, body)
        })
    }
}

/// The call at hand, which now knows its route.
fn call(route: RouteId) -> impl Filter<Extract = (Arc<Call>,), Error = Rejection> + Clone {
    warp::ext::get::<Arc<Call>>().map(move |call: Arc<Call>| {
        call.route.store(route.place(), Ordering::Relaxed);
        call
    })
}

fn answer(answer: Answer) -> Response {
    answer.unwrap_or_else(Problem::into_response)
}

/// What no route has taken.
fn rejected(rejection: &Rejection) -> Response {
    let code = if rejection.is_not_found() {
        Code::NotFound
    } else if rejection.find::<MethodNotAllowed>().is_some() {
        Code::MethodNotAllowed
    } else {
        tracing::error!(?rejection, "a request was rejected in a way that no route should");
        Code::Internal
    };
    Problem::new(code).into_response()
}
