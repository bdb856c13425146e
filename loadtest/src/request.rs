//! One request and the client that stays with it: sent again under the same key until it is known what became of it, or until the
//! client loses patience.

use std::time::{Duration, Instant};

use audit::client_log::Told;
use events::ids::RequestId;
use tokio::time::{sleep, timeout};

use super::answer::{Answer, Trace};
use super::wire::{Connection, Response, WireError};

/// Longest wait for one answer: longer than the door lets a request wait.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the door may refuse a client whose earlier attempt may be in the log, before the client gives up asking what became
/// of that attempt.
const LOOKUP_PATIENCE: Duration = Duration::from_secs(8);

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Which request it is.
    pub request: RequestId,
    /// The whole POST.
    pub post: Vec<u8>,
    /// The whole GET that asks what became of it.
    pub lookup: Vec<u8>,
}

/// What carries a request to the door and the answer back.
pub(super) trait Carrier {
    /// Sends a request and reads its answer.
    async fn carry(&mut self, request: &[u8]) -> Result<Response, WireError>;
}

impl Carrier for Connection {
    async fn carry(&mut self, request: &[u8]) -> Result<Response, WireError> {
        self.exchange(request).await
    }
}

/// How answers to one kind of request are read.
#[derive(Clone, Copy)]
pub(super) struct Manners {
    /// What an answer to the POST means.
    pub answer: fn(&Response) -> Answer,
    /// What an answer to the lookup tells, if it tells anything.
    pub lookup: fn(&Response) -> Option<Told>,
    /// How long a client waits at first before it asks again what became of its request, and at most.
    pub lookups_apart: (Duration, Duration),
}

/// Stays with a request until its client knows what became of it, or loses patience. Returns what it knows, and how often it
/// has sent.
pub(super) async fn pursue(ask: &Ask, manners: &Manners, carrier: &mut impl Carrier, deadline: Instant) -> (Told, u32) {
    let mut traced = Trace::None;
    let mut attempts = 0;
    let mut pause = Pause::default();
    loop {
        attempts += 1;
        let (trace, after, said) = match timeout(ANSWER_TIMEOUT, carrier.carry(&ask.post)).await {
            Ok(Ok(response)) => match (manners.answer)(&response) {
                Answer::Decided(told) => return (told, attempts),
                Answer::Pending => match look_up(ask, manners, carrier, deadline).await {
                    Some(told) => return (told, attempts),
                    None => return (Told::Unknown { last: "202, never decided".into() }, attempts),
                },
                Answer::Door(told) if traced == Trace::None => return (told, attempts),
                Answer::Door(told) => {
                    let deadline = deadline.min(Instant::now() + LOOKUP_PATIENCE);
                    let decided = look_up(ask, manners, carrier, deadline).await;
                    let unknown = || Told::Unknown { last: format!("tried, then {told:?}") };
                    return (decided.unwrap_or_else(unknown), attempts);
                }
                Answer::Again { after, trace, said } => (trace, after, said),
            },
            Ok(Err(error @ WireError::NotSent(_))) => (Trace::None, None, error.to_string()),
            Ok(Err(error @ WireError::NotAnswered(_))) => (Trace::Possible, None, error.to_string()),
            Err(_) => (Trace::Possible, None, "no answer in time".to_owned()),
        };
        if trace == Trace::Possible {
            traced = Trace::Possible;
        }
        if Instant::now() >= deadline {
            return (Told::Unknown { last: said }, attempts);
        }
        sleep(pause.next(after)).await;
    }
}

/// Asks what became of a request until somebody knows.
async fn look_up(ask: &Ask, manners: &Manners, carrier: &mut impl Carrier, deadline: Instant) -> Option<Told> {
    let (mut apart, most) = manners.lookups_apart;
    while Instant::now() < deadline {
        if let Ok(Ok(response)) = timeout(ANSWER_TIMEOUT, carrier.carry(&ask.lookup)).await
            && let Some(told) = (manners.lookup)(&response)
        {
            return Some(told);
        }
        sleep(apart).await;
        apart = (apart * 2).min(most);
    }
    None
}

/// How long to wait before trying again: as the door says, else 20 ms, doubling to 500 ms, each with up to half on top so that
/// a crowd that was turned away together does not come back together.
#[derive(Default)]
pub(super) struct Pause {
    tries: u32,
}

impl Pause {
    /// The next pause.
    pub(super) fn next(&mut self, told: Option<Duration>) -> Duration {
        let own = Duration::from_millis(20 << self.tries.min(5)).min(Duration::from_millis(500));
        self.tries += 1;
        let base = told.map_or(own, |told| told.min(Duration::from_secs(5)));
        base + base.mul_f64(fastrand::f64() / 2.0)
    }
}
