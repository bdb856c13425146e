//! The part `kafka` of every role's health: whether the cluster answers. Clients that wait for a broker, or have nothing to do, look
//! healthy while it is away.

use std::thread;
use std::time::{Duration, Instant};

use events::topics::COUPONS_INBOX;
use streams::kafka::{Answers, ClusterConfig};
use streams::service::{Answering, Condition, Health, Shutdown};

/// The part's name.
const PART: &str = "kafka";

/// What a role does without Kafka.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WithoutKafka {
    /// Nothing: it is not ready.
    Nothing,
    /// It shows what it knows: it is degraded.
    Shows,
}

/// Watches on a thread of its own until shutdown.
pub(crate) fn start(cluster: ClusterConfig, without: WithoutKafka, health: Health, shutdown: Shutdown) {
    let watch = move || match Answers::new(&cluster) {
        Ok(answers) => watch(without, &health, &shutdown, |timeout| {
            answers.ask(COUPONS_INBOX.name(), timeout).map_err(|error| error.to_string())
        }),
        Err(error) => health.set(PART, Condition::Failed(error.to_string())),
    };
    if let Err(error) = thread::Builder::new().name("kafka-watch".to_owned()).spawn(watch) {
        tracing::error!(%error, "nobody watches whether Kafka answers");
    }
}

fn watch(
    without: WithoutKafka,
    health: &Health,
    shutdown: &Shutdown,
    mut ask: impl FnMut(Duration) -> Result<(), String>,
) {
    let mut answering = Answering::new(PART, Instant::now());
    while !shutdown.is_requested() {
        let asked = Instant::now();
        let answer = ask(Answering::ANSWER_WITHIN);
        match (answering.judge(answer, Instant::now()), without) {
            (Some(Ok(())), _) => health.set(PART, Condition::Ready),
            (Some(Err(silent)), WithoutKafka::Nothing) => health.set(PART, Condition::Starting(silent)),
            (Some(Err(silent)), WithoutKafka::Shows) => health.set(PART, Condition::Degraded(silent)),
            (None, _) => {}
        }
        thread::sleep(Answering::pause(asked.elapsed()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn condition(health: &Health) -> Option<Condition> {
        health.parts().get(PART).cloned()
    }

    fn until(what: &str, mut is_so: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_so() {
            assert!(Instant::now() < deadline, "never: {what}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn a_cluster_that_does_not_answer_is_named_and_ready_again_when_it_does() {
        for (without, is_ready) in [(WithoutKafka::Nothing, false), (WithoutKafka::Shows, true)] {
            let (health, answers) = (Health::default(), AtomicBool::new(true));
            let (handle, shutdown) = streams::service::shutdown();
            thread::scope(|scope| {
                scope.spawn(|| {
                    watch(without, &health, &shutdown, |_| {
                        if answers.load(Ordering::Relaxed) { Ok(()) } else { Err("nobody is there".to_owned()) }
                    });
                });
                until("it is ready", || condition(&health) == Some(Condition::Ready));
                answers.store(false, Ordering::Relaxed);
                until("it is named", || condition(&health).is_some_and(|condition| condition.reason().is_some()));
                let shown = condition(&health).unwrap();
                assert!(shown.reason().unwrap().ends_with("s: nobody is there"), "{shown:?}");
                assert_eq!(health.is_ready(), is_ready, "{shown:?}");
                answers.store(true, Ordering::Relaxed);
                until("it is ready again", || condition(&health) == Some(Condition::Ready));
                handle.request();
            });
        }
    }
}
