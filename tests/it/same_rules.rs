//! The phone's rules and the server's are the same: what the phone refuses a person the server refuses the phone, and what the
//! phone lets a person do the server takes.

use std::collections::BTreeMap;

use anjangsana::{
    domain::{DeviceId, Kind, Millis, RecordId, Role, VisitState, id::Entropy},
    server::{
        Config,
        forms::{self, Sheets},
        machine,
    },
    store::{
        Moment, Store,
        api::{Reply, Request, ReviewDraft, StoreError},
    },
    sync::wire::{Limits, Mutation, Outcome, SYNC_PATH, SyncReply},
};
use rusqlite::Connection;
use serde_json::json;

use crate::server_office::{Office, Phone, TOBOALI, tick};

/// The form that phones make visits with.
const FORM: Sheets<'static> = Sheets {
    survey: "type,name,label,required\ntext,nama,Nama,yes\ntext,lain,Lain,\ntext,koperasi_id,Koperasi,\n",
    choices: "list_name,name,label\n",
    settings: "form_id,form_title,version\nkunjungan,Kunjungan,1\n",
};

/// An office with the form that phones make visits with.
pub(crate) async fn office() -> Office {
    Office::with(Config::default(), |connection| {
        forms::publish(connection, FORM, Millis(1)).unwrap();
    })
    .await
}

/// A phone with the real store of the app in it.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) phone: Phone,
}

impl App {
    pub(crate) fn new(phone: &Phone) -> Self {
        let db = Connection::open_in_memory().unwrap();
        let device = DeviceId::of_text(&format!("{} app", phone.user.username));
        Self {
            store: Store::open(db, Some(&phone.user), device).unwrap(),
            phone: phone.clone(),
        }
    }

    pub(crate) fn ask(&mut self, request: Request) -> Result<Reply, StoreError> {
        let mut entropy = || -> Entropy { machine::entropy().unwrap() };
        let mut moment = Moment {
            now: Millis(1_000_000 + tick()),
            entropy: &mut entropy,
        };
        Ok(self.store.handle(&mut moment, request)?.0)
    }

    /// Sends what there is and fetches what is new; the answers to what was sent.
    pub(crate) async fn sync(&mut self) -> Vec<Outcome> {
        let now = Millis(1_000_000 + tick());
        let mut outcomes = Vec::new();
        loop {
            let request = self.store.prepare(now, Limits::default()).unwrap();
            let response = self.phone.post(SYNC_PATH, &request).await;
            assert_eq!(response.status(), 200);
            let mut reply: SyncReply = response.json().await.unwrap();
            reply.unpack().unwrap();
            self.store.apply(now, &reply).unwrap();
            outcomes.extend(reply.results.into_iter().map(|result| result.outcome));
            if !reply.more {
                return outcomes;
            }
        }
    }
}

/// Who does it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Who {
    Officer,
    Colleague,
    Supervisor,
    OtherSupervisor,
    Head,
    Admin,
}

const EVERYBODY: [(Who, &str, Role, &[&str]); 6] = [
    (Who::Officer, "ppl", Role::Officer, &[TOBOALI]),
    (Who::Colleague, "rekan", Role::Officer, &[TOBOALI]),
    (Who::Supervisor, "kabid", Role::Supervisor, &[]),
    (Who::OtherSupervisor, "seksi", Role::Supervisor, &[TOBOALI]),
    (Who::Head, "kadis", Role::Head, &[]),
    (Who::Admin, "admin", Role::Admin, &[]),
];

/// What they do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Answer,
    Submit,
    GiveUp,
    Approve,
    Return(&'static str),
}

const EVERYTHING: [What; 7] = [
    What::Answer,
    What::Submit,
    What::GiveUp,
    What::Approve,
    What::Return("perbaiki"),
    What::Return(""),
    What::Return(" \n"),
];

/// Who may, by whose visit it is and its state. What is not here nobody may.
fn allowed(owner: Who, state: VisitState, what: What) -> &'static [Who] {
    use VisitState::{Draft, Returned, Submitted};
    use Who::{Head, Officer, OtherSupervisor, Supervisor};
    match (what, state, owner) {
        (What::Answer | What::Submit, Draft | Returned, Officer) => &[Officer],
        (What::Answer | What::Submit, Draft | Returned, _) => &[Supervisor],
        (What::GiveUp, Draft, Officer) => &[Officer],
        (What::GiveUp, Draft, _) => &[Supervisor],
        (What::Approve | What::Return("perbaiki"), Submitted, Officer) => {
            &[Supervisor, OtherSupervisor]
        }
        // Nobody reviews a visit of their own: those of a supervisor another one reads, or the head.
        (What::Approve | What::Return("perbaiki"), Submitted, _) => &[OtherSupervisor, Head],
        _ => &[],
    }
}

struct Stage {
    office: Office,
    cooperative: RecordId,
    people: BTreeMap<Who, App>,
    visits: u32,
}

impl Stage {
    async fn open() -> Self {
        let office = office().await;
        let cooperative = office.cooperative("satu", TOBOALI);
        let people = EVERYBODY
            .iter()
            .map(|(who, name, role, areas)| (*who, App::new(&office.hire(name, *role, areas))))
            .collect();
        Self {
            office,
            cooperative,
            people,
            visits: 0,
        }
    }

    fn app(&mut self, who: Who) -> &mut App {
        self.people.get_mut(&who).unwrap()
    }

    /// A visit of somebody in a state, made at the server.
    async fn visit(&mut self, owner: Who, state: VisitState) -> String {
        self.visits += 1;
        let name = format!("kunjungan {}", self.visits);
        let cooperative = self.cooperative;
        let reader = match owner {
            Who::Supervisor => Who::OtherSupervisor,
            _ => Who::Supervisor,
        };
        let made = &self.people[&owner].phone;
        let mut begin = made.visit(&name, cooperative, TOBOALI);
        begin.fields.insert("form".to_owned(), json!("kunjungan"));
        let submit = made.edit(&name, 99, json!({"submission/1": made.mark()}));
        let reads = &self.people[&reader].phone;
        let back = reads.review(&name, 1, "return", "perbaiki");
        let approve = reads.review(&name, 1, "approve", "");
        let void = reads.edit(&name, 99, json!({"void": reads.mark_because("dobel")}));
        let steps: Vec<(Who, Mutation)> = match state {
            VisitState::Draft => vec![(owner, begin)],
            VisitState::Submitted => vec![(owner, begin), (owner, submit)],
            VisitState::Returned => vec![(owner, begin), (owner, submit), (reader, back)],
            VisitState::Approved => vec![(owner, begin), (owner, submit), (reader, approve)],
            VisitState::Void => vec![(owner, begin), (owner, submit), (reader, void)],
        };
        for (who, mutation) in steps {
            let outcome = self.app(who).phone.push(&mutation).await;
            assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
        }
        name
    }

    /// What a phone without the app's rules would send.
    fn forged(&self, who: Who, what: What, name: &str, state: VisitState) -> Mutation {
        let phone = &self.people[&who].phone;
        let last = u32::from(state != VisitState::Draft);
        let edit = |fields| phone.edit(name, 1_000_000, fields);
        match what {
            What::Answer => edit(json!({"a/lain": tick().to_string()})),
            What::Submit => edit(json!({format!("submission/{}", last + 1): phone.mark()})),
            What::GiveUp => edit(json!({"void": phone.mark()})),
            What::Approve => phone.review(name, last, "approve", ""),
            What::Return(note) => phone.review(name, last, "return", note),
        }
    }

    fn asked(what: What, visit: RecordId) -> Request {
        let review = |decision, note: &str| Request::Review {
            visit,
            submission: 1,
            decision,
            draft: ReviewDraft {
                note: note.to_owned(),
                ..ReviewDraft::default()
            },
        };
        match what {
            What::Answer => Request::SaveAnswers {
                visit,
                changes: vec![("lain".to_owned(), Some(tick().to_string()))],
                place: None,
            },
            What::Submit => Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            },
            What::GiveUp => Request::DiscardVisit {
                visit,
                reason: String::new(),
            },
            What::Approve => review(anjangsana::domain::Decision::Approve, ""),
            What::Return(note) => review(anjangsana::domain::Decision::Return, note),
        }
    }
}

// H6, H17
#[tokio::test]
async fn what_the_phone_refuses_the_server_refuses_and_what_it_allows_the_server_takes() {
    let mut stage = Stage::open().await;
    let states = [
        VisitState::Draft,
        VisitState::Submitted,
        VisitState::Returned,
        VisitState::Approved,
        VisitState::Void,
    ];
    let mut wrong = Vec::new();
    for owner in [Who::Officer, Who::Supervisor] {
        for state in states {
            let mut name = stage.visit(owner, state).await;
            for (who, ..) in EVERYBODY {
                stage.app(who).sync().await;
                for what in EVERYTHING {
                    let case = format!("{who:?}: {what:?} a visit of {owner:?} that is {state:?}");
                    let visit = crate::server_office::record_of(&name);
                    let is_allowed = allowed(owner, state, what).contains(&who);
                    let on_phone = stage.app(who).ask(Stage::asked(what, visit));
                    if on_phone.is_ok() != is_allowed {
                        wrong.push(format!(
                            "{case}, on the phone: {:?}",
                            on_phone.as_ref().err()
                        ));
                    }
                    let outcomes = match on_phone.is_ok() {
                        true => stage.app(who).sync().await,
                        false => {
                            let forged = stage.forged(who, what, &name, state);
                            vec![stage.app(who).phone.push(&forged).await]
                        }
                    };
                    let taken = outcomes
                        .iter()
                        .all(|outcome| matches!(outcome, Outcome::Applied { .. }));
                    if outcomes.is_empty() || taken != is_allowed {
                        wrong.push(format!("{case}, at the server: {outcomes:?}"));
                    }
                    if is_allowed || taken || on_phone.is_ok() {
                        name = stage.visit(owner, state).await;
                        stage.app(who).sync().await;
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_visit_is_begun_by_those_who_visit_on_the_phone_and_at_the_server() {
    let mut stage = Stage::open().await;
    let cooperative = stage.cooperative;
    for (who, _, role, _) in EVERYBODY {
        let app = stage.app(who);
        app.sync().await;
        let may = matches!(role, Role::Officer | Role::Supervisor);
        let on_phone = app.ask(Request::StartVisit { cooperative });
        assert_eq!(on_phone.is_ok(), may, "{who:?}");
        if may {
            assert!(matches!(app.sync().await[..], [Outcome::Applied { .. }]));
        }
        let forged = app.phone.visit(&format!("{who:?}"), cooperative, TOBOALI);
        let outcome = app.phone.push(&forged).await;
        assert_eq!(matches!(outcome, Outcome::Applied { .. }), may, "{who:?}");
    }
    stage.office.close().await;
}

#[tokio::test]
async fn who_was_given_another_role_finishes_what_was_begun_on_the_phone_and_at_the_server() {
    use anjangsana::{domain::Scope, server::accounts};
    let mut stage = Stage::open().await;
    for role in [Role::Head, Role::Admin] {
        let name = stage.visit(Who::Officer, VisitState::Draft).await;
        stage.office.change(|connection| {
            let place = (role, Scope::District);
            accounts::move_to(connection, "ppl", place, machine::now()).unwrap();
        });
        let app = stage.app(Who::Officer);
        app.sync().await;
        for what in [What::Answer, What::Submit] {
            let visit = crate::server_office::record_of(&name);
            assert!(
                app.ask(Stage::asked(what, visit)).is_ok(),
                "{role:?} {what:?}"
            );
            let outcomes = app.sync().await;
            assert!(
                matches!(outcomes[..], [Outcome::Applied { .. }]),
                "{role:?} {what:?}: {outcomes:?}"
            );
        }
        stage.office.change(|connection| {
            let areas = accounts::scope(Role::Officer, &["Toboali".to_owned()]).unwrap();
            accounts::move_to(connection, "ppl", (Role::Officer, areas), machine::now()).unwrap();
        });
    }
}

#[tokio::test]
async fn an_officer_who_became_supervisor_does_not_approve_the_visits_of_before() {
    use anjangsana::{domain::Scope, server::accounts, sync::wire::RejectCode};
    let mut stage = Stage::open().await;
    let name = stage.visit(Who::Officer, VisitState::Submitted).await;
    stage.office.change(|connection| {
        let place = (Role::Supervisor, Scope::District);
        accounts::move_to(connection, "ppl", place, machine::now()).unwrap();
    });
    let forged = stage.forged(Who::Officer, What::Approve, &name, VisitState::Submitted);
    let outcome = stage.app(Who::Officer).phone.push(&forged).await;
    assert_eq!(
        crate::server_office::refused(&outcome),
        RejectCode::Forbidden
    );
    assert_eq!(forged.kind, Kind::Review);
}
