//! Forms for the administrator: the versions there are, a workbook looked at or published, a version as a workbook.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json,
    body::Body,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    domain::User,
    form::{FormError, FormErrors, Mend, Sheets},
    server::{
        body,
        error::AppError,
        forms::{self, Candidate, ReleaseError},
        guard::Caller,
        machine,
        repo::Tx,
        state::AppState,
        workbook::{self, Workbook},
    },
    sync::forms::{FormChanges, FormFinding, FormReport, FormVersion, Words},
};

/// How Excel's files are called in HTTP.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Every published version, the newest of each form first.
pub(in crate::server) async fn list(
    State(state): State<AppState>,
) -> Result<Json<Vec<FormVersion>>, AppError> {
    let mut published = state.database().read(forms::list).await?;
    published.sort_by(|a, b| (&a.form, &b.version).cmp(&(&b.form, &a.version)));
    let versions = published.into_iter().map(|one| FormVersion {
        form: one.form,
        title: one.title,
        version: one.version,
        at: one.at,
    });
    Ok(Json(versions.collect()))
}

#[derive(Deserialize)]
pub(in crate::server) struct Wish {
    /// `1`: look, and publish nothing.
    #[serde(default)]
    dry: String,
}

/// Looks at a workbook, and publishes it unless told not to. 422 with the same report when it has mistakes.
pub(in crate::server) async fn publish(
    State(state): State<AppState>,
    caller: Caller,
    Query(wish): Query<Wish>,
    body: Body,
) -> Result<Response, AppError> {
    let bytes = body::collect(body, workbook::LARGEST).await?;
    let turn = state.importing().acquire().await;
    let _turn = turn.map_err(|_| AppError::internal())?;
    // Unpacking and compiling are work for another thread than the network's.
    let read = tokio::task::spawn_blocking(move || workbook::read(&bytes))
        .await
        .map_err(|_| AppError::internal())?;
    let Workbook { sheets, warnings } = match read {
        Ok(book) => book,
        Err(errors) => return Ok(refused(&errors, &[])),
    };
    let dry = wish.dry == "1";
    let job = move |tx: &dyn Tx, _: &User| {
        let done = if dry {
            forms::examine(tx, &sheets)
        } else {
            forms::release(tx, &sheets, machine::now())
        };
        match done {
            Ok(candidate) => Ok(Ok(accepted(&candidate, &sheets, !dry))),
            Err(ReleaseError::Form(errors)) => Ok(Err(errors)),
            Err(ReleaseError::Database(why)) => Err(why),
        }
    };
    let done = if dry {
        state.read_as(&caller, job).await
    } else {
        state.write_as(&caller, job).await
    };
    Ok(match done? {
        Ok(mut report) => {
            let odd = warnings.iter().map(finding);
            report.warnings.splice(0..0, odd);
            Json(report).into_response()
        }
        Err(errors) => refused(&errors, &warnings),
    })
}

/// A published version as a workbook.
pub(in crate::server) async fn workbook(
    State(state): State<AppState>,
    Path((form, file)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let version = file.strip_suffix(".xlsx").ok_or_else(AppError::not_found)?;
    let (name, version) = (form.clone(), version.to_owned());
    let sheets = state
        .database()
        .read(move |tx| forms::find(tx, &name, &version))
        .await?
        .ok_or_else(AppError::not_found)?;
    let bytes = tokio::task::spawn_blocking(move || workbook::write(&sheets))
        .await
        .map_err(|_| AppError::internal())?
        .map_err(|why| {
            tracing::error!(form, error = %why, "a published form cannot be written");
            AppError::internal()
        })?;
    Ok(([(header::CONTENT_TYPE, XLSX)], bytes).into_response())
}

fn refused(errors: &FormErrors, warnings: &[FormError]) -> Response {
    let report = FormReport {
        errors: errors.0.iter().map(finding).collect(),
        warnings: warnings.iter().map(finding).collect(),
        ..FormReport::default()
    };
    (StatusCode::UNPROCESSABLE_ENTITY, Json(report)).into_response()
}

fn accepted(candidate: &Candidate, sheets: &Sheets, published: bool) -> FormReport {
    let form = &candidate.form;
    let asked = form
        .elements()
        .iter()
        .filter_map(|element| element.question_kind())
        .filter(|kind| kind.is_asked());
    let changes = candidate
        .newest
        .as_ref()
        .map(|(version, before)| changes(version, before, sheets));
    FormReport {
        form: form.id().to_owned(),
        version: form.version().to_owned(),
        title: form.title(form.default_language()),
        questions: u32::try_from(asked.count()).unwrap_or(u32::MAX),
        published,
        errors: Vec::new(),
        warnings: form.warnings().iter().map(finding).collect(),
        changes,
    }
}

fn finding(error: &FormError) -> FormFinding {
    FormFinding {
        place: error.place(),
        column: error.column.clone(),
        text: error.text.chars().take(300).collect(),
        what: Words {
            id: error.what_indonesian(),
            en: error.what(),
        },
        mend: error.mend.as_ref().map(|mend: &Mend| Words {
            id: mend.indonesian(),
            en: mend.to_string(),
        }),
    }
}

/// What differs, by name: a question is another when its row or its choices are.
fn changes(against: &str, before: &Sheets, after: &Sheets) -> FormChanges {
    let (before, after) = (questions(before), questions(after));
    let only = |one: &BTreeMap<String, _>, other: &BTreeMap<String, _>| -> Vec<String> {
        one.keys()
            .filter(|name| !other.contains_key(*name))
            .cloned()
            .collect()
    };
    FormChanges {
        against: against.to_owned(),
        added: only(&after, &before),
        removed: only(&before, &after),
        changed: after
            .iter()
            .filter(|(name, question)| before.get(*name).is_some_and(|old| old != *question))
            .map(|(name, _)| name.clone())
            .collect(),
    }
}

type Cells = BTreeSet<(String, String)>;

/// Every named row with its cells and those of its choices.
fn questions(sheets: &Sheets) -> BTreeMap<String, (Cells, Vec<Cells>)> {
    let cells = |sheet: &crate::form::Sheet, row: &crate::form::Row| -> Cells {
        let headers = sheet.header.iter().enumerate();
        headers
            .map(|(column, header)| (header.clone(), row.cell(column).to_owned()))
            .filter(|(header, text)| !header.is_empty() && !text.is_empty())
            .collect()
    };
    let column = |sheet: &crate::form::Sheet, names: &[&str]| {
        sheet
            .header
            .iter()
            .position(|header| names.contains(&header.to_lowercase().replace(' ', "_").as_str()))
    };
    let mut lists: BTreeMap<String, Vec<Cells>> = BTreeMap::new();
    if let Some(list) = column(&sheets.choices, &["list_name"]) {
        for row in &sheets.choices.rows {
            let choices = lists.entry(row.cell(list).to_owned()).or_default();
            choices.push(cells(&sheets.choices, row));
        }
    }
    let (name, kind) = (
        column(&sheets.survey, &["name", "value"]),
        column(&sheets.survey, &["type"]),
    );
    let (Some(name), Some(kind)) = (name, kind) else {
        return BTreeMap::new();
    };
    let named = sheets
        .survey
        .rows
        .iter()
        .filter(|row| !row.cell(name).is_empty() && !row.cell(kind).starts_with("end"));
    named
        .map(|row| {
            let words = row.cell(kind).split_whitespace();
            let choices = words.filter_map(|word| lists.get(word)).flatten().cloned();
            let question = (cells(&sheets.survey, row), choices.collect());
            (row.cell(name).to_owned(), question)
        })
        .collect()
}
