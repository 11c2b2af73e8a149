//! What to do about a mistake, in both languages.

use std::fmt::{self, Display, Formatter};

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Mend {
    /// Something near is known.
    DidYouMean(String),
    /// Write this instead.
    Write(String),
    Rename,
    NameRule,
    BreakCycle,
    /// Save the file as .xlsx.
    SaveAsXlsx,
    /// Take the password off.
    Unprotect,
    /// Put a plain value in the place of a formula.
    PlainValue,
    /// Raise the version to this.
    Raise(String),
    /// The instances of a repeat can be counted, summed, joined or picked.
    AllOrOne,
    /// Attach the table: a sheet of this name in the workbook, or the file beside it.
    Attach(String),
    /// Take one of two columns out.
    OneColumn,
    /// Split it or leave something out.
    Less,
}

impl Display for Mend {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Mend::DidYouMean(near) => write!(f, "did you mean `{near}`?"),
            Mend::Write(text) => write!(f, "write `{text}`"),
            Mend::Rename => f.write_str("give one of them another name"),
            Mend::NameRule => f.write_str(
                "a name starts with a letter and has only letters, digits, `_`, `-` and `.`",
            ),
            Mend::BreakCycle => f.write_str("take one of these references out"),
            Mend::SaveAsXlsx => f.write_str("open it in Excel and save it as .xlsx"),
            Mend::Unprotect => f.write_str("save it without a password"),
            Mend::PlainValue => {
                f.write_str("put its value into the cell instead (paste as values)")
            }
            Mend::Raise(version) => write!(f, "raise `version` to `{version}`"),
            Mend::AllOrOne => f.write_str(
                "take all of them with `sum()`, `max()`, `join()` or the like, or one with `indexed-repeat()`",
            ),
            Mend::Attach(name) => write!(
                f,
                "add a sheet `{name}` to the workbook, or put `{name}.csv` beside the file"
            ),
            Mend::OneColumn => f.write_str("take one of the two out"),
            Mend::Less => f.write_str("leave out what the form does not need, or make two forms of it"),
        }
    }
}

impl Mend {
    /// The same in Indonesian.
    pub fn indonesian(&self) -> String {
        match self {
            Mend::DidYouMean(near) => format!("mungkin maksudnya `{near}`?"),
            Mend::Write(text) => format!("tulis `{text}`"),
            Mend::Rename => String::from("beri salah satunya nama lain"),
            Mend::NameRule => {
                String::from("nama diawali huruf dan hanya berisi huruf, angka, `_`, `-`, dan `.`")
            }
            Mend::BreakCycle => String::from("hapus salah satu rujukan ini"),
            Mend::SaveAsXlsx => String::from("buka di Excel lalu simpan sebagai .xlsx"),
            Mend::Unprotect => String::from("simpan tanpa kata sandi"),
            Mend::PlainValue => {
                String::from("isi sel itu dengan nilainya saja (tempel sebagai nilai)")
            }
            Mend::Raise(version) => format!("naikkan `version` menjadi `{version}`"),
            Mend::AllOrOne => String::from(
                "ambil semuanya dengan `sum()`, `max()`, `join()`, dan sejenisnya, atau satu saja dengan `indexed-repeat()`",
            ),
            Mend::Attach(name) => format!(
                "tambahkan lembar `{name}` ke buku kerja, atau letakkan `{name}.csv` di samping berkasnya"
            ),
            Mend::OneColumn => String::from("hapus salah satunya"),
            Mend::Less => String::from(
                "buang yang tidak diperlukan formulir, atau pecah menjadi dua formulir",
            ),
        }
    }
}
