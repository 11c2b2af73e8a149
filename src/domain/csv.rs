//! Comma-separated values: rows of cells, a cell in quotes where it has the delimiter, a quote or a new line in it.

/// A row of cells with its number.
pub type Row = (u32, Vec<String>);

/// The rows of a text, each with its number as a spreadsheet counts: blank lines count and are left out, and a row whose
/// cells have new lines in them is one row.
///
/// # Errors
/// The number of the row that opens a quote which never closes.
pub fn rows(text: &str, delimiter: char) -> Result<Vec<Row>, u32> {
    let mut rows = Vec::new();
    let mut number = 1;
    let mut cells = Vec::new();
    let mut cell = String::new();
    // Within quotes; whether this cell had any; whether the row has begun.
    let (mut quoted, mut was_quoted, mut begun) = (false, false, false);
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            _ if quoted => cell.push(c),
            '"' if cell.is_empty() && !was_quoted => {
                (quoted, was_quoted, begun) = (true, true, true)
            }
            '\r' | '\n' => {
                if c == '\r' {
                    letters.next_if_eq(&'\n');
                }
                if begun {
                    cells.push(std::mem::take(&mut cell));
                    rows.push((number, std::mem::take(&mut cells)));
                }
                number += 1;
                (was_quoted, begun) = (false, false);
            }
            _ if c == delimiter => {
                cells.push(std::mem::take(&mut cell));
                (was_quoted, begun) = (false, true);
            }
            _ => {
                cell.push(c);
                begun = true;
            }
        }
    }
    if quoted {
        return Err(number);
    }
    if begun {
        cells.push(cell);
        rows.push((number, cells));
    }
    Ok(rows)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_keep_the_numbers_of_a_spreadsheet() {
        let text = "a,b\r\n\r\n\"1,\n\"\"2\"\"\",x\"y\n\"\"\n,\n\"end\"";
        let rows = rows(text, ',').unwrap();
        let rows: Vec<(u32, Vec<&str>)> = rows
            .iter()
            .map(|(number, cells)| (*number, cells.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(
            rows,
            [
                (1, vec!["a", "b"]),
                (3, vec!["1,\n\"2\"", "x\"y"]),
                (4, vec![""]),
                (5, vec!["", ""]),
                (6, vec!["end"]),
            ]
        );
    }

    #[test]
    fn a_quote_that_never_closes_is_a_mistake_of_its_row() {
        assert_eq!(rows("a\n\nb,\"c\nd,e", ','), Err(3));
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_the_csv_crate_reads_it(text in "[ab,;\"\n\r ]{0,40}") {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> = reader
                .records()
                .filter_map(Result::ok)
                .map(|record| record.iter().map(String::from).collect())
                .collect();
            if let Ok(ours) = rows(&text, ',') {
                let ours: Vec<Vec<String>> = ours.into_iter().map(|(_, cells)| cells).collect();
                prop_assert_eq!(ours, theirs);
            }
        }
    }
}
