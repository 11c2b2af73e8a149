//! Devices with their real store and engine against a real server with a demo office.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anjangsana::domain::{
    Decision, Proposal, RecordId, Status, VisitResult, VisitState,
    status_rule::{Reason, Search},
};
use anjangsana::platform::device::Device;
use anjangsana::platform::native::NativeMachine;
use anjangsana::server::{Config, demo, machine};
use anjangsana::store::api::{
    AppStatus, CooperativeQuery, InboxQuery, Keep, Notice, QueueKind, Reply, Request, ReviewDraft,
    StoreError, SyncPhase, Transfer, VisitDetail,
};
use anjangsana::sync::wire::RejectCode;
use tokio::task::LocalSet;

use crate::server_office::Office;

pub(crate) const PIN: &str = "482913";

/// What an answer says of a photo.
const PHOTO: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.jpg";

pub(crate) async fn demo_office() -> Office {
    Office::with(Config::default(), |connection| {
        demo::make(connection, machine::now()).unwrap();
    })
    .await
}

/// A device in a folder of its own, with what a person would do on it.
#[derive(Clone)]
pub(crate) struct Phone {
    pub(crate) device: Rc<Device<NativeMachine>>,
}

impl Phone {
    pub(crate) fn new(office: &Office, folder: &Path) -> Self {
        Self::at(&office.url(""), folder)
    }

    pub(crate) fn at(server: &str, folder: &Path) -> Self {
        Self::on(NativeMachine::new(
            Self::folder(folder),
            server.to_owned(),
            |_: Notice| {},
        ))
    }

    /// The same, and it waits for no answer longer than this.
    pub(crate) fn impatient(server: &str, folder: &Path, patience: Duration) -> Self {
        let machine = NativeMachine::new(Self::folder(folder), server.to_owned(), |_: Notice| {});
        Self::on(machine.with_patience(patience))
    }

    fn folder(folder: &Path) -> PathBuf {
        std::fs::create_dir_all(folder).unwrap();
        folder.to_owned()
    }

    fn on(machine: NativeMachine) -> Self {
        Self {
            device: Device::start(machine).unwrap(),
        }
    }

    /// Opens what its user left on it.
    pub(crate) async fn unlock(&self, username: &str) {
        self.ask(Request::Unlock {
            username: username.to_owned(),
            pin: PIN.to_owned(),
        })
        .await;
    }

    pub(crate) async fn ask(&self, request: Request) -> Reply {
        self.device.ask(request).await.unwrap()
    }

    pub(crate) async fn refused(&self, request: Request) -> StoreError {
        match self.device.ask(request).await {
            Err(error) => error,
            Ok(_) => panic!("it was done"),
        }
    }

    pub(crate) async fn log_in(&self, username: &str) {
        self.log_in_with(username, demo::PASSWORD, None)
            .await
            .unwrap();
        self.ask(Request::SetPin {
            pin: PIN.to_owned(),
        })
        .await;
        self.sync().await;
    }

    pub(crate) async fn log_in_with(
        &self,
        username: &str,
        password: &str,
        old: Option<&str>,
    ) -> Result<Reply, StoreError> {
        let login = Request::Login {
            username: username.to_owned(),
            password: password.to_owned(),
            old_secret: old.map(str::to_owned),
        };
        self.device.ask(login).await
    }

    pub(crate) async fn names(&self) -> Vec<String> {
        let query = CooperativeQuery {
            limit: 500,
            ..CooperativeQuery::default()
        };
        match self.ask(Request::Cooperatives(query)).await {
            Reply::Cooperatives(page) => page.rows.into_iter().map(|row| row.name).collect(),
            _ => panic!("not a page"),
        }
    }

    pub(crate) async fn some_cooperative(&self) -> RecordId {
        match self
            .ask(Request::Cooperatives(CooperativeQuery {
                limit: 1,
                ..CooperativeQuery::default()
            }))
            .await
        {
            Reply::Cooperatives(page) => page.rows.first().unwrap().id,
            _ => panic!("not a page"),
        }
    }

    pub(crate) async fn start(&self) -> RecordId {
        let cooperative = self.some_cooperative().await;
        match self.ask(Request::StartVisit { cooperative }).await {
            Reply::Started(visit) => visit,
            _ => panic!("not started"),
        }
    }

    pub(crate) async fn answer(&self, visit: RecordId, path: &str, value: &str) {
        let changes = vec![(path.to_owned(), Some(value.to_owned()))];
        self.ask(Request::SaveAnswers {
            visit,
            changes,
            place: None,
        })
        .await;
    }

    /// Everything a visit that found nobody needs.
    pub(crate) async fn fill_short(&self, visit: RecordId) {
        for (path, value) in [
            ("tanggal_kunjungan", "2024-11-07"),
            ("kop_usaha_sp", "tidak"),
            ("kabid_hadir", "tidak"),
            ("jenis_layanan", "monitoring"),
            ("keberadaan", "tidak_ditemukan"),
            ("lokasi_alasan", "Tertutup pohon"),
            ("foto_lokasi", PHOTO),
            ("ttd_petugas", PHOTO),
            ("saksi_nama", "Kepala desa CONTOH"),
            (
                "catatan_petugas",
                "Kantor tidak ditemukan di alamat terdaftar.",
            ),
        ] {
            self.answer(visit, path, value).await;
        }
    }

    pub(crate) async fn visit(&self, visit: RecordId) -> VisitDetail {
        match self.ask(Request::Visit(visit)).await {
            Reply::Visit(detail) => *detail,
            _ => panic!("not a visit"),
        }
    }

    pub(crate) async fn set_aside(&self) -> Vec<(QueueKind, Transfer)> {
        match self.ask(Request::Queue).await {
            Reply::Queue(queue) => queue
                .items
                .into_iter()
                .map(|item| (item.what, item.transfer))
                .collect(),
            _ => panic!("not a queue"),
        }
    }

    pub(crate) async fn queue(&self) -> anjangsana::store::api::Queue {
        match self.ask(Request::Queue).await {
            Reply::Queue(queue) => queue,
            _ => panic!("not a queue"),
        }
    }

    /// Presses the button and waits until the device talks to the server no more.
    pub(crate) async fn sync(&self) {
        self.ask(Request::SyncNow).await;
        loop {
            tokio::task::yield_now().await;
            if self.queue().await.sync.phase != SyncPhase::Syncing {
                break;
            }
        }
    }
}

/// Runs a story on one thread, as a device does.
pub(crate) async fn local(story: impl Future<Output = ()>) {
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn two_devices_of_one_officer_come_to_the_same() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (one, two) = (
            Phone::new(&office, &folder.path().join("1")),
            Phone::new(&office, &folder.path().join("2")),
        );
        one.log_in("petugas1").await;
        two.log_in("petugas1").await;
        let visit = one.start().await;
        one.answer(visit, "no_spt", "SPT-1").await;
        one.sync().await;
        two.sync().await;
        assert_eq!(two.visit(visit).await.visit.answers["no_spt"], "SPT-1");

        // Different questions on both, at the same time, without signal: both stand.
        one.answer(visit, "kabid_hadir", "ya").await;
        two.answer(visit, "jenis_layanan", "pelatihan").await;
        one.sync().await;
        two.sync().await;
        one.sync().await;
        let (mine, theirs) = (one.visit(visit).await.visit, two.visit(visit).await.visit);
        assert_eq!(mine, theirs);
        assert_eq!(
            (
                &*mine.answers["kabid_hadir"],
                &*mine.answers["jenis_layanan"]
            ),
            ("ya", "pelatihan")
        );
        assert!(one.queue().await.items.is_empty() && two.queue().await.items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_same_question_answered_differently_asks_a_person_and_keeps_both_until_then() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (one, two) = (
            Phone::new(&office, &folder.path().join("1")),
            Phone::new(&office, &folder.path().join("2")),
        );
        one.log_in("petugas1").await;
        two.log_in("petugas1").await;
        for keep in [Keep::Mine, Keep::Theirs] {
            let visit = one.start().await;
            one.answer(visit, "no_spt", "SPT-1").await;
            one.sync().await;
            two.sync().await;
            one.answer(visit, "no_spt", "SPT-satu").await;
            two.answer(visit, "no_spt", "SPT-dua").await;
            one.sync().await;
            two.sync().await;
            let queue = two.queue().await;
            let [item] = queue.items.as_slice() else {
                panic!("one item: {queue:?}")
            };
            assert_eq!(item.transfer, Transfer::Conflict);
            let [difference] = item.differences.as_slice() else {
                panic!("one difference")
            };
            assert_eq!(difference.mine.as_deref(), Some("SPT-dua"));
            assert_eq!(difference.theirs.as_deref(), Some("SPT-satu"));
            assert_eq!(
                two.visit(visit).await.visit.answers["no_spt"],
                "SPT-dua",
                "mine shows until somebody decides"
            );

            two.ask(Request::Resolve {
                mutation: item.mutation,
                keep,
            })
            .await;
            two.sync().await;
            one.sync().await;
            let wanted = if keep == Keep::Mine {
                "SPT-dua"
            } else {
                "SPT-satu"
            };
            assert_eq!(one.visit(visit).await.visit.answers["no_spt"], wanted);
            assert_eq!(two.visit(visit).await.visit.answers["no_spt"], wanted);
            assert!(two.queue().await.items.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_conflict_is_decided_field_by_field_and_says_who_and_when_and_the_loser_stays_in_the_history()
 {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (one, two) = (
            Phone::new(&office, &folder.path().join("1")),
            Phone::new(&office, &folder.path().join("2")),
        );
        one.log_in("petugas1").await;
        two.log_in("petugas1").await;
        let visit = one.start().await;
        one.answer(visit, "no_spt", "SPT-1").await;
        one.answer(visit, "catatan_petugas", "awal").await;
        one.sync().await;
        two.sync().await;
        for (phone, of) in [(&one, "satu"), (&two, "dua")] {
            phone.answer(visit, "no_spt", &format!("SPT-{of}")).await;
            phone
                .answer(visit, "catatan_petugas", &format!("catatan {of}"))
                .await;
            phone
                .answer(visit, "saksi_nama", &format!("saksi {of}"))
                .await;
        }
        // Only one side changed this: it is not in dispute.
        two.answer(visit, "kabid_hadir", "ya").await;
        one.sync().await;
        two.sync().await;
        let queue = two.queue().await;
        let [item] = queue.items.as_slice() else {
            panic!("one item: {queue:?}")
        };
        let fields: Vec<_> = item
            .differences
            .iter()
            .map(|one| one.field.as_str())
            .collect();
        assert_eq!(fields, ["a/catatan_petugas", "a/no_spt", "a/saksi_nama"]);
        for difference in &item.differences {
            assert_eq!(difference.by, "Rizky Pratama");
            assert!(difference.at.is_some_and(|at| at.0 > 1_700_000_000_000));
        }
        two.ask(Request::ResolveFields {
            mutation: item.mutation,
            theirs: vec!["a/no_spt".to_owned()],
        })
        .await;
        two.sync().await;
        one.sync().await;
        for phone in [&one, &two] {
            let answers = phone.visit(visit).await.visit.answers;
            assert_eq!(answers["no_spt"], "SPT-satu", "the server's");
            assert_eq!(answers["catatan_petugas"], "catatan dua", "mine");
            assert_eq!(answers["saksi_nama"], "saksi dua", "mine");
            assert_eq!(answers["kabid_hadir"], "ya");
            assert!(phone.queue().await.items.is_empty());
        }

        let token = one
            .device
            .with_store(|store| store.token().unwrap().unwrap())
            .unwrap();
        let not_chosen: Vec<anjangsana::sync::told::NotChosen> = reqwest::Client::new()
            .get(office.url(&format!("/api/v1/visits/{visit}/notchosen")))
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let mut values: Vec<_> = not_chosen
            .iter()
            .map(|one| one.what.value.id.as_str())
            .collect();
        values.sort_unstable();
        assert_eq!(
            values,
            ["SPT-dua", "catatan satu", "saksi satu"],
            "what nobody chose, and nothing that both sides had"
        );
        for one in &not_chosen {
            assert_eq!(one.by, "Rizky Pratama");
            assert!(one.at.0 > 1_700_000_000_000);
            assert!(!one.what.label.id.starts_with("a/"), "a question's words");
        }
        let history: Vec<anjangsana::server::HistoryEntry> = reqwest::Client::new()
            .get(office.url(&format!("/api/v1/visits/{visit}/history")))
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let lost = |field: &str, value: &str| {
            history
                .iter()
                .any(|entry| entry.fields.get(field).is_some_and(|at| at == value))
        };
        assert!(lost("a/no_spt", "SPT-dua"), "what I gave up");
        assert!(
            lost("a/catatan_petugas", "catatan satu"),
            "what I overruled"
        );
        let asked: Vec<_> = history.iter().filter(|entry| entry.disputed).collect();
        assert_eq!(asked.len(), 1, "the change that had to be decided");
        assert_eq!(asked[0].fields["a/no_spt"], "SPT-dua");
    })
    .await;
}

#[tokio::test]
async fn what_a_visit_comes_to_is_put_right_on_the_device_that_sent_it_otherwise() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        phone.fill_short(visit).await;
        let claimed = VisitResult {
            proposal: Proposal {
                status: Some(Status::Aktif),
                reasons: Vec::new(),
            },
            ..VisitResult::default()
        };
        phone
            .ask(Request::SubmitVisit {
                visit,
                result: Some(claimed.clone()),
                judged: None,
            })
            .await;
        let detail = phone.visit(visit).await;
        assert_eq!(detail.visit.result, Some(claimed), "shown as it was sent");
        phone.sync().await;
        assert_eq!(phone.set_aside().await, []);
        let detail = phone.visit(visit).await;
        let result = detail.visit.result.unwrap();
        assert_eq!(result.score.search, Some(Search::Witnessed));
        assert_eq!(result.proposal.status, None);
        assert_eq!(result.proposal.reasons, [Reason::SearchedOnce]);
        // The next visit to it knows of this one, and so does the cooperative's profile.
        let cooperative = detail.visit.cooperative;
        let profile = match phone.ask(Request::Cooperative(cooperative)).await {
            Reply::Cooperative(profile) => profile,
            _ => panic!("not a profile"),
        };
        let known: Vec<_> = profile.scores.iter().map(|one| one.visit).collect();
        assert!(known.contains(&visit));
        let next = match phone.ask(Request::StartVisit { cooperative }).await {
            Reply::Started(next) => next,
            _ => panic!("not started"),
        };
        let earlier = phone.visit(next).await.earlier;
        let one = earlier.iter().find(|one| one.visit == visit).unwrap();
        assert_eq!((one.approved, &one.result), (false, &result));
    })
    .await;
}

#[tokio::test]
async fn an_officer_outside_the_area_sees_nothing_of_it_and_is_refused() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let inside = Phone::new(&office, &folder.path().join("1"));
        let outside = Phone::new(&office, &folder.path().join("2"));
        inside.log_in("petugas1").await;
        outside.log_in("petugas4").await;
        let visit = inside.start().await;
        inside.fill_short(visit).await;
        inside
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        inside.sync().await;
        assert_eq!(inside.set_aside().await, []);
        outside.sync().await;
        assert_eq!(
            outside.refused(Request::Visit(visit)).await,
            StoreError::NotFound
        );
        let (theirs, ours) = (outside.names().await, inside.names().await);
        assert!(!theirs.is_empty() && theirs.iter().all(|name| !ours.contains(name)));

        let token = outside
            .device
            .with_store(|store| store.token().unwrap().unwrap())
            .unwrap();
        let history = office.url(&format!("/api/v1/visits/{visit}/history"));
        let answer = reqwest::Client::new()
            .get(history)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403);
    })
    .await;
}

#[tokio::test]
async fn a_visit_is_returned_corrected_and_approved_and_the_desk_sees_what_changed() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = Phone::new(&office, &folder.path().join("officer"));
        let desk = Phone::new(&office, &folder.path().join("desk"));
        officer.log_in("petugas1").await;
        desk.log_in("kabid").await;
        let visit = officer.start().await;
        officer.fill_short(visit).await;
        officer
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        let late = Request::SaveAnswers {
            visit,
            changes: vec![("no_spt".into(), Some("x".into()))],
            place: None,
        };
        assert_eq!(
            officer.refused(late).await,
            StoreError::State {
                state: VisitState::Submitted
            }
        );
        officer.sync().await;
        desk.sync().await;

        let empty = Request::Review {
            visit,
            submission: 1,
            decision: Decision::Return,
            draft: ReviewDraft::default(),
        };
        assert_eq!(desk.refused(empty).await, StoreError::NoteNeeded);
        let notes = BTreeMap::from([("saksi_nama".to_owned(), "Tulis jabatannya.".to_owned())]);
        let draft = ReviewDraft {
            notes,
            note: String::new(),
        };
        desk.ask(Request::Review {
            visit,
            submission: 1,
            decision: Decision::Return,
            draft,
        })
        .await;
        assert_eq!(
            desk.visit(visit).await.state,
            VisitState::Returned,
            "at once, before any signal"
        );
        desk.sync().await;
        officer.sync().await;
        let returned = officer.visit(visit).await;
        assert_eq!(returned.state, VisitState::Returned);
        assert_eq!(returned.reviews[0].notes["saksi_nama"], "Tulis jabatannya.");

        officer
            .answer(visit, "saksi_nama", "Hasan CONTOH, ketua RT 02")
            .await;
        officer
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        officer.sync().await;
        desk.sync().await;
        let corrected = desk.visit(visit).await;
        assert_eq!(corrected.state, VisitState::Submitted);
        assert_eq!(
            corrected.visit.changed_since_last_review(),
            BTreeMap::from([(
                "saksi_nama".to_owned(),
                Some("Kepala desa CONTOH".to_owned())
            )])
        );
        desk.ask(Request::Review {
            visit,
            submission: 2,
            decision: Decision::Approve,
            draft: ReviewDraft::default(),
        })
        .await;
        desk.sync().await;
        officer.sync().await;
        let approved = officer.visit(visit).await;
        assert_eq!(approved.state, VisitState::Approved);
        let steps: Vec<_> = approved
            .history
            .iter()
            .map(|entry| (entry.name.as_str(), entry.mark.at.0 > 0))
            .collect();
        assert_eq!(
            steps.len(),
            5,
            "begun, sent, returned, sent, approved: {steps:?}"
        );
        assert!(steps.iter().all(|(name, dated)| !name.is_empty() && *dated));
        match desk.ask(Request::Inbox(InboxQuery::default())).await {
            Reply::Inbox(inbox) => assert!(inbox.rows.iter().all(|row| row.id != visit)),
            _ => panic!("not an inbox"),
        }
    })
    .await;
}

#[tokio::test]
async fn a_visit_that_lacks_answers_is_set_aside_with_its_reason_and_can_be_mended() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = Phone::new(&office, folder.path());
        officer.log_in("petugas1").await;
        let visit = officer.start().await;
        officer.answer(visit, "kabid_hadir", "ya").await;
        officer.ask(Request::SubmitVisit {
                visit,
                result: Some(VisitResult::default()), judged: None,
            }).await;
        // Another one behind it: it must not wait for the bad one.
        let other = officer.start().await;
        officer.fill_short(other).await;
        officer.ask(Request::SubmitVisit {
                visit: other,
                result: None, judged: None,
            }).await;
        officer.sync().await;
        let queue = officer.queue().await;
        let [item] = queue.items.as_slice() else { panic!("one set aside: {queue:?}") };
        assert!(matches!(&item.transfer, Transfer::SetAside { code: RejectCode::Incomplete, reason } if !reason.is_empty()));
        assert!(matches!(officer.visit(other).await.transfer, Transfer::Sent { .. }));

        // Sent again as it is, it is the same submission, and refused for the same reason.
        officer.ask(Request::Resend { mutation: item.mutation }).await;
        assert_eq!(officer.visit(visit).await.state, VisitState::Submitted);
        officer.sync().await;
        let item = officer.queue().await.items.remove(0);
        assert!(matches!(item.transfer, Transfer::SetAside { code: RejectCode::Incomplete, .. }));

        assert!(item.fixable);
        officer.ask(Request::FixRefused { mutation: item.mutation }).await;
        assert_eq!(officer.visit(visit).await.state, VisitState::Draft, "it can be edited again");
        officer.sync().await;
        let queue = officer.queue().await;
        assert!(queue.items.is_empty(), "the server has the draft");
        assert_eq!((queue.send_again[0].id, queue.sync.send_again), (visit, 1));
        assert!(!queue.sync.is_all_sent(), "the visit was sent, and the office does not have it");
        assert_eq!(queue.send_again[0].transfer, Transfer::SendAgain);
        assert_eq!(officer.visit(visit).await.visit.result, None, "what was not sent has no score");
        officer.fill_short(visit).await;
        officer.ask(Request::Network { online: false }).await;
        let submit = || Request::SubmitVisit { visit, result: None, judged: None };
        officer.ask(submit()).await;
        assert_eq!(officer.queue().await.sync.send_again, 0, "it is sent again");
        officer.ask(Request::ReopenVisit { visit }).await;
        let queue = officer.queue().await;
        assert_eq!(queue.sync.send_again, 1, "taken out again, it is as before");
        assert!(!queue.sync.is_all_sent());
        officer.ask(submit()).await;
        officer.ask(Request::Network { online: true }).await;
        officer.sync().await;
        let queue = officer.queue().await;
        assert!(queue.items.is_empty() && queue.send_again.is_empty());
        assert_eq!(queue.sync.send_again, 0);
        assert_eq!(officer.visit(visit).await.visit.answers["kabid_hadir"], "tidak");
        // Returned, it is a draft like any other: the refusal before is over.
        let desk = Phone::new(&office, &folder.path().join("desk"));
        desk.log_in("kabid").await;
        desk.ask(Request::Review {
            visit,
            submission: 1,
            decision: Decision::Return,
            draft: ReviewDraft { note: "Tulis jabatannya.".to_owned(), notes: BTreeMap::new() },
        }).await;
        desk.sync().await;
        officer.sync().await;
        assert_eq!(officer.visit(visit).await.state, VisitState::Returned);
        assert_eq!(officer.queue().await.sync.send_again, 0);
    })
    .await;
}

#[tokio::test]
async fn a_correction_that_came_too_late_is_kept_until_its_officer_takes_the_servers_data() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (one, two) = (
            Phone::new(&office, &folder.path().join("1")),
            Phone::new(&office, &folder.path().join("2")),
        );
        one.log_in("petugas1").await;
        two.log_in("petugas1").await;
        let visit = one.start().await;
        one.fill_short(visit).await;
        one.answer(visit, "no_spt", "SPT-1").await;
        one.sync().await;
        two.sync().await;
        two.ask(Request::Network { online: false }).await;
        two.answer(visit, "no_spt", "SPT-2").await;
        one.ask(Request::SubmitVisit {
            visit,
            result: None,
            judged: None,
        })
        .await;
        one.sync().await;
        two.ask(Request::Network { online: true }).await;
        two.sync().await;

        let item = two.queue().await.items.remove(0);
        assert!(matches!(
            item.transfer,
            Transfer::SetAside {
                code: RejectCode::State,
                ..
            }
        ));
        assert_eq!(two.visit(visit).await.visit.answers["no_spt"], "SPT-2");
        two.ask(Request::Resolve {
            mutation: item.mutation,
            keep: Keep::Theirs,
        })
        .await;
        assert!(two.queue().await.items.is_empty());
        assert_eq!(two.visit(visit).await.visit.answers["no_spt"], "SPT-1");
    })
    .await;
}

#[tokio::test]
async fn a_draft_given_up_while_in_conflict_stands_when_it_was_submitted_and_approved_elsewhere() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let [one, two, desk] =
            ["1", "2", "desk"].map(|name| Phone::new(&office, &folder.path().join(name)));
        for (phone, name) in [(&one, "petugas1"), (&two, "petugas1"), (&desk, "kabid")] {
            phone.log_in(name).await;
        }
        let visit = one.start().await;
        one.fill_short(visit).await;
        one.sync().await;
        two.sync().await;
        one.answer(visit, "no_spt", "SPT-1").await;
        two.answer(visit, "no_spt", "SPT-2").await;
        one.sync().await;
        two.sync().await;
        let asked = two.queue().await.items.remove(0);
        assert_eq!(asked.transfer, Transfer::Conflict);
        two.ask(Request::DiscardVisit {
            visit,
            reason: "salah koperasi".to_owned(),
        })
        .await;
        one.ask(Request::SubmitVisit {
            visit,
            result: None,
            judged: None,
        })
        .await;
        one.sync().await;
        two.sync().await;
        desk.sync().await;
        desk.ask(Request::Review {
            visit,
            submission: 1,
            decision: Decision::Approve,
            draft: ReviewDraft::default(),
        })
        .await;
        desk.sync().await;
        let keep = Request::Resolve {
            mutation: asked.mutation,
            keep: Keep::Theirs,
        };
        two.ask(keep).await;
        two.sync().await;
        assert!(two.queue().await.items.is_empty());
        for phone in [&one, &two, &desk] {
            phone.sync().await;
            assert_eq!(phone.visit(visit).await.state, VisitState::Approved);
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_server_everything_works_and_leaves_when_it_is_back() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        phone.ask(Request::Lock).await;
        // The same folder, a server that is not there: the process was ended and the signal is gone.
        let away = Phone::at("http://127.0.0.1:1", folder.path());
        assert_eq!(away.refused(Request::Home).await, StoreError::NotOpen);
        away.ask(Request::Unlock { username: "petugas1".to_owned(), pin: PIN.to_owned() }).await;
        let visit = away.start().await;
        away.answer(visit, "no_spt", "SPT-laut").await;
        away.sync().await;
        let queue = away.queue().await;
        assert!(matches!(queue.sync.phase, SyncPhase::Waiting { .. }));
        assert!(matches!(queue.items[0].transfer, Transfer::Failed(_)));
        away.ask(Request::Lock).await;

        let back = Phone::new(&office, folder.path());
        back.ask(Request::Unlock { username: "petugas1".to_owned(), pin: PIN.to_owned() }).await;
        back.sync().await;
        assert!(back.queue().await.items.is_empty());
        let stored: i64 = office.change(|connection| {
            let one = "select count(*) from record where kind = 'visit' and json_extract(fields, '$.\"a/no_spt\"') = 'SPT-laut'";
            connection.query_row(one, [], |row| row.get(0)).unwrap()
        });
        assert_eq!(stored, 1);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_ended_keeps_everything_and_asks_for_a_login() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        office.change(|connection| {
            connection
                .execute("update session set revoked = 1", [])
                .unwrap()
        });
        phone.answer(visit, "no_spt", "SPT-9").await;
        phone.sync().await;
        assert_eq!(phone.queue().await.sync.phase, SyncPhase::LoginNeeded);
        assert_eq!(phone.visit(visit).await.visit.answers["no_spt"], "SPT-9");
        phone.answer(visit, "kabid_hadir", "ya").await;

        phone
            .log_in_with("petugas1", demo::PASSWORD, None)
            .await
            .unwrap();
        phone.sync().await;
        assert!(phone.queue().await.items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn another_persons_login_on_the_same_phone_neither_sees_nor_deletes_the_first_ones_work() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        phone.answer(visit, "no_spt", "SPT-pribadi").await;
        phone.ask(Request::Logout).await;

        phone.log_in("petugas2").await;
        assert_eq!(
            phone.refused(Request::Visit(visit)).await,
            StoreError::NotFound
        );
        phone.ask(Request::Lock).await;
        match phone.ask(Request::Status).await {
            Reply::Status(AppStatus::Closed { accounts }) => {
                assert_eq!(
                    accounts
                        .iter()
                        .map(|one| &*one.username)
                        .collect::<Vec<_>>(),
                    ["petugas2", "petugas1"]
                );
            }
            _ => panic!("not closed"),
        }
        phone
            .ask(Request::Unlock {
                username: "petugas1".to_owned(),
                pin: PIN.to_owned(),
            })
            .await;
        assert_eq!(
            phone.visit(visit).await.visit.answers["no_spt"],
            "SPT-pribadi"
        );
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_pin_is_replaced_by_a_login_and_a_changed_password_asks_for_the_old_one() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        phone.ask(Request::Lock).await;
        phone
            .log_in_with("petugas1", demo::PASSWORD, None)
            .await
            .unwrap();
        phone
            .ask(Request::SetPin {
                pin: "351790".to_owned(),
            })
            .await;
        assert_eq!(
            phone.visit(visit).await.state,
            VisitState::Draft,
            "nothing was lost"
        );
        phone.ask(Request::Lock).await;
        let former = Request::Unlock {
            username: "petugas1".to_owned(),
            pin: PIN.to_owned(),
        };
        assert!(matches!(
            phone.refused(former).await,
            StoreError::WrongPin { .. }
        ));

        // The office gave a new password: the old one, or the PIN, opens what is on the phone.
        let hash = anjangsana::server::secret::hash_password("baru-sekali-2024").unwrap();
        office.change(|connection| {
            connection
                .execute(
                    "update user set password = ? where username = 'petugas1'",
                    [&hash],
                )
                .unwrap()
        });
        let refused = phone
            .log_in_with("petugas1", "baru-sekali-2024", None)
            .await;
        assert!(matches!(refused, Err(StoreError::OldSecretNeeded)));
        phone
            .log_in_with("petugas1", "baru-sekali-2024", Some(demo::PASSWORD))
            .await
            .unwrap();
        assert_eq!(phone.visit(visit).await.state, VisitState::Draft);
        phone.ask(Request::Lock).await;
        phone
            .log_in_with("petugas1", "baru-sekali-2024", None)
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_officer_who_moves_sees_the_new_area_and_loses_no_unsent_work_of_the_old() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        let before = phone.names().await;
        office.change(|connection| {
            let scope = r#"{"areas":["19.03.08"]}"#;
            connection
                .execute(
                    "update user set scope = ? where username = 'petugas1'",
                    [scope],
                )
                .unwrap()
        });
        phone.sync().await;
        let after = phone.names().await;
        assert!(after.iter().any(|name| name.contains("Pongok")) && after.len() < before.len());
        assert_eq!(phone.visit(visit).await.state, VisitState::Draft);
    })
    .await;
}

#[tokio::test]
async fn a_database_of_a_newer_app_is_said_to_be_one_and_left_as_it_is() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        phone.answer(visit, "no_spt", "SPT-baru").await;
        phone.ask(Request::Lock).await;
        let file = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                let name = path.file_name().unwrap().to_string_lossy();
                name.starts_with("store-") && name.ends_with(".db")
            })
            .unwrap();
        let newer = rusqlite::Connection::open(&file).unwrap();
        newer.pragma_update(None, "user_version", 99).unwrap();

        let told = Rc::new(std::cell::RefCell::new(Vec::new()));
        let heard = Rc::clone(&told);
        let notices = move |notice: Notice| heard.borrow_mut().push(notice);
        let machine = NativeMachine::new(folder.path().to_owned(), office.url(""), notices);
        let again = Phone {
            device: Device::start(machine).unwrap(),
        };
        let unlock = Request::Unlock {
            username: "petugas1".to_owned(),
            pin: PIN.to_owned(),
        };
        again.refused(unlock).await;
        assert!(
            told.borrow()
                .contains(&Notice::Status(AppStatus::NewerDatabase))
        );
        let kept: String = newer
            .query_row("select fields from outbox", [], |row| row.get(0))
            .unwrap();
        assert!(kept.contains("SPT-baru"), "what was unsent is still there");
    })
    .await;
}

#[tokio::test]
async fn the_store_answers_from_a_thread_of_its_own() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    let (told, notices) = std::sync::mpsc::channel();
    let client = anjangsana::platform::native::client::Client::start(
        folder.path().to_owned(),
        office.url(""),
        move |notice| {
            let _test_over = told.send(notice);
        },
    )
    .unwrap();
    let login = Request::Login {
        username: "petugas1".to_owned(),
        password: demo::PASSWORD.to_owned(),
        old_secret: None,
    };
    assert!(matches!(
        client.ask(login).await,
        Ok(Reply::Status(AppStatus::PinNeeded { .. }))
    ));
    let synced = tokio::task::spawn_blocking(move || {
        notices
            .iter()
            .any(|notice| matches!(notice, Notice::Sync(status) if status.last_ok.is_some()))
    });
    assert!(synced.await.unwrap());
    assert!(
        matches!(client.ask(Request::Home).await, Ok(Reply::Home(home)) if home.cooperatives > 0)
    );
}
