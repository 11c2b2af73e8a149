//! Timed steps: what is being done, and how long it took.

use std::time::{Duration, Instant};

/// Says `what`, does it, and says how long it took when that was over a second.
///
/// # Errors
/// Whatever `work` fails with, with `what` in front.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    eprintln!("» {what}");
    let start = Instant::now();
    let done = work();
    let took = start.elapsed();
    if took >= Duration::from_secs(1) {
        eprintln!(
            "  {}: {}",
            if done.is_ok() { "done" } else { "failed" },
            span(took)
        );
    }
    done.map_err(|error| error.context(what.to_owned()))
}

/// A duration as people read it: `3.4 s`, `2 min 05 s`.
pub(crate) fn span(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_in_seconds_and_then_in_minutes() {
        assert_eq!(span(Duration::from_millis(3_420)), "3.4 s");
        assert_eq!(span(Duration::from_secs(125)), "2 min 05 s");
    }
}
