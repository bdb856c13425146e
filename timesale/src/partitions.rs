//! The verbs `partitions`: their options made into a word for the owner of a parked partition, and what came of it shown.

use console::partitions::{self, Came, Error, Order};
use streams::clock::now_ms;

use crate::cli::partitions::{List, Partitions, Resume, SetAside};
use crate::config::Config;
use crate::exit::Exit;
use crate::{complain, privacy, say};

/// Runs a verb. Blocks: it asks Kafka itself.
pub(crate) fn run(verb: Partitions, config: &Config) -> Exit {
    match verb {
        Partitions::List(what) => list(&what, config),
        Partitions::Resume(Resume { application, partition, because, yes }) => {
            tell(order(application, partition, None, because), yes, config)
        }
        Partitions::SetAside(SetAside { application, partition, offset, because, yes }) => {
            tell(order(application, partition, Some(offset), because), yes, config)
        }
    }
}

fn list(what: &List, config: &Config) -> Exit {
    match partitions::list(&config.kafka, &config.processors.prefix) {
        Ok(list) if what.json => crate::dead_letters::say_json(&list),
        Ok(list) => say(list.text().trim_end()),
        Err(error) => failed(&error),
    }
}

fn order(application: String, partition: i32, set_aside: Option<i64>, reason: String) -> Order {
    Order { application, partition, set_aside, reason, who: privacy::user(), at_ms: now_ms() }
}

fn tell(order: Order, yes: bool, config: &Config) -> Exit {
    if !yes {
        let Order { application, partition, .. } = &order;
        let what = match order.set_aside {
            Some(offset) => format!(
                "the record at offset {offset} of partition {partition} of {application} would go to the dead letters"
            ),
            None => format!("partition {partition} of {application} would go on where it stands"),
        };
        complain(&format!("{what}; nothing was changed: say --yes to do it"));
        return Exit::WouldChange;
    }
    match partitions::say(&config.kafka, &config.processors.prefix, &order) {
        Ok(came) => {
            let shown = say(&came.text());
            match came {
                Came::GoesOn => shown,
                Came::ParkedAgain(_) => Exit::Failed,
                Came::Nothing => Exit::Unavailable,
            }
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> Exit {
    complain(&error.to_string());
    match error {
        Error::NotParked { .. } | Error::NotInFront { .. } => Exit::Failed,
        Error::Read(_) | Error::Write(_) => Exit::Unavailable,
    }
}
