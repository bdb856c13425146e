//! What a slot does for another one of its group that is dead. Each call has clients of its own, which are gone when it returns: it is made
//! once, when partitions have come from elsewhere.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::coordinator::client_about;
use super::{SlotConfig, refused};
use crate::broker::{BrokerError, Position};
use crate::kafka::cluster::ClusterConfig;
use crate::kafka::logging::Logging;
use crate::kafka::transaction::{Identity, TransactionalProducer};
use crate::kafka::{consumers, errors};

/// How long the group's members are asked for.
const MEMBERS_WITHIN: Duration = Duration::from_secs(3);

/// What the coordinator adds to a static member's `group.instance.id` to name it: a hyphen and a UUID.
const MEMBER_SUFFIX: usize = 37;

/// As [`crate::broker::Broker::last_committed`].
pub(super) fn last_committed(
    cluster: &ClusterConfig,
    slot: &SlotConfig,
    partitions: &[i32],
) -> Result<Vec<Option<Position>>, BrokerError> {
    let client = client_about(cluster, slot).map_err(refused)?;
    consumers::committed(&client, &slot.source, partitions, consumers::QUERY_TIMEOUT)
}

/// As [`crate::broker::Broker::end_transactions_of`].
pub(super) fn end_transactions_of(
    cluster: &ClusterConfig,
    client: &BaseConsumer<Logging>,
    slot: &SlotConfig,
    own: &str,
    dead: &str,
) -> Result<bool, BrokerError> {
    let Some(prefix) = slot.identity.strip_suffix(own) else { return Ok(false) };
    let identity = Identity { id: format!("{prefix}{dead}"), timeout_ms: slot.transaction_timeout_ms };
    let list = client.fetch_group_list(Some(&slot.group), MEMBERS_WITHIN).map_err(|error| errors::of_query(&error))?;
    let Some(group) = list.groups().iter().find(|group| group.name() == slot.group) else {
        return Err(BrokerError::Unavailable(format!("nobody knows the members of {}", slot.group)));
    };
    if group.members().iter().any(|member| is_of(member.id(), &identity.id)) {
        return Ok(false);
    }
    TransactionalProducer::new(cluster, &identity)?.init(cluster, &identity)?;
    Ok(true)
}

/// Whether a member is this static one.
fn is_of(member: &str, identity: &str) -> bool {
    member.len() == identity.len() + MEMBER_SUFFIX
        && member.strip_prefix(identity).is_some_and(|rest| rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn a_static_member_is_known_by_its_name_alone() {
        let member = "shop.coupons.0.1-2f0c9a3e-7c1b-4f0e-9a55-0123456789ab";
        assert!(is_of(member, "shop.coupons.0.1"));
        assert!(!is_of(member, "shop.coupons.0"));
        assert!(!is_of(member, "shop.coupons.0.10"));
        assert!(!is_of("shop.coupons.0.1-a.0-2f0c9a3e-7c1b-4f0e-9a55-0123456789ab", "shop.coupons.0.1"));
        assert!(!is_of("shop.coupons.0.1", "shop.coupons.0.1"));
    }
}
