//! The tools of the person who writes forms, on the command line: check, publish, export, try.

mod answers;
mod ask;
mod result;

use std::{
    io::{self, BufRead, Write},
    path::Path,
    str::FromStr,
    sync::Arc,
};

use super::{
    forms::{self, ReleaseError},
    machine,
    repo::{Error, Tx},
    workbook::{self, LoadError, Workbook, WriteError},
};
use crate::{
    domain::time::WIB_MINUTES,
    form::{self, Answers, Form, FormError, FormErrors, Session, Surroundings},
};

pub use answers::BadAnswers;

/// In which language the tools speak of a form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tongue {
    /// English, as the rest of the command line.
    #[default]
    English,
    /// Indonesian.
    Indonesian,
}

impl FromStr for Tongue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "en" => Ok(Self::English),
            "id" => Ok(Self::Indonesian),
            _ => Err("en or id".to_owned()),
        }
    }
}

impl Tongue {
    /// One of two texts.
    pub(super) fn choose<'t>(self, english: &'t str, indonesian: &'t str) -> &'t str {
        match self {
            Self::English => english,
            Self::Indonesian => indonesian,
        }
    }

    /// The code of the language.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Indonesian => "id",
        }
    }

    fn line(self, finding: &FormError) -> String {
        match self {
            Self::English => finding.to_string(),
            Self::Indonesian => finding.indonesian(),
        }
    }
}

/// Why a tool did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The form has so many mistakes; they were printed.
    #[error("{0} mistakes in the form")]
    Mistakes(usize),
    /// The path holds no form.
    #[error(transparent)]
    Load(LoadError),
    /// The answers cannot be read or have no place.
    #[error(transparent)]
    Answers(#[from] BadAnswers),
    /// There is no such version.
    #[error("{0} is not published here")]
    Unknown(String),
    /// The workbook cannot be made.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] Error),
    /// The terminal or a file failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Where a tool says what it has to say: results to one, mistakes and warnings to the other.
pub struct Says<'w> {
    /// Results.
    pub out: &'w mut dyn Write,
    /// Mistakes, warnings, questions.
    pub err: &'w mut dyn Write,
    /// In which language.
    pub tongue: Tongue,
}

impl Says<'_> {
    fn findings(
        &mut self,
        findings: &[FormError],
        english: &str,
        indonesian: &str,
    ) -> io::Result<()> {
        let kind = self.tongue.choose(english, indonesian);
        for finding in findings {
            writeln!(self.err, "{kind}: {}", self.tongue.line(finding))?;
            // A name that is wrong stands in the line already; of a longer cell the line tells only a part.
            if finding.text.contains(char::is_whitespace) {
                let text: String = finding.text.chars().take(200).collect();
                writeln!(self.err, "    {}", text.replace('\n', " "))?;
            }
        }
        Ok(())
    }

    fn mistakes(&mut self, errors: &FormErrors) -> ToolError {
        match self.findings(&errors.0, "error", "kesalahan") {
            Ok(()) => ToolError::Mistakes(errors.0.len()),
            Err(why) => why.into(),
        }
    }

    fn warnings(&mut self, book: &Workbook, form: &Form) -> io::Result<()> {
        self.findings(&book.warnings, "warning", "peringatan")?;
        self.findings(form.warnings(), "warning", "peringatan")
    }
}

fn load(file: &Path, says: &mut Says<'_>) -> Result<Workbook, ToolError> {
    workbook::load(file).map_err(|why| match why {
        LoadError::Form(errors) => says.mistakes(&errors),
        other => ToolError::Load(other),
    })
}

fn compile(file: &Path, says: &mut Says<'_>) -> Result<(Workbook, Form), ToolError> {
    let book = load(file, says)?;
    let form = form::compile(&book.sheets).map_err(|errors| says.mistakes(&errors))?;
    says.warnings(&book, &form)?;
    Ok((book, form))
}

/// Reads a form and says all that is wrong or odd with it.
///
/// # Errors
/// [`ToolError::Mistakes`] when it has some, and others.
pub fn check(file: &Path, says: &mut Says<'_>) -> Result<(), ToolError> {
    let (_, form) = compile(file, says)?;
    let asked = form
        .elements()
        .iter()
        .filter_map(|element| element.question_kind())
        .filter(|kind| kind.is_asked())
        .count();
    let questions = says.tongue.choose("questions", "pertanyaan");
    let pages = says.tongue.choose("pages", "halaman");
    let (id, version, on) = (form.id(), form.version(), form.pages().len());
    writeln!(
        says.out,
        "{id} {version}: {asked} {questions}, {on} {pages}"
    )?;
    Ok(())
}

/// Publishes a form.
///
/// # Errors
/// [`ToolError::Mistakes`] when it has some or its version is taken, and others.
pub fn publish(tx: &dyn Tx, file: &Path, says: &mut Says<'_>) -> Result<(), ToolError> {
    let (book, _) = compile(file, says)?;
    let candidate = match forms::release(tx, &book.sheets, machine::now()) {
        Ok(candidate) => candidate,
        Err(ReleaseError::Form(errors)) => return Err(says.mistakes(&errors)),
        Err(ReleaseError::Database(why)) => return Err(why.into()),
    };
    let done = if candidate.there {
        says.tongue
            .choose("was published already", "sudah terbit sebelumnya")
    } else {
        says.tongue.choose(
            "is published; phones get it at their next sync",
            "terbit; ponsel menerimanya saat sinkron berikutnya",
        )
    };
    let form = candidate.form;
    writeln!(says.out, "{} {} {done}", form.id(), form.version())?;
    Ok(())
}

/// Writes a published version, the newest when none is named, to an `.xlsx`.
///
/// # Errors
/// [`ToolError::Unknown`] and others.
pub fn export(
    tx: &dyn Tx,
    form: &str,
    version: Option<&str>,
    file: &Path,
    says: &mut Says<'_>,
) -> Result<(), ToolError> {
    let newest = || -> Result<Option<String>, Error> {
        let all = forms::list(tx)?.into_iter();
        Ok(all
            .filter(|one| one.form == form)
            .map(|one| one.version)
            .max())
    };
    let version = match version {
        Some(version) => Some(version.to_owned()),
        None => newest()?,
    };
    let unknown =
        || ToolError::Unknown(format!("{form} {}", version.as_deref().unwrap_or_default()));
    let sheets = forms::find(tx, form, version.as_deref().unwrap_or_default())?;
    let sheets = sheets.ok_or_else(unknown)?;
    std::fs::write(file, workbook::write(&sheets)?)?;
    let version = version.unwrap_or_default();
    writeln!(says.out, "{form} {version} -> {}", file.display())?;
    Ok(())
}

/// Fills a form, from a file of answers or question by question, and prints what comes of it.
///
/// # Errors
/// [`ToolError`]; that answers are missing is a result and no error.
pub fn try_out(
    file: &Path,
    answers: Option<&Path>,
    input: &mut dyn BufRead,
    says: &mut Says<'_>,
) -> Result<(), ToolError> {
    let (_, form) = compile(file, says)?;
    let now = machine::now().0;
    let surroundings = Surroundings {
        now,
        utc_offset_minutes: WIB_MINUTES,
        username: "petugas".to_owned(),
        user_id: "petugas".to_owned(),
        device_id: "device".to_owned(),
        instance_id: "uuid:try".to_owned(),
        ..Surroundings::default()
    };
    let mut session = Session::open(Arc::new(form), Answers::new(), surroundings);
    match answers {
        Some(file) => {
            let text = std::fs::read_to_string(file)?;
            for odd in answers::give(&mut session, &text)? {
                writeln!(
                    says.err,
                    "{}: {odd}",
                    says.tongue.choose("warning", "peringatan")
                )?;
            }
        }
        None => ask::ask(&mut session, input, says)?,
    }
    session.finish(now);
    result::print(&session, says)?;
    Ok(())
}
