//! Takes a phone's backup file in: the same changes by the same person on the same device, through the same rules as if
//! the phone had sent them. What came already changes nothing.

use std::{collections::BTreeSet, io::Read, path::Path};

use crate::{
    domain::{AttachmentName, Kind, Millis, MutationId, RecordId},
    sync::{
        backup::{CHUNK, Contents, Fault, Opener},
        wire::{Mutation, Outcome, RejectCode},
    },
};

use super::{
    accounts::plain_username,
    attachments::kind::is_what_it_says,
    blobs::{ATTACHMENTS, Blobs, Folder},
    repo::{self, Tx, accounts::Account, epoch, log::Answered, to_json},
    secret,
    sync::push::{self, Prepared},
};

/// Why a file was not taken in. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read from the disk.
    #[error("the file cannot be read: {0}")]
    File(#[from] std::io::Error),
    /// It is no whole backup, or the password is another.
    #[error(transparent)]
    Backup(#[from] Fault),
    /// Its user has no account here.
    #[error("{0} has no account in this office")]
    Unknown(String),
    /// It was locked with another password than its user has.
    #[error(
        "the file was not locked with the password that {0} has now. Whoever knows the login name can make a file that says \
         it is {0}'s. If you know that {0} made this one, before the password was changed, say --old-password-of {0}"
    )]
    OtherPassword(String),
    /// Its user may send nothing.
    #[error("the account {0} is disabled, and nothing is taken from its phones")]
    Disabled(String),
    /// The database fails.
    #[error(transparent)]
    Database(#[from] repo::Error),
}

/// A backup file that was read to its end, and is whole.
#[derive(Debug)]
pub struct Backup {
    /// Whose it is, by login name.
    pub username: String,
    /// What it holds beside photos.
    pub contents: Contents,
    /// The names of its photos.
    pub photos: Vec<AttachmentName>,
}

/// What became of one change of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Which change.
    pub mutation: MutationId,
    /// What kind of record it is about.
    pub kind: Kind,
    /// Which record.
    pub record: RecordId,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is applied.
    Applied,
    /// It had come before.
    Known,
    /// It is refused for good.
    Refused(RejectCode, String),
    /// The same field was changed elsewhere: its officer must choose on a phone that has it.
    Conflict,
}

/// Reads a file to its end and takes nothing in.
///
/// # Errors
/// [`Error::File`], [`Error::Backup`].
pub fn read(file: &Path, password: &str) -> Result<Backup, Error> {
    let (mut contents, mut photos) = (None, Vec::new());
    let username = walk(file, password, &mut |part| {
        match part {
            Part::Contents(found) => contents = Some(found),
            Part::Photo(name, _) => photos.push(name),
        }
        Ok(())
    })?;
    Ok(Backup {
        username,
        contents: contents.ok_or(Fault::Damaged)?,
        photos,
    })
}

/// What is typed while a change waits for a person joins it. The server knows what it was when it answered, so the whole gets
/// an identity of its own: the same whenever the file is taken in. Of one that the server applied, though the phone never
/// heard so, only what joined it does.
fn grown(tx: &dyn Tx, mutation: &Mutation) -> Result<Mutation, Error> {
    let mut mutation = mutation.clone();
    let Some(logged) = tx.entry(mutation.id)? else {
        return Ok(mutation);
    };
    let same = match &logged.cut {
        Some(cut) => cut.is_of(&to_json(&mutation.fields)?),
        None => logged.fields == mutation.fields,
    };
    if same {
        return Ok(mutation);
    }
    if let Answered::Applied(rev) = logged.answered {
        let mut joined = mutation.fields.clone();
        joined.retain(|name, value| logged.fields.get(name) != Some(value));
        if joined.is_empty() {
            return Ok(mutation);
        }
        mutation.base_rev = rev;
        mutation.fields = joined;
    }
    let fields = to_json(&mutation.fields)?;
    mutation.id = MutationId::of_text(&format!("grown {} {fields}", mutation.id));
    Ok(mutation)
}

/// Checks who made a backup: whoever locked it with the password of its user's account, or with any other if the
/// administrator vouches for that user by name. Its login name alone anybody can write into a file.
///
/// # Errors
/// [`Error::OtherPassword`]; [`Error::Unknown`] and [`Error::Disabled`] of the account.
pub fn check_author(
    tx: &dyn Tx,
    backup: &Backup,
    password: &str,
    vouched_for: Option<&str>,
) -> Result<(), Error> {
    let account = account(tx, backup)?;
    let vouched = vouched_for.is_some_and(|name| plain_username(name) == account.user.username);
    if vouched || secret::is_password(password, Some(&account.password)) {
        return Ok(());
    }
    Err(Error::OtherPassword(account.user.username))
}

/// Applies the changes of a backup in the caller's transaction, in their order. Who made it [`check_author`] says.
///
/// # Errors
/// See [`Error`].
pub fn apply(tx: &dyn Tx, backup: &Backup, now: Millis) -> Result<Vec<Line>, Error> {
    let user = account(tx, backup)?.user;
    let contents = &backup.contents;
    let mut before: BTreeSet<MutationId> = BTreeSet::new();
    let present = epoch::present(tx)?;
    let newest = match &contents.epoch {
        Some(name) if *name != present.name => Some(epoch::shared_with(tx, name)?),
        _ => None,
    };
    let mut lines = Vec::new();
    for change in &contents.changes {
        let sender = push::Sender {
            user: &user,
            device: contents.device,
            clock: None,
            newest,
            file: Some(&before),
            // The office sits before it and waits.
            cost: &push::Cost::default(),
        };
        let mutation = grown(tx, &change.mutation)?;
        let answered = tx.answer_to(mutation.id)?;
        let prepared = Prepared::new(mutation.clone())?;
        let outcome = push::push(tx, &sender, &prepared, now)?.outcome;
        let fate = match outcome {
            Outcome::Duplicate { .. } => Fate::Known,
            Outcome::Rejected { .. }
                if answered
                    .is_some_and(|(answered, _)| matches!(answered, Answered::Rejected(..))) =>
            {
                Fate::Known
            }
            Outcome::Applied { .. } => Fate::Applied,
            Outcome::Rejected { code, reason } => Fate::Refused(code, reason),
            Outcome::Conflict { .. } => Fate::Conflict,
            // No server says this.
            Outcome::Unknown(outcome) => Fate::Refused(RejectCode::Other, outcome),
        };
        before.extend([change.mutation.id, mutation.id]);
        lines.push(Line {
            mutation: mutation.id,
            kind: mutation.kind,
            record: mutation.record,
            fate,
        });
    }
    Ok(lines)
}

/// Goes through the photos of a file, once its changes are applied.
///
/// # Errors
/// [`Error`], and what `keep` says.
pub fn photos(
    file: &Path,
    password: &str,
    keep: &mut dyn FnMut(AttachmentName, Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    walk(file, password, &mut |part| match part {
        Part::Contents(_) => Ok(()),
        Part::Photo(name, bytes) => keep(name, bytes),
    })?;
    Ok(())
}

/// Keeps a photo, whole or not at all. One that is there is the same: its name says so.
///
/// # Errors
/// [`Error::File`]; [`Fault::Damaged`] when it is of another type than its name says.
pub fn keep_photo(data: &Path, name: &AttachmentName, bytes: &[u8]) -> Result<(), Error> {
    let blobs = Folder::new(data.join(ATTACHMENTS));
    if blobs.size(name)?.is_some() {
        return Ok(());
    }
    if !is_what_it_says(name, bytes) {
        return Err(Fault::Damaged.into());
    }
    let part = data.join(format!("{name}.rescued"));
    std::fs::write(&part, bytes)?;
    Ok(blobs.keep(name, &part)?)
}

fn account(tx: &dyn Tx, backup: &Backup) -> Result<Account, Error> {
    let username = || backup.username.clone();
    let account = tx
        .account(&backup.username)?
        .ok_or_else(|| Error::Unknown(username()))?;
    if account.user.id != backup.contents.user {
        return Err(Error::Unknown(username()));
    }
    if account.disabled {
        return Err(Error::Disabled(username()));
    }
    Ok(account)
}

enum Part {
    Contents(Contents),
    Photo(AttachmentName, Vec<u8>),
}

fn walk(
    file: &Path,
    password: &str,
    take: &mut dyn FnMut(Part) -> Result<(), Error>,
) -> Result<String, Error> {
    let mut file = std::fs::File::open(file)?;
    let mut opener = Opener::new(password, None);
    let mut piece = vec![0; CHUNK];
    let (mut first, mut named) = (true, None);
    let mut taken = |parts: Vec<Vec<u8>>| -> Result<(), Error> {
        for part in parts {
            if std::mem::take(&mut first) {
                let contents = serde_json::from_slice(&part).map_err(|_| Fault::Damaged)?;
                take(Part::Contents(contents))?;
            } else if let Some(name) = named.take() {
                let name: AttachmentName = name;
                if !name.names(&part) {
                    return Err(Fault::Damaged.into());
                }
                take(Part::Photo(name, part))?;
            } else {
                let name = std::str::from_utf8(&part)
                    .ok()
                    .and_then(|name| name.parse().ok());
                named = Some(name.ok_or(Fault::Damaged)?);
            }
        }
        Ok(())
    };
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        taken(opener.put(piece.get(..read).unwrap_or_default())?)?;
    }
    let username = opener.username().unwrap_or_default().to_owned();
    taken(opener.end()?)?;
    Ok(username)
}
