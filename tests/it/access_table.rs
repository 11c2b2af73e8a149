//! Who may do what, as tables: every call, every kind of record, every role; in the area and outside, of one's own and of
//! somebody else, before and after the session ends. A call or a kind without a row fails.

use std::collections::BTreeSet;

use anjangsana::server::repo::Records;
use anjangsana::{
    domain::{AttachmentName, Kind, MutationId, RecordId, Role, VisitState},
    server::{Config, accounts, endpoints, forms, machine},
    sync::wire::{ATTACHMENTS_PATH, Mutation, Outcome, PIECE, SYNC_PATH, SyncReply, TUS},
};
use base64::Engine;
use reqwest::Method;
use serde_json::json;

use crate::server_attachments::{name_of, photo};
use crate::server_office::{Office, PAYUNG, Phone, TOBOALI, record_of};

/// How each call is answered, to nobody and to every role. All work in Toboali, and what they ask for lies there. 400, 412
/// and 422: it is let in, and finds that it was sent nothing.
#[rustfmt::skip]
const ROUTES: &[(&str, &str, [u16; 5])] = &[
    // method, path                                 nobody officer supervisor head admin
    ("GET",     "/healthz",                          [200, 200, 200, 200, 200]),
    ("GET",     "/readyz",                           [200, 200, 200, 200, 200]),
    ("POST",    "/api/v1/login",                     [400, 400, 400, 400, 400]),
    ("POST",    "/api/v1/logout",                    [401, 204, 204, 204, 204]),
    ("GET",     "/api/v1/me",                        [401, 200, 200, 200, 200]),
    ("POST",    "/api/v1/sync",                      [401, 400, 400, 400, 400]),
    ("GET",     "/api/v1/records/{id}/{rev}",        [401, 200, 200, 200, 200]),
    ("GET",     "/api/v1/visits/{id}/history",       [401, 200, 200, 200, 200]),
    ("GET",     "/api/v1/visits/{id}/notchosen",     [401, 200, 200, 200, 200]),
    ("GET",     "/api/v1/forms",                     [401, 403, 403, 403, 200]),
    ("POST",    "/api/v1/forms",                     [401, 403, 403, 403, 422]),
    ("GET",     "/api/v1/forms/{id}/{file}",         [401, 403, 403, 403, 200]),
    ("GET",     "/api/v1/setaside",                  [401, 403, 403, 403, 200]),
    ("GET",     "/api/v1/setaside/{id}",             [401, 403, 403, 403, 200]),
    ("GET",     "/api/v1/attachments/{name}",        [401, 200, 200, 200, 200]),
    ("OPTIONS", "/api/v1/attachments",               [401, 204, 204, 204, 204]),
    ("POST",    "/api/v1/attachments",               [401, 412, 412, 403, 403]),
    ("HEAD",    "/api/v1/attachments/{name}",        [401, 412, 412, 403, 403]),
    ("PATCH",   "/api/v1/attachments/{name}",        [401, 412, 412, 403, 403]),
    ("DELETE",  "/api/v1/attachments/{name}",        [401, 412, 412, 403, 403]),
];

/// What is asked of one visit in Toboali, and of what it names: by its officer, a colleague, supervisor, head and admin of
/// Toboali, and an officer of Payung.
#[rustfmt::skip]
const OBJECTS: &[(Object, Seen, [u16; 6])] = &[
    //                                          owner colleague superv. head admin elsewhere
    (Object::History,         Seen::Draft,     [200, 403, 403, 403, 403, 403]),
    (Object::History,         Seen::Submitted, [200, 200, 200, 200, 200, 403]),
    (Object::NotChosen,       Seen::Draft,     [200, 403, 403, 403, 403, 403]),
    (Object::NotChosen,       Seen::Submitted, [200, 200, 200, 200, 200, 403]),
    (Object::Photo,           Seen::Draft,     [200, 404, 404, 404, 404, 404]),
    (Object::Photo,           Seen::Submitted, [200, 200, 200, 200, 200, 404]),
    (Object::RestrictedPhoto, Seen::Draft,     [200, 404, 404, 404, 404, 404]),
    (Object::RestrictedPhoto, Seen::Submitted, [200, 403, 200, 403, 200, 404]),
    // Whoever may read a file may know its size; head and admin send none, so they do not ask.
    (Object::PhotoSize,       Seen::Draft,     [200, 404, 404, 403, 403, 404]),
    (Object::PhotoSize,       Seen::Submitted, [200, 200, 200, 403, 403, 404]),
    (Object::SetAside,        Seen::Submitted, [403, 403, 403, 403, 200, 403]),
    (Object::SetAside,        Seen::Elsewhere, [403, 403, 403, 403, 404, 403]),
];

#[derive(Clone, Copy, PartialEq, Debug)]
enum Object {
    History,
    NotChosen,
    Photo,
    RestrictedPhoto,
    PhotoSize,
    SetAside,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Seen {
    Draft,
    Submitted,
    /// Submitted, in Payung.
    Elsewhere,
}

const OK: &str = "ok";
const FORBIDDEN: &str = "forbidden";
const STATE: &str = "state";
const UNKNOWN: &str = "unknown";
/// This role has nothing of the kind.
const NONE: &str = "";

/// What becomes of a change, by the role of who sends it. All work in Toboali.
#[rustfmt::skip]
const PUSHES: &[(Kind, &str, [&str; 4])] = &[
    //                                                    officer    supervisor head       admin
    (Kind::Visit, "new in the area",                     [OK,        OK,        FORBIDDEN, FORBIDDEN]),
    (Kind::Visit, "new outside",                         [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Visit, "change an own draft",                 [OK,        OK,        NONE,      NONE]),
    (Kind::Visit, "change an own draft outside",         [OK,        OK,        NONE,      NONE]),
    (Kind::Visit, "change somebody's draft",             [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Visit, "change an own submitted one",         [STATE,     STATE,     NONE,      NONE]),
    (Kind::Visit, "change somebody's submitted one",     [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Visit, "change an own returned one",          [OK,        OK,        NONE,      NONE]),
    (Kind::Visit, "submit an own draft",                 [OK,        OK,        NONE,      NONE]),
    (Kind::Visit, "submit somebody's draft",             [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Visit, "withdraw an own draft",               [OK,        OK,        NONE,      NONE]),
    (Kind::Visit, "withdraw somebody's draft",           [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Visit, "withdraw an own submitted one",       [STATE,     STATE,     NONE,      NONE]),
    (Kind::Visit, "withdraw an own approved one",        [STATE,     STATE,     NONE,      NONE]),
    (Kind::Visit, "withdraw somebody's submitted one",   [FORBIDDEN, OK,        FORBIDDEN, OK]),
    (Kind::Visit, "withdraw somebody's approved one",    [FORBIDDEN, OK,        FORBIDDEN, OK]),
    (Kind::Visit, "withdraw a submitted one outside",    [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Review, "of an officer's visit",              [FORBIDDEN, OK,        FORBIDDEN, FORBIDDEN]),
    (Kind::Review, "of a supervisor's visit",            [FORBIDDEN, OK,        OK,        FORBIDDEN]),
    (Kind::Review, "of an own visit",                    [FORBIDDEN, FORBIDDEN, NONE,      NONE]),
    (Kind::Review, "of somebody's draft",                [FORBIDDEN, UNKNOWN,   UNKNOWN,   FORBIDDEN]),
    (Kind::Review, "of an officer's visit outside",      [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Review, "of a supervisor's visit outside",    [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Cooperative, "new in the area",               [FORBIDDEN, FORBIDDEN, FORBIDDEN, OK]),
    (Kind::Cooperative, "new outside",                   [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Cooperative, "change in the area",            [FORBIDDEN, FORBIDDEN, FORBIDDEN, OK]),
    (Kind::Cooperative, "change outside",                [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Cooperative, "move outside",                  [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Person, "new",                                [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Person, "change",                             [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Form, "new",                                  [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
    (Kind::Form, "change",                               [FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
];

/// What a pull brings: to officer, supervisor, head and admin of Toboali, and to an officer of Payung.
#[rustfmt::skip]
const PULLS: &[(Kind, &str, [bool; 5])] = &[
    //                                            officer superv. head  admin  elsewhere
    (Kind::Person, "anybody",                    [true,  true,  true,  true,  true]),
    (Kind::Form, "published",                    [true,  true,  true,  true,  true]),
    (Kind::Cooperative, "in the area",           [true,  true,  true,  true,  false]),
    (Kind::Cooperative, "outside",               [false, false, false, false, true]),
    (Kind::Visit, "somebody's draft",            [false, false, false, false, false]),
    (Kind::Visit, "the officer's draft",         [true,  false, false, false, false]),
    (Kind::Visit, "the supervisor's draft",      [false, true,  false, false, false]),
    (Kind::Visit, "submitted",                   [true,  true,  true,  true,  false]),
    (Kind::Visit, "withdrawn",                   [true,  true,  true,  true,  false]),
    (Kind::Visit, "submitted outside",           [false, false, false, false, true]),
    (Kind::Visit, "the officer's, outside",      [true,  false, false, false, true]),
    (Kind::Review, "of a visit",                 [true,  true,  true,  true,  false]),
    (Kind::Review, "of a visit outside",         [false, false, false, false, true]),
    (Kind::Review, "of the officer's, outside",  [true,  false, false, false, true]),
];

const ROLES: [Role; 4] = [Role::Officer, Role::Supervisor, Role::Head, Role::Admin];

/// One of each role, and who has what they ask for.
struct Stage {
    office: Office,
    /// Officer, supervisor, head, admin of Toboali.
    four: [Phone; 4],
    colleague: Phone,
    other_supervisor: Phone,
    /// An officer and a supervisor of Payung.
    elsewhere: Phone,
    supervisor_elsewhere: Phone,
    kadin: Phone,
    here: RecordId,
    there: RecordId,
    count: u32,
}

impl Stage {
    async fn open() -> Self {
        let form = forms::Sheets {
            survey: "type,name,label,required,restricted\ntext,nama,Nama,yes,\nimage,catatan,Foto,,\nimage,lain,Neraca,,yes\n",
            choices: "list_name,name,label\n",
            settings: "form_id,form_title,version\nuji,Uji,1\n",
        };
        let office = Office::with(Config::default(), |connection| {
            forms::publish(connection, form, machine::now()).unwrap();
        })
        .await;
        Self {
            four: ROLES.map(|role| office.hire(role.name(), role, &[TOBOALI])),
            colleague: office.hire("rekan", Role::Officer, &[TOBOALI]),
            other_supervisor: office.hire("seksi", Role::Supervisor, &[TOBOALI]),
            elsewhere: office.hire("jauh", Role::Officer, &[PAYUNG]),
            supervisor_elsewhere: office.hire("seksi jauh", Role::Supervisor, &[PAYUNG]),
            kadin: office.hire("kadin", Role::Supervisor, &[]),
            here: office.cooperative("satu", TOBOALI),
            there: office.cooperative("dua", PAYUNG),
            office,
            count: 0,
        }
    }

    fn name(&mut self) -> String {
        self.count += 1;
        format!("kunjungan {}", self.count)
    }

    /// A visit of somebody in a state. A supervisor of the whole district, whose visits it is not, decides.
    async fn visit(&mut self, mut owner: Phone, place: &str, state: VisitState) -> String {
        let name = self.name();
        let cooperative = if place == PAYUNG {
            self.there
        } else {
            self.here
        };
        let mut desk = self.kadin.clone();
        let begin = owner.visit(&name, cooperative, place);
        applied(&mut owner, &begin).await;
        if state == VisitState::Draft {
            return name;
        }
        let submit = owner.edit(&name, 1_000_000, json!({"submission/1": owner.mark()}));
        applied(&mut owner, &submit).await;
        let word = match state {
            VisitState::Returned => desk.review(&name, 1, "return", "perbaiki"),
            VisitState::Approved => desk.review(&name, 1, "approve", ""),
            VisitState::Void => desk.edit(
                &name,
                1_000_000,
                json!({"void": desk.mark_because("dobel")}),
            ),
            _ => return name,
        };
        applied(&mut desk, &word).await;
        name
    }

    /// A draft outside the area of its owner, who worked there when it was begun.
    async fn visit_left_behind(&mut self, owner: &Phone, state: VisitState) -> String {
        let place = |areas: &[&str]| {
            let areas: Vec<String> = areas.iter().map(|area| (*area).to_owned()).collect();
            accounts::scope(owner.user.role, &areas).unwrap()
        };
        let move_to = |office: &Office, areas: &[&str]| {
            office.change(|db| {
                let to = (owner.user.role, place(areas));
                accounts::move_to(db, &owner.user.username, to, machine::now()).unwrap();
            });
        };
        move_to(&self.office, &["Toboali", "Payung"]);
        let name = self.visit(owner.clone(), PAYUNG, state).await;
        move_to(&self.office, &["Toboali"]);
        name
    }

    /// The change of a row, made by one of the four.
    async fn change(&mut self, kind: Kind, what: &str, by: usize) -> Mutation {
        use VisitState::{Approved, Draft, Returned, Submitted};
        let me = self.four[by].clone();
        let somebody = self.colleague.clone();
        let supervisor = self.other_supervisor.clone();
        let (far, far_supervisor) = (self.elsewhere.clone(), self.supervisor_elsewhere.clone());
        let answer = |name: &str| me.edit(name, 1_000_000, json!({"a/nama": "Siti"}));
        let submit = |name: &str| me.edit(name, 1_000_000, json!({"submission/1": me.mark()}));
        let void = |name: &str| {
            let mark = json!({"void": me.mark_because("dobel")});
            me.edit(name, 1_000_000, mark)
        };
        let approve = |name: &str| me.review(name, 1, "approve", "");
        let of = |kind: Kind, mutation: Mutation, record: RecordId| Mutation {
            kind,
            record,
            ..mutation
        };
        let fresh = RecordId::new(machine::now(), &machine::entropy().unwrap());
        match (kind, what) {
            (Kind::Visit, "new in the area") => me.visit(&self.name(), self.here, TOBOALI),
            (Kind::Visit, "new outside") => me.visit(&self.name(), self.there, PAYUNG),
            (Kind::Visit, "change an own draft") => {
                answer(&self.visit(me.clone(), TOBOALI, Draft).await)
            }
            (Kind::Visit, "change an own draft outside") => {
                answer(&self.visit_left_behind(&me, Draft).await)
            }
            (Kind::Visit, "change somebody's draft") => {
                answer(&self.visit(somebody, TOBOALI, Draft).await)
            }
            (Kind::Visit, "change an own submitted one") => {
                answer(&self.visit(me.clone(), TOBOALI, Submitted).await)
            }
            (Kind::Visit, "change somebody's submitted one") => {
                answer(&self.visit(somebody, TOBOALI, Submitted).await)
            }
            (Kind::Visit, "change an own returned one") => {
                answer(&self.visit(me.clone(), TOBOALI, Returned).await)
            }
            (Kind::Visit, "submit an own draft") => {
                submit(&self.visit(me.clone(), TOBOALI, Draft).await)
            }
            (Kind::Visit, "submit somebody's draft") => {
                submit(&self.visit(somebody, TOBOALI, Draft).await)
            }
            (Kind::Visit, "withdraw an own draft") => {
                void(&self.visit(me.clone(), TOBOALI, Draft).await)
            }
            (Kind::Visit, "withdraw somebody's draft") => {
                void(&self.visit(somebody, TOBOALI, Draft).await)
            }
            (Kind::Visit, "withdraw an own submitted one") => {
                void(&self.visit(me.clone(), TOBOALI, Submitted).await)
            }
            (Kind::Visit, "withdraw an own approved one") => {
                void(&self.visit(me.clone(), TOBOALI, Approved).await)
            }
            (Kind::Visit, "withdraw somebody's submitted one") => {
                void(&self.visit(somebody, TOBOALI, Submitted).await)
            }
            (Kind::Visit, "withdraw somebody's approved one") => {
                void(&self.visit(somebody, TOBOALI, Approved).await)
            }
            (Kind::Visit, "withdraw a submitted one outside") => {
                void(&self.visit(far, PAYUNG, Submitted).await)
            }
            (Kind::Review, "of an officer's visit") => {
                approve(&self.visit(somebody, TOBOALI, Submitted).await)
            }
            (Kind::Review, "of a supervisor's visit") => {
                approve(&self.visit(supervisor, TOBOALI, Submitted).await)
            }
            (Kind::Review, "of an own visit") => {
                approve(&self.visit(me.clone(), TOBOALI, Submitted).await)
            }
            (Kind::Review, "of somebody's draft") => {
                approve(&self.visit(somebody, TOBOALI, Draft).await)
            }
            (Kind::Review, "of an officer's visit outside") => {
                approve(&self.visit(far, PAYUNG, Submitted).await)
            }
            (Kind::Review, "of a supervisor's visit outside") => {
                approve(&self.visit(far_supervisor, PAYUNG, Submitted).await)
            }
            (Kind::Cooperative, "new in the area") => {
                let fields = json!({"Koperasi": "Baru CONTOH", "Kecamatan": "Toboali"});
                of(kind, me.edit("x", 0, fields), fresh)
            }
            (Kind::Cooperative, "new outside") => {
                let fields = json!({"Koperasi": "Baru CONTOH", "Kecamatan": "Payung"});
                of(kind, me.edit("x", 0, fields), fresh)
            }
            (Kind::Cooperative, "change in the area") => of(
                kind,
                me.edit("x", 1_000_000, json!({"NIK": "1"})),
                self.here,
            ),
            (Kind::Cooperative, "change outside") => of(
                kind,
                me.edit("x", 1_000_000, json!({"NIK": "1"})),
                self.there,
            ),
            (Kind::Cooperative, "move outside") => {
                let fields = json!({"Kecamatan": "Payung"});
                of(kind, me.edit("x", 1_000_000, fields), self.here)
            }
            (Kind::Person, "new") => {
                let fields = json!({"user": me.user.id, "name": "x", "role": "admin"});
                of(kind, me.edit("x", 0, fields), fresh)
            }
            (Kind::Person, "change") => {
                let id = anjangsana::domain::Person::record_id(me.user.id);
                of(kind, me.edit("x", 1_000_000, json!({"role": "admin"})), id)
            }
            (Kind::Form, "new") => of(kind, me.edit("x", 0, json!({"form": "uji"})), fresh),
            (Kind::Form, "change") => {
                let id = forms::record_id("uji", "1");
                of(kind, me.edit("x", 1_000_000, json!({"survey": ""})), id)
            }
            other => panic!("no change for {other:?}"),
        }
    }

    /// A session of the same person on the same device that was ended.
    fn revoked(&self, phone: &Phone) -> Phone {
        let mut ended = self.office.log_in(&phone.user, "ended");
        ended.device = phone.device;
        let hash = anjangsana::server::secret::hash_token(&ended.token);
        self.office.change(|db| {
            let sql = "update session set revoked = 1 where hash = ?1";
            assert_eq!(db.execute(sql, [&hash[..]]).unwrap(), 1);
        });
        ended
    }

    /// A photo that is sent and that an answer names; the visit.
    async fn with_photo(
        &mut self,
        mut owner: Phone,
        question: &str,
        state: VisitState,
    ) -> (String, AttachmentName) {
        let name = self.visit(owner.clone(), TOBOALI, VisitState::Draft).await;
        let bytes = photo(u64::from(self.count), 3_000);
        let file = name_of(&bytes);
        let edit = owner.edit(
            &name,
            1_000_000,
            json!({format!("a/{question}"): file.as_str()}),
        );
        applied(&mut owner, &edit).await;
        let text = base64::engine::general_purpose::STANDARD.encode(file.as_str());
        let request = owner.client.post(self.office.url(ATTACHMENTS_PATH));
        let response = request
            .bearer_auth(&owner.token)
            .header("tus-resumable", TUS)
            .header("upload-length", bytes.len())
            .header("upload-metadata", format!("name {text}"))
            .header("content-type", PIECE)
            .body(bytes);
        assert_eq!(response.send().await.unwrap().status(), 201);
        if state == VisitState::Submitted {
            let submit = owner.edit(&name, 1_000_000, json!({"submission/1": owner.mark()}));
            applied(&mut owner, &submit).await;
        }
        (name, file)
    }

    /// A change of somebody that was refused.
    async fn refused(&self, owner: &Phone, name: &str) -> MutationId {
        let mut owner = owner.clone();
        let edit = owner.edit(name, 1_000_000, json!({"a/nama": "lagi"}));
        let outcome = owner.push(&edit).await;
        assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
        edit.id
    }
}

async fn applied(phone: &mut Phone, mutation: &Mutation) {
    let outcome = phone.push(mutation).await;
    assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied { .. } => OK.to_owned(),
        Outcome::Rejected { code, .. } => {
            let code = serde_json::to_value(code).unwrap();
            code.as_str().unwrap().to_owned()
        }
        other => format!("{other:?}"),
    }
}

fn fail(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_call_is_answered_to_every_role_as_the_table_says() {
    let listed: Vec<_> = ROUTES
        .iter()
        .map(|(method, path, _)| (*method, *path))
        .collect();
    let there = endpoints();
    let there: Vec<_> = there
        .iter()
        .map(|endpoint| (endpoint.method.as_str(), endpoint.path))
        .collect();
    assert_eq!(
        listed, there,
        "each call has its row, in the order of the router"
    );

    let mut stage = Stage::open().await;
    let officer = stage.four[0].clone();
    let (visit, file) = stage
        .with_photo(officer.clone(), "catatan", VisitState::Submitted)
        .await;
    let refused = stage.refused(&officer, &visit).await;
    let rev = stage.office.change(|db| {
        let found = db.record(record_of(&visit)).unwrap();
        found.unwrap().record.rev
    });
    let client = reqwest::Client::new();
    let mut wrong = Vec::new();
    for (method, path, expected) in ROUTES {
        let id = match *path {
            "/api/v1/setaside/{id}" => refused.to_string(),
            "/api/v1/forms/{id}/{file}" => "uji".to_owned(),
            _ => record_of(&visit).to_string(),
        };
        let url = path
            .replace("{id}", &id)
            .replace("{rev}", &format!("{rev}?from=0&most=10"))
            .replace("{file}", "1.xlsx")
            .replace("{name}", file.as_str());
        let call = |token: Option<String>| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let mut request = client.request(method, stage.office.url(&url));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            if path.ends_with("/login") || path.ends_with("/sync") {
                request = request.json(&json!({}));
            }
            async move { request.send().await.unwrap().status().as_u16() }
        };
        let nobody = call(None).await;
        if nobody != expected[0] {
            wrong.push(format!("{method} {path} by nobody: {nobody}"));
        }
        for (phone, expected) in stage.four.iter().zip(&expected[1..]) {
            let role = phone.user.role.name();
            let fresh = stage.office.log_in(&phone.user, "once");
            let status = call(Some(fresh.token)).await;
            if status != *expected {
                wrong.push(format!("{method} {path} by {role}: {status}"));
            }
            // A session that ended is nobody's.
            let ended = call(Some(stage.revoked(phone).token)).await;
            if ended != nobody {
                wrong.push(format!("{method} {path} by {role} after the end: {ended}"));
            }
        }
    }
    fail(&wrong);
}

async fn ask_for_objects(table: &[(Object, Seen, [u16; 6])]) {
    let mut stage = Stage::open().await;
    let mut wrong = Vec::new();
    for (object, seen, expected) in table {
        let state = match seen {
            Seen::Draft => VisitState::Draft,
            _ => VisitState::Submitted,
        };
        let owner = match seen {
            Seen::Elsewhere => stage.elsewhere.clone(),
            _ => stage.four[0].clone(),
        };
        let question = match object {
            Object::RestrictedPhoto => "lain",
            _ => "catatan",
        };
        let (visit, file) = match seen {
            Seen::Elsewhere => {
                let name = stage.visit(owner.clone(), PAYUNG, state).await;
                (name, name_of(&photo(1, 10)))
            }
            _ => stage.with_photo(owner.clone(), question, state).await,
        };
        let id = record_of(&visit);
        let path = match object {
            Object::History => format!("/api/v1/visits/{id}/history"),
            Object::NotChosen => format!("/api/v1/visits/{id}/notchosen"),
            Object::Photo | Object::RestrictedPhoto | Object::PhotoSize => {
                format!("{ATTACHMENTS_PATH}/{file}")
            }
            Object::SetAside => {
                format!("/api/v1/setaside/{}", stage.refused(&owner, &visit).await)
            }
        };
        let [_, supervisor, head, admin] = &stage.four;
        let columns = [
            &owner,
            &stage.colleague,
            supervisor,
            head,
            admin,
            &stage.elsewhere,
        ];
        for (phone, expected) in columns.into_iter().zip(expected) {
            let method = match object {
                Object::PhotoSize => Method::HEAD,
                _ => Method::GET,
            };
            let request = phone.client.request(method, stage.office.url(&path));
            let request = request
                .bearer_auth(&phone.token)
                .header("tus-resumable", TUS);
            let status = request.send().await.unwrap().status().as_u16();
            if status != *expected {
                let who = &phone.user.username;
                wrong.push(format!("{object:?}, {seen:?}, by {who}: {status}"));
            }
        }
    }
    fail(&wrong);
}

#[tokio::test]
async fn what_is_asked_of_one_visit_is_answered_as_the_table_says() {
    ask_for_objects(OBJECTS).await;
}

#[tokio::test]
async fn every_change_to_every_kind_is_answered_to_every_role_as_the_table_says() {
    let kinds: BTreeSet<Kind> = PUSHES.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds, BTreeSet::from(Kind::ALL), "each kind has its rows");
    let mut stage = Stage::open().await;
    let mut wrong = Vec::new();
    for (kind, what, expected) in PUSHES {
        for (by, expected) in expected.iter().enumerate() {
            if *expected == NONE {
                continue;
            }
            let mutation = stage.change(*kind, what, by).await;
            let mut phone = stage.four[by].clone();
            let case = format!("{} {what}, by {}", kind.name(), phone.user.role.name());
            let ended = stage.revoked(&phone);
            let request = ended.request(std::slice::from_ref(&mutation));
            let status = ended.post(SYNC_PATH, &request).await.status().as_u16();
            if status != 401 {
                wrong.push(format!("{case}, after the end: {status}"));
            }
            let outcome = word(&phone.push(&mutation).await);
            if outcome != *expected {
                wrong.push(format!("{case}: {outcome}"));
            }
        }
    }
    fail(&wrong);
}

#[tokio::test]
async fn a_pull_brings_every_kind_to_every_role_as_the_table_says() {
    let kinds: BTreeSet<Kind> = PULLS.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds, BTreeSet::from(Kind::ALL), "each kind has its rows");
    let mut stage = Stage::open().await;
    let mut rows = Vec::new();
    for (kind, what, expected) in PULLS {
        use VisitState::{Draft, Returned, Submitted, Void};
        let [officer, supervisor, ..] = stage.four.clone();
        let (somebody, far) = (stage.colleague.clone(), stage.elsewhere.clone());
        let visit = match *what {
            "somebody's draft" => stage.visit(somebody, TOBOALI, Draft).await,
            "the officer's draft" => stage.visit(officer, TOBOALI, Draft).await,
            "the supervisor's draft" => stage.visit(supervisor, TOBOALI, Draft).await,
            "submitted" => stage.visit(somebody, TOBOALI, Submitted).await,
            "withdrawn" => stage.visit(somebody, TOBOALI, Void).await,
            "submitted outside" => stage.visit(far, PAYUNG, Submitted).await,
            "the officer's, outside" => stage.visit_left_behind(&officer, Submitted).await,
            "of a visit" => stage.visit(somebody, TOBOALI, Returned).await,
            "of a visit outside" => stage.visit(far, PAYUNG, Returned).await,
            "of the officer's, outside" => stage.visit_left_behind(&officer, Returned).await,
            _ => String::new(),
        };
        let visit = record_of(&visit);
        let id = match (kind, *what) {
            (Kind::Person, _) => anjangsana::domain::Person::record_id(stage.colleague.user.id),
            (Kind::Form, _) => forms::record_id("uji", "1"),
            (Kind::Cooperative, "in the area") => stage.here,
            (Kind::Cooperative, _) => stage.there,
            (Kind::Visit, _) => visit,
            (Kind::Review, _) => stage.office.change(|db| {
                let children = db.children(visit).unwrap();
                children[0].record.id
            }),
            (Kind::Other(kind), _) => panic!("{kind:?} is not in the table"),
        };
        rows.push((kind, what, id, expected));
    }
    let mut wrong = Vec::new();
    let columns = stage.four.iter().chain([&stage.elsewhere]);
    for (column, phone) in columns.enumerate() {
        let mut fresh = stage.office.log_in(&phone.user, "fresh");
        let reply: SyncReply = fresh.sync(&[]).await;
        assert!(!reply.more);
        for (kind, what, id, expected) in &rows {
            let comes = reply.records.iter().any(|record| record.id == *id);
            if comes != expected[column] {
                let who = &phone.user.username;
                wrong.push(format!("{} {what}, to {who}: {comes}", kind.name()));
            }
        }
        let ended = stage.revoked(phone);
        let request = ended.request(&[]);
        assert_eq!(ended.post(SYNC_PATH, &request).await.status(), 401);
    }
    fail(&wrong);
}
