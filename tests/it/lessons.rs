//! What users of other systems suffered, each as a test of what we promise instead. The numbers are those of our list.

use std::sync::{Arc, atomic::AtomicBool, atomic::Ordering::Relaxed};

use anjangsana::domain::id::Entropy;
use anjangsana::domain::{DeviceId, Kind, Millis, RecordId, Role, VisitState};
use anjangsana::server::demo;
use anjangsana::server::forms::{self, Sheets};
use anjangsana::server::repo::{Log, log::Answered};
use anjangsana::store::api::{Keep, Place, Reply, Request, StoreError, SyncPhase, Transfer};
use anjangsana::store::{Moment, Store};
use anjangsana::sync::backoff;
use anjangsana::sync::upload::FIRST_PIECE;
use anjangsana::sync::wire::{Limits, MutationResult, Outcome, RejectCode, SYNC_PATH};
use rusqlite::Connection;
use serde_json::json;

use crate::backup;
use crate::cutting_proxy::{Fault, Line, Proxy};
use crate::device_sync::{PIN, Phone, demo_office, local};
use crate::device_uploads::whole;
use crate::server_attachments::photo;
use crate::server_office::{Office, TOBOALI, log_of, record_of, rev};
use crate::store_merge::{self, Device};

/// Two phones of one officer with the same draft.
async fn two_phones(office: &Office, folder: &std::path::Path) -> (Phone, Phone, RecordId) {
    let one = Phone::new(office, &folder.join("1"));
    let two = Phone::new(office, &folder.join("2"));
    one.log_in("petugas1").await;
    two.log_in("petugas1").await;
    let visit = one.start().await;
    one.answer(visit, "no_spt", "SPT-1").await;
    one.sync().await;
    two.sync().await;
    (one, two, visit)
}

#[tokio::test]
async fn l01_a_pull_never_overwrites_what_is_unsent() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let (one, two, visit) = two_phones(&office, folder.path()).await;
        one.answer(visit, "kabid_hadir", "ya").await;
        one.sync().await;
        two.answer(visit, "jenis_layanan", "pelatihan").await;
        two.sync().await;
        let answers = two.visit(visit).await.visit.answers;
        assert_eq!(answers["kabid_hadir"], "ya");
        assert_eq!(answers["jenis_layanan"], "pelatihan");
        assert!(two.queue().await.items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn l02_the_loser_of_a_conflict_is_shown_and_stays_in_the_history() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let (one, two, visit) = two_phones(&office, folder.path()).await;
        one.answer(visit, "no_spt", "SPT-menang").await;
        one.sync().await;
        two.ask(Request::Network { online: false }).await;
        two.answer(visit, "no_spt", "SPT-kalah").await;
        two.sync().await;
        let item = two.queue().await.items.remove(0);
        assert_eq!(item.transfer, Transfer::Conflict);
        assert_eq!(item.differences[0].mine.as_deref(), Some("SPT-kalah"));
        two.ask(Request::Resolve {
            mutation: item.mutation,
            keep: Keep::Theirs,
        })
        .await;
        two.sync().await;
        assert_eq!(
            two.visit(visit).await.visit.answers["no_spt"],
            "SPT-menang"
        );
        let kept: i64 = office.change(|db| {
            let sql = "select count(*) from mutation where outcome = 'conflict' and fields like '%SPT-kalah%'";
            db.query_row(sql, [], |row| row.get(0)).unwrap()
        });
        assert_eq!(kept, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn l03_a_retry_makes_nothing_twice_even_when_two_race() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let visits: Vec<_> = (0..6)
        .map(|number| officer.visit(&format!("kunjungan {number}"), cooperative, TOBOALI))
        .collect();
    // Two retries of the same batch at once, again and again, in both orders.
    let racing = (0..8).map(|turn| {
        let (mut phone, mut batch) = (officer.clone(), visits.clone());
        if turn % 2 == 1 {
            batch.reverse();
        }
        tokio::spawn(async move { phone.sync(&batch).await.results })
    });
    let mut revs = std::collections::BTreeMap::new();
    let mut applied = 0;
    for racer in racing.collect::<Vec<_>>() {
        for result in racer.await.unwrap() {
            applied += usize::from(matches!(result.outcome, Outcome::Applied { .. }));
            let first = *revs.entry(result.id).or_insert(rev(&result.outcome));
            assert_eq!(first, rev(&result.outcome), "the same answer for ever");
        }
    }
    assert_eq!((applied, revs.len()), (6, 6));
    let there: i64 = office.change(|db| {
        db.query_row(
            "select count(*) from record where kind = 'visit'",
            [],
            |row| row.get(0),
        )
        .unwrap()
    });
    assert_eq!(there, 6);
}

#[test]
fn l04_the_service_worker_leaves_every_request_alone_that_sends_something() {
    let worker = include_str!("../../assets/public/sw.js");
    let handler = worker
        .split_once("addEventListener(\"fetch\"")
        .expect("it has a fetch handler")
        .1;
    let answers = handler.find("respondWith").expect("it answers something");
    let (before, _) = handler.split_at(answers);
    assert!(
        before.contains("GET") && before.contains("return"),
        "{before}"
    );
    assert!(before.contains("NEVER"), "{before}");
    let never = worker.lines().find(|line| line.contains("const NEVER"));
    assert!(never.is_some_and(|line| line.contains("/api")));
}

#[tokio::test]
async fn l05_a_second_owner_takes_the_database_over_with_everything_in_it() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let first = Phone::new(&office, folder.path());
        first.log_in("petugas1").await;
        let visit = first.start().await;
        first.answer(visit, "no_spt", "SPT-5").await;
        // A sync is under way while the other tab takes over.
        first.ask(Request::SyncNow).await;
        first.device.close().unwrap();
        let second = Phone::new(&office, folder.path());
        let unlock = Request::Unlock {
            username: "petugas1".to_owned(),
            pin: PIN.to_owned(),
        };
        second.ask(unlock).await;
        assert_eq!(second.visit(visit).await.visit.answers["no_spt"], "SPT-5");
        assert_eq!(first.refused(Request::Home).await, StoreError::NotOpen);
        second.sync().await;
        assert!(second.queue().await.items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn l06_how_old_and_how_much_the_unsent_work_is_can_be_told() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        phone.ask(Request::Network { online: false }).await;
        let visit = phone.start().await;
        let begun = phone.queue().await.items[0].since;
        phone.answer(visit, "no_spt", "SPT-6").await;
        let other = phone.start().await;
        let items = phone.queue().await.items;
        assert_eq!(items.len(), 2, "{other} too");
        assert_eq!(
            items[0].since, begun,
            "the oldest first, as old as its oldest change"
        );
        assert!(items[1].since >= begun);
        let facts = phone.device.with_store(|store| store.sync_facts().unwrap());
        assert_eq!(facts.unwrap().unsent, 2);
    })
    .await;
}

#[tokio::test]
async fn l07_a_bad_change_is_set_aside_and_the_queue_goes_on() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let bad = phone.start().await;
        phone
            .ask(Request::SubmitVisit {
                visit: bad,
                result: None,
                judged: None,
            })
            .await;
        let good = phone.start().await;
        phone.fill_short(good).await;
        phone
            .ask(Request::SubmitVisit {
                visit: good,
                result: None,
                judged: None,
            })
            .await;
        phone.sync().await;
        assert!(matches!(
            phone.visit(good).await.transfer,
            Transfer::Sent { .. }
        ));
        assert!(matches!(
            phone.visit(bad).await.transfer,
            Transfer::SetAside { .. }
        ));
        // A failure never puts the next try off by more than five minutes.
        assert!((0..=255).all(|jitter| backoff::wait(u32::MAX, jitter) <= 5 * 60_000));
    })
    .await;
}

#[tokio::test]
async fn l08_sent_is_said_only_of_what_the_server_has() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        phone.ask(Request::Lock).await;
        let unlock = || Request::Unlock {
            username: "petugas1".to_owned(),
            pin: PIN.to_owned(),
        };
        let away = Phone::at("http://127.0.0.1:1", folder.path());
        away.ask(unlock()).await;
        away.sync().await;
        assert!(matches!(
            away.visit(visit).await.transfer,
            Transfer::Failed(_)
        ));
        away.ask(Request::Lock).await;
        let back = Phone::new(&office, folder.path());
        back.ask(unlock()).await;
        back.sync().await;
        assert!(matches!(
            back.visit(visit).await.transfer,
            Transfer::Sent { .. }
        ));
        let there = office.change(|db| log_of(db, visit).len());
        assert_eq!(there, 1);
    })
    .await;
}

#[tokio::test]
async fn l09_the_end_of_a_session_takes_no_work_with_it() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        office.change(|db| db.execute("update session set revoked = 1", []).unwrap());
        phone.sync().await;
        assert_eq!(phone.queue().await.sync.phase, SyncPhase::LoginNeeded);
        phone.answer(visit, "no_spt", "SPT-9").await;
        phone.log_in("petugas2").await;
        phone.log_in("petugas1").await;
        assert_eq!(phone.visit(visit).await.visit.answers["no_spt"], "SPT-9");
        phone.sync().await;
        assert!(phone.queue().await.items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn l10_a_new_version_of_the_form_breaks_no_open_draft() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        phone.fill_short(visit).await;
        let before = phone.visit(visit).await;
        office.change(|db| {
            let sheets = Sheets {
                survey: "type,name,label\ntext,lain,Lain\n",
                choices: "list_name,name,label\n",
                settings: "form_id,form_title,version\nkunjungan,Kunjungan,9999\n",
            };
            forms::publish(db, sheets, Millis(1)).unwrap();
        });
        phone.sync().await;
        let after = phone.visit(visit).await;
        assert_eq!(after.visit.answers, before.visit.answers);
        phone
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        phone.sync().await;
        assert!(phone.queue().await.items.is_empty());
        assert_eq!(phone.visit(visit).await.state, VisitState::Submitted);
    })
    .await;
}

#[test]
fn l11_a_change_never_overtakes_what_it_needs() {
    let mut device = Device::new();
    let visit = match device.ask(Request::StartVisit {
        cooperative: RecordId::of_text("cooperative"),
    }) {
        Reply::Started(visit) => visit,
        _ => panic!("not started"),
    };
    let request = device
        .store
        .prepare(Millis(100), Limits::default())
        .unwrap();
    let created = request
        .mutations
        .iter()
        .find(|one| one.record == visit)
        .unwrap();
    let refused = MutationResult {
        id: created.id,
        outcome: Outcome::Rejected {
            code: RejectCode::Unknown,
            reason: "the cooperative is unknown".to_owned(),
        },
    };
    device.pull(store_merge::reply(11, vec![refused], Vec::new()));
    assert_eq!(device.batch(), []);
    device.ask(Request::SaveAnswers {
        visit,
        changes: vec![("x".to_owned(), Some("1".to_owned()))],
        place: None,
    });
    let batch = device.batch();
    let [(_, fields)] = batch.as_slice() else {
        panic!("one change, whole: {batch:?}")
    };
    assert!(fields.contains_key("cooperative") && fields.contains_key("a/x"));
}

#[tokio::test]
async fn l12_every_answer_is_on_disk_when_it_is_told_and_the_place_too() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        let place = Place {
            page: "organisasi".to_owned(),
            question: Some("no_spt".to_owned()),
        };
        phone
            .ask(Request::SaveAnswers {
                visit,
                changes: vec![("no_spt".to_owned(), Some("SPT-12".to_owned()))],
                place: Some(place.clone()),
            })
            .await;
        // The process is gone without a word: another one opens what lies on the disk.
        let again = Phone::new(&office, folder.path());
        again
            .ask(Request::Unlock {
                username: "petugas1".to_owned(),
                pin: PIN.to_owned(),
            })
            .await;
        let detail = again.visit(visit).await;
        assert_eq!(detail.visit.answers["no_spt"], "SPT-12");
        assert_eq!(detail.place, Some(place));
    })
    .await;
}

#[tokio::test]
async fn l13_a_photo_follows_the_text_and_goes_on_in_the_middle_of_the_file() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let line = Proxy::before(office.address, Line::default()).await;
        // As large as the app lets a photo be; that it makes them so is tested in a browser.
        let bytes = photo(13, 300_000);
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        phone.ask(Request::Network { online: false }).await;
        phone.ask(Request::PhotosByWifi { only: true }).await;
        let visit = phone.start().await;
        phone.fill_short(visit).await;
        let name = phone.photographs(visit, "foto_lokasi", &bytes).await;
        phone
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        phone.ask(Request::Lock).await;
        let phone = Phone::at(&line.url(), folder.path());
        phone.unlock("petugas1").await;
        phone.sync().await;
        assert!(matches!(
            phone.visit(visit).await.transfer,
            Transfer::PhotosFollow(1)
        ));
        let arrived = office.change(|db| log_of(db, visit).len());
        assert_eq!(arrived, 1, "the text is there");
        // The mast is lost in the middle of the photo.
        line.next([Fault::CutUp(180_000)]);
        line.change_mast();
        let (before, _) = line.carried();
        while phone.photos().await.waiting > 0 {
            phone.ask(Request::SendPhotos).await;
            phone.photos_rest().await;
        }
        assert!(whole(&office, &name).unwrap() == bytes);
        assert_eq!(line.struck(), 1);
        // At most the piece that was cut, the second one, went again. Heads and answers are in it.
        let carried = line.carried().0 - before;
        let most = 300_000 + 2 * FIRST_PIECE + 30_000;
        assert!(carried < most, "{carried} bytes for 300000 of a photo");
    })
    .await;
}

#[tokio::test]
async fn l14_a_first_sync_comes_in_pages_of_what_the_officer_sees() {
    let office = Office::open().await;
    for number in 0..1_100 {
        let area = if number % 2 == 0 { TOBOALI } else { "19.03.05" };
        office.cooperative(&format!("{number}"), area);
    }
    let mut phone = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut seen = std::collections::BTreeSet::new();
    let mut pages = 0;
    loop {
        let reply = phone.sync(&[]).await;
        pages += 1;
        assert!(reply.records.len() <= 500);
        for record in &reply.records {
            assert!(record.kind != Kind::Cooperative || record.area.0 == TOBOALI);
            assert!(seen.insert(record.id), "nothing comes twice");
        }
        if !reply.more {
            assert_eq!(reply.digest.unwrap().count, seen.len() as u64);
            break;
        }
    }
    assert_eq!((pages, seen.len()), (2, 552));
}

#[test]
fn l15_a_page_that_came_is_progress_that_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let user = store_merge::user();
    let device = DeviceId::of_text("device");
    let mut store = Store::open(Connection::open(&file).unwrap(), Some(&user), device).unwrap();
    let mut page = store_merge::reply(
        40,
        Vec::new(),
        vec![store_merge::record(
            Kind::Cooperative,
            "cooperative",
            40,
            None,
            json!({"Koperasi": "Koperasi CONTOH"}),
        )],
    );
    page.more = true;
    assert!(store.apply(Millis(1), &page).unwrap().pull);
    drop(store);
    let mut store = Store::open(Connection::open(&file).unwrap(), None, device).unwrap();
    let next = store.prepare(Millis(2), Limits::default()).unwrap();
    assert_eq!(next.cursor, 40, "it goes on where it broke off");
}

#[tokio::test]
async fn l18_clocks_are_written_down_and_decide_nothing() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut visit = officer.visit("kunjungan", cooperative, TOBOALI);
    // A phone that believes it is 1970, and one that believes it is 2100: the second to arrive is the later one.
    visit.at = Millis(0);
    officer.push(&visit).await;
    let mut late = officer.edit("kunjungan", 99, json!({"a/nama": "kedua"}));
    late.at = Millis(4_102_444_800_000);
    officer.push(&late).await;
    let mut last = officer.edit("kunjungan", 99, json!({"a/nama": "ketiga"}));
    last.at = Millis(-5);
    officer.push(&last).await;
    let entries = office.change(|db| log_of(db, record_of("kunjungan")));
    let names: Vec<_> = entries
        .iter()
        .map(|entry| entry.fields["a/nama"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Hasan", "kedua", "ketiga"]);
    for entry in &entries {
        let sent_at = 5; // what every request of these tests says
        assert_eq!(entry.clock, Some(entry.received_at.0 - sent_at));
    }
    assert_eq!(entries[1].at, Millis(4_102_444_800_000));
}

#[tokio::test]
async fn l20_nothing_new_costs_one_small_request() {
    let office = Office::open().await;
    for number in 0..50 {
        office.cooperative(&format!("{number}"), TOBOALI);
    }
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    officer.sync(&[]).await;
    let body = officer
        .post(SYNC_PATH, &officer.request(&[]))
        .await
        .text()
        .await
        .unwrap();
    assert!(!body.contains("records") && body.len() < 400, "{body}");
    // One change elsewhere: that one record, not the list.
    office.cooperative("baru", TOBOALI);
    assert_eq!(officer.sync(&[]).await.records.len(), 1);
}

#[tokio::test]
async fn l21_what_was_not_applied_is_listed_with_its_reason_here_and_at_the_server() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        phone
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        phone.sync().await;
        let item = phone.queue().await.items.remove(0);
        let Transfer::SetAside { reason, .. } = item.transfer else {
            panic!("not set aside")
        };
        let (answered, _) = office
            .change(|db| db.answer_to(item.mutation).unwrap())
            .expect("the server wrote it down");
        assert_eq!(answered, Answered::Rejected(RejectCode::Incomplete, reason));
    })
    .await;
}

#[tokio::test]
async fn l22_a_refusal_says_what_is_wrong_and_loses_nothing() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        phone.answer(visit, "no_spt", "SPT-22").await;
        phone
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        phone.sync().await;
        let detail = phone.visit(visit).await;
        let Transfer::SetAside { code, reason } = detail.transfer else {
            panic!("not set aside")
        };
        assert_eq!(code, RejectCode::Incomplete);
        assert!(
            reason.contains("Hasil pencarian koperasi di lokasi: ")
                && !reason.contains("keberadaan"),
            "by its label: {reason}"
        );
        assert_eq!(detail.visit.answers["no_spt"], "SPT-22");
    })
    .await;
}

#[tokio::test]
async fn l23_what_is_unsent_leaves_a_phone_in_a_file_and_is_sent_from_another() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let lost = Phone::new(&office, &folder.path().join("1"));
        lost.log_in("petugas1").await;
        lost.ask(Request::Network { online: false }).await;
        let visit = lost.start().await;
        lost.answer(visit, "no_spt", "SPT-23").await;
        let file = backup::back_up(&lost, demo::PASSWORD).await.unwrap();
        drop(lost);
        let other = Phone::new(&office, &folder.path().join("2"));
        other.log_in("petugas1").await;
        for _ in 0..2 {
            backup::restore(&other, &file, demo::PASSWORD)
                .await
                .unwrap();
            other.sync().await;
        }
        assert!(other.queue().await.items.is_empty());
        let entries = office.change(|db| log_of(db, visit));
        assert_eq!(entries.len(), 1, "twice taken in, once sent");
        assert_eq!(entries[0].fields["a/no_spt"], "SPT-23");
    })
    .await;
}

/// Every lesson that is about sync, storage and attachments has a test of its number here or elsewhere in these tests.
#[test]
fn every_lesson_has_a_test_that_bears_its_number() {
    let mut named = std::collections::BTreeSet::new();
    for folder in ["tests/it", "tests/e2e"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for rest in text.split("fn l").skip(1) {
                let number = rest.split('_').next().unwrap();
                named.extend(number.parse::<u32>().ok());
            }
        }
    }
    let lessons = (1..=15).chain([18]).chain(20..=24);
    let missing: Vec<u32> = lessons.filter(|number| !named.contains(number)).collect();
    assert!(missing.is_empty(), "without a test: {missing:?}");
}

#[test]
fn l24_a_crash_between_two_writes_leaves_neither() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let (user, device) = (store_merge::user(), DeviceId::of_text("device"));
    let crash = Arc::new(AtomicBool::new(false));
    let mut db = Connection::open(&file).unwrap();
    let strikes = Arc::clone(&crash);
    db.commit_hook(Some(move || strikes.load(Relaxed))).unwrap();
    let mut store = Store::open(db, Some(&user), device).unwrap();
    let records = vec![
        store_merge::record(
            Kind::Cooperative,
            "cooperative",
            1,
            None,
            json!({"Koperasi": "CONTOH"}),
        ),
        store_merge::visit_at(10, json!({"a/x": "1"})),
    ];
    store
        .apply(Millis(1), &store_merge::reply(10, Vec::new(), records))
        .unwrap();
    let visit = store_merge::visit();
    let answer = |store: &mut Store, value: &str| {
        let mut entropy = || Entropy::from([7; 10]);
        let mut moment = Moment {
            now: Millis(2),
            entropy: &mut entropy,
        };
        let changes = vec![("x".to_owned(), Some(value.to_owned()))];
        store.handle(
            &mut moment,
            Request::SaveAnswers {
                visit,
                changes,
                place: None,
            },
        )
    };
    crash.store(true, Relaxed);
    assert!(
        answer(&mut store, "2").is_err(),
        "nobody is told that it is saved"
    );
    drop(store);
    let mut store = Store::open(Connection::open(&file).unwrap(), None, device).unwrap();
    assert_eq!(store.sync_facts().unwrap().unsent, 0);
    answer(&mut store, "3").unwrap();
    let request = store.prepare(Millis(3), Limits::default()).unwrap();
    assert_eq!(request.mutations.len(), 1, "the queue works as before");
    assert_eq!(request.mutations[0].fields["a/x"], "3");
}
