//! The revs of a writing transaction. The last one stands in a row of `counter` that the transaction locks when it begins, so
//! that revs become visible in order: a sequence would let a lower one be committed later, and a phone skip it.

use std::cell::{Cell, RefCell};

/// The last rev that was given in a writing transaction.
#[derive(Default, Debug)]
pub(super) struct Revs {
    /// What stands in the row, and the last one that was given since; none in a transaction that only reads.
    locked: Cell<Option<(u64, u64)>>,
    /// The last one when each open part began: what a part gave is given again when the part is undone.
    parts: RefCell<Vec<u64>>,
}

impl Revs {
    /// The row is locked, and says this.
    pub(super) fn begin(&self, last: u64) {
        self.locked.set(Some((last, last)));
        self.parts.borrow_mut().clear();
    }

    /// The transaction is over. Gives what is to stand in the row, when that is something else.
    pub(super) fn end(&self) -> Option<u64> {
        let (before, last) = self.locked.take()?;
        self.parts.borrow_mut().clear();
        (last != before).then_some(last)
    }

    /// The last one; none in a transaction that only reads.
    pub(super) fn last(&self) -> Option<u64> {
        self.locked.get().map(|(_, last)| last)
    }

    /// A record was written at this rev.
    pub(super) fn give(&self, rev: u64) {
        if let Some((before, last)) = self.locked.get() {
            self.locked.set(Some((before, last.max(rev))));
        }
    }

    /// A part begins.
    pub(super) fn begin_part(&self) {
        self.parts
            .borrow_mut()
            .push(self.last().unwrap_or_default());
    }

    /// A part ends.
    pub(super) fn end_part(&self, keep: bool) {
        let began_at = self.parts.borrow_mut().pop();
        if let (Some(last), Some((before, _)), false) = (began_at, self.locked.get(), keep) {
            self.locked.set(Some((before, last)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_undone_part_gave_is_given_again() {
        let revs = Revs::default();
        revs.begin(7);
        revs.give(8);
        revs.begin_part();
        revs.give(9);
        revs.begin_part();
        revs.give(10);
        revs.end_part(false);
        assert_eq!(revs.last(), Some(9));
        revs.end_part(true);
        assert_eq!(revs.end(), Some(9));
    }

    #[test]
    fn a_transaction_that_gives_none_leaves_the_row_alone() {
        let revs = Revs::default();
        assert_eq!(revs.last(), None);
        revs.begin(7);
        assert_eq!(revs.end(), None);
    }
}
