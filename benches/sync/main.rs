//! What syncing costs, beside the marks of the design. Printed, not judged.
//!
//! `cargo bench --features server,native --bench sync`; with words behind `--` only those parts: `drafts`, `submitted`,
//! `checklists`, `device`, `search`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[allow(dead_code)]
#[path = "../../tests/it/cutting_proxy.rs"]
mod cutting_proxy;
mod device;
mod pushes;
mod search;
#[allow(dead_code)]
#[path = "../../tests/it/server_office.rs"]
mod server_office;
mod server_process;
mod visits;

use pushes::What;
use tokio::task::LocalSet;

#[tokio::main]
async fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let only_runs = std::env::args().all(|arg| arg != "--bench");
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|word| word == part);
    let less = if only_runs { 100 } else { 1 };
    for (part, what, name) in [
        ("drafts", What::Drafts, "drafts of 60 answers"),
        (
            "submitted",
            What::Submitted,
            "visits of 60 answers, submitted",
        ),
        (
            "checklists",
            What::Checklist,
            "visits of 132 answers, submitted",
        ),
    ] {
        if is_wanted(part) {
            measure_pushes(what, name, less).await;
        }
    }
    if is_wanted("device") {
        LocalSet::new().run_until(measure_device(less as u64)).await;
    }
    if is_wanted("search") {
        measure_search(less as u64);
    }
}

async fn measure_pushes(what: What, name: &str, less: usize) {
    let folder = tempfile::tempdir().unwrap();
    println!(
        "{name}, pushes on disk (marks: 3,000 a second singly over 50 connections, 12,000 in hundreds); \
         this disk takes 4 kB for good {:.0} times a second",
        pushes::fsyncs(folder.path())
    );
    for (batch, how) in [(1, "singly"), (100, "in hundreds")] {
        for connections in [1, 10, 50] {
            let total = match (batch, connections) {
                (1, 1) => 1_000,
                (1, _) => 4_000,
                (_, 1) => 3_000,
                _ => 10_000,
            };
            let figures = pushes::push(what, connections, batch, total / less).await;
            println!(
                "  {how:<12} {connections:>3} connections: {:>6.0} a second, a request {:.1} ms (p50), {:.1} ms (p99); \
                 the server took {:.0} ms of processor time for 1,000 and at most {} MB (mark: 150)",
                figures.visits,
                figures.p50.as_secs_f64() * 1_000.0,
                figures.p99.as_secs_f64() * 1_000.0,
                figures.processor.as_secs_f64() * 1_000_000.0 / (total / less) as f64,
                figures.peak
            );
        }
    }
}

async fn measure_device(less: u64) {
    device::count_requests();
    let visits = 10_000 / less;
    let figures = device::measure(visits).await;
    let (whole_visit, answers) = &figures.whole_visit;
    println!();
    println!("a native device and a server in one process");
    for (what, took) in [
        (
            format!("first sync of {visits} visits of 60 answers (marks: 1.5 s, 1,200,000 bytes)"),
            &figures.first,
        ),
        (
            "nothing new (marks: 1 request, 1,000 bytes)".to_owned(),
            &figures.nothing,
        ),
        (
            format!("one visit of {answers} answers sent, all that the checklists ask"),
            whole_visit,
        ),
        (
            "one visit of 60 answers sent (mark: 1,500 bytes both ways)".to_owned(),
            &figures.visit,
        ),
    ] {
        println!(
            "{what}: {:.2} s, {} requests, {} bytes up, {} bytes down",
            took.seconds, took.requests, took.up, took.down
        );
    }
}

fn measure_search(less: u64) {
    let count = 100_000 / less;
    let took = search::keystrokes(count);
    let ms = |at: usize| took[at].0.as_secs_f64() * 1_000.0;
    let last = took.len() - 1;
    println!();
    println!(
        "search over {count} cooperatives, {} keystrokes (mark: 50 ms): {:.1} ms (p50), {:.1} ms (most, at {:?}: {} found)",
        took.len(),
        ms(took.len() / 2),
        ms(last),
        took[last].1,
        took[last].2
    );
}
