//! Servers that are no HTTP servers, or bad ones: byte for byte what they say. Memory is bounded, time is bounded, nothing is
//! believed.

use std::time::Duration;

use events::ids::OfferSource;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::fixture::*;
use crate::offers::{AccessToken, Config};

/// The head of an answer of so many bytes.
fn head(length: usize) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n")
}

const GOOD: &str = r#"{"offers":[{"sku":"tea-kettle","price":7}]}"#;

/// Says this to everybody, and then keeps the connection open without a word.
async fn says(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let converse = |mut stream: TcpStream, bytes: Vec<u8>| async move {
        let mut request = [0; 4096];
        drop(stream.read(&mut request).await);
        drop(stream.write_all(&bytes).await);
        while stream.read(&mut request).await.is_ok_and(|read| read > 0) {}
    };
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(converse(stream, bytes.clone()));
        }
    });
    base_url
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_not_believed_whatever_its_bytes() {
    let garbage = |bytes: usize| (0..bytes).map(|_| fastrand::u8(..)).collect::<Vec<u8>>();
    let with = |head: String, body: &[u8]| [head.as_bytes(), body].concat();
    let ten_megabytes = 10 * 1024 * 1024;
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let table: [(&str, Vec<u8>, &str); 13] = [
        ("nothing", Vec::new(), "timed_out"),
        ("half a head", b"HTTP/1.1 200 OK\r\ncontent-le".to_vec(), "timed_out"),
        ("no HTTP", garbage(64 * 1024), "broken"),
        ("another protocol", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), "broken"),
        ("a head without end", with("HTTP/1.1 200 OK\r\nx: ".into(), &vec![b'x'; 4 << 20]), "broken"),
        ("10 MB of garbage that say so", with(head(ten_megabytes), &garbage(ten_megabytes)), "too_large"),
        (
            "10 MB of garbage that do not say so",
            with("HTTP/1.1 200 OK\r\n\r\n".into(), &garbage(ten_megabytes)),
            "too_large",
        ),
        ("a length beyond reason", with(head(usize::MAX / 4), b"{}"), "too_large"),
        ("a length that is none", with("HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n".into(), b"{}"), "broken"),
        ("more announced than there is", with(head(GOOD.len() + 1), GOOD.as_bytes()), "timed_out"),
        ("less announced than there is", with(head(GOOD.len() - 1), GOOD.as_bytes()), "unreadable"),
        ("a chunk of nonsense", with(chunked.into(), b"zz\r\n"), "broken"),
        ("a chunk beyond reason", with(chunked.into(), b"fffffffffffffff\r\n{"), "timed_out"),
    ];
    for (case, bytes, outcome) in table {
        let base_url = says(bytes).await;
        let good = Stub::new().await;
        good.offer("wool-scarf", 9).await;
        let shop = Shop::new(config(&[("bad", &base_url), ("good", &good.base_url)]));
        shop.until(&[("wool-scarf good", 9)]).await;
        let calls = || shop.metric("calls_total", "bad", Some(outcome));
        eventually(&format!("{case}: {outcome}"), || async { calls() >= 2.0 }).await;
        assert_eq!(shop.metric("calls_total", "bad", None), calls(), "{case}: always {outcome}");
        assert_eq!(shop.believed().len(), 1, "{case}");
        shop.end().await.unwrap();
    }
}

/// A second answer right behind the first is not taken for the answer to the next call.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_unasked_is_not_an_answer() {
    let lie = r#"{"offers":[{"sku":"tea-kettle","price":1}]}"#;
    let twice = [head(GOOD.len()), GOOD.into(), head(lie.len()), lie.into()].concat();
    let base_url = says(twice.into_bytes()).await;
    let shop = Shop::new(config(&[("bad", &base_url)]));
    shop.until(&[("tea-kettle bad", 7)]).await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.believed()["tea-kettle bad"], 7);
    assert_eq!(shop.metric("calls_total", "bad", Some("answered")), shop.metric("calls_total", "bad", None));
    shop.end().await.unwrap();
}

/// A name for an answer that is too long to be sent back is not kept, and an answer "unchanged" that nobody asked for is none.
#[tokio::test(flavor = "multi_thread")]
async fn unchanged_is_believed_only_of_what_has_a_name() {
    let base_url = says(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec()).await;
    let shop = Shop::new(config(&[("bad", &base_url)]));
    eventually("it is refused", || async { shop.metric("calls_total", "bad", Some("refused")) >= 2.0 }).await;
    assert!(shop.believed().is_empty());
    shop.end().await.unwrap();
    let tag = "t".repeat(4_096);
    let named = format!("HTTP/1.1 200 OK\r\netag: \"{tag}\"\r\ncontent-length: {}\r\n\r\n{GOOD}", GOOD.len());
    let base_url = says(named.into_bytes()).await;
    let shop = Shop::new(config(&[("bad", &base_url)]));
    shop.until(&[("tea-kettle bad", 7)]).await;
    shop.end().await.unwrap();
}

/// Sixty of sixty-three servers hang: the others are polled as often as ever.
#[tokio::test(flavor = "multi_thread")]
async fn many_servers_that_hang_delay_no_other() {
    let silent = says(Vec::new()).await;
    let good = Stub::new().await;
    let names: Vec<String> = (0..60).map(|number| format!("hangs-{number}")).collect();
    let mut sources: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), silent.as_str())).collect();
    sources.push(("good", &good.base_url));
    // Longer than the test waits for anything: whoever waited for one of them would never come to the good one.
    let shop = Shop::new(Config { read_ms: 60_000, ..config(&sources) });
    for price in 1..=10 {
        good.offer("tea-kettle", price).await;
        shop.until(&[("tea-kettle good", price)]).await;
    }
    shop.end().await.unwrap();
}

/// A server gets its own token, and no other's; the answer's name goes back as it came.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_sent_its_own_token_and_the_name_of_its_last_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/behind/", listener.local_addr().unwrap());
    let good = Stub::new().await;
    let tokens = [("there", "tiger"), ("good", "lion")];
    let tokens = tokens.map(|(name, token)| (OfferSource::new(name).unwrap(), AccessToken::new(token).unwrap()));
    let shop = Shop::with(config(&[("there", &base_url), ("good", &good.base_url)]), tokens.into());
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut asked = Vec::new();
    for _ in 0..2 {
        let mut request = vec![0; 4096];
        let read = stream.read(&mut request).await.unwrap();
        asked.push(String::from_utf8_lossy(&request[..read]).to_lowercase());
        let answer = format!("HTTP/1.1 200 OK\r\netag: W/\"x\"\r\ncontent-length: {}\r\n\r\n{GOOD}", GOOD.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    for request in &asked {
        assert!(request.starts_with("get /behind/v1/offers http/1.1\r\n"), "{request}");
        assert!(request.contains("authorization: bearer tiger\r\n") && !request.contains("lion"), "{request}");
    }
    assert!(!asked[0].contains("if-none-match") && asked[1].contains("if-none-match: w/\"x\"\r\n"), "{asked:?}");
    shop.end().await.unwrap();
}
