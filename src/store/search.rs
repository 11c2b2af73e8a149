//! Search in the register: every word typed must begin a word of the cooperative.
//!
//! A cooperative has one line of words, folded (small letters, no accents), each after a space. A search runs over all
//! lines: a few tens of milliseconds for a hundred thousand, whatever is typed, and nothing to keep in step but the line.

use rusqlite::Connection;

use super::api::StoreError;
use crate::domain::AreaCode;
use crate::domain::letters::{is_letter, small};

/// Writes the line of a cooperative, out of its row.
pub(super) fn put(db: &Connection, id: &str) -> Result<(), StoreError> {
    forget(db, id)?;
    let line = db
        .prepare_cached("select name, desa, area, nik from cooperative where id = ?")?
        .query_row([id], |row| {
            let kecamatan = AreaCode(row.get(2)?).name();
            let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str()?);
            let texts = [text(0)?, text(1)?, &kecamatan, text(3)?];
            Ok(texts.into_iter().flat_map(words).collect::<String>())
        })?;
    db.prepare_cached(
        "insert into cooperative_words (name, id, area, status, words)
         select name, id, area, status, ?2 from cooperative where id = ?1",
    )?
    .execute([id, &line])?;
    Ok(())
}

/// Takes the line of a cooperative away.
pub(super) fn forget(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.prepare_cached("delete from cooperative_words where id = ?")?
        .execute([id])?;
    Ok(())
}

/// Writes every line where there is none: a database from before there were any.
pub(super) fn fill_if_empty(db: &Connection) -> Result<(), StoreError> {
    let empty: bool = db.query_row(
        "select not exists (select 1 from cooperative_words) and exists (select 1 from cooperative)",
        [],
        |row| row.get(0),
    )?;
    if !empty {
        return Ok(());
    }
    let mut statement = db.prepare("select id from cooperative")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        put(db, row.get_ref(0)?.as_str()?)?;
    }
    Ok(())
}

/// The words of a text as lines have them: a space, then the folded word.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !is_letter(c) && !c.is_ascii_digit())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let folded = word.chars().map(small).map(plain);
            std::iter::once(' ').chain(folded).collect()
        })
        .collect()
}

/// A small letter without its accent: those of Western European names, which registers have now and then.
fn plain(letter: char) -> char {
    match letter {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_small_and_without_accents() {
        assert_eq!(
            words("KUD \"Élok-Señor\", 2"),
            [" kud", " elok", " senor", " 2"]
        );
        assert!(words(" -- ").is_empty());
    }
}
