//! What a process has cost so far, as Linux counts it: CPU seconds and peak memory. Zero where there is no `/proc`.

use std::ops::{AddAssign, Sub};

use serde::Serialize;

/// What a process has cost.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Usage {
    /// User and system time, seconds.
    pub cpu_seconds: f64,
    /// Most resident memory at any time, MiB.
    pub peak_rss_mib: f64,
}

/// Clock ticks a second in `/proc/<pid>/stat`: fixed at 100 for user space on every Linux architecture we run on.
const TICKS_PER_SECOND: f64 = 100.0;

impl Usage {
    /// What the process has cost so far.
    #[must_use]
    pub fn of(pid: u32) -> Self {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        Self {
            cpu_seconds: cpu_ticks(&read("stat")).unwrap_or(0.0) / TICKS_PER_SECOND,
            peak_rss_mib: peak_kib(&read("status")).unwrap_or(0.0) / 1024.0,
        }
    }
}

/// CPU adds up over a role's incarnations; memory does not.
impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.cpu_seconds += other.cpu_seconds;
        self.peak_rss_mib = self.peak_rss_mib.max(other.peak_rss_mib);
    }
}

/// What was spent since an earlier reading; the peak is the later one's.
impl Sub for Usage {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { cpu_seconds: self.cpu_seconds - earlier.cpu_seconds, ..self }
    }
}

/// Fields 14 and 15 of `stat`; the name in field 2 may hold anything, so counting begins after its closing bracket.
fn cpu_ticks(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    Some(fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?)
}

fn peak_kib(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{cpu_ticks, peak_kib};

    #[test]
    fn readings_are_taken_from_the_right_fields() {
        let stat = "42 (a ) b) S 1 2 3 4 5 6 7 8 9 10 700 50 0 0 20 0";
        assert_eq!(cpu_ticks(stat), Some(750.0));
        assert_eq!(peak_kib("VmPeak:\t 9 kB\nVmHWM:\t  2048 kB\n"), Some(2048.0));
        assert_eq!((cpu_ticks(""), peak_kib("")), (None, None));
    }
}
