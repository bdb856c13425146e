//! Verbs for load tests: the sale, and the stand-ins for outside services. Linked only with the feature `loadtest`.

pub(crate) mod cli;
#[cfg(test)]
mod cli_tests;
mod offers_stub;
mod sale;
mod shoppers;
mod stub;
mod toss_stub;
mod values;

use crate::config::Config;
use crate::exit::Exit;
use cli::TestTools;

/// Runs a verb.
pub(crate) async fn run(verb: TestTools, config: Config) -> Exit {
    match verb {
        TestTools::TossStub(how) => toss_stub::run(how, config).await,
        TestTools::OffersStub(how) => offers_stub::run(how).await,
        TestTools::Sale(how) => sale::sale(*how, config).await,
        TestTools::Shoppers(how) => shoppers::run(how, config).await,
    }
}
