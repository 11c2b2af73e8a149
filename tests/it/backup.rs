//! L23: unsent work is never trapped in a phone. A file made without a network brings it to the server or to another phone,
//! and whatever came another way before or after doubles nothing and changes nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anjangsana::domain::{AttachmentName, Decision, RecordId, VisitState};
use anjangsana::server::{accounts, demo};
use anjangsana::store::api::{
    Bytes, Keep, Reply, Request, Restored, ReviewDraft, StoreError, Transfer,
};
use anjangsana::sync::backup::Fault;
use rusqlite::Connection;

use crate::device_sync::{PIN, Phone, demo_office, local};
use crate::server_command::{run, text};
use crate::server_office::Office;

const PHOTO: &[u8] = b"\xff\xd8\xff a photo of a meeting";

/// Writes a backup file on a phone.
pub(crate) async fn back_up(phone: &Phone, password: &str) -> Result<Vec<u8>, StoreError> {
    let begin = Request::BackUp {
        password: password.to_owned(),
    };
    let mut file = Vec::new();
    let mut reply = phone.device.ask(begin).await?;
    while let Reply::Bytes(bytes) = reply {
        if bytes.0.is_empty() {
            break;
        }
        file.extend(bytes.0);
        reply = phone.device.ask(Request::BackUpMore).await?;
    }
    Ok(file)
}

/// Reads a backup file on a phone, in pieces as a page does.
pub(crate) async fn restore(
    phone: &Phone,
    file: &[u8],
    password: &str,
) -> Result<Restored, StoreError> {
    let pieces = file.chunks(100_000).count();
    for (at, piece) in file.chunks(100_000).enumerate() {
        let request = Request::Restore {
            password: (at == 0).then(|| password.to_owned()),
            bytes: Bytes(piece.to_vec()),
            last: at + 1 == pieces,
        };
        if let Reply::Restored(restored) = phone.device.ask(request).await? {
            return Ok(restored);
        }
    }
    panic!("no end")
}

async fn rescue(office: &Office, file: &[u8], password: &str) -> (bool, String) {
    rescue_with(office, file, password, &[]).await
}

async fn rescue_with(
    office: &Office,
    file: &[u8],
    password: &str,
    more: &[&str],
) -> (bool, String) {
    let path = office.folder().join("phone.cadangan");
    std::fs::write(&path, file).unwrap();
    let arguments = ["rescue", path.to_str().unwrap(), "--password-stdin"];
    let arguments = [&arguments[..], more].concat();
    let done = run(office.folder(), &arguments, &format!("{password}\n")).await;
    let said = format!("{}{}", text(&done.stdout), text(&done.stderr));
    (done.status.success(), said)
}

/// The store's file on a phone.
fn store_file(folder: &Path) -> PathBuf {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("store-") && name.ends_with(".db")
        })
        .unwrap()
}

/// Everything the server has and has logged, in a form that shows any difference.
fn everything(office: &Office) -> Vec<String> {
    let database = Connection::open(office.folder().join("anjangsana.sqlite")).unwrap();
    let mut statement = database
        .prepare(
            "select rev || ' ' || id || ' ' || fields from record
             union all select id || ' ' || outcome || ' ' || ifnull(rev, 0) || ' ' || fields from mutation order by 1",
        )
        .unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// A phone with a visit that was sent in part, a draft, a photo, and no signal any more.
async fn phone_at_sea(office: &Office, folder: &Path) -> (Phone, [RecordId; 2], AttachmentName) {
    let phone = Phone::new(office, folder);
    phone.log_in("petugas1").await;
    let known = phone.start().await;
    phone.answer(known, "no_spt", "SPT-1").await;
    phone.sync().await;
    phone.ask(Request::Network { online: false }).await;
    phone.fill_short(known).await;
    phone.answer(known, "no_spt", "SPT-laut").await;
    let name = AttachmentName::of(PHOTO, "image/jpeg").unwrap();
    let beside = Connection::open(store_file(folder)).unwrap();
    beside
        .execute(
            "insert into attachment (name, size, bytes, made, state) values (?, ?, ?, 5, 'here')",
            (name.as_str(), PHOTO.len(), PHOTO),
        )
        .unwrap();
    phone.answer(known, "foto_lokasi", name.as_str()).await;
    phone
        .ask(Request::SubmitVisit {
            visit: known,
            result: None,
            judged: None,
        })
        .await;
    let draft = phone.start().await;
    phone.answer(draft, "no_spt", "SPT-draf").await;
    (phone, [known, draft], name)
}

async fn arrived(phone: &Phone, [known, draft]: [RecordId; 2]) {
    let sent = phone.visit(known).await;
    assert_eq!(sent.visit.answers["no_spt"], "SPT-laut");
    assert_eq!(sent.state, VisitState::Submitted);
    let draft = phone.visit(draft).await;
    assert_eq!(draft.visit.answers["no_spt"], "SPT-draf");
    assert_eq!(draft.state, VisitState::Draft);
    assert!(phone.queue().await.items.is_empty());
}

#[tokio::test]
async fn the_server_takes_a_file_in_and_what_the_phone_sends_afterwards_changes_nothing() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (phone, visits, photo) = phone_at_sea(&office, folder.path()).await;
        let file = back_up(&phone, demo::PASSWORD).await.unwrap();
        let (done, said) = rescue(&office, &file, demo::PASSWORD).await;
        assert!(done, "{said}");
        assert!(
            said.contains("2 applied, 0 known already, 0 refused, 0 to be decided; 1 photos kept"),
            "{said}"
        );
        assert!(said.contains(&visits[0].to_string()), "{said}");
        let kept = office
            .folder()
            .join("attachments/whole")
            .join(photo.hash().get(..2).unwrap())
            .join(photo.as_str());
        assert_eq!(std::fs::read(kept).unwrap(), PHOTO);

        let after = everything(&office);
        let (done, said) = rescue(&office, &file, demo::PASSWORD).await;
        assert!(
            done && said.contains("0 applied, 2 known already"),
            "{said}"
        );
        assert_eq!(everything(&office), after, "a file taken in again");

        phone.ask(Request::Network { online: true }).await;
        phone.sync().await;
        assert_eq!(everything(&office), after, "the phone came back");
        arrived(&phone, visits).await;
    })
    .await;
}

#[tokio::test]
async fn a_file_taken_in_after_the_phone_came_back_changes_nothing() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (phone, visits, _) = phone_at_sea(&office, &folder.path().join("1")).await;
        let file = back_up(&phone, demo::PASSWORD).await.unwrap();
        phone.ask(Request::Network { online: true }).await;
        phone.sync().await;
        // And the draft was written on meanwhile.
        phone.answer(visits[1], "no_spt", "SPT-baru").await;
        phone.sync().await;
        let after = everything(&office);
        let (done, said) = rescue(&office, &file, demo::PASSWORD).await;
        assert!(
            done && said.contains("0 applied, 2 known already"),
            "{said}"
        );
        assert_eq!(everything(&office), after);

        // Nor does another phone that has everything already fall back to what the file says.
        let other = Phone::new(&office, &folder.path().join("2"));
        other.log_in("petugas1").await;
        restore(&other, &file, demo::PASSWORD).await.unwrap();
        other.sync().await;
        assert_eq!(everything(&office), after);
        let visit = other.visit(visits[1]).await.visit;
        assert_eq!(visit.answers["no_spt"], "SPT-baru");
        assert!(other.queue().await.items.is_empty());

        // And the phone itself knows what it wrote.
        let again = restore(&phone, &file, demo::PASSWORD).await.unwrap();
        assert_eq!((again.changes, again.known), (0, 2));
        let visit = phone.visit(visits[1]).await.visit;
        assert_eq!(visit.answers["no_spt"], "SPT-baru");
    })
    .await;
}

#[tokio::test]
async fn another_phone_of_the_officer_takes_the_file_in_shows_it_and_sends_it() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (lost, visits, photo) = phone_at_sea(&office, &folder.path().join("1")).await;
        let file = back_up(&lost, demo::PASSWORD).await.unwrap();
        let place = folder.path().join("2");
        let other = Phone::new(&office, &place);
        other.log_in("petugas1").await;
        other.ask(Request::Network { online: false }).await;
        let restored = restore(&other, &file, demo::PASSWORD).await.unwrap();
        let wanted = Restored {
            changes: 2,
            known: 0,
            photos: 1,
        };
        assert_eq!(restored, wanted);
        // At once, before any signal.
        assert_eq!(other.visit(visits[0]).await.state, VisitState::Submitted);
        assert_eq!(
            other.visit(visits[1]).await.visit.answers["no_spt"],
            "SPT-draf"
        );
        let beside = Connection::open(store_file(&place)).unwrap();
        let (bytes, state): (Vec<u8>, String) = beside
            .query_row(
                "select bytes, state from attachment where name = ?",
                [photo.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert_eq!((bytes.as_slice(), &*state), (PHOTO, "here"));
        let twice = restore(&other, &file, demo::PASSWORD).await.unwrap();
        assert_eq!(
            twice,
            Restored {
                changes: 0,
                known: 2,
                photos: 0
            }
        );

        other.ask(Request::Network { online: true }).await;
        other.sync().await;
        arrived(&other, visits).await;
        let after = everything(&office);
        let late = restore(&other, &file, demo::PASSWORD).await.unwrap();
        assert_eq!(
            late,
            Restored {
                changes: 0,
                known: 2,
                photos: 0
            }
        );

        // The phone is found again. It has been written on since the backup, and that is no part of the file.
        lost.answer(visits[1], "kabid_hadir", "ya").await;
        lost.ask(Request::Network { online: true }).await;
        lost.sync().await;
        arrived(&lost, visits).await;
        other.sync().await;
        assert_eq!(
            other.visit(visits[1]).await.visit.answers["kabid_hadir"],
            "ya"
        );
        assert_eq!(
            everything(&office).len(),
            after.len() + 1,
            "one change more, nothing doubled"
        );
        let (done, said) = rescue(&office, &file, demo::PASSWORD).await;
        assert!(
            done && said.contains("0 applied, 2 known already"),
            "{said}"
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_written_on_this_phone_stays_when_another_phones_older_file_is_taken_in() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (lost, visits, _) = phone_at_sea(&office, &folder.path().join("1")).await;
        let file = back_up(&lost, demo::PASSWORD).await.unwrap();
        let (done, said) = rescue(&office, &file, demo::PASSWORD).await;
        assert!(done, "{said}");
        let other = Phone::new(&office, &folder.path().join("2"));
        other.log_in("petugas1").await;
        other.sync().await;
        other.ask(Request::Network { online: false }).await;
        other.answer(visits[1], "no_spt", "SPT-baru").await;
        let seen = async || other.visit(visits[1]).await.visit.answers["no_spt"].clone();
        restore(&other, &file, demo::PASSWORD).await.unwrap();
        assert_eq!(seen().await, "SPT-baru");
        other.ask(Request::Network { online: true }).await;
        other.sync().await;
        assert_eq!(seen().await, "SPT-baru");
        lost.ask(Request::Network { online: true }).await;
        lost.sync().await;
        assert_eq!(
            lost.visit(visits[1]).await.visit.answers["no_spt"],
            "SPT-baru"
        );
    })
    .await;
}

#[tokio::test]
async fn what_two_phones_said_differently_is_in_the_history_when_one_takes_the_others_file_and_comes_too_late()
 {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let [lost, own, third] =
            ["1", "2", "3"].map(|name| Phone::new(&office, &folder.path().join(name)));
        for phone in [&lost, &own, &third] {
            phone.log_in("petugas1").await;
        }
        let visit = third.start().await;
        third.fill_short(visit).await;
        third.sync().await;
        let submit = || Request::SubmitVisit {
            visit,
            result: None, judged: None,
        };
        for (phone, said) in [(&lost, "SPT-1"), (&own, "SPT-2")] {
            phone.sync().await;
            phone.ask(Request::Network { online: false }).await;
            phone.answer(visit, "no_spt", said).await;
        }
        lost.ask(submit()).await;
        let file = back_up(&lost, demo::PASSWORD).await.unwrap();
        // What stands in a file is frozen, so the submission waits behind it.
        back_up(&own, demo::PASSWORD).await.unwrap();
        own.ask(submit()).await;
        restore(&own, &file, demo::PASSWORD).await.unwrap();
        third.ask(submit()).await;
        third.sync().await;
        own.ask(Request::Network { online: true }).await;
        own.sync().await;
        for refused in own.queue().await.items {
            let mutation = refused.mutation;
            own.ask(Request::Resend { mutation }).await;
        }
        own.sync().await;
        let said = |what: &str| -> BTreeSet<String> {
            office.change(|db| {
                let sql = "select distinct fields ->> ?2 said from mutation where record = ?1 and said not null";
                let mut said = db.prepare(sql).unwrap();
                let said = said.query_map([visit.to_string(), what.to_owned()], |row| row.get(0));
                said.unwrap().map(Result::unwrap).collect()
            })
        };
        let texts = said("$.\"a/no_spt\"");
        assert!(texts.is_superset(&["SPT-1", "SPT-2"].map(str::to_owned).into()), "{texts:?}");
        assert_eq!(said("$.\"submission/1\"").len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_review_that_was_refused_twice_is_given_up_one_change_at_a_time() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = Phone::new(&office, &folder.path().join("officer"));
        officer.log_in("petugas1").await;
        let visit = officer.start().await;
        officer.fill_short(visit).await;
        officer
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        officer.sync().await;
        let desk = async |name: &str| {
            let phone = Phone::new(&office, &folder.path().join(name));
            phone.log_in("kabid").await;
            phone.sync().await;
            phone
        };
        let (one, two, three) = (desk("one").await, desk("two").await, desk("three").await);
        let review = |note: &str| Request::Review {
            visit,
            submission: 1,
            decision: Decision::Return,
            draft: ReviewDraft {
                note: note.to_owned(),
                ..ReviewDraft::default()
            },
        };
        one.ask(Request::Network { online: false }).await;
        one.ask(review("Pertama")).await;
        two.ask(review("Kedua")).await;
        two.sync().await;
        one.ask(Request::Network { online: true }).await;
        one.sync().await;
        // Refused; a file brings it to another phone, which tries again under another name, and its file comes back.
        let file = back_up(&one, demo::PASSWORD).await.unwrap();
        restore(&three, &file, demo::PASSWORD).await.unwrap();
        let refused = three.queue().await.items.remove(0).mutation;
        three.ask(Request::Resend { mutation: refused }).await;
        three.sync().await;
        let file = back_up(&three, demo::PASSWORD).await.unwrap();
        restore(&one, &file, demo::PASSWORD).await.unwrap();

        let mut given_up = 0;
        while let Some(item) = one.queue().await.items.pop() {
            assert!(matches!(item.transfer, Transfer::SetAside { .. }));
            one.ask(Request::Resolve {
                mutation: item.mutation,
                keep: Keep::Theirs,
            })
            .await;
            given_up += 1;
        }
        assert_eq!(given_up, 2);
        let notes = one.visit(visit).await.reviews;
        let notes: Vec<_> = notes.iter().map(|review| review.note.as_str()).collect();
        assert_eq!(notes, ["Kedua"], "the server's word stands");
    })
    .await;
}

#[tokio::test]
async fn what_is_written_after_a_backup_never_rides_on_a_change_that_the_server_has_from_the_file()
{
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (phone, visits, _) = phone_at_sea(&office, folder.path()).await;
        let file = back_up(&phone, demo::PASSWORD).await.unwrap();
        phone.answer(visits[1], "no_spt", "SPT-sesudah").await;
        assert!(rescue(&office, &file, demo::PASSWORD).await.0);
        phone.ask(Request::Network { online: true }).await;
        phone.sync().await;
        phone.sync().await;
        assert!(phone.queue().await.items.is_empty());
        let stored = everything(&office);
        assert!(stored.iter().any(|line| line.contains("SPT-sesudah")));
        assert_eq!(
            phone.visit(visits[1]).await.visit.answers["no_spt"],
            "SPT-sesudah"
        );
    })
    .await;
}

#[tokio::test]
async fn of_a_visit_that_another_phone_has_only_in_part_it_says_that_it_is_not_here_until_the_rest_comes()
 {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let other = Phone::new(&office, &folder.path().join("2"));
        other.log_in("petugas1").await;
        other.ask(Request::Network { online: false }).await;
        let lost = Phone::new(&office, &folder.path().join("1"));
        lost.log_in("petugas1").await;
        let visit = lost.start().await;
        lost.sync().await;
        lost.ask(Request::Network { online: false }).await;
        lost.answer(visit, "no_spt", "SPT-laut").await;
        let file = back_up(&lost, demo::PASSWORD).await.unwrap();
        restore(&other, &file, demo::PASSWORD).await.unwrap();
        let opened = other.device.ask(Request::Visit(visit)).await;
        assert!(matches!(opened, Err(StoreError::NotFound)));
        assert_eq!(other.queue().await.items.len(), 1);
        other.ask(Request::Network { online: true }).await;
        other.sync().await;
        let answers = other.visit(visit).await.visit.answers;
        assert_eq!(answers["no_spt"], "SPT-laut");
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_while_a_question_was_open_is_kept_by_the_server_when_only_the_file_is_left()
{
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let lost = Phone::new(&office, &folder.path().join("1"));
        lost.log_in("petugas1").await;
        let visit = lost.start().await;
        lost.sync().await;
        let other = Phone::new(&office, &folder.path().join("2"));
        other.log_in("petugas1").await;
        other.sync().await;
        lost.ask(Request::Network { online: false }).await;
        other.answer(visit, "no_spt", "SPT-lain").await;
        other.sync().await;
        lost.answer(visit, "no_spt", "SPT-laut").await;
        lost.ask(Request::Network { online: true }).await;
        lost.sync().await;
        assert_eq!(lost.queue().await.items[0].transfer, Transfer::Conflict);
        lost.ask(Request::Network { online: false }).await;
        lost.answer(visit, "narasumber_nama", "Bu Siti").await;
        let file = back_up(&lost, demo::PASSWORD).await.unwrap();
        for _ in 0..2 {
            assert!(rescue(&office, &file, demo::PASSWORD).await.0);
            let kept = everything(&office);
            let kept = kept.iter().filter(|line| line.contains("Bu Siti"));
            assert_eq!(kept.count(), 1, "once, however often");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_makes_no_file_and_opens_none() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (phone, _, _) = phone_at_sea(&office, folder.path()).await;
        let refused = back_up(&phone, "salah ketik").await;
        assert_eq!(refused, Err(StoreError::WrongPassword { seconds: 0 }));
        let refused = back_up(&phone, PIN).await;
        assert_eq!(refused, Err(StoreError::WrongPassword { seconds: 0 }));
        let file = back_up(&phone, demo::PASSWORD).await.unwrap();
        for secret in ["no_spt", "SPT-laut", "kunjungan"] {
            assert!(
                !file
                    .windows(secret.len())
                    .any(|bytes| bytes == secret.as_bytes())
            );
        }
        let refused = restore(&phone, &file, "salah ketik").await;
        assert_eq!(refused, Err(Fault::WrongPassword.into()));
        let before = everything(&office);
        let (done, said) = rescue(&office, &file, "salah ketik").await;
        assert!(!done && said.contains("password"), "{said}");
        assert_eq!(everything(&office), before);
    })
    .await;
}

#[tokio::test]
async fn a_cut_or_changed_file_is_refused_and_nothing_of_it_is_taken() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (lost, visits, _) = phone_at_sea(&office, &folder.path().join("1")).await;
        let file = back_up(&lost, demo::PASSWORD).await.unwrap();
        let place = folder.path().join("2");
        let other = Phone::new(&office, &place);
        other.log_in("petugas1").await;
        let before = everything(&office);
        let mut flipped = file.clone();
        *flipped.last_mut().unwrap() ^= 4;
        for broken in [
            file[..file.len() - 1].to_vec(),
            file[..200].to_vec(),
            flipped,
        ] {
            let refused = restore(&other, &broken, demo::PASSWORD).await;
            assert_eq!(refused, Err(Fault::Damaged.into()));
            let (done, said) = rescue(&office, &broken, demo::PASSWORD).await;
            assert!(!done && said.contains("damaged"), "{said}");
        }
        assert_eq!(everything(&office), before);
        assert!(other.queue().await.items.is_empty());
        assert_eq!(
            other.refused(Request::Visit(visits[1])).await,
            StoreError::NotFound
        );
        let beside = Connection::open(store_file(&place)).unwrap();
        let photos: i64 = beside
            .query_row("select count(*) from attachment", [], |row| row.get(0))
            .unwrap();
        assert_eq!(photos, 0);
    })
    .await;
}

#[tokio::test]
async fn another_officers_file_is_refused_and_says_whose_it_is() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (phone, _, _) = phone_at_sea(&office, &folder.path().join("1")).await;
        let file = back_up(&phone, demo::PASSWORD).await.unwrap();
        let other = Phone::new(&office, &folder.path().join("2"));
        other.log_in("petugas2").await;
        let username = "petugas1".to_owned();
        let refused = restore(&other, &file, demo::PASSWORD).await;
        assert_eq!(refused, Err(Fault::OtherUser { username }.into()));
        assert!(other.queue().await.items.is_empty());
    })
    .await;
}

// H10
#[tokio::test]
async fn a_file_locked_with_another_password_than_its_officers_is_taken_only_when_somebody_vouches()
{
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (phone, _, _) = phone_at_sea(&office, folder.path()).await;
        let file = back_up(&phone, demo::PASSWORD).await.unwrap();
        let before = office.change(visits);
        let now = anjangsana::server::machine::now();
        office.change(|db| {
            accounts::set_password(db, "petugas1", "yang-baru-sekali", now).unwrap();
        });
        for more in [&[][..], &["--old-password-of", "petugas2"]] {
            let (done, said) = rescue_with(&office, &file, demo::PASSWORD, more).await;
            assert!(
                !done && said.contains("--old-password-of petugas1"),
                "{said}"
            );
            assert_eq!(office.change(visits), before);
        }
        let vouched = ["--old-password-of", "Petugas1"];
        let (done, said) = rescue_with(&office, &file, demo::PASSWORD, &vouched).await;
        assert!(done && said.contains("0 refused"), "{said}");
        assert!(office.change(visits) > before);
    })
    .await;
}

fn visits(db: &rusqlite::Connection) -> i64 {
    let sql = "select count(*) from record where kind = 'visit'";
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_rescue_asks_of_its_officer_what_a_sync_would_ask() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (phone, _, _) = phone_at_sea(&office, folder.path()).await;
        let file = back_up(&phone, demo::PASSWORD).await.unwrap();
        office.change(|connection| {
            let scope = r#"{"areas":["19.03.08"]}"#;
            connection
                .execute(
                    "update user set scope = ? where username = 'petugas1'",
                    [scope],
                )
                .unwrap();
            // What was begun where they worked once may still come; so they never worked there.
            connection.execute("delete from former_area", []).unwrap()
        });
        // A visit of theirs may be finished all the same; a new one may not be begun where they never worked.
        let (done, said) = rescue(&office, &file, demo::PASSWORD).await;
        assert!(
            done && said.contains("1 applied, 0 known already, 1 refused"),
            "{said}"
        );
        assert!(said.contains("Forbidden"), "{said}");
        office.change(|connection| {
            connection
                .execute(
                    "update user set disabled = 1 where username = 'petugas1'",
                    [],
                )
                .unwrap()
        });
        let (done, said) = rescue(&office, &file, demo::PASSWORD).await;
        assert!(!done && said.contains("disabled"), "{said}");
    })
    .await;
}
