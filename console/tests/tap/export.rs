//! Exports that are killed again and again have every record once, byte for byte.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use console::tap::Target;
use console::tap::words::{Format, Words};

use super::fixture::Situation;

/// Tells the child what it exports, and where to.
const CHILD: &str = "TIMESALE_TAP_EXPORT";

fn change(words: &mut Words) {
    words.format = Format::Csv;
}

fn target(path: &Path) -> Target {
    let mut state = path.as_os_str().to_owned();
    state.push(".state");
    Target::File { path: path.to_path_buf(), resume: Some((PathBuf::from(state), "all as csv".to_owned())) }
}

#[test]
fn an_export_that_is_killed_goes_on_with_every_record_once() {
    // The child: this test in a process that may be killed.
    if let Ok(what) = std::env::var(CHILD) {
        let (topic, path) = what.split_once(' ').unwrap();
        let mut situation = Situation::new(1).unwrap();
        let spec = situation.manifest.topics.remove(&situation.topic).unwrap();
        situation.manifest.topics.insert(topic.to_owned(), spec);
        situation.topic = topic.to_owned();
        situation.run_paced(change, target(Path::new(path)), 6 << 20).unwrap();
        return;
    }
    let Some(situation) = Situation::new(3) else { return };
    let value = "v".repeat(1_000);
    let producer = situation.producer();
    for number in 0..30_000 {
        let value = format!("\"{number} {value}\"");
        producer.write(&situation.topic, number % 3, (Some(b"k"), Some(value.as_bytes())), &[], situation.base);
    }
    producer.flush();
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = folder.path().join("undisturbed.csv");
    situation.run(change, target(&undisturbed), &AtomicBool::new(false), &|| Ok(())).unwrap();
    let killed = folder.path().join("killed.csv");
    let state = folder.path().join("killed.csv.state");
    let mut kills = 0;
    for round in 0..60 {
        let before = std::fs::read(&state).ok();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "export::an_export_that_is_killed_goes_on_with_every_record_once", "--nocapture"])
            .env(CHILD, format!("{} {}", situation.topic, killed.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Killed only once it has got on, however long it takes to begin.
        let deadline = Instant::now() + Duration::from_mins(1);
        while child.try_wait().unwrap().is_none() && std::fs::read(&state).ok() == before {
            assert!(Instant::now() < deadline, "it does not get on");
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(fastrand::u64(0..900)));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
        if killed.exists() {
            break;
        }
        assert!(round < 59, "it never ends");
    }
    assert!(kills >= 2, "killed {kills} times");
    let (whole, again) = (std::fs::read(&undisturbed).unwrap(), std::fs::read(&killed).unwrap());
    assert!(whole == again, "{} bytes and {} bytes", whole.len(), again.len());
    assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 30_001);
}

#[test]
fn a_file_appears_only_when_it_is_whole() {
    let Some(situation) = Situation::new(1) else { return };
    situation.write(1, 100);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    let without_state = || Target::File { path: path.clone(), resume: None };
    let ended = situation.run(change, without_state(), &AtomicBool::new(true), &|| Ok(())).unwrap();
    assert!(!ended.coverage.complete && !path.exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    situation.run(change, without_state(), &AtomicBool::new(false), &|| Ok(())).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 101);
}
