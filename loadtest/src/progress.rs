//! How far the sale is, on stderr: a bar for people, a line every two seconds for logs.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::sleep;

use super::order_load::LiveOrders;
use super::tally::Live;

const BAR: &str = "{elapsed_precise} {bar:40} {pos}/{len}, {per_sec}, {msg}";

/// Whose progress is shown.
pub enum Watched {
    /// The clients's claims.
    Claims(Arc<Live>),
    /// The shoppers' orders.
    Orders(Arc<LiveOrders>),
}

impl Watched {
    fn done(&self) -> u64 {
        match self {
            Self::Claims(live) => live.done.load(Ordering::Relaxed),
            Self::Orders(live) => live.done.load(Ordering::Relaxed),
        }
    }

    fn came_to(&self) -> String {
        match self {
            Self::Claims(live) => format!("{} granted", live.granted.load(Ordering::Relaxed)),
            Self::Orders(live) => {
                format!("{} placed, {} paid", live.placed.load(Ordering::Relaxed), live.paid.load(Ordering::Relaxed))
            }
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Claims(_) => "claims answered",
            Self::Orders(_) => "orders done",
        }
    }
}

/// Shows progress until dropped or done.
pub async fn show(watched: Watched, all: u64) {
    if std::io::stderr().is_terminal() {
        let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(all).with_style(style);
        loop {
            let done = watched.done();
            bar.set_position(done);
            bar.set_message(watched.came_to());
            if done >= all {
                bar.finish();
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
    loop {
        sleep(Duration::from_secs(2)).await;
        let done = watched.done();
        say(&format!("{done} of {all} {}, {}", watched.word(), watched.came_to()));
        if done >= all {
            return;
        }
    }
}

/// A line for people. Nobody may be reading.
pub fn say(text: &str) {
    drop(writeln!(std::io::stderr(), "{text}"));
}
