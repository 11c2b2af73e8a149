//! Changes that the office itself makes: an import, an account, a form published. They go through the same log and the
//! same sequence as those of devices, so every device gets them and the history shows them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::{
    AreaCode, Fields, Kind, Millis, MutationId, Person, Record, RecordId, Stored, User, UserId,
    kinds::is_private, record::overlay,
};

use super::{
    attachments, machine,
    repo::{
        Error, Tx,
        log::{Answered, Author, Kept, NewEntry},
        to_json,
    },
};

/// A change to one record.
#[derive(Clone, Debug)]
pub struct OfficeChange {
    /// What it is.
    pub kind: Kind,
    /// Which one.
    pub id: RecordId,
    /// Where it belongs from now on.
    pub area: AreaCode,
    /// Whose it is, when it is new.
    pub owner: Option<UserId>,
    /// Who else sees it, when it is new.
    pub audience: Option<UserId>,
    /// What it belongs to, when it is new.
    pub parent: Option<RecordId>,
    /// Who did it, from where.
    pub author: Author,
    /// When.
    pub at: Millis,
    /// The fields to give; null takes one away.
    pub fields: Fields,
}

impl OfficeChange {
    /// A change by the office to something that is nobody's.
    #[must_use]
    pub fn new(kind: Kind, id: RecordId, area: AreaCode, fields: Fields, at: Millis) -> Self {
        Self {
            kind,
            id,
            area,
            owner: None,
            audience: None,
            parent: None,
            author: Author {
                user: None,
                device: None,
            },
            at,
            fields,
        }
    }
}

/// Makes a change. What stands already changes nothing and gets no new rev; then the answer is `None`.
///
/// # Errors
/// When the database fails; [`Error::OtherKind`] when something else has that id.
pub fn apply(tx: &dyn Tx, change: OfficeChange) -> Result<Option<u64>, Error> {
    let present = tx.record(change.id)?;
    if present
        .as_ref()
        .is_some_and(|stored| stored.record.kind != change.kind)
    {
        return Err(Error::OtherKind(change.id));
    }
    let nothing = Value::Null;
    let stands = |name: &str| {
        present
            .as_ref()
            .and_then(|stored| stored.record.fields.get(name))
            .unwrap_or(&nothing)
    };
    let fields: Fields = change
        .fields
        .into_iter()
        .filter(|(name, value)| stands(name) != value)
        .collect();
    let moved = present
        .as_ref()
        .is_none_or(|stored| stored.record.area != change.area);
    if fields.is_empty() && !moved {
        return Ok(None);
    }
    let rev = tx.next_rev()?;
    let base_rev = present.as_ref().map_or(0, |stored| stored.record.rev);
    let mut stored = present.unwrap_or_else(|| Stored {
        record: Record {
            kind: change.kind,
            id: change.id,
            area: AreaCode::default(),
            rev,
            owner: change.owner,
            deleted: false,
            fields: Fields::new(),
        },
        audience: change.audience,
        parent: change.parent,
        private: false,
        born: rev,
        field_revs: Default::default(),
    });
    overlay(&mut stored.record.fields, &fields);
    stored.record.area = change.area;
    stored.record.rev = rev;
    stored.private = is_private(change.kind, &stored.record.fields);
    if stored.born != rev {
        let touched: BTreeSet<_> = fields.keys().cloned().collect();
        stored
            .field_revs
            .extend(touched.into_iter().map(|field| (field, rev)));
    }
    tx.put(&stored)?;
    let record = &stored.record;
    attachments::note_uses(tx, record.kind, record.id, &record.fields)?;
    let fields = to_json(&fields)?;
    let entry = NewEntry {
        id: MutationId::new(change.at, &machine::entropy()?),
        record: change.id,
        kind: change.kind,
        author: change.author,
        base_rev,
        sent: None,
        at: change.at,
        received_at: change.at,
        clock: None,
        kept: Kept::whole(&fields),
        answered: Answered::Applied(rev),
    };
    tx.write_down(&entry)?;
    Ok(Some(rev))
}

/// Tells every device who a user is: name and role, no more.
///
/// # Errors
/// When the database fails.
pub fn introduce(tx: &dyn Tx, user: &User, now: Millis) -> Result<(), Error> {
    let fields = Fields::from([
        ("user".to_owned(), Value::String(user.id.to_string())),
        ("name".to_owned(), Value::String(user.name.clone())),
        (
            "role".to_owned(),
            Value::String(user.role.name().to_owned()),
        ),
    ]);
    let id = Person::record_id(user.id);
    let change = OfficeChange::new(Kind::Person, id, AreaCode::default(), fields, now);
    apply(tx, change).map(|_| ())
}
