//! What happened, as a hash that must be the same every time, and in words for who asked for them.

pub(crate) struct Trace {
    hash: u64,
    tell: bool,
}

impl Trace {
    pub(crate) fn new(tell: bool) -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            tell,
        }
    }

    /// Takes bytes into the hash (FNV-1a).
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// A line: the words are made only when somebody reads them.
    pub(crate) fn note(&mut self, at: i64, code: u8, words: impl FnOnce() -> String) {
        self.bytes(&at.to_le_bytes());
        self.bytes(&[code]);
        if self.tell {
            let seconds = at - crate::cast::DAWN;
            println!("{:>9}.{:03} {}", seconds / 1000, seconds % 1000, words());
        }
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}
