//! A draft moves to the newest version of its form when it is opened. A visit that was ever submitted stays with its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::api::StoreError;
use super::{Moment, Store, kinds, record};
use crate::domain::{
    Fields, Kind, RecordId, Visit, VisitState,
    visit::{LEFT, answer_field, answer_value},
};
use crate::form::{self, Form, Sheets, Upgrade, compare_versions};

impl Store {
    /// The versions of a form on this device, the newest last.
    pub(super) fn versions(&self, form: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .db
            .prepare_cached("select version from form where form = ?")?;
        let mut versions = statement
            .query_map([form], |row| row.get(0))?
            .collect::<Result<Vec<String>, _>>()?;
        versions.sort_by(|a, b| compare_versions(a, b));
        Ok(versions)
    }

    /// Carries a draft of this user over to the newest version of its form, in one transaction; whether anything
    /// changed. Answers that another device still gave in an older version are carried after it.
    ///
    /// A version that does not compile here is one that a newer app understands: the draft waits for that.
    pub(super) fn carry_over(
        &mut self,
        moment: &mut Moment<'_>,
        id: RecordId,
    ) -> Result<bool, StoreError> {
        let Some(found) = record::find(&self.db, id)?.filter(|found| found.kind == Kind::Visit)
        else {
            return Ok(false);
        };
        let Ok(visit) = Visit::from_record(&found) else {
            return Ok(false);
        };
        let state = visit.state(&kinds::reviews(&self.db, id)?);
        if visit.owner != self.user.id || state != VisitState::Draft {
            return Ok(false);
        }
        let versions = self.versions(&visit.form)?;
        // With one version on the device there is nothing to carry from or to.
        let [older @ .., newest] = versions.as_slice() else {
            return Ok(false);
        };
        if older.is_empty() || compare_versions(&visit.form_version, newest).is_gt() {
            return Ok(false);
        }
        let Some(new) = self.compiled(&visit.form, newest)? else {
            return Ok(false);
        };
        let (from, upgrade) = if compare_versions(&visit.form_version, newest).is_lt() {
            let Some(old) = self.compiled(&visit.form, &visit.form_version)? else {
                return Ok(false);
            };
            let upgrade = form::upgrade(&old, &new, &visit.answers);
            (visit.form_version.clone(), upgrade)
        } else {
            let strays = form::strays(&new, &visit.answers);
            let Some(before) = older.last().filter(|_| !strays.is_empty()) else {
                return Ok(false);
            };
            let Some(old) = self.compiled(&visit.form, before)? else {
                return Ok(false);
            };
            let mut standing = visit.answers.clone();
            standing.retain(|path, _| !strays.contains_key(path));
            (before.clone(), form::join(&old, &new, &strays, &standing))
        };
        let fields = fields(&visit, newest, &from, &upgrade)?;
        if fields.is_empty() {
            return Ok(false);
        }
        self.change_visit(moment, id, &visit.area, fields, |_| Ok(()))?;
        Ok(true)
    }

    /// A version of a form, compiled once; `None` when it is not here, or this app does not understand it.
    fn compiled(&mut self, form: &str, version: &str) -> Result<Option<Arc<Form>>, StoreError> {
        let key = (form.to_owned(), version.to_owned());
        if let Some(known) = self.forms.get(&key) {
            return Ok(known.clone());
        }
        let sheets = match self.sheets(form, version) {
            Ok(sheets) => sheets,
            Err(StoreError::Form(_)) => return Ok(None),
            Err(other) => return Err(other),
        };
        let compiled = Sheets::from_csv(&sheets.survey, &sheets.choices, &sheets.settings)
            .and_then(|sheets| form::compile(&sheets))
            .ok()
            .map(Arc::new);
        self.forms.insert(key, compiled.clone());
        Ok(compiled)
    }
}

/// The fields of a visit that an upgrade changes.
fn fields(
    visit: &Visit,
    newest: &str,
    from: &str,
    upgrade: &Upgrade,
) -> Result<Fields, StoreError> {
    let mut fields = Fields::new();
    if visit.form_version != newest {
        fields.insert("form_version".to_owned(), json!(newest));
    }
    let gone: BTreeMap<String, Value> = visit
        .answers
        .keys()
        .filter(|path| !upgrade.answers.contains_key(*path))
        .map(|path| (answer_field(path), answer_value(None)))
        .collect();
    fields.extend(gone);
    for (path, value) in &upgrade.answers {
        if visit.answers.get(path) != Some(value) {
            fields.insert(answer_field(path), answer_value(Some(value)));
        }
    }
    for (path, leftover) in &upgrade.left {
        // What was left over of this path before stays too.
        let mut key = format!("{from}/{path}");
        let mut number = 2;
        while visit.left.get(&key).is_some_and(|there| there != leftover) {
            key = format!("{from}/{path}/{number}");
            number += 1;
        }
        if !visit.left.contains_key(&key) {
            fields.insert(format!("{LEFT}{key}"), serde_json::to_value(leftover)?);
        }
    }
    Ok(fields)
}
