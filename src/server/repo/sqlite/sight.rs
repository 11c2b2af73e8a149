//! Who sees a record. There is one condition for it, `visible.sql`, and everything that is read asks it: the pull and its
//! digest, the history, the attachments, what was set aside. Its parameters are `:district`, `:areas` and `:user`.

use crate::{
    domain::{Scope, User},
    server::repo::{Error, to_json},
};

/// A statement with the condition in the place of `{visible}`.
pub(super) fn with_condition(sql: &str) -> String {
    sql.replace("{visible}", include_str!("visible.sql").trim())
}

/// What the condition must know of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Sight {
    /// They see the whole district.
    pub(super) district: bool,
    /// The areas that they see, as a JSON list.
    pub(super) areas: String,
    /// Who they are.
    pub(super) user: String,
}

impl Sight {
    /// The sight of a user.
    ///
    /// # Errors
    /// When their areas are no JSON; that cannot be.
    pub(super) fn of(user: &User) -> Result<Self, Error> {
        let (district, areas) = match &user.scope {
            Scope::District => (true, "[]".to_owned()),
            Scope::Areas(areas) => (false, to_json(areas)?),
            Scope::Other(_) => (false, "[]".to_owned()),
        };
        Ok(Self {
            district,
            areas,
            user: user.id.to_string(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        domain::{AreaCode, RecordId, Role, UserId},
        server::repo::{Records, sqlite::STEPS},
        sql,
    };
    use rusqlite::Connection;

    fn user(name: &str, areas: &[&str]) -> User {
        let codes = areas.iter().map(|code| AreaCode((*code).to_owned()));
        User {
            id: UserId::of_text(name),
            username: name.to_owned(),
            name: name.to_owned(),
            role: Role::Officer,
            scope: match areas {
                [] => Scope::District,
                _ => Scope::Areas(codes.collect()),
            },
        }
    }

    #[test]
    fn a_record_is_seen_in_its_area_by_its_owner_and_by_its_audience_and_a_draft_by_its_owner_alone()
     {
        let mut db = Connection::open_in_memory().unwrap();
        sql::migrate(&mut db, &STEPS).unwrap();
        let (owner, reader) = (user("owner", &["1"]), user("reader", &["2"]));
        let people = [
            ("owner, in another area by now", user("owner", &["9"])),
            ("reader", reader.clone()),
            ("colleague", user("colleague", &["1"])),
            ("outside", user("outside", &["9"])),
            ("desk", user("desk", &[])),
        ];
        let cases = [
            (
                "in an area",
                "1",
                false,
                false,
                [true, false, true, false, true],
            ),
            (
                "a draft",
                "1",
                true,
                false,
                [true, false, false, false, false],
            ),
            (
                "with an audience",
                "1",
                false,
                true,
                [true, true, true, false, true],
            ),
            ("everywhere", "", false, false, [true; 5]),
        ];
        for (rev, (what, area, private, audience, sees)) in (1_i64..).zip(cases) {
            let id = RecordId::of_text(what);
            let audience = audience.then(|| reader.id.to_string());
            db.execute(
                "insert into record values (?1, ?2, 'visit', ?3, ?4, ?5, null, ?6, 0, ?1, '{}', '{}')",
                (rev, id.to_string(), area, owner.id.to_string(), audience, private),
            )
            .unwrap();
            for ((who, user), sees) in people.iter().zip(sees) {
                assert_eq!(db.is_seen(id, user).unwrap(), sees, "{what}: {who}");
            }
        }
        let gone = RecordId::of_text("never there");
        assert!(!db.is_seen(gone, &owner).unwrap());
    }
}
