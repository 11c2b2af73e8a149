//! What a device gets: all that is in its sight, once, and proof of it.

use std::collections::BTreeMap;

use anjangsana::{
    domain::{Kind, Record, RecordId, Role},
    server::{accounts, machine},
    sync::wire::{
        Digest, ErrorCode, ErrorReply, Outcome, PROTOCOL, SYNC_PATH, SyncReply, SyncRequest,
    },
};
use serde_json::json;

use crate::server_office::{Office, PAYUNG, Phone, TOBOALI, record_of, rev};

/// What a careful device holds after syncing until there is no more.
#[derive(Default)]
struct Held(BTreeMap<RecordId, Record>);

impl Held {
    fn take(&mut self, reply: &SyncReply) {
        for record in &reply.records {
            self.0.insert(record.id, record.clone());
        }
    }

    fn digest(&self) -> Digest {
        Digest {
            count: self.0.len() as u64,
            rev_sum: self.0.values().map(|record| record.rev).sum(),
        }
    }

    async fn pull_all(&mut self, phone: &mut Phone) -> (usize, SyncReply) {
        for pages in 1.. {
            let reply = phone.sync(&[]).await;
            self.take(&reply);
            assert_eq!(reply.digest.is_some(), !reply.more);
            if !reply.more {
                return (pages, reply);
            }
        }
        unreachable!()
    }
}

#[tokio::test]
async fn a_first_sync_comes_in_pages_and_ends_with_a_digest_that_fits() {
    let office = Office::open().await;
    for n in 0..1_100 {
        let area = if n % 2 == 0 { TOBOALI } else { PAYUNG };
        office.cooperative(&format!("k{n}"), area);
    }
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut kabid = office.hire("kabid", Role::Supervisor, &[]);
    // Cooperatives, two people, one form.
    for (phone, count, pages) in [(&mut officer, 550 + 3, 2), (&mut kabid, 1_100 + 3, 3)] {
        let mut held = Held::default();
        let (took, last) = held.pull_all(phone).await;
        assert_eq!(held.0.len(), count);
        assert_eq!(took, pages);
        assert_eq!(last.digest, Some(held.digest()));
        let again = phone.sync(&[]).await;
        assert!(again.records.is_empty() && again.user.is_none());
        assert_eq!(again.digest, last.digest);
        assert_eq!(again.cursor, last.cursor);
    }
}

#[tokio::test]
async fn packed_records_are_the_same_as_plain_ones_and_a_third_of_their_bytes() {
    let office = Office::open().await;
    let cooperative = office.cooperative("sejahtera", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    for n in 0..30 {
        let mut visit = officer.visit(&format!("kunjungan {n}"), cooperative, TOBOALI);
        for question in 0..60 {
            let name = format!("a/organisasi_dan_kelembagaan_{question:02}");
            visit.fields.insert(name, json!((question * n).to_string()));
        }
        if n % 10 == 0 {
            visit
                .fields
                .insert("a/lain".to_owned(), json!("hanya di sini"));
        }
        rev(&officer.push(&visit).await);
    }
    let mut request = officer.request(&[]);
    (request.cursor, request.scope) = (0, String::new());
    let mut bodies = Vec::new();
    for packed in [false, true] {
        request.packed = packed;
        let response = officer.post(SYNC_PATH, &request).await;
        bodies.push(response.bytes().await.unwrap());
    }
    let mut replies = bodies
        .iter()
        .map(|body| serde_json::from_slice::<SyncReply>(body).unwrap());
    let (plain, mut packed) = (replies.next().unwrap(), replies.next().unwrap());
    assert!(plain.packed.is_empty());
    assert_eq!(packed.packed.len(), 1, "the visits; there are few others");
    packed.unpack().unwrap();
    assert_eq!(packed.records, plain.records);
    assert_eq!(packed.digest, plain.digest);
    assert!(bodies[1].len() * 3 < bodies[0].len());
}

#[tokio::test]
async fn a_page_is_bounded_by_bytes_too() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let long = "x".repeat(19_000);
    for n in 0..60 {
        let mut visit = officer.visit(&format!("v{n}"), cooperative, TOBOALI);
        visit.fields.insert("a/catatan".to_owned(), json!(long));
        officer.push(&visit).await;
    }
    let mut fresh = office.log_in(&officer.user, "fresh");
    let mut held = Held::default();
    let (pages, last) = held.pull_all(&mut fresh).await;
    assert_eq!(pages, 3);
    assert_eq!(last.digest, Some(held.digest()));
}

#[tokio::test]
async fn what_a_device_sent_itself_is_not_sent_back() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut held = Held::default();
    held.pull_all(&mut officer).await;
    let visit = officer.visit("kunjungan", cooperative, TOBOALI);
    let reply = officer.sync(std::slice::from_ref(&visit)).await;
    assert!(matches!(
        reply.results[0].outcome,
        Outcome::Applied { exact: true, .. }
    ));
    assert!(reply.records.is_empty());
    let made = rev(&reply.results[0].outcome);
    assert_eq!(reply.cursor, made);
    // The digest counts it all the same: the device holds it.
    let digest = held.digest();
    assert_eq!(
        reply.digest,
        Some(Digest {
            count: digest.count + 1,
            rev_sum: digest.rev_sum + made
        })
    );
    assert!(officer.sync(&[]).await.records.is_empty());
    // A repeated one may have come to a device that does not know what became of it: it gets the record.
    officer.cursor = made - 1;
    let reply = officer.sync(&[visit]).await;
    assert_eq!(reply.records.len(), 1);
}

#[tokio::test]
async fn others_get_a_change_once_and_in_order() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut kabid = office.hire("kabid", Role::Supervisor, &[]);
    kabid.sync(&[]).await;
    for name in ["b", "a", "c"] {
        let mut visit = officer.visit(name, cooperative, TOBOALI);
        visit
            .fields
            .insert("submission/1".to_owned(), officer.mark());
        officer.push(&visit).await;
    }
    let reply = kabid.sync(&[]).await;
    let ids: Vec<_> = reply.records.iter().map(|record| record.id).collect();
    assert_eq!(ids, ["b", "a", "c"].map(record_of));
    assert!(reply.records.is_sorted_by_key(|record| record.rev));
    assert!(kabid.sync(&[]).await.records.is_empty());
    let review = kabid.review("a", 1, "return", "perbaiki");
    kabid.push(&review).await;
    let reply = officer.sync(&[]).await;
    assert_eq!(reply.records.len(), 1);
    assert_eq!(reply.records[0].kind, Kind::Review);
}

#[tokio::test]
async fn a_user_with_other_areas_begins_from_the_beginning_and_is_told() {
    let office = Office::open().await;
    office.cooperative("satu", TOBOALI);
    office.cooperative("dua", PAYUNG);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let first = officer.sync(&[]).await;
    assert_eq!(first.user.as_ref(), Some(&officer.user));
    let here = |reply: &SyncReply| -> Vec<RecordId> {
        let found = reply.records.iter();
        let found = found.filter(|record| record.kind == Kind::Cooperative);
        found.map(|record| record.id).collect()
    };
    assert_eq!(here(&first), [record_of("satu")]);
    assert!(officer.sync(&[]).await.user.is_none());
    office.change(|connection| {
        let scope = accounts::scope(Role::Officer, &["payung".to_owned()]).unwrap();
        accounts::move_to(connection, "ppl", (Role::Officer, scope), machine::now()).unwrap();
    });
    let moved = officer.sync(&[]).await;
    assert_ne!(moved.scope, first.scope);
    assert_eq!(
        moved.user.as_ref().map(|user| user.id),
        Some(officer.user.id)
    );
    assert_eq!(here(&moved), [record_of("dua")]);
    let mut held = Held::default();
    held.take(&moved);
    assert_eq!(moved.digest, Some(held.digest()));
}

#[tokio::test]
async fn a_cursor_from_the_future_begins_from_the_beginning() {
    let office = Office::open().await;
    office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let first = officer.sync(&[]).await;
    for cursor in [first.cursor + 1, u64::MAX] {
        officer.cursor = cursor;
        let reply = officer.sync(&[]).await;
        assert_eq!(reply.records.len(), first.records.len(), "{cursor}");
        assert_eq!(reply.cursor, first.cursor);
    }
}

#[tokio::test]
async fn the_digest_follows_every_change() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut kabid = office.hire("kabid", Role::Supervisor, &[]);
    let visit = officer.visit("kunjungan", cooperative, TOBOALI);
    let submit = officer.edit("kunjungan", 99, json!({"submission/1": officer.mark()}));
    let back = kabid.review("kunjungan", 1, "return", "perbaiki");
    let edit = officer.edit("kunjungan", 99, json!({"a/nama": "Siti"}));
    let void = json!({"void": kabid.mark_because("salah")});
    let void = kabid.edit("kunjungan", 99, void);
    for mutation in [visit, submit, back, edit, void] {
        let by_kabid = mutation.kind == Kind::Review || mutation.fields.contains_key("void");
        let author = if by_kabid { &mut kabid } else { &mut officer };
        assert!(matches!(
            author.push(&mutation).await,
            Outcome::Applied { .. }
        ));
        for user in [&officer.user, &kabid.user] {
            let mut held = Held::default();
            let (_, last) = held.pull_all(&mut office.log_in(user, "fresh")).await;
            assert_eq!(last.digest, Some(held.digest()));
        }
    }
}

#[tokio::test]
async fn an_app_that_is_too_old_is_told_so_and_a_newer_one_is_answered() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut request = officer.request(&[]);
    request.protocol = 0;
    let response = officer.post(SYNC_PATH, &request).await;
    assert_eq!(response.status(), 426);
    let reply: ErrorReply = response.json().await.unwrap();
    assert_eq!(reply.code, ErrorCode::UpdateNeeded);
    request.protocol = PROTOCOL + 1;
    let reply: SyncReply = officer
        .post(SYNC_PATH, &request)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(reply.protocol, PROTOCOL);
}

#[tokio::test]
async fn an_answer_with_nothing_new_says_nothing_that_goes_without_saying() {
    let office = Office::open().await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    officer.sync(&[]).await;
    let request = SyncRequest {
        packed: true,
        room: None,
        ..officer.request(&[])
    };
    let answer = officer.post(SYNC_PATH, &request).await;
    let answer: BTreeMap<String, serde_json::Value> = answer.json().await.unwrap();
    let said: Vec<&str> = answer.keys().map(String::as_str).collect();
    assert_eq!(
        said,
        ["cursor", "digest", "protocol", "scope", "server_time"]
    );
}
