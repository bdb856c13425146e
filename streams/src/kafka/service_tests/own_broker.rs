//! A broker of a test's own: started by `scripts/services/kafka` in a folder below `TIMESALE_RUN`.

use std::path::PathBuf;

use super::*;
use crate::kafka::testing::OwnBroker;
use crate::testing::skip;

/// Starts one, where tests have services at all.
pub(super) fn own_broker() -> Option<OwnBroker> {
    cluster()?;
    let Some(run) = std::env::var_os("TIMESALE_RUN") else {
        skip("folder for a broker that may be killed", "TIMESALE_RUN");
        return None;
    };
    let scripts = std::env::var_os("TIMESALE_SERVICES")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/services").into(), PathBuf::from);
    Some(OwnBroker::start(&scripts.join("kafka"), "TIMESALE_RUN", &PathBuf::from(run).join("outages")))
}
