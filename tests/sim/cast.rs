//! Who there is and what they start with: made once, copied for every run.

use anjangsana::{
    domain::{AreaCode, DeviceId, Fields, Kind, Millis, RecordId, Role, Scope, User, UserId},
    server::{
        forms::{self, Sheets},
        office::{self, OfficeChange},
        repo::{Accounts, accounts::Account, sqlite::STEPS},
    },
    sql,
    store::{self, Store},
};
use rusqlite::{Connection, backup::Backup};
use serde_json::json;
use std::cell::RefCell;
use tempfile::TempDir;

use crate::disk::Disk;

/// When every run begins: 7 November 2024.
pub(crate) const DAWN: i64 = 1_730_937_600_000;

pub(crate) const AREAS: [&str; 3] = ["19.03.01", "19.03.02", "19.03.03"];

/// The questions that every version of the form has; the first one is required.
pub(crate) const QUESTIONS: [&str; 3] = ["nama", "p1", "p3"];

pub(crate) const COOPERATIVES: [(&str, usize); 5] = [
    ("mawar", 0),
    ("melati", 0),
    ("anggrek", 1),
    ("cempaka", 1),
    ("dahlia", 2),
];

/// What a version of the form asks beside that: every version has other questions than the one before it.
pub(crate) fn questions(version: u32) -> &'static [&'static str] {
    match version % 3 {
        1 => &["nama", "p1", "p2", "p3", "p4"],
        2 => &["nama", "p1", "p2", "p3", "p5"],
        _ => &["nama", "p1", NUMBER, "p3", "p4", "p5"],
    }
}

/// The day of the visit, and the repeat for long texts with its one question.
pub(crate) const DATE: &str = "tanggal";
pub(crate) const REPEAT: &str = "catatan";
pub(crate) const PASTED: &str = "isi";

/// The question that is a text in some versions, a number in others.
pub(crate) const NUMBER: &str = "p2";

/// Whether a version asks for a number there.
pub(crate) fn asks_number(version: u32, question: &str) -> bool {
    version.is_multiple_of(3) && question == NUMBER
}

fn survey(version: u32) -> String {
    let mut survey =
        String::from("type,name,label,required,default,constraint\ntext,koperasi_id,Koperasi,,,\n");
    for question in questions(version) {
        let kind = match asks_number(version, question) {
            true => "integer",
            false => "text",
        };
        let required = if *question == "nama" { "yes" } else { "" };
        survey.push_str(&format!("{kind},{question},Soal,{required},,\n"));
    }
    survey.push_str("image,foto,Foto,,,\n");
    // No visit is of tomorrow, whatever the clock.
    survey.push_str(&format!("date,{DATE},Tanggal,,today(),. <= today()\n"));
    survey.push_str(&format!(
        "begin_repeat,{REPEAT},Catatan,,,\ntext,{PASTED},Isi,,,\nend_repeat,,,,,\n"
    ));
    survey
}

/// Publishes a version of the one form.
pub(crate) fn publish(connection: &Connection, version: u32, now: Millis) {
    let settings = format!("form_id,form_title,version\nkunjungan,Kunjungan,{version}\n");
    let sheets = Sheets {
        survey: &survey(version),
        choices: "list_name,name,label\n",
        settings: &settings,
    };
    forms::publish(connection, sheets, now).unwrap();
}

/// Login names, roles and areas (none: the district).
const PEOPLE: [(&str, Role, &[usize]); 5] = [
    ("ani", Role::Officer, &[0]),
    ("budi", Role::Officer, &[0, 1]),
    ("citra", Role::Officer, &[1, 2]),
    ("kabid", Role::Supervisor, &[]),
    ("seksi", Role::Supervisor, &[0, 1]),
];

pub(crate) fn scope(areas: &[usize]) -> Scope {
    if areas.is_empty() {
        return Scope::District;
    }
    Scope::Areas(areas.iter().map(|at| AreaCode(AREAS[*at].into())).collect())
}

pub(crate) fn people() -> Vec<User> {
    let make = |(name, role, areas): &(&str, Role, &[usize])| User {
        id: UserId::of_text(name),
        username: (*name).to_owned(),
        name: format!("{name} CONTOH"),
        role: *role,
        scope: scope(areas),
    };
    PEOPLE.iter().map(make).collect()
}

pub(crate) fn cooperative(name: &str, area: usize) -> OfficeChange {
    let fields: Fields = serde_json::from_value(
        json!({"Koperasi": format!("Koperasi {name}"), "Kecamatan": AREAS[area]}),
    )
    .unwrap();
    let area = AreaCode(AREAS[area].to_owned());
    OfficeChange::new(
        Kind::Cooperative,
        RecordId::of_text(name),
        area,
        fields,
        Millis(DAWN),
    )
}

/// An office's database and a device's with its schema: what each run copies. And the disks that they are copied to.
pub(crate) struct Templates {
    office: Connection,
    devices: Vec<Connection>,
    /// Where the office keeps its photos.
    pub(crate) folder: TempDir,
    office_disks: RefCell<Vec<Disk>>,
    device_disks: RefCell<Vec<Disk>>,
}

impl Templates {
    pub(crate) fn new() -> Self {
        let mut office = Connection::open_in_memory().unwrap();
        sql::migrate(&mut office, &STEPS).unwrap();
        let transaction = office.transaction().unwrap();
        for user in people() {
            let account = Account {
                user: user.clone(),
                password: "none".to_owned(),
                disabled: false,
            };
            transaction.add_account(&account, Millis(DAWN)).unwrap();
            office::introduce(&*transaction, &user, Millis(DAWN)).unwrap();
        }
        for (name, area) in COOPERATIVES {
            office::apply(&*transaction, cooperative(name, area)).unwrap();
        }
        publish(&transaction, 1, Millis(DAWN));
        transaction.commit().unwrap();
        let devices = people().iter().map(Self::device).collect();
        Self {
            office,
            devices,
            folder: in_memory(),
            office_disks: RefCell::default(),
            device_disks: RefCell::default(),
        }
    }

    fn device(user: &User) -> Connection {
        let template = Connection::open_in_memory().unwrap();
        let mut first = Connection::open_in_memory().unwrap();
        sql::migrate(&mut first, &store::MIGRATIONS).unwrap();
        let mut copy_of = template;
        copy(&first, &mut copy_of);
        // The store takes its database with it; the user is written into the copy that stays.
        drop(Store::open(first, Some(user), DeviceId::of_text("none")).unwrap());
        copy_of
            .execute(
                "insert into meta values ('user', ?)",
                [serde_json::to_string(user).unwrap()],
            )
            .unwrap();
        copy_of
    }

    pub(crate) fn office(&self) -> Disk {
        taken(&self.office_disks, &self.office)
    }

    pub(crate) fn device_of(&self, who: usize) -> Disk {
        taken(&self.device_disks, &self.devices[who])
    }

    /// A run has ended: its disks are for the next one.
    pub(crate) fn give_back(&self, office: Disk, devices: impl Iterator<Item = Disk>) {
        self.office_disks.borrow_mut().push(office);
        self.device_disks.borrow_mut().extend(devices);
    }
}

/// A folder in memory where there is such a thing.
fn in_memory() -> TempDir {
    let name = "anjangsana-sim-";
    let in_memory = TempDir::with_prefix_in(name, "/dev/shm");
    in_memory.or_else(|_| TempDir::with_prefix(name)).unwrap()
}

fn taken(disks: &RefCell<Vec<Disk>>, template: &Connection) -> Disk {
    let mut disk = disks.borrow_mut().pop().unwrap_or_else(Disk::new);
    disk.begin_as(template);
    disk
}

/// Every page of a database, over another.
pub(crate) fn copy(from: &Connection, to: &mut Connection) {
    Backup::new(from, to).unwrap().step(-1).unwrap();
}
