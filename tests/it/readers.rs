//! A reader never skips a record, whatever is committed while it reads: revisions are without gaps for who reads.

use std::collections::BTreeMap;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use anjangsana::{
    domain::{Kind, RecordId, Role},
    server::repo::Records,
    sync::wire::{Outcome, SyncReply},
};
use serde_json::json;

use crate::server_office::{Office, Phone, TOBOALI};

const WRITERS: usize = 8;
const READERS: usize = 3;
/// Visits that each writer begins and goes on to change.
const VISITS: usize = 25;

/// What a reader has seen: the last revision of every record.
#[derive(Default)]
struct Seen(BTreeMap<RecordId, u64>);

impl Seen {
    /// Takes in an answer. What comes lies behind the cursor, in order, and up to the next cursor.
    fn takes(&mut self, cursor: u64, reply: &SyncReply) {
        let mut last = cursor;
        for record in &reply.records {
            assert!(record.rev > last, "{} after {last}", record.rev);
            last = record.rev;
            self.0.insert(record.id, record.rev);
        }
        assert!(
            last <= reply.cursor,
            "{last} is beyond the cursor {}",
            reply.cursor
        );
    }
}

/// Begins visits and changes each of them, one request at a time.
async fn writes(mut phone: Phone, number: usize, cooperative: RecordId) {
    for nth in 0..VISITS {
        let name = format!("kunjungan {number} {nth}");
        let visit = phone.visit(&name, cooperative, TOBOALI);
        let edit = phone.edit(&name, 1_000_000, json!({"a/catatan": name}));
        for mutation in [visit, edit] {
            let outcome = phone.push(&mutation).await;
            assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_reads_while_many_write_has_seen_every_change_in_the_end_and_none_out_of_order() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    // Drafts of one officer on many phones: every phone sees them all.
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let phone = |name: String| office.log_in(&officer.user, &name);
    let writing = Arc::new(AtomicUsize::new(WRITERS));
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let (writing, phone) = (Arc::clone(&writing), phone(format!("writer {number}")));
            tokio::spawn(async move {
                writes(phone, number, cooperative).await;
                writing.fetch_sub(1, SeqCst);
            })
        })
        .collect();
    let readers: Vec<_> = (0..READERS)
        .map(|number| {
            let (writing, mut phone) = (Arc::clone(&writing), phone(format!("reader {number}")));
            tokio::spawn(async move {
                let (mut seen, mut pulls) = (Seen::default(), 0);
                loop {
                    let last = writing.load(SeqCst) == 0;
                    let cursor = phone.cursor;
                    let reply = phone.sync(&[]).await;
                    seen.takes(cursor, &reply);
                    pulls += 1;
                    if last && !reply.more {
                        return (seen, pulls, reply.digest.unwrap());
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let there: BTreeMap<RecordId, u64> = office.change(|db| {
        let visits = db.records_of(Kind::Visit).unwrap();
        let visits = visits.into_iter().map(|stored| stored.record);
        visits.map(|record| (record.id, record.rev)).collect()
    });
    assert_eq!(there.len(), WRITERS * VISITS);
    for reader in readers {
        let (seen, pulls, digest) = reader.await.unwrap();
        assert!(pulls > 10, "it read while they wrote: {pulls} times");
        for (id, rev) in &there {
            assert_eq!(seen.0.get(id), Some(rev));
        }
        assert_eq!(digest.count, seen.0.len() as u64);
        assert_eq!(digest.rev_sum, seen.0.values().sum::<u64>());
    }
}
