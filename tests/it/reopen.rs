//! S5: a visit that was sent without signal can be edited again as long as nothing of its submission has left the phone.

use std::collections::BTreeMap;

use anjangsana::domain::{Decision, RecordId, VisitState};
use anjangsana::server::demo;
use anjangsana::store::api::{QueueKind, Request, ReviewDraft, StoreError, Transfer};
use rusqlite::Connection;
use serde_json::Value;

use crate::backup::{back_up, restore};
use crate::cutting_proxy::{Fault, Line, Proxy};
use crate::device_sync::{Phone, demo_office, local};
use crate::server_office::Office;

impl Phone {
    async fn submit(&self, visit: RecordId) {
        self.ask(Request::SubmitVisit {
            visit,
            result: None,
            judged: None,
        })
        .await;
    }

    async fn has_signal(&self, online: bool) {
        self.ask(Request::Network { online }).await;
    }

    /// A whole visit, sent without signal.
    async fn sent_at_sea(&self) -> RecordId {
        self.has_signal(false).await;
        let visit = self.start().await;
        self.fill_short(visit).await;
        self.submit(visit).await;
        visit
    }

    async fn state(&self, visit: RecordId) -> VisitState {
        self.visit(visit).await.state
    }
}

/// The submissions that the server has of a visit, by the names of their fields.
fn submissions(office: &Office, visit: RecordId) -> Vec<String> {
    let database = Connection::open(office.folder().join("anjangsana.sqlite")).unwrap();
    let fields: String = database
        .query_row(
            "select fields from record where id = ?",
            [visit.to_string()],
            |row| row.get(0),
        )
        .unwrap();
    let fields: BTreeMap<String, Value> = serde_json::from_str(&fields).unwrap();
    let names = fields.into_keys();
    names
        .filter(|name| name.starts_with("submission/"))
        .collect()
}

#[tokio::test]
async fn a_visit_sent_without_signal_is_a_draft_again_is_edited_and_is_sent_once() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.sent_at_sea().await;
        let sent = phone.visit(visit).await;
        assert!(sent.reopenable && !sent.editable);
        assert_eq!(phone.queue().await.items[0].what, QueueKind::Visit);

        phone.ask(Request::ReopenVisit { visit }).await;
        let draft = phone.visit(visit).await;
        assert_eq!(draft.state, VisitState::Draft);
        assert!(draft.editable && !draft.reopenable);
        assert_eq!(draft.visit.answers, sent.visit.answers, "nothing is lost");
        assert_eq!(draft.history.len(), 1, "it was begun, and no more");
        let queue = phone.queue().await;
        assert_eq!(queue.items.len(), 1);
        assert_eq!(queue.items[0].what, QueueKind::Draft);

        phone.answer(visit, "saksi_nama", "Saksi CONTOH").await;
        phone.submit(visit).await;
        assert!(phone.visit(visit).await.reopenable, "as often as wanted");
        phone.has_signal(true).await;
        phone.sync().await;
        assert_eq!(submissions(&office, visit), ["submission/1"]);
        let at_the_office = phone.visit(visit).await;
        assert_eq!(at_the_office.state, VisitState::Submitted);
        assert_eq!(at_the_office.visit.answers["saksi_nama"], "Saksi CONTOH");
        assert!(!at_the_office.reopenable);
        let late = phone.refused(Request::ReopenVisit { visit }).await;
        assert_eq!(late, StoreError::AlreadySent);
        assert_eq!(phone.state(visit).await, VisitState::Submitted);
    })
    .await;
}

#[tokio::test]
async fn a_draft_that_the_server_has_waits_for_nothing_after_its_submission_is_taken_out() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        phone.fill_short(visit).await;
        phone.sync().await;
        phone.has_signal(false).await;
        phone.submit(visit).await;

        phone.ask(Request::ReopenVisit { visit }).await;
        let draft = phone.visit(visit).await;
        assert_eq!(draft.state, VisitState::Draft);
        assert!(matches!(draft.transfer, Transfer::Sent { .. }));
        assert!(phone.queue().await.items.is_empty());
        phone.has_signal(true).await;
        phone.sync().await;
        assert_eq!(submissions(&office, visit).len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_returned_visit_is_returned_again_with_its_notes_and_its_first_submission() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, &folder.path().join("phone"));
        let desk = Phone::new(&office, &folder.path().join("desk"));
        phone.log_in("petugas1").await;
        desk.log_in("kabid").await;
        let visit = phone.start().await;
        phone.fill_short(visit).await;
        phone.submit(visit).await;
        phone.sync().await;
        desk.sync().await;
        let note = ReviewDraft {
            note: "Lengkapi saksi".to_owned(),
            ..ReviewDraft::default()
        };
        desk.ask(Request::Review {
            visit,
            submission: 1,
            decision: Decision::Return,
            draft: note,
        })
        .await;
        desk.sync().await;
        phone.sync().await;
        assert_eq!(phone.state(visit).await, VisitState::Returned);

        phone.has_signal(false).await;
        phone.answer(visit, "saksi_nama", "Saksi CONTOH").await;
        phone.submit(visit).await;
        phone.ask(Request::ReopenVisit { visit }).await;
        let again = phone.visit(visit).await;
        assert_eq!(again.state, VisitState::Returned);
        assert_eq!(again.reviews.last().unwrap().note, "Lengkapi saksi");
        assert_eq!(again.visit.answers["saksi_nama"], "Saksi CONTOH");

        phone.submit(visit).await;
        phone.has_signal(true).await;
        phone.sync().await;
        let fields = ["submission/1", "submission/2"];
        assert_eq!(submissions(&office, visit), fields);
    })
    .await;
}

#[tokio::test]
async fn what_may_have_reached_the_server_is_not_taken_back() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let begun = Phone::new(&office, folder.path());
        begun.log_in("petugas1").await;
        begun.ask(Request::Lock).await;
        let line = Proxy::before(office.address, Line::default()).await;
        let phone = Phone::at(&line.url(), folder.path());
        phone.unlock("petugas1").await;
        phone.sync().await;
        let visit = phone.sent_at_sea().await;

        // The server has it, and its answer never comes.
        line.change_mast();
        line.next([Fault::CutDown(1)]);
        phone.has_signal(true).await;
        while line.faults_left() > 0 {
            phone.sync().await;
        }
        assert_eq!(submissions(&office, visit), ["submission/1"]);
        let sent = phone.visit(visit).await;
        assert!(matches!(sent.transfer, Transfer::Failed(_)));
        assert!(!sent.reopenable);
        let late = phone.refused(Request::ReopenVisit { visit }).await;
        assert_eq!(late, StoreError::AlreadySent);
        assert_eq!(phone.state(visit).await, VisitState::Submitted);
        phone.sync().await;
        assert!(phone.queue().await.items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_stands_in_a_backup_file_is_not_taken_back_on_either_phone() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let one = Phone::new(&office, &folder.path().join("1"));
        let two = Phone::new(&office, &folder.path().join("2"));
        one.log_in("petugas1").await;
        two.log_in("petugas1").await;
        let visit = one.sent_at_sea().await;
        let file = back_up(&one, demo::PASSWORD).await.unwrap();
        two.has_signal(false).await;
        restore(&two, &file, demo::PASSWORD).await.unwrap();
        for phone in [&one, &two] {
            assert!(!phone.visit(visit).await.reopenable);
            let late = phone.refused(Request::ReopenVisit { visit }).await;
            assert_eq!(late, StoreError::AlreadySent);
            assert_eq!(phone.state(visit).await, VisitState::Submitted);
        }
    })
    .await;
}

#[tokio::test]
async fn only_a_sent_visit_of_ones_own_is_edited_again() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, &folder.path().join("phone"));
        let desk = Phone::new(&office, &folder.path().join("desk"));
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        let draft = phone.refused(Request::ReopenVisit { visit }).await;
        let state = VisitState::Draft;
        assert_eq!(draft, StoreError::State { state });
        phone.fill_short(visit).await;
        phone.submit(visit).await;
        phone.sync().await;
        desk.log_in("kabid").await;
        let foreign = desk.refused(Request::ReopenVisit { visit }).await;
        assert_eq!(foreign, StoreError::Forbidden);
    })
    .await;
}
