//! Throwing away what nobody refers to any more: whole attachments that no visit names, first into the trash and much later
//! for good, and uploads given up. What goes when is decided in [`super::unwanted`].

use std::collections::BTreeMap;

use crate::{
    domain::{AttachmentName, Millis},
    server::{
        blobs::Place,
        error::AppError,
        repo::{self, Tx, attachments::Unwanted},
        state::AppState,
    },
};

use super::{
    blocking,
    unwanted::{self, Found, Step},
};

/// How much may go at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Most {
    /// A small share; if it were more, nothing goes: see [`unwanted::too_many`].
    Share,
    /// Everything that its days say. Somebody has looked whether it is the right database.
    All,
}

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Swept {
    /// Moved to the trash.
    pub discarded: usize,
    /// Brought back from it.
    pub recovered: usize,
    /// Removed from it for good.
    pub removed: usize,
    /// Those that were to go and stay, because they were too many at once.
    pub refused: usize,
    /// Uploads under way that were thrown away.
    pub partial: usize,
}

/// Attachments with where they are and when they came or were last asked for.
pub type Files = Vec<(AttachmentName, Place, Millis)>;

/// What a look at all of them comes to.
#[derive(Default, Debug)]
pub struct Plan {
    /// What is to be known from now on; `None` of what is wanted again or gone.
    pub known: Vec<(AttachmentName, Option<Unwanted>)>,
    /// What is to be done; nothing of those that stay.
    pub steps: Vec<(AttachmentName, Step)>,
}

/// Looks at every attachment once, and takes what has been unwanted for long enough.
///
/// # Errors
/// When database or files fail; what was done till then stays done.
pub async fn sweep(state: &AppState, now: Millis, most: Most) -> Result<Swept, AppError> {
    let shelf = state.attachments().shelf.clone();
    let files = blocking(move || {
        let mut files = Files::new();
        for place in [Place::Whole, Place::Trash] {
            let found = shelf.blobs().list(place)?;
            files.extend(found.into_iter().map(|(name, at)| (name, place, at)));
        }
        Ok(files)
    })
    .await?;
    let count = files.len();
    let Plan { known, steps } = state
        .database()
        .read(move |tx| plan(tx, &files, now))
        .await?;
    if !known.is_empty() {
        let write = move |tx: &dyn Tx| {
            let mut known = known.iter();
            known.try_for_each(|(name, known)| tx.set_unwanted(name, *known))
        };
        state.database().write(write).await?;
    }
    let mut swept = Swept::default();
    for step in [Step::Recover, Step::Discard, Step::Remove] {
        let these = steps.iter().filter(|(_, one)| *one == step);
        let these: Vec<&AttachmentName> = these.map(|(name, _)| name).collect();
        if step != Step::Recover && most == Most::Share && unwanted::too_many(these.len(), count) {
            tracing::error!(
                unwanted = these.len(),
                of = count,
                "so many attachments are named by no visit that the database may be the wrong one: none is taken. Look \
                 whether it is an old copy. If it is not, run: anjangsana-server sweep --all"
            );
            swept.refused += these.len();
            continue;
        }
        for name in these {
            let done = usize::from(take(state, name, step).await?);
            match step {
                Step::Recover => swept.recovered += done,
                Step::Discard => swept.discarded += done,
                Step::Remove => swept.removed += done,
                Step::Stay => {}
            }
        }
    }
    swept.partial = drop_expired(state, now).await?;
    Ok(swept)
}

/// Decides about every file, by what this database knows of it.
///
/// # Errors
/// When the database fails.
pub fn plan(tx: &dyn Tx, files: &Files, now: Millis) -> Result<Plan, repo::Error> {
    let mut all: BTreeMap<AttachmentName, Unwanted> = tx.unwanted()?;
    let mut plan = Plan::default();
    for (name, place, renewed) in files {
        let found = Found {
            place: *place,
            renewed: *renewed,
            named: tx.is_used(name)?,
        };
        let before = all.remove(name);
        let (after, step) = unwanted::look(found, before, now);
        if step != Step::Stay {
            plan.steps.push((name.clone(), step));
        }
        if before != after {
            plan.known.push((name.clone(), after));
        }
    }
    // Their files are gone.
    plan.known.extend(all.into_keys().map(|name| (name, None)));
    Ok(plan)
}

/// Takes a step with one of them, unless a visit names it by now.
async fn take(state: &AppState, name: &AttachmentName, step: Step) -> Result<bool, AppError> {
    let attachments = state.attachments();
    let _deciding = attachments.deciding.lock().await;
    let asked = name.clone();
    let used = state.database().read(move |tx| tx.is_used(&asked)).await?;
    if used != (step == Step::Recover) {
        return Ok(false);
    }
    let (shelf, name) = (attachments.shelf.clone(), name.clone());
    blocking(move || match step {
        Step::Stay => Ok(()),
        Step::Discard => shelf.blobs().discard(&name),
        Step::Recover => shelf.blobs().recover(&name),
        Step::Remove => shelf.blobs().remove(&name),
    })
    .await?;
    Ok(true)
}

async fn drop_expired(state: &AppState, now: Millis) -> Result<usize, AppError> {
    let shelf = state.attachments().shelf.clone();
    let mut dropped = 0;
    for (_, partial) in blocking(move || shelf.under_way()).await? {
        if partial.expires() <= now {
            blocking(move || partial.remove()).await?;
            dropped += 1;
        }
    }
    Ok(dropped)
}
