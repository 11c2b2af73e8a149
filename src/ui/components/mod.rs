//! Leafs: they know words and styles, and no screen.

mod dialog;
mod icon;
mod parts;
mod picture;
mod score;
mod visit;

pub(super) use dialog::{Confirm, Dialog};
pub(super) use icon::Icon;
pub(super) use parts::{Alert, Asking, Card, Chip, Empty, Head, StatusChip, Tone, use_title};
pub(super) use picture::Attached;
pub(super) use score::ScorePanel;
pub(super) use visit::{HistoryList, NotChosenList, StateChip, TransferChip, VisitList};

#[cfg(test)]
mod tests;
