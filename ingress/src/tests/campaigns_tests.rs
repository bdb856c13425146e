//! Operators' commands and what everybody sees of a campaign.

use events::coupons::{CouponCommand, CouponFact, Refusal};
use events::request::Outcome;
use serde_json::{Value, json};

use super::fixture::*;

fn applied(command: &CouponCommand) -> Outcome {
    Outcome::Applied { campaign: command.campaign().clone(), version: 0 }
}

fn body() -> Value {
    serde_json::to_value(terms(10)).unwrap()
}

#[tokio::test]
async fn an_operator_defines_pauses_resumes_and_ends() {
    let fixture = fixture();
    let define = ask("PUT", "/v1/campaigns/sale").operator().json(body().to_string());
    let mut asked = vec![define];
    asked.extend(["pause", "resume", "end"].map(|word| ask("POST", &format!("/v1/campaigns/sale/{word}")).operator()));
    let processor = fixture.processor(4, applied);
    for ask in asked {
        let answer = fixture.send(ask).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "campaign": "sale", "version": 0 })));
    }
    processor.await.unwrap();
    let kinds: Vec<_> = fixture.commands().iter().map(CouponCommand::kind).collect();
    assert_eq!(kinds, ["define_campaign", "pause_campaign", "resume_campaign", "end_campaign"]);
}

#[tokio::test]
async fn whoever_is_told_that_a_campaign_is_open_finds_it_open_here() {
    let fixture = fixture();
    let processor =
        fixture.processor(1, |command| Outcome::Applied { campaign: command.campaign().clone(), version: 1 });
    let state = std::sync::Arc::clone(&fixture.state);
    let event =
        event("sale", 1, 10, CouponFact::CampaignDefined { request: request_of("o", "o", "o"), terms: terms(10) });
    let late = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        state.campaigns.apply(event);
    });
    let put = ask("PUT", "/v1/campaigns/sale").operator().json(body().to_string()).header("prefer", "wait=5");
    assert_eq!(fixture.send(put).await.status, 200);
    assert_eq!(fixture.send(ask("GET", "/v1/campaigns/sale").shopper("kim")).await.status, 200);
    processor.await.unwrap();
    late.await.unwrap();
}

#[tokio::test]
async fn the_same_key_with_other_terms_is_a_conflict() {
    let fixture = fixture();
    // Taken once: its windows begin with the clock.
    let body = body();
    let put = |stock: u32| {
        let mut terms = body.clone();
        terms["stock"] = json!(stock);
        ask("PUT", "/v1/campaigns/sale")
            .operator()
            .header("idempotency-key", "0123456789abcdef")
            .header("prefer", "respond-async")
            .json(terms.to_string())
    };
    let first = fixture.send(put(10)).await;
    assert_eq!(first.status, 202);
    let other = fixture.send(put(11)).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "IDEMPOTENCY_CONFLICT"));
    assert_eq!(other.json()["admitted"], false);
    // The same terms, written in another way, are the same request.
    let repeat = ask("PUT", "/v1/campaigns/sale")
        .operator()
        .header("idempotency-key", "\"0123456789abcdef\"")
        .header("prefer", "respond-async");
    let mut same = body.clone();
    same["stock"] = json!(10);
    let again = fixture.send(repeat.json(serde_json::to_string_pretty(&same).unwrap())).await;
    assert_eq!((again.status.as_u16(), &again.json()["request"]), (202, &first.json()["request"]));
}

#[tokio::test]
async fn the_processors_refusal_of_terms_has_its_status() {
    for (reason, status) in [(Refusal::TermsFrozen, 409), (Refusal::InvalidTerms, 422), (Refusal::UnknownCampaign, 409)]
    {
        let fixture = fixture();
        let processor = fixture.processor(1, refused(reason));
        let answer = fixture.send(ask("PUT", "/v1/campaigns/sale").operator().json(body().to_string())).await;
        processor.await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, reason.code()));
    }
}

#[tokio::test]
async fn a_campaign_shows_its_phase() {
    let fixture = fixture();
    let request = request_of("o", "o", "o");
    fixture.define("sale", 10);
    let table = [
        (CouponFact::CampaignResumed { request }, 10, "running", "open"),
        (CouponFact::CampaignPaused { request }, 10, "paused", "paused"),
        (CouponFact::CampaignResumed { request }, 0, "running", "sold_out"),
        (CouponFact::CampaignEnded { request }, 5, "ended", "closed"),
    ];
    for (version, (fact, remaining, status, phase)) in (2..).zip(table) {
        fixture.state.campaigns.apply(event("sale", version, remaining, fact));
        let shown = fixture.send(ask("GET", "/v1/campaigns/sale").shopper("kim")).await.json();
        assert_eq!((&shown["status"], &shown["phase"]), (&json!(status), &json!(phase)));
        assert_eq!((&shown["version"], &shown["stock"]["remaining"]), (&json!(version), &json!(remaining)));
        assert_eq!(shown["terms"]["stock"], 10);
    }
    assert_eq!(fixture.send(ask("GET", "/v1/campaigns/other").shopper("kim")).await.code(), "NOT_FOUND");
    fixture.state.campaigns.set_current(false);
    assert_eq!(fixture.send(ask("GET", "/v1/campaigns/other").shopper("kim")).await.code(), "UNAVAILABLE");
}
