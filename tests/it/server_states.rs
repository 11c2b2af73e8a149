//! The way of a visit between its officer and the desk: every step that is allowed, and every one that is not.

use anjangsana::{
    domain::{RecordId, Role, Visit, VisitState},
    sync::wire::{Mutation, Outcome, RejectCode},
};
use serde_json::json;

use crate::server_office::{Office, PAYUNG, Phone, TOBOALI, refused, tick};

struct Desk {
    office: Office,
    cooperative: RecordId,
    officer: Phone,
    kabid: Phone,
    admin: Phone,
}

impl Desk {
    async fn open() -> Self {
        let office = Office::open().await;
        Self {
            cooperative: office.cooperative("satu", TOBOALI),
            officer: office.hire("ppl", Role::Officer, &[TOBOALI]),
            kabid: office.hire("kabid", Role::Supervisor, &[]),
            admin: office.hire("admin", Role::Admin, &[]),
            office,
        }
    }

    async fn do_it(&mut self, step: Step, name: &str) -> Outcome {
        let (who, mutation) = self.mutation(step, name);
        let phone = match who {
            Who::Officer => &mut self.officer,
            Who::Kabid => &mut self.kabid,
            Who::Admin => &mut self.admin,
        };
        phone.push(&mutation).await
    }

    fn mutation(&self, step: Step, name: &str) -> (Who, Mutation) {
        let officer = &self.officer;
        // Everything is made on the newest there is: what is tested here is the state.
        let edit = |fields| officer.edit(name, 1_000_000, fields);
        match step {
            Step::Answer => (Who::Officer, edit(json!({"a/lain": tick().to_string()}))),
            Step::Submit(n) => (
                Who::Officer,
                edit(json!({format!("submission/{n}"): officer.mark()})),
            ),
            Step::Void => (Who::Officer, edit(json!({"void": officer.mark()}))),
            Step::VoidWithReason => (
                Who::Officer,
                edit(json!({"void": officer.mark_because("salah koperasi")})),
            ),
            Step::VoidByAdmin => (
                Who::Admin,
                self.admin.edit(
                    name,
                    1_000_000,
                    json!({"void": self.admin.mark_because("dobel")}),
                ),
            ),
            Step::VoidByKabid(reason) => (
                Who::Kabid,
                self.kabid.edit(
                    name,
                    1_000_000,
                    json!({"void": self.kabid.mark_because(reason)}),
                ),
            ),
            Step::Approve(n) => (Who::Kabid, self.kabid.review(name, n, "approve", "")),
            Step::Return(n) => (Who::Kabid, self.kabid.review(name, n, "return", "perbaiki")),
        }
    }

    /// A visit brought into a state, and the number of its last submission.
    async fn visit_in(&mut self, state: VisitState) -> (String, u32) {
        let name = format!("kunjungan {}", state.name());
        let visit = self.officer.visit(&name, self.cooperative, TOBOALI);
        self.officer.push(&visit).await;
        let steps: &[Step] = match state {
            VisitState::Draft => &[],
            VisitState::Submitted => &[Step::Submit(1)],
            VisitState::Returned => &[Step::Submit(1), Step::Return(1)],
            VisitState::Approved => &[Step::Submit(1), Step::Approve(1)],
            VisitState::Void => &[Step::Submit(1), Step::VoidByAdmin],
        };
        for step in steps {
            let outcome = self.do_it(*step, &name).await;
            assert!(
                matches!(outcome, Outcome::Applied { .. }),
                "{step:?}: {outcome:?}"
            );
        }
        (name, u32::from(state != VisitState::Draft))
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Answer,
    Submit(u32),
    Void,
    VoidWithReason,
    VoidByAdmin,
    VoidByKabid(&'static str),
    Approve(u32),
    Return(u32),
}

enum Who {
    Officer,
    Kabid,
    Admin,
}

#[tokio::test]
async fn every_step_is_taken_from_the_right_states_and_refused_from_the_others() {
    use RejectCode::{Forbidden, Malformed, State, Unknown};
    use VisitState::{Approved, Draft, Returned, Submitted, Void};
    // For each state: answering, submitting next, voiding by the officer without and with a reason, by the admin, by the
    // supervisor with and without a reason, approving, returning.
    const OK: Option<RejectCode> = None;
    const STATE: Option<RejectCode> = Some(State);
    const NOT_SEEN: Option<RejectCode> = Some(Forbidden);
    const NO_REASON: Option<RejectCode> = Some(Malformed);
    const NO_VISIT: Option<RejectCode> = Some(Unknown);
    #[rustfmt::skip]
    let table: [(VisitState, [Option<RejectCode>; 9]); 5] = [
        (Draft, [OK, OK, OK, OK, NOT_SEEN, NOT_SEEN, NOT_SEEN, NO_VISIT, NO_VISIT]),
        (Submitted, [STATE, STATE, STATE, STATE, OK, OK, NO_REASON, OK, OK]),
        (Returned, [OK, OK, STATE, STATE, OK, OK, NO_REASON, STATE, STATE]),
        (Approved, [STATE, STATE, STATE, STATE, OK, OK, NO_REASON, STATE, STATE]),
        (Void, [STATE; 9]),
    ];
    for (state, expected) in table {
        for (column, wanted) in expected.into_iter().enumerate() {
            let mut desk = Desk::open().await;
            let (name, last) = desk.visit_in(state).await;
            let step = [
                Step::Answer,
                Step::Submit(last + 1),
                Step::Void,
                Step::VoidWithReason,
                Step::VoidByAdmin,
                Step::VoidByKabid("dobel"),
                Step::VoidByKabid(" "),
                Step::Approve(last),
                Step::Return(last),
            ][column];
            let outcome = desk.do_it(step, &name).await;
            match wanted {
                None => assert!(
                    matches!(outcome, Outcome::Applied { .. }),
                    "{step:?} from {state:?}: {outcome:?}"
                ),
                Some(code) => assert_eq!(refused(&outcome), code, "{step:?} from {state:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_returned_visit_goes_back_and_forth_until_it_is_approved() {
    let mut desk = Desk::open().await;
    let (name, _) = desk.visit_in(VisitState::Returned).await;
    for step in [
        Step::Answer,
        Step::Submit(2),
        Step::Return(2),
        Step::Submit(3),
        Step::Approve(3),
    ] {
        let outcome = desk.do_it(step, &name).await;
        assert!(
            matches!(outcome, Outcome::Applied { .. }),
            "{step:?}: {outcome:?}"
        );
    }
    assert_eq!(
        refused(&desk.do_it(Step::Answer, &name).await),
        RejectCode::State
    );
}

#[tokio::test]
async fn a_submission_number_is_never_skipped_or_used_twice() {
    let mut desk = Desk::open().await;
    let (name, _) = desk.visit_in(VisitState::Returned).await;
    assert_eq!(
        refused(&desk.do_it(Step::Submit(1), &name).await),
        RejectCode::State
    );
    assert_eq!(
        refused(&desk.do_it(Step::Submit(3), &name).await),
        RejectCode::State
    );
    assert!(matches!(
        desk.do_it(Step::Submit(2), &name).await,
        Outcome::Applied { .. }
    ));
}

#[tokio::test]
async fn the_server_itself_writes_down_what_an_answer_was() {
    let mut desk = Desk::open().await;
    let (name, _) = desk.visit_in(VisitState::Returned).await;
    let officer = &desk.officer;
    // The device forgets one and lies about the other.
    let fields = json!({"a/nama": "Hasanah", "a/lain": "baru", "was/1/lain": "bohong"});
    let mutation = officer.edit(&name, 1_000_000, fields);
    let outcome = desk.officer.push(&mutation).await;
    assert!(
        matches!(outcome, Outcome::Applied { exact: false, .. }),
        "{outcome:?}"
    );
    let mut fresh = desk.office.log_in(&desk.officer.user, "fresh");
    let reply = fresh.sync(&[]).await;
    let record = reply
        .records
        .iter()
        .find(|record| record.id == mutation.record)
        .unwrap();
    let visit = Visit::from_record(record).unwrap();
    assert_eq!(visit.was[&1]["nama"].as_deref(), Some("Hasan"));
    assert_eq!(visit.was[&1]["lain"], None);
    // What it was stays what it was, however often it changes afterwards.
    let again = desk.officer.edit(
        &name,
        1_000_000,
        json!({"a/nama": "Hasan Basri", "was/1/nama": "Hasanah"}),
    );
    desk.officer.push(&again).await;
    let mut fresh = desk.office.log_in(&desk.officer.user, "again");
    let reply = fresh.sync(&[]).await;
    let record = reply
        .records
        .iter()
        .find(|record| record.id == mutation.record)
        .unwrap();
    assert_eq!(record.fields["was/1/nama"], "Hasan");
}

#[tokio::test]
async fn an_honest_correction_is_exact() {
    let mut desk = Desk::open().await;
    let (name, _) = desk.visit_in(VisitState::Returned).await;
    desk.officer.sync(&[]).await;
    let fields =
        json!({"a/nama": "Hasanah", "was/1/nama": "Hasan", "a/lain": "baru", "was/1/lain": ""});
    let mutation = desk.officer.edit(&name, desk.officer.cursor, fields);
    let outcome = desk.officer.push(&mutation).await;
    assert!(
        matches!(outcome, Outcome::Applied { exact: true, .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_review_is_a_supervisors_in_their_area_about_what_is_there() {
    use RejectCode::{Forbidden, Malformed, State, Unknown};
    let mut desk = Desk::open().await;
    let (name, _) = desk.visit_in(VisitState::Submitted).await;
    let mut elsewhere = desk.office.hire("jauh", Role::Supervisor, &[PAYUNG]);
    let mut head = desk.office.hire("kadis", Role::Head, &[]);
    let by_officer = desk.officer.review(&name, 1, "approve", "");
    assert_eq!(refused(&desk.officer.push(&by_officer).await), Forbidden);
    let by_head = head.review(&name, 1, "approve", "");
    assert_eq!(refused(&head.push(&by_head).await), Forbidden);
    let from_elsewhere = elsewhere.review(&name, 1, "approve", "");
    assert_eq!(refused(&elsewhere.push(&from_elsewhere).await), Forbidden);
    let kabid = &desk.kabid;
    let without_note = kabid.review(&name, 1, "return", "");
    let of_nothing = kabid.review("tidak ada", 1, "approve", "");
    let of_next = kabid.review(&name, 2, "approve", "");
    let strange = kabid.review(&name, 1, "maybe", "");
    let mut forged = kabid.review(&name, 1, "approve", "");
    forged.fields.insert("mark".to_owned(), desk.officer.mark());
    let mut overfull = kabid.review(&name, 1, "approve", "");
    overfull.fields.insert("score".to_owned(), json!(100));
    let cases = [
        (without_note, Malformed),
        (of_nothing, Unknown),
        (of_next, State),
        (strange, Malformed),
        (forged, Forbidden),
        (overfull, Malformed),
    ];
    for (mutation, code) in cases {
        assert_eq!(
            refused(&desk.kabid.push(&mutation).await),
            code,
            "{mutation:?}"
        );
    }
    let good = desk.kabid.review(&name, 1, "approve", "");
    assert!(matches!(
        desk.kabid.push(&good).await,
        Outcome::Applied { .. }
    ));
    let mut again = desk.kabid.review(&name, 1, "approve", "");
    (again.record, again.fields) = (good.record, good.fields.clone());
    assert!(
        matches!(desk.kabid.push(&again).await, Outcome::Applied { .. }),
        "the same word under another name is no change"
    );
    let mut changed = desk.kabid.review(&name, 1, "return", "tetapi");
    changed.record = good.record;
    assert_eq!(refused(&desk.kabid.push(&changed).await), State);
}

#[tokio::test]
async fn somebody_elses_visit_is_left_alone() {
    let mut desk = Desk::open().await;
    let (name, _) = desk.visit_in(VisitState::Returned).await;
    let mut colleague = desk.office.hire("rekan", Role::Officer, &[TOBOALI]);
    let edit = colleague.edit(&name, 1_000_000, json!({"a/nama": "x"}));
    assert_eq!(refused(&colleague.push(&edit).await), RejectCode::Forbidden);
    let void = colleague.edit(
        &name,
        1_000_000,
        json!({"void": colleague.mark_because("iseng")}),
    );
    assert_eq!(refused(&colleague.push(&void).await), RejectCode::Forbidden);
    let by_admin = desk.admin.edit(&name, 1_000_000, json!({"a/nama": "x"}));
    assert_eq!(
        refused(&desk.admin.push(&by_admin).await),
        RejectCode::Forbidden
    );
}

#[tokio::test]
async fn an_officer_who_moved_finishes_what_was_begun() {
    let mut desk = Desk::open().await;
    let (name, _) = desk.visit_in(VisitState::Returned).await;
    desk.office.change(|connection| {
        use anjangsana::server::{accounts, machine};
        let scope = accounts::scope(Role::Officer, &[PAYUNG.to_owned()]).unwrap();
        accounts::move_to(connection, "ppl", (Role::Officer, scope), machine::now()).unwrap();
    });
    // The visit and the note that returned it still come to the officer, though the area is somebody else's now.
    let mut fresh = desk.office.log_in(&desk.officer.user, "fresh");
    let reply = fresh.sync(&[]).await;
    let of = |kind| {
        reply
            .records
            .iter()
            .filter(move |record| record.kind == kind)
            .count()
    };
    use anjangsana::domain::Kind;
    assert_eq!(
        (of(Kind::Visit), of(Kind::Review), of(Kind::Cooperative)),
        (1, 1, 0)
    );
    for step in [Step::Answer, Step::Submit(2)] {
        let outcome = desk.do_it(step, &name).await;
        assert!(
            matches!(outcome, Outcome::Applied { .. }),
            "{step:?}: {outcome:?}"
        );
    }
}
