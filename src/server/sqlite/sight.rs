//! Who sees a record. There is one condition for it, `visible.sql`, and everything that is read asks it: the pull and its
//! digest, the history, the attachments, what was set aside. Its parameters are `:district`, `:areas` and `:user`.

use rusqlite::{Connection, named_params};

use crate::domain::{RecordId, Scope, User};

use super::{Error, record::to_json};

/// A statement with the condition in the place of `{visible}`.
pub(super) fn with_condition(sql: &str) -> String {
    sql.replace("{visible}", include_str!("visible.sql").trim())
}

/// What the condition must know of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sight {
    /// They see the whole district.
    pub district: bool,
    /// The areas that they see, as a JSON list.
    pub areas: String,
    /// Who they are.
    pub user: String,
}

impl Sight {
    /// The sight of a user.
    ///
    /// # Errors
    /// When their areas are no JSON; that cannot be.
    pub fn of(user: &User) -> Result<Self, Error> {
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

/// Whether a user sees a record. Nobody sees one that is not there.
///
/// # Errors
/// When it cannot be read.
pub fn visible(connection: &Connection, record: RecordId, user: &User) -> Result<bool, Error> {
    static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        with_condition("select exists (select 1 from record where id = :record and ({visible}))")
    });
    let sight = Sight::of(user)?;
    Ok(connection.prepare_cached(&SQL)?.query_row(
        named_params! {
            ":record": record.to_string(),
            ":district": sight.district,
            ":areas": sight.areas,
            ":user": sight.user,
        },
        |row| row.get(0),
    )?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        domain::{AreaCode, Role, UserId},
        server::sqlite::STEPS,
        sql,
    };

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
                assert_eq!(visible(&db, id, user).unwrap(), sees, "{what}: {who}");
            }
        }
        let gone = RecordId::of_text("never there");
        assert!(!visible(&db, gone, &owner).unwrap());
    }
}
