//! Logs on stderr, and what becomes of a panic: it is logged with its place, then the process aborts. A process that went on
//! after a programming error could damage data; the next process restores from the log.

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;

/// Starts logging and installs the panic hook.
///
/// # Errors
/// The filter's own message when it is not one.
pub(crate) fn install(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("--log: {error}"))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Human => lines.compact().with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        tracing::error!(
            thread = thread.name().unwrap_or("unnamed"),
            backtrace = %std::backtrace::Backtrace::capture(),
            "a programming error ends the process: {panic}"
        );
        std::process::abort();
    }));
    Ok(())
}
