//! How far the sale is, on stderr: a bar for people, a line every two seconds for logs.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::sleep;

use super::tally::Live;

const BAR: &str = "{elapsed_precise} {bar:40} {pos}/{len} answered, {per_sec}, {msg}";

/// Shows progress until dropped or done.
pub async fn show(live: Arc<Live>, sends: u64) {
    if std::io::stderr().is_terminal() {
        let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(sends).with_style(style);
        loop {
            let done = live.done.load(Ordering::Relaxed);
            bar.set_position(done);
            bar.set_message(format!("{} granted", live.granted.load(Ordering::Relaxed)));
            if done >= sends {
                bar.finish();
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
    loop {
        sleep(Duration::from_secs(2)).await;
        let done = live.done.load(Ordering::Relaxed);
        say(&format!("{done} of {sends} answered, {} granted", live.granted.load(Ordering::Relaxed)));
        if done >= sends {
            return;
        }
    }
}

/// A line for people. Nobody may be reading.
pub fn say(text: &str) {
    drop(writeln!(std::io::stderr(), "{text}"));
}
