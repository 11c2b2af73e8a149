//! Page and worker talk by position (postcard), so each value that crosses must be written whole, whatever it holds.

use std::collections::{BTreeMap, BTreeSet};

use anjangsana::domain::visit::{Leftover, Why};
use anjangsana::domain::{
    AreaCode, Assessment, AttachmentName, Cooperative, Decision, FollowUp, LookedUp, Mark, Millis,
    MutationId, Person, Proposal, RecordId, Review, Role, Scope, ScoredVisit, Status, StatusEntry,
    User, UserId, Visit, VisitResult, VisitState,
    assessment::AspectResult,
    score::Band,
    status_rule::{Reason, Search},
};
use anjangsana::store::api::{
    Account, AppStatus, ApprovedVisit, Bytes, CooperativePage, CooperativeProfile,
    CooperativeQuery, CooperativeRow, Damaged, Difference, FormSheets, HistoryEntry, Home, Inbox,
    InboxQuery, Judged, Keep, Notice, PhotoItem, PhotoPhase, PhotoStatus, Place, Queue, QueueItem,
    QueueKind, Reply, Request, Restored, ReviewDraft, Step, StoreError, SyncPhase, SyncStatus,
    Topic, Transfer, Trouble, VisitDetail, VisitRow,
};
use anjangsana::sync::backup::Fault;
use anjangsana::sync::wire::RejectCode;
use serde::{Serialize, de::DeserializeOwned};

/// There and back; what comes back is the same, to the last byte and to the last JSON field.
fn crosses<T: Serialize + DeserializeOwned>(value: &T) {
    let bytes = postcard::to_allocvec(value).unwrap();
    let (back, rest): (T, &[u8]) = postcard::take_from_bytes(&bytes).unwrap();
    assert!(rest.is_empty());
    assert_eq!(postcard::to_allocvec(&back).unwrap(), bytes);
    assert_eq!(
        serde_json::to_value(&back).unwrap(),
        serde_json::to_value(value).unwrap()
    );
}

fn record(n: u8) -> RecordId {
    RecordId::new(Millis(1_700_000_000_000), &[n; 10])
}

fn mutation() -> MutationId {
    MutationId::new(Millis(1_700_000_000_000), &[9; 10])
}

fn user_id() -> UserId {
    UserId::new(Millis(1_700_000_000_000), &[7; 10])
}

fn area() -> AreaCode {
    AreaCode("19.03.01".into())
}

fn text(words: &str) -> String {
    words.to_owned()
}

fn mark(reason: &str) -> Mark {
    Mark {
        at: Millis(-1),
        by: user_id(),
        reason: text(reason),
    }
}

fn user(scope: Scope) -> User {
    User {
        id: user_id(),
        username: text("petugas1"),
        name: text("Budi Ő"),
        role: Role::Officer,
        scope,
    }
}

fn place() -> Place {
    Place {
        page: text("kas"),
        question: Some(text("saldo")),
    }
}

/// Every value of a byte, more of them than one byte can count.
fn photo() -> Bytes {
    Bytes((0..=255).cycle().take(1000).collect())
}

fn attachment() -> AttachmentName {
    AttachmentName::of(&photo().0, "image/jpeg").unwrap()
}

fn draft() -> ReviewDraft {
    ReviewDraft {
        notes: BTreeMap::from([(text("saldo"), text("periksa"))]),
        note: text(""),
    }
}

fn visit() -> Visit {
    Visit {
        id: record(1),
        area: area(),
        owner: user_id(),
        cooperative: record(2),
        form: text("kunjungan"),
        form_version: text("3"),
        created: mark(""),
        answers: BTreeMap::from([(text("saldo"), text("1234567.89"))]),
        submissions: BTreeMap::from([(1, mark("")), (2, mark("lagi"))]),
        was: BTreeMap::from([(
            1,
            BTreeMap::from([(text("a"), None), (text("b"), Some(text("1")))]),
        )]),
        void: Some(mark("")),
        result: Some(result()),
        left: BTreeMap::from([(
            text("2/kas"),
            Leftover {
                label: text("Kas"),
                text: text("Rp 5"),
                value: text("5"),
                why: Why::OtherType,
            },
        )]),
        looked_up: Some(looked_up()),
    }
}

fn looked_up() -> LookedUp {
    LookedUp {
        register: BTreeMap::from([(text("nama"), text("KSP Maju"))]),
        last: BTreeMap::new(),
    }
}

fn result() -> VisitResult {
    VisitResult {
        score: Assessment {
            version: text("1"),
            date: text("2024-11-07"),
            aspects: vec![AspectResult {
                name: text("organisasi"),
                score: 940,
                band: Band::Baik,
                complete: 100,
                capped: false,
                incomplete: true,
                withheld: false,
            }],
            total: Some(893),
            band: Some(Band::SangatKurang),
            search: Some(Search::Witnessed),
        },
        proposal: Proposal {
            status: Some(Status::KurangAktif),
            reasons: vec![Reason::Arrears(2), Reason::NoRecord],
        },
    }
}

fn scored_visit() -> ScoredVisit {
    ScoredVisit {
        visit: record(1),
        approved: true,
        result: result(),
    }
}

fn cooperative() -> Cooperative {
    Cooperative {
        id: record(2),
        area: area(),
        name: text("KSP Maju"),
        desa: text("Toboali"),
        nik: String::new(),
        jenis: text("jasa"),
        merah_putih: true,
        history: Status::ALL.map(status).to_vec(),
        register: vec![(text("NIK"), text("12"))],
    }
}

fn status(status: Status) -> StatusEntry {
    StatusEntry {
        status,
        date: text("2024-11-07"),
        source: text("register"),
        reason: String::new(),
    }
}

fn troubles() -> Vec<Trouble> {
    vec![
        Trouble::Unreachable,
        Trouble::NotOurServer,
        Trouble::Server { status: 503 },
        Trouble::Refused {
            status: 413,
            message: text("too large"),
        },
    ]
}

fn transfers() -> Vec<Transfer> {
    let codes = [
        RejectCode::Forbidden,
        RejectCode::State,
        RejectCode::Unknown,
        RejectCode::Malformed,
        RejectCode::Incomplete,
        RejectCode::Other,
    ];
    let aside = codes.map(|code| Transfer::SetAside {
        code,
        reason: text("no"),
    });
    let mut all = vec![
        Transfer::Queued,
        Transfer::Sending,
        Transfer::Sent { at: None },
        Transfer::Sent {
            at: Some(Millis(5)),
        },
        Transfer::Conflict,
        Transfer::SendAgain,
        Transfer::PhotosFollow(2),
    ];
    all.extend(troubles().into_iter().map(Transfer::Failed));
    all.extend(aside);
    all
}

const STATES: [VisitState; 5] = [
    VisitState::Draft,
    VisitState::Submitted,
    VisitState::Returned,
    VisitState::Approved,
    VisitState::Void,
];

/// A row of each transfer.
fn rows() -> Vec<VisitRow> {
    let row = |(transfer, state): (Transfer, &VisitState)| VisitRow {
        id: record(1),
        cooperative: record(2),
        name: text("KSP Maju"),
        desa: text("Toboali"),
        area: area(),
        officer: user_id(),
        officer_name: text("Budi"),
        date: text("2024-11-07"),
        state: *state,
        transfer,
        notes: 300,
        submitted_at: Some(Millis(1)),
        submissions: 0,
    };
    let states = STATES.iter().cycle();
    transfers().into_iter().zip(states).map(row).collect()
}

fn statuses() -> Vec<AppStatus> {
    vec![
        AppStatus::Starting,
        AppStatus::NoStorage {
            reason: text("private"),
        },
        AppStatus::OtherTab,
        AppStatus::NewerDatabase,
        AppStatus::Closed {
            accounts: vec![Account {
                username: text("petugas1"),
                pin_wait: Some(30),
                password_wait: 0,
            }],
        },
        AppStatus::PinNeeded {
            user: user(Scope::District),
        },
        AppStatus::Open {
            user: user(Scope::Areas(vec![area()])),
            device: text("d"),
        },
    ]
}

fn photo_item(refused: Option<String>) -> PhotoItem {
    PhotoItem {
        name: attachment(),
        size: 300_000,
        sent: 64_000,
        since: Millis(3),
        refused,
        visit: record(1),
        cooperative: text("KSP Maju"),
    }
}

fn phases() -> Vec<SyncStatus> {
    let phases = [
        SyncPhase::Idle,
        SyncPhase::Syncing,
        SyncPhase::Waiting { until: Millis(8) },
        SyncPhase::LoginNeeded,
        SyncPhase::UpdateNeeded,
    ];
    let status = |phase| SyncStatus {
        phase,
        last_ok: Some(Millis(i64::MAX)),
        unsent: u32::MAX,
        set_aside: 1,
        send_again: 1,
        trouble: None,
        pulled: 128,
        clock_offset: -86_400_000,
        photos: PhotoStatus {
            waiting: 3,
            bytes: u64::MAX,
            aside: 1,
            phase: PhotoPhase::Sending,
            trouble: Some(Trouble::Unreachable),
            wifi_only: true,
        },
    };
    let mut all: Vec<_> = phases.map(status).to_vec();
    let photos = [PhotoPhase::Held, PhotoPhase::Waiting { until: Millis(9) }];
    all.extend(photos.map(|phase| SyncStatus {
        photos: PhotoStatus {
            phase,
            ..PhotoStatus::default()
        },
        ..SyncStatus::default()
    }));
    all.extend(troubles().into_iter().map(|trouble| SyncStatus {
        trouble: Some(trouble),
        ..SyncStatus::default()
    }));
    all
}

#[test]
fn every_request_crosses() {
    let visit = record(1);
    let requests = [
        Request::Status,
        Request::Login {
            username: text("petugas1"),
            password: text("kata sandi"),
            old_secret: Some(text("123456")),
        },
        Request::SetPin {
            pin: text("123456"),
        },
        Request::ChangePin {
            pin: text("123456"),
            old_secret: text("kata sandi"),
        },
        Request::Unlock {
            username: text("petugas1"),
            pin: text("123456"),
        },
        Request::UnlockByPassword {
            username: text("petugas1"),
            password: text("kata sandi"),
        },
        Request::Active,
        Request::Lock,
        Request::Logout,
        Request::Home,
        Request::Cooperatives(CooperativeQuery {
            text: text("maju"),
            area: Some(area()),
            status: Some(Status::KurangAktif),
            limit: 50,
        }),
        Request::Cooperative(record(2)),
        Request::StartVisit {
            cooperative: record(2),
        },
        Request::Visit(visit),
        Request::SaveAnswers {
            visit,
            changes: vec![(text("a"), Some(text("1"))), (text("b"), None)],
            place: Some(place()),
        },
        Request::SaveAttachment {
            visit,
            path: text("foto_kegiatan"),
            media_type: text("image/jpeg"),
            bytes: photo(),
        },
        Request::Attachment(attachment()),
        Request::KeepPlace {
            visit,
            place: Place::default(),
        },
        Request::SubmitVisit {
            visit,
            result: Some(result()),
            judged: None,
        },
        Request::SubmitVisit {
            visit,
            result: None,
            judged: Some(Judged {
                at: Millis(5),
                looked_up: looked_up(),
            }),
        },
        Request::ReopenVisit { visit },
        Request::DiscardVisit {
            visit,
            reason: String::new(),
        },
        Request::MyVisits {
            states: STATES.to_vec(),
        },
        Request::Queue,
        Request::SyncNow,
        Request::SendPhotos,
        Request::ResendPhoto(attachment()),
        Request::PhotosByWifi { only: true },
        Request::Wifi(Some(false)),
        Request::Wifi(None),
        Request::Network { online: true },
        Request::Resend {
            mutation: mutation(),
        },
        Request::FixRefused {
            mutation: mutation(),
        },
        Request::Resolve {
            mutation: mutation(),
            keep: Keep::Mine,
        },
        Request::Resolve {
            mutation: mutation(),
            keep: Keep::Theirs,
        },
        Request::ResolveFields {
            mutation: mutation(),
            theirs: vec![text("a/saldo")],
        },
        Request::BackUp {
            password: text("kata sandi"),
        },
        Request::BackUpMore,
        Request::AskServer {
            path: text("/api/v1/forms"),
            body: None,
        },
        Request::AskServer {
            path: text("/api/v1/forms?dry=1"),
            body: Some(photo()),
        },
        Request::Damaged,
        Request::DamagedBytes {
            number: 0,
            at: u64::MAX,
        },
        Request::Restore {
            password: Some(text("kata sandi")),
            bytes: photo(),
            last: true,
        },
        Request::Inbox(InboxQuery {
            area: None,
            officer: Some(user_id()),
        }),
        Request::KeepReviewDraft {
            visit,
            draft: draft(),
        },
        Request::Review {
            visit,
            submission: 1,
            decision: Decision::Approve,
            draft: ReviewDraft::default(),
        },
        Request::Review {
            visit,
            submission: 1,
            decision: Decision::Return,
            draft: draft(),
        },
    ];
    requests.iter().for_each(crosses);
}

#[test]
fn a_photo_crosses_in_one_piece() {
    let wire = postcard::to_allocvec(&photo()).unwrap();
    assert_eq!(wire.len(), 1000 + 2, "its bytes and their number");
    assert_eq!(wire[2..], photo().0);
}

#[test]
fn every_reply_crosses() {
    let people = Role::ALL.map(|role| Person {
        id: user_id(),
        name: text("Budi"),
        role,
    });
    let steps = [
        Step::Created,
        Step::Submitted(2),
        Step::Returned,
        Step::Approved,
        Step::Void,
    ];
    let detail = VisitDetail {
        visit: visit(),
        state: VisitState::Returned,
        transfer: Transfer::Conflict,
        cooperative: cooperative(),
        sheets: FormSheets {
            id: text("kunjungan"),
            version: text("3"),
            survey: text("type,name\n"),
            choices: String::new(),
            settings: String::new(),
            more: vec![("desa".into(), "name,label\n".into())],
        },
        reviews: vec![Review {
            id: record(3),
            visit: record(1),
            submission: 1,
            decision: Decision::Return,
            notes: draft().notes,
            note: text("lengkapi"),
            mark: mark(""),
        }],
        history: steps
            .map(|step| HistoryEntry {
                step,
                mark: mark(""),
                name: text("Budi"),
                role: Some(Role::Officer),
                notes: 1,
            })
            .to_vec(),
        place: Some(place()),
        editable: true,
        reopenable: false,
        reviewable: false,
        last_approved: Some(ApprovedVisit {
            id: record(4),
            date: text("2023-11-07"),
            answers: visit().answers,
        }),
        earlier: vec![scored_visit()],
        review_draft: draft(),
        people: people.to_vec(),
        officer_name: text("petugas1"),
    };
    let kinds = [
        QueueKind::Draft,
        QueueKind::Visit,
        QueueKind::Review,
        QueueKind::Other,
    ];
    let items = kinds.map(|what| QueueItem {
        mutation: mutation(),
        visit: rows().pop(),
        what,
        transfer: Transfer::Queued,
        since: Millis(3),
        fixable: true,
        differences: vec![Difference {
            field: text("a/saldo"),
            mine: Some(text("1")),
            theirs: None,
            by: text("Sri"),
            at: Some(Millis(4)),
        }],
    });
    let mut replies = vec![
        Reply::Home(Home {
            unsent: rows(),
            returned: Vec::new(),
            drafts: rows(),
            recent: rows(),
            to_review: 1,
            cooperatives: 240,
            unsent_since: Some(Millis(2)),
            at_risk: 3,
            at_risk_since: Some(Millis(1)),
        }),
        Reply::Cooperatives(CooperativePage {
            rows: vec![CooperativeRow {
                id: record(2),
                name: text("KSP Maju"),
                desa: text("Toboali"),
                area: area(),
                nik: text("1"),
                status: Some(status(Status::Aktif)),
                last_visit: None,
            }],
            total: 1,
            as_of: Some(text("2024-11-07")),
        }),
        Reply::Cooperative(Box::new(CooperativeProfile {
            cooperative: cooperative(),
            visits: rows(),
            follow_ups: vec![FollowUp {
                visit: record(1),
                action: text("RAT"),
                problem: text("belum RAT"),
                owner: text("pengurus"),
                due: text("2024-12-31"),
                status: text("belum"),
            }],
            scores: vec![scored_visit()],
        })),
        Reply::Started(record(1)),
        Reply::Visit(Box::new(detail)),
        Reply::Visits(rows()),
        Reply::Inbox(Inbox {
            rows: rows(),
            done: rows(),
            officers: people.to_vec(),
        }),
        Reply::Attachment(attachment()),
        Reply::Bytes(photo()),
        Reply::Saved,
        Reply::Damaged(vec![Damaged {
            file: text("store-1.db"),
            at: Millis(1),
            reason: text("not a database"),
        }]),
        Reply::Restored(Restored {
            changes: 1,
            known: 300,
            photos: 2,
        }),
    ];
    replies.extend(statuses().into_iter().map(Reply::Status));
    replies.extend(phases().into_iter().map(|sync| {
        Reply::Queue(Queue {
            items: items.to_vec(),
            photos: vec![photo_item(None), photo_item(Some(text("why")))],
            send_again: rows(),
            sync,
        })
    }));
    replies.iter().for_each(crosses);
}

#[test]
fn every_notice_crosses() {
    let topics = BTreeSet::from([Topic::Cooperatives, Topic::Visits, Topic::Queue]);
    crosses(&Notice::Changed(topics));
    crosses(&Notice::Gone);
    let statuses = statuses().into_iter().map(Notice::Status);
    let phases = phases().into_iter().map(Notice::Sync);
    statuses.chain(phases).for_each(|notice| crosses(&notice));
}

#[test]
fn every_error_crosses() {
    let errors = vec![
        StoreError::NotOpen,
        StoreError::WrongPin {
            seconds: 30,
            left: 7,
        },
        StoreError::WrongPassword { seconds: 300 },
        StoreError::Wait { seconds: 1 },
        StoreError::PasswordNeeded,
        StoreError::BadPin,
        StoreError::CommonPin,
        StoreError::BadCredentials,
        StoreError::Disabled,
        StoreError::OldSecretNeeded,
        StoreError::NotFound,
        StoreError::NotYet,
        StoreError::State {
            state: VisitState::Void,
        },
        StoreError::AlreadySent,
        StoreError::Forbidden,
        StoreError::Incomplete { missing: 3 },
        StoreError::NotAnAttachment,
        StoreError::NoteNeeded,
        StoreError::Form(text("broken")),
        StoreError::Full,
        StoreError::Gone,
        StoreError::Damaged,
        StoreError::Backup(Fault::NotABackup),
        StoreError::Backup(Fault::Newer),
        StoreError::Backup(Fault::WrongPassword),
        StoreError::Backup(Fault::Damaged),
        StoreError::Backup(Fault::OtherUser {
            username: text("petugas2"),
        }),
        StoreError::Database(text("locked")),
        StoreError::Worker(text("gone")),
    ];
    let servers = troubles().into_iter().map(StoreError::Server);
    errors.into_iter().chain(servers).for_each(|error| {
        crosses::<Result<Reply, StoreError>>(&Err(error));
    });
}

#[test]
fn an_empty_reason_is_left_out_of_json_and_only_there() {
    let json = serde_json::to_value(mark("")).unwrap();
    assert_eq!(json.as_object().unwrap().len(), 2);
    assert_eq!(serde_json::from_value::<Mark>(json).unwrap(), mark(""));
    crosses(&mark(""));
    crosses(&mark("hujan"));
}
