//! The meaning of codes, as a table: what may be decided from an answer alone, and what never may.

use std::collections::BTreeSet;

use events::payments::Decline;
use stubs::toss::status_of;

use super::{CONFIRM, ConfirmVerdict, REFUND, RefundVerdict, is_inconclusive, of_confirm, of_refund};

#[test]
fn a_code_is_listed_once_and_its_status_agrees_with_its_meaning() {
    let confirm: BTreeSet<&str> = CONFIRM.iter().map(|(code, ..)| *code).collect();
    let refund: BTreeSet<&str> = REFUND.iter().map(|(code, ..)| *code).collect();
    assert_eq!((confirm.len(), refund.len()), (CONFIRM.len(), REFUND.len()));
    for (code, status, verdict) in CONFIRM {
        assert_eq!(of_confirm(status, code), verdict, "{code}");
        assert!(!is_inconclusive(status) || verdict == ConfirmVerdict::Unknown, "{code}");
    }
    for (code, status, verdict) in REFUND {
        assert_eq!(of_refund(status, code), verdict, "{code}");
        assert!(!is_inconclusive(status) || verdict == RefundVerdict::Unknown, "{code}");
        if let Some((_, other, _)) = CONFIRM.iter().find(|(known, ..)| *known == code) {
            assert_eq!(*other, status, "{code} has one status");
        }
    }
}

#[test]
fn what_an_answer_means() {
    use ConfirmVerdict::{Declined, Unknown, Unlisted};
    for (status, code, verdict) in [
        (409, "IDEMPOTENT_REQUEST_PROCESSING", Unknown),
        (429, "ANY", Unknown),
        (500, "REJECT_CARD_COMPANY", Unknown),
        (502, "", Unknown),
        (503, "UNREADABLE", Unknown),
        (408, "", Unknown),
        (302, "", Unknown),
        (400, "ALREADY_PROCESSED_PAYMENT", Unknown),
        (400, "PROVIDER_ERROR", Unknown),
        (403, "REJECT_CARD_COMPANY", Declined(Decline::TryAnother)),
        (400, "REJECT_CARD_COMPANY", Declined(Decline::TryAnother)),
        (404, "NOT_FOUND_PAYMENT_SESSION", Declined(Decline::Restart)),
        (401, "UNAUTHORIZED_KEY", Declined(Decline::Fault)),
        (401, "SOMETHING_NEW", Declined(Decline::Fault)),
        (400, "SOMETHING_NEW", Unlisted),
        (403, "SOMETHING_NEW", Unlisted),
        (404, "UNREADABLE", Unlisted),
    ] {
        assert_eq!(of_confirm(status, code), verdict, "{status} {code}");
    }
    for (status, code, verdict) in [
        (500, "NOT_CANCELABLE_PAYMENT", RefundVerdict::Unknown),
        (400, "ALREADY_CANCELED_PAYMENT", RefundVerdict::Balance),
        (403, "NOT_CANCELABLE_PAYMENT", RefundVerdict::Refused),
        (403, "FORBIDDEN_CONSECUTIVE_REQUEST", RefundVerdict::Later),
        (401, "SOMETHING_NEW", RefundVerdict::Fault),
        (400, "SOMETHING_NEW", RefundVerdict::Balance),
    ] {
        assert_eq!(of_refund(status, code), verdict, "{status} {code}");
    }
}

#[test]
fn the_stub_has_the_same_status_for_every_code() {
    assert_eq!(status_of("REJECT_CARD_COMPANY"), 403);
    assert_eq!(status_of("REFUND_REJECTED"), 400);
    assert_eq!(status_of("NO_SUCH_CODE"), 400);
    let confirm = CONFIRM.iter().map(|(code, status, _)| (code, status));
    let refund = REFUND.iter().map(|(code, status, _)| (code, status));
    for (code, status) in confirm.chain(refund) {
        assert_eq!(status_of(code), *status, "{code}");
    }
}
