//! The tables beside a form: CSV as it is, GeoJSON as the columns that XLSForms know it by.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::form::{FormError, Sheet};

/// Reads a table from a file's text; `None` when its ending is of no table.
///
/// # Errors
/// When the text is no CSV or no GeoJSON.
pub(super) fn read(name: &str, text: &str) -> Option<Result<Sheet, Box<FormError>>> {
    let (bare, ending) = name.rsplit_once('.')?;
    match ending.to_lowercase().as_str() {
        "csv" => Some(Sheet::from_csv(bare, text)),
        "geojson" => Some(features(bare, text)),
        _ => None,
    }
}

/// One row for each feature: `id`, `title`, `geometry` and the properties.
fn features(name: &str, text: &str) -> Result<Sheet, Box<FormError>> {
    let unreadable = |why: &str| {
        Box::new(FormError {
            sheet: name.to_owned(),
            ..FormError::new(crate::form::Cause::Unreadable(why.to_owned()))
        })
    };
    let whole: Value =
        serde_json::from_str(text).map_err(|why| unreadable(&format!("no JSON: {why}")))?;
    let features = whole
        .get("features")
        .and_then(Value::as_array)
        .ok_or_else(|| unreadable("no GeoJSON with features"))?;
    let mut names = BTreeSet::new();
    for feature in features {
        let properties = feature.get("properties").and_then(Value::as_object);
        names.extend(
            properties
                .into_iter()
                .flat_map(|found| found.keys().cloned()),
        );
    }
    for own in ["id", "geometry"] {
        names.remove(own);
    }
    let mut header = vec!["id".to_owned(), "geometry".to_owned()];
    header.extend(names.iter().cloned());
    let mut sheet = Sheet {
        name: name.to_owned(),
        ..Sheet::default()
    };
    sheet.push(1, header);
    for (number, feature) in (2_u32..).zip(features) {
        let property = |name: &str| feature.get("properties").and_then(|found| found.get(name));
        let id = feature.get("id").or_else(|| property("id"));
        let mut cells = vec![id.map(plain).unwrap_or_default(), shape(feature)];
        cells.extend(
            names
                .iter()
                .map(|name| property(name).map(plain).unwrap_or_default()),
        );
        sheet.push(number, cells);
    }
    Ok(sheet)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A point, a line or the outer ring of an area as forms write them: `lat lon 0 0`, with `;` between points.
fn shape(feature: &Value) -> String {
    let coordinates = feature
        .get("geometry")
        .and_then(|geometry| geometry.get("coordinates"))
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut points = Vec::new();
    collect(coordinates, &mut points, 0);
    points.join(";")
}

fn collect(coordinates: &[Value], points: &mut Vec<String>, depth: u8) {
    if let [longitude, latitude, ..] = coordinates
        && let (Some(longitude), Some(latitude)) = (longitude.as_f64(), latitude.as_f64())
    {
        points.push(format!("{latitude} {longitude} 0 0"));
        return;
    }
    let inner = coordinates.iter().filter_map(Value::as_array);
    // The rings after an area's first are its holes.
    let rings = coordinates
        .first()
        .and_then(|first| first.get(0))
        .is_some_and(Value::is_array);
    let most = if rings { 1 } else { usize::MAX };
    if depth < 4 {
        inner
            .take(most)
            .for_each(|inner| collect(inner, points, depth + 1));
    }
}
