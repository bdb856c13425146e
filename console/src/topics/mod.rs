//! `timesale topics …`: shows a cluster's topics beside `topics.yaml`, and holds it to that. Creates what is missing, sets what is named and
//! differs; never deletes, shrinks or re-keys; what the manifest does not name is left as it is.

mod guarantees;
mod plan;
mod show;
#[cfg(test)]
mod plan_tests;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use events::manifest::Manifest;
use streams::kafka::{Admin, AdminError, ClusterConfig, TopicToCreate};

pub use plan::{Change, Note, Plan, Refusal};
pub use show::{ShowError, ShownPartition, ShownReader, ShownTopic, describe, list, table};

/// How long a cluster may take until its brokers know of a change that it has made.
const IN_FORCE_WITHIN: Duration = Duration::from_secs(10);

/// How long to wait before asking again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Why topics could not be planned or applied.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    /// The cluster does not answer or refuses.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The plan has refusals; nothing was changed.
    #[error("nothing was changed:\n{0}")]
    Refused(Plan),
    /// The cluster took every change and still differs.
    #[error("every change was made, and yet:\n{0}")]
    NotInForce(Plan),
}

impl TopicsError {
    /// Whether waiting may help: no broker answers yet.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Admin(AdminError::Unavailable(_)))
    }
}

/// Compares a cluster with the manifest. Blocks: not for an async worker thread.
///
/// # Errors
/// [`TopicsError::Admin`].
pub fn plan(cluster: &ClusterConfig, manifest: &Manifest) -> Result<Plan, TopicsError> {
    plan_with(&Admin::new(cluster)?, manifest)
}

/// What of a cluster's topics is not as it must be for the promises to hold, a line for each. Blocks: not for an async worker thread.
///
/// # Errors
/// [`AdminError`] when the cluster does not answer, or topics may not be described.
pub fn unmet(cluster: &ClusterConfig, manifest: &Manifest) -> Result<Vec<String>, AdminError> {
    let admin = Admin::new(cluster)?;
    let names: Vec<&str> = manifest.topics.keys().map(String::as_str).collect();
    Ok(guarantees::unmet(manifest, &admin.describe(&names)?, admin.broker_count()?))
}

fn plan_with(admin: &Admin, manifest: &Manifest) -> Result<Plan, TopicsError> {
    let wanted = manifest.on_cluster();
    let names: Vec<&str> = wanted.keys().map(String::as_str).collect();
    Ok(Plan::of(manifest, &admin.describe(&names)?, admin.broker_count()?))
}

/// Plans again, makes every change of the plan, and asks the cluster (for up to 10 s) whether it took them. Returns what was done. Blocks: not
/// for an async worker thread.
///
/// # Errors
/// [`TopicsError::Refused`] before anything is changed.
pub fn apply(cluster: &ClusterConfig, manifest: &Manifest) -> Result<Plan, TopicsError> {
    let admin = Admin::new(cluster)?;
    let plan = plan_with(&admin, manifest)?;
    if !plan.refusals.is_empty() {
        return Err(TopicsError::Refused(plan));
    }
    let mut settings: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    for change in &plan.changes {
        match change {
            Change::Create { topic, partitions, replication, config } => admin.create(&TopicToCreate {
                name: topic.clone(),
                partitions: *partitions,
                replication: *replication,
                config: config.clone(),
            })?,
            Change::AddPartitions { topic, to, .. } => admin.add_partitions(topic, *to)?,
            // One call a topic: the client's call replaces all of a topic's settings, so the fewer the better.
            Change::Set { topic, setting, to, .. } => {
                settings.entry(topic).or_default().insert(setting.clone(), to.clone());
            }
        }
    }
    for (topic, settings) in settings {
        admin.set_config(topic, &settings)?;
    }
    in_force(&admin, manifest)?;
    Ok(plan)
}

/// Asks until nothing is left to change: a broker answers from metadata that reach it a moment after the controller has said
/// that a change is made.
fn in_force(admin: &Admin, manifest: &Manifest) -> Result<(), TopicsError> {
    let deadline = Instant::now() + IN_FORCE_WITHIN;
    loop {
        let left = plan_with(admin, manifest);
        match left {
            Ok(left) if left.is_empty() => return Ok(()),
            // A topic that has a layout and no settings yet cannot be described.
            Ok(_) | Err(TopicsError::Admin(AdminError::Unavailable(_))) if Instant::now() < deadline => {
                std::thread::sleep(ASK_AGAIN_AFTER);
            }
            Ok(left) => return Err(TopicsError::NotInForce(left)),
            Err(error) => return Err(error),
        }
    }
}
