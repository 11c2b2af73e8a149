//! A large record comes in pieces, each of which is progress that stays: over a line on which a whole one never arrives.

use std::time::Duration;

use anjangsana::domain::{AreaCode, Kind, Millis, RecordId, Role, attachment};
use anjangsana::server::forms;
use anjangsana::store::api::SyncPhase;
use anjangsana::sync::wire::{Digest, LARGE, LargeRecord, PIECES_PATH, SyncReply};
use serde_json::{Value, json};

use crate::cutting_proxy::{Fault, Line, Proxy};
use crate::device_sync::{Phone, demo_office, local};
use crate::server_office::{Office, PAYUNG, Phone as Dumb, TOBOALI};
use crate::store_merge::{self, Device};

/// A form of so many bytes of text that does not pack well, as a table of places or names does not.
fn publish_large(office: &Office, version: &str, bytes: usize) -> RecordId {
    let mut seed = 7_u64;
    let mut word = || {
        let mut text = String::new();
        for _ in 0..60 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push(char::from(b'a' + u8::try_from((seed >> 33) % 26).unwrap()));
        }
        text
    };
    let mut choices = String::from("list_name,name,label\n");
    let mut number = 0;
    while choices.len() < bytes {
        choices += &format!("tempat,t{number},{} {}\n", word(), word());
        number += 1;
    }
    let settings = format!("form_id,form_title,version\nbesar,Besar,{version}\n");
    let sheets = forms::Sheets {
        survey: "type,name,label\nselect_one tempat,tempat,Tempat\n",
        choices: &choices,
        settings: &settings,
    };
    office.change(|db| forms::publish(db, sheets, Millis(1)).unwrap());
    forms::record_id("besar", version)
}

fn bytes_of(phone: &Phone, id: RecordId) -> Option<String> {
    let file = phone.device.with_store(|store| store.fields_of(id));
    file.unwrap().unwrap()
}

#[tokio::test]
async fn a_form_of_826_kb_arrives_over_a_line_that_cuts_every_connection_after_20_kb() {
    // A2
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        phone.ask(anjangsana::store::api::Request::Lock).await;
        drop(phone);
        let form = publish_large(&office, "1", 826_000);
        let whole = office.change(|db| {
            let sql = "select fields from record where id = ?";
            db.query_row(sql, [form.to_string()], |row| row.get::<_, String>(0))
                .unwrap()
        });
        let line = Proxy::before(office.address, Line::default()).await;
        line.next(std::iter::repeat_n(Fault::CutDown(20_000), 2_000));
        let phone = Phone::impatient(&line.url(), folder.path(), Duration::from_secs(20));
        phone.unlock("petugas1").await;
        let mut rounds = 0;
        let mut so_far = 0;
        while bytes_of(&phone, form).is_none() {
            rounds += 1;
            assert!(rounds < 400, "it arrives: {so_far} bytes so far");
            phone.sync().await;
            let next = phone.device.with_store(|store| store.next_piece().unwrap());
            if let Some(next) = next.unwrap().filter(|next| next.record == form) {
                assert!(next.from >= so_far, "what came stays");
                so_far = next.from;
            }
        }
        assert_eq!(bytes_of(&phone, form).unwrap(), whole);
        // In the end both sides agree.
        for _ in 0..20 {
            phone.sync().await;
            if phone.queue().await.sync.phase == SyncPhase::Idle {
                break;
            }
        }
        assert_eq!(phone.queue().await.sync.phase, SyncPhase::Idle);
        assert!(line.struck() > 10, "{}", line.struck());
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_is_locked_between_two_pieces_goes_on_from_the_last() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let form = publish_large(&office, "1", 300_000);
        let line = Proxy::before(office.address, Line::default()).await;
        let phone = Phone::impatient(&line.url(), folder.path(), Duration::from_secs(20));
        phone.log_in("petugas1").await;
        let newer = publish_large(&office, "2", 300_000);
        assert!(bytes_of(&phone, form).is_some());
        // A piece or two come through on a connection, and no more.
        line.change_mast();
        line.next(std::iter::repeat_n(Fault::CutDown(60_000), 20));
        let next = |phone: &Phone| {
            let next = phone.device.with_store(|store| store.next_piece().unwrap());
            next.unwrap().filter(|next| next.from > 0)
        };
        let mut rounds = 0;
        let before = loop {
            phone.sync().await;
            if let Some(next) = next(&phone) {
                break next;
            }
            rounds += 1;
            assert!(rounds < 20, "something comes");
        };
        assert_eq!(before.record, newer);
        drop(phone);
        let phone = Phone::impatient(&line.url(), folder.path(), Duration::from_secs(20));
        phone.unlock("petugas1").await;
        let after = next(&phone);
        assert!(
            after.is_none_or(|after| after.from >= before.from),
            "{after:?}"
        );
        while bytes_of(&phone, newer).is_none() {
            phone.sync().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_device_from_before_gets_large_records_whole_and_a_newer_one_gets_them_named() {
    let office = Office::open().await;
    let form = publish_large(&office, "1", 210_000);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let whole = officer.sync(&[]).await;
    assert!(whole.large.is_empty());
    assert!(whole.records.iter().any(|record| record.id == form));

    let mut request = serde_json::to_value(officer.request(&[])).unwrap();
    request["cursor"] = json!(0);
    request["room"] = json!(1_500_000);
    let reply = officer
        .post(anjangsana::sync::wire::SYNC_PATH, &request)
        .await;
    let reply: SyncReply = reply.json().await.unwrap();
    let [large] = reply.large.as_slice() else {
        panic!("one is named: {:?}", reply.large)
    };
    assert_eq!(large.id, form);
    assert!(reply.records.iter().all(|record| record.id != form));
    let all = |records: &[anjangsana::domain::Record]| records.len();
    assert_eq!(all(&reply.records) + 1, all(&whole.records));

    // Its pieces put together are its fields; of another revision there are none.
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < large.length {
        let path = format!(
            "{PIECES_PATH}/{form}/{}?from={}&most=60000",
            large.rev,
            bytes.len()
        );
        let piece = officer.get(&path).await;
        assert_eq!(piece.status(), 200);
        bytes.extend(piece.bytes().await.unwrap());
    }
    assert_eq!(attachment::sha256(&bytes), large.sha256);
    assert!(bytes.len() > LARGE);
    let fields: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(fields["version"], "1");
    for path in [
        format!("{PIECES_PATH}/{form}/{}?from=0&most=10", large.rev + 1),
        format!(
            "{PIECES_PATH}/{form}/{}?from={}&most=10",
            large.rev,
            large.length + 1
        ),
        format!(
            "{PIECES_PATH}/{}/{}?from=0&most=10",
            RecordId::of_text("x"),
            large.rev
        ),
    ] {
        assert_eq!(officer.get(&path).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn the_usual_room_is_said_with_a_zero_and_no_room_comes_from_a_device_from_before() {
    let office = Office::open().await;
    let form = publish_large(&office, "1", 210_000);
    for number in 0..10 {
        office.cooperative(&format!("{number}"), TOBOALI);
    }
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut request = serde_json::to_value(officer.request(&[])).unwrap();
    for (room, is_named) in [
        (Value::Null, false),
        (json!(0), true),
        (json!(1_500_000), true),
    ] {
        request["room"] = room.clone();
        let reply = officer
            .post(anjangsana::sync::wire::SYNC_PATH, &request)
            .await;
        let reply: SyncReply = reply.json().await.unwrap();
        assert_eq!(
            reply.large.iter().any(|one| one.id == form),
            is_named,
            "{room}"
        );
        assert_eq!(reply.packed.is_empty(), !is_named, "{room}");
    }
}

#[tokio::test]
async fn nobody_gets_pieces_of_what_they_may_not_see() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let other = office.hire("lain", Role::Officer, &[PAYUNG]);
    let mut visit = officer.visit("v", cooperative, TOBOALI);
    for number in 0..5 {
        let text = "a".repeat(19_000);
        visit.fields.insert(format!("a/lain/{number}"), json!(text));
    }
    officer.push(&visit).await;
    let mut request = serde_json::to_value(officer.request(&[])).unwrap();
    request["cursor"] = json!(0);
    request["room"] = json!(64_000);
    let reply = officer
        .post(anjangsana::sync::wire::SYNC_PATH, &request)
        .await;
    let reply: SyncReply = reply.json().await.unwrap();
    let large = reply
        .large
        .iter()
        .find(|one| one.id == visit.record)
        .unwrap();
    let path = format!("{PIECES_PATH}/{}/{}?from=0&most=10", large.id, large.rev);
    assert_eq!(officer.get(&path).await.status(), 200);
    // A draft is its officer's alone.
    let kabid = office.hire("kabid", Role::Supervisor, &[]);
    for who in [&other, &kabid] {
        assert_eq!(who.get(&path).await.status(), 404);
    }
}

#[tokio::test]
async fn a_form_arrives_over_a_line_on_which_a_whole_answer_takes_longer_than_a_call_may() {
    // A2. Forty times as fast as 50 kbit/s, and a fortieth of the time that a call may take there.
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        phone.ask(anjangsana::store::api::Request::Lock).await;
        drop(phone);
        let form = publish_large(&office, "1", 1_400_000);
        let line = Line {
            up: 2_000,
            down: 2_000,
            round_trip: Duration::from_millis(5),
        };
        let line = Proxy::before(office.address, line).await;
        let phone = Phone::impatient(&line.url(), folder.path(), Duration::from_secs(3));
        phone.unlock("petugas1").await;
        let mut rounds = 0;
        while bytes_of(&phone, form).is_none() {
            rounds += 1;
            assert!(rounds < 100, "it arrives");
            phone.sync().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_device_that_says_how_much_may_come_gets_no_more_and_in_the_end_everything() {
    let office = Office::open().await;
    for number in 0..40 {
        office.cooperative(&format!("{number}"), TOBOALI);
    }
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let everything = officer.sync(&[]).await.digest.unwrap().count;
    let mut request = serde_json::to_value(officer.request(&[])).unwrap();
    request["cursor"] = json!(0);
    request["room"] = json!(300);
    let (mut came, mut answers) = (0, 0);
    let digest = loop {
        let reply = officer
            .post(anjangsana::sync::wire::SYNC_PATH, &request)
            .await;
        let reply: SyncReply = reply.json().await.unwrap();
        let bytes =
            |one: &anjangsana::domain::Record| serde_json::to_string(&one.fields).unwrap().len();
        let sum: usize = reply.records.iter().map(bytes).sum();
        assert!(reply.records.len() == 1 || sum <= 300, "{sum}");
        came += reply.records.len() as u64;
        answers += 1;
        request["cursor"] = json!(reply.cursor);
        if !reply.more {
            break reply.digest.unwrap();
        }
    };
    assert_eq!((came, digest.count), (everything, everything));
    assert!(answers > 10, "{answers}");
}

/// Pulls everything with so little room. Gives how many records came whole and named, and the bytes of the longest answer that
/// holds more than one.
async fn pull_with_little_room(officer: &Dumb, room: u32) -> (usize, usize, usize) {
    let mut request = serde_json::to_value(officer.request(&[])).unwrap();
    request["cursor"] = json!(0);
    request["packed"] = json!(true);
    request["room"] = json!(room);
    let (mut whole, mut named, mut longest) = (0, 0, 0);
    loop {
        let answer = officer
            .post(anjangsana::sync::wire::SYNC_PATH, &request)
            .await;
        let body = answer.bytes().await.unwrap();
        let mut reply: SyncReply = serde_json::from_slice(&body).unwrap();
        reply.unpack().unwrap();
        let count = reply.records.len() + reply.large.len();
        assert!(count > 0 || !reply.more, "a page makes progress");
        if count > 1 {
            longest = longest.max(body.len());
        }
        whole += reply.records.len();
        named += reply.large.len();
        request["scope"] = json!(reply.scope);
        request["cursor"] = json!(reply.cursor);
        if !reply.more {
            return (whole, named, longest);
        }
    }
}

#[tokio::test]
async fn large_records_that_are_only_named_are_no_more_at_a_time_than_there_is_room_for() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    for number in 0..100 {
        let mut visit = officer.visit(&format!("v{number}"), cooperative, TOBOALI);
        let text = "a".repeat(9_000);
        visit.fields.insert("a/catatan".to_owned(), json!(text));
        officer.push(&visit).await;
    }
    let (_, named, longest) = pull_with_little_room(&officer, 8_000).await;
    assert_eq!(named, 100);
    assert!(longest < 9_000, "{longest}");
}

#[tokio::test]
async fn records_that_are_gone_are_no_more_at_a_time_than_there_is_room_for() {
    let office = Office::open().await;
    for number in 0..300 {
        office.cooperative(&format!("{number}"), PAYUNG);
        office.cooperative(&format!("{number}"), TOBOALI);
    }
    let officer = office.hire("ppl", Role::Officer, &[PAYUNG]);
    let (gone, _, longest) = pull_with_little_room(&officer, 8_000).await;
    assert!(gone >= 300, "{gone}");
    assert!(longest < 9_000, "{longest}");
}

/// A reply that names a large record, and nothing else.
fn naming(record: &str, rev: u64, fields: &str) -> SyncReply {
    let mut reply = store_merge::reply(rev, Vec::new(), Vec::new());
    reply.large.push(LargeRecord {
        kind: Kind::Form,
        id: RecordId::of_text(record),
        area: AreaCode::default(),
        rev,
        owner: None,
        length: fields.len() as u64,
        sha256: attachment::sha256(fields.as_bytes()),
    });
    reply
}

fn sheets(version: &str) -> String {
    json!({"form": "besar", "version": version, "survey": "", "choices": "", "settings": ""})
        .to_string()
}

/// Fetches everything that is to be fetched; which bytes come says the caller. The records asked for, in order.
fn fetch_all(device: &mut Device, bytes: impl Fn(RecordId) -> String) -> Vec<RecordId> {
    let mut asked = Vec::new();
    while let Some(next) = device.store.next_piece().unwrap() {
        assert!(asked.len() < 20, "it comes to an end: {asked:?}");
        asked.push(next.record);
        // An error is counted, and shown by what is asked for next.
        let _ = device
            .store
            .take_piece(Millis(100), &next, bytes(next.record).as_bytes());
    }
    asked
}

#[test]
fn a_large_record_that_cannot_be_taken_in_holds_up_no_other_and_is_tried_again_when_the_app_is_opened()
 {
    let (bad, good) = (RecordId::of_text("bad"), RecordId::of_text("good"));
    // Never what was named; whole, but no JSON.
    for (named, comes) in [(sheets("1"), sheets("2")), ("{\"".into(), "{\"".into())] {
        let mut device = Device::new();
        device.pull(naming("bad", 20, &named));
        device.pull(naming("good", 21, &sheets("3")));
        let bytes = |record| {
            if record == bad {
                comes.clone()
            } else {
                sheets("3")
            }
        };
        let asked = fetch_all(&mut device, bytes);
        assert_eq!(asked, [bad, good, bad, bad], "the others come first");
        assert!(device.store.fields_of(good).unwrap().is_some());

        // Its name comes again with every pull from the beginning; that is no reason to try again.
        let mut agreed = naming("bad", 20, &named);
        agreed.digest = Some(Digest {
            count: 1,
            rev_sum: 1,
        });
        agreed.cursor = 21;
        let applied = device.store.apply(Millis(100), &agreed).unwrap();
        assert!(!applied.fetch, "nothing more to fetch");
        assert!(
            !applied.mismatch,
            "what is set aside is no reason to pull everything anew"
        );
        let last_ok = device.store.sync_facts().unwrap().last_ok;
        assert_eq!(last_ok, Some(Millis(100)), "the rest is in step");

        let mut device = device.reopened();
        let asked = fetch_all(&mut device, |_| named.clone());
        assert_eq!(asked[0], bad);
        let is_mended = device.store.fields_of(bad).unwrap().is_some();
        assert_eq!(is_mended, named != comes, "unreadable it stays");
    }
}

#[test]
fn the_older_copy_of_a_record_that_is_set_aside_stays_and_a_newer_revision_is_fetched() {
    let mut device = Device::new();
    let form = RecordId::of_text("form");
    let before = device.store.fields_of(form).unwrap();
    // Everything comes anew, and the form in pieces that are not the form.
    device.store.forget_cursor().unwrap();
    let mut anew = naming("form", 20, &sheets("2"));
    anew.records = vec![store_merge::visit_at(10, json!({"a/x": "1", "a/y": "1"}))];
    device.pull(anew);
    fetch_all(&mut device, |_| sheets("x"));
    device.pull(store_merge::reply(21, Vec::new(), Vec::new()));
    assert_eq!(device.store.fields_of(form).unwrap(), before);

    device.pull(naming("form", 22, &sheets("3")));
    fetch_all(&mut device, |_| sheets("3"));
    let now = device.store.fields_of(form).unwrap().unwrap();
    assert!(now.contains("\"3\""), "{now}");
}
