//! The invented office: complete, plausible, and the same however often it is made.

use std::collections::{BTreeMap, BTreeSet};

use anjangsana::{
    domain::{
        Cooperative, DeviceId, FollowUp, Kind, Millis, Role, Status, Visit, VisitState, area,
    },
    server::{
        check_visit::{self, Surroundings},
        correct, demo, forms, kinds,
        repo::{Accounts, Records, sqlite},
        secret,
    },
};
use rusqlite::Connection;
use tempfile::TempDir;

/// 8 November 2024, 09.00 WIB.
const NOW: Millis = Millis(1_731_031_200_000);

fn office() -> (TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = sqlite::open(folder.path()).unwrap();
    sqlite::transact(&mut connection, |connection| demo::make(connection, NOW)).unwrap();
    (folder, connection)
}

fn cooperatives(connection: &Connection) -> Vec<Cooperative> {
    let found = connection.records_of(Kind::Cooperative).unwrap();
    let read = found
        .iter()
        .map(|stored| Cooperative::from_record(&stored.record).unwrap());
    read.collect()
}

#[test]
fn it_has_the_districts_numbers() {
    let (_folder, connection) = office();
    let all = cooperatives(&connection);
    assert_eq!(all.len(), 102);
    let mut split: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for one in &all {
        let entry = split.entry(one.area.name()).or_default();
        entry.0 += 1;
        entry.1 += usize::from(one.status().unwrap().status == Status::KurangAktif);
    }
    let wanted = [
        ("Airgegas", (16, 5)),
        ("Kepulauan Pongok", (4, 2)),
        ("Lepar", (3, 1)),
        ("Payung", (9, 3)),
        ("Pulau Besar", (9, 3)),
        ("Simpang Rimba", (9, 3)),
        ("Toboali", (46, 15)),
        ("Tukak Sadai", (6, 2)),
    ];
    let wanted = wanted.map(|(name, numbers)| (name.to_owned(), numbers));
    assert_eq!(split, BTreeMap::from(wanted));
}

#[test]
fn its_cooperatives_are_invented_and_lie_where_they_say() {
    let (_folder, connection) = office();
    let all = cooperatives(&connection);
    let names: BTreeSet<_> = all.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names.len(), all.len());
    for one in &all {
        assert!(one.name.contains("CONTOH"), "{}", one.name);
        assert!(
            area::find_desa(&one.area, &one.desa).is_some(),
            "{}",
            one.name
        );
        assert!(one.nik.is_empty() || (one.nik.len() == 13 && one.nik.starts_with("9999")));
        assert!((2..=3).contains(&one.history.len()), "{}", one.name);
    }
    let villages: BTreeSet<_> = all.iter().map(|one| (&one.area, &one.desa)).collect();
    // Every village but one: Lepar has four and three cooperatives.
    assert_eq!(villages.len(), 52);
    assert!(all.iter().filter(|one| one.merah_putih).count() >= 5);
}

#[test]
fn its_people_can_log_in_and_cover_the_district() {
    let (_folder, connection) = office();
    let accounts = connection.accounts().unwrap();
    let names: Vec<_> = accounts
        .iter()
        .map(|account| account.user.username.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "admin", "kabid", "kadis", "petugas1", "petugas2", "petugas3", "petugas4"
        ]
    );
    for kecamatan in area::kecamatan() {
        let officers = accounts.iter().filter(|account| {
            account.user.role == Role::Officer && account.user.scope.sees(&kecamatan.code)
        });
        assert_eq!(officers.count(), 1, "{}", kecamatan.name);
    }
    let kabid = connection.account("kabid").unwrap().unwrap();
    assert!(secret::is_password(demo::PASSWORD, Some(&kabid.password)));
    assert_eq!(connection.records_of(Kind::Person).unwrap().len(), 7);
    assert_eq!(forms::list(&connection).unwrap().len(), 1);
}

#[test]
fn its_visits_stand_in_every_state_and_the_sent_ones_are_complete_by_their_form() {
    let (_folder, connection) = office();
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    let mut proposed = BTreeSet::new();
    for stored in connection.records_of(Kind::Visit).unwrap() {
        let visit = Visit::from_record(&stored.record).unwrap();
        let reviews = kinds::reviews_of(&connection, visit.id).unwrap();
        let state = visit.state(&reviews);
        *states.entry(state.name()).or_default() += 1;
        assert!(visit.created.at < NOW);
        assert_eq!(stored.private, state == VisitState::Draft);
        let cooperative = connection.record(visit.cooperative).unwrap().unwrap();
        assert_eq!(cooperative.record.area, visit.area);
        let users = connection.accounts().unwrap();
        let officer = users
            .iter()
            .find(|account| account.user.id == visit.owner)
            .unwrap();
        assert!(officer.user.scope.sees(&visit.area));
        if state == VisitState::Draft {
            continue;
        }
        let form = check_visit::published(&connection, &visit.form, &visit.form_version);
        let around = Surroundings {
            user: &officer.user,
            device: DeviceId::of_text("x"),
            visit: visit.id,
            now: NOW,
            cooperative: Some(
                Cooperative::from_record(&cooperative.record)
                    .unwrap()
                    .table_row(),
            ),
        };
        let answers = kinds::answers(&stored.record.fields);
        let session = check_visit::open(form.unwrap().unwrap(), answers, &around);
        assert_eq!(session.unplaced(), &BTreeMap::new());
        assert_eq!(session.problems("id"), []);
        assert_eq!(FollowUp::of_visit(&visit).len(), 1);
        // What it came to at its last submission is what its form says of its answers.
        let result = correct::result(&session, || Ok::<_, ()>(Vec::new())).unwrap();
        assert_eq!(visit.result, result);
        proposed.insert(result.unwrap().proposal.status.map(|status| status.name()));
    }
    assert_eq!(
        proposed,
        BTreeSet::from([None, Some("aktif"), Some("kurang_aktif")])
    );
    let wanted = [
        ("approved", 5),
        ("draft", 2),
        ("returned", 2),
        ("submitted", 4),
        ("void", 1),
    ];
    assert_eq!(states, BTreeMap::from(wanted));
}

#[test]
fn making_it_again_on_another_day_changes_nothing() {
    let (_folder, mut connection) = office();
    let dump = |connection: &Connection| -> Vec<(u64, String, String)> {
        let sql = "select rev, id, fields from record order by rev";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let before = dump(&connection);
    let later = NOW.plus(9 * 24 * 60 * 60 * 1000);
    sqlite::transact(&mut connection, |connection| demo::make(connection, later)).unwrap();
    assert_eq!(dump(&connection), before);
}

#[test]
fn it_never_mixes_with_a_real_office() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = sqlite::open(folder.path()).unwrap();
    sqlite::transact(&mut connection, |connection| {
        forms::publish_built_in(connection, NOW)
    })
    .unwrap();
    let refused = sqlite::transact(&mut connection, |connection| demo::make(connection, NOW));
    assert!(matches!(refused, Err(demo::Error::Occupied)));
    assert!(!demo::is_demo(&connection).unwrap());
}
