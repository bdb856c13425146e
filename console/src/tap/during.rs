//! `--during CAMPAIGN`: the time in which a campaign's coupons can be claimed, as its newest terms say, read from the campaign's own partition.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use events::codec;
use events::coupons::{CouponEvent, CouponFact};
use events::envelope::Envelope;
use events::topics::COUPONS_EVENTS;
use streams::kafka::ClusterConfig;
use streams::kafka::tap::{Isolation, Order, RecordView, Scan, Span, Step, TapClient, TapConfig};
use streams::partitioner::partition_for_key;

use super::error::RunError;
use super::words::{Place, Range};

/// How long nothing may come before it is asked again.
const WAIT: Duration = Duration::from_millis(100);

/// The range of a campaign's claims. Blocks: the campaign's partition is read.
///
/// # Errors
/// [`RunError::Usage`] when there is no such campaign; [`RunError::Tap`].
pub(super) fn range(cluster: &ClusterConfig, user: &str, campaign: &str, stop: &AtomicBool) -> Result<Range, RunError> {
    let config = TapConfig { user: user.to_owned(), fetch_kbytes: 4_096, isolation: Isolation::Committed };
    let client = TapClient::open(cluster, &[COUPONS_EVENTS.name()], &config)?;
    let everything = client.everything()?;
    let partition = partition_for_key(campaign.as_bytes(), i32::try_from(everything.len()).unwrap_or(i32::MAX));
    let spans: Vec<Span> = everything.into_iter().filter(|span| span.partition == partition).collect();
    let topic: Option<Arc<str>> = spans.first().map(|span| Arc::clone(&span.topic));
    let mut scan = Scan::begin(&client, spans, Order::AsTheyCome)?;
    let mut found = None;
    loop {
        match scan.next(WAIT)? {
            Step::Record(record, _) => found = window(&record.view(), campaign).or(found),
            Step::Nothing => {}
            Step::Done => break,
        }
        if stop.load(Ordering::Relaxed) {
            return Err(RunError::Stopped);
        }
    }
    found.ok_or_else(|| {
        let topic = topic.as_deref().unwrap_or(COUPONS_EVENTS.name());
        RunError::Usage(format!("--during {campaign}: {topic} has no such campaign"))
    })
}

/// The claim window that a record defines, if it defines one of this campaign. It is half open, as ranges are.
fn window(record: &RecordView<'_>, campaign: &str) -> Option<Range> {
    if record.key != Some(campaign.as_bytes()) {
        return None;
    }
    let headers = record.headers.iter().map(|(name, value)| (name, value.unwrap_or_default()));
    let envelope = Envelope::from_headers(headers);
    let event: CouponEvent = codec::decode(record.value, &envelope).ok()?;
    let CouponFact::CampaignDefined { terms, .. } = event.fact else { return None };
    let (from, until) = (terms.claim.from.as_millis(), terms.claim.until.as_millis());
    Some(Range::Between(Place::Time(from), Place::Time(until)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

    use events::samples;
    use streams::kafka::tap::{KeptRecord, TimeKind};
    use streams::record::Record;

    use super::*;

    #[test]
    fn only_a_definition_of_the_campaign_tells_its_window() {
        let told = |campaign: &str| -> Vec<Range> {
            let read = |event: CouponEvent| {
                let (value, envelope) = codec::encode(&event, &Envelope::default()).unwrap();
                let record = Record {
                    topic: "t".into(),
                    partition: 0,
                    offset: 0,
                    timestamp: 0,
                    key: Some(event.campaign.as_str().to_owned().into_bytes().into()),
                    value: Some(value.into()),
                    headers: envelope.to_headers(),
                };
                window(&KeptRecord { record, time: TimeKind::Create }.view(), campaign)
            };
            samples::coupons::events().into_iter().filter_map(read).collect()
        };
        assert!(
            matches!(told("summer").as_slice(), [Range::Between(Place::Time(from), Place::Time(until)), ..] if from < until)
        );
        assert!(told("winter").is_empty());
    }
}
