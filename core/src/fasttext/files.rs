//! fastText's classifiers in files (`.bin` and `.ftz`): settings, dictionary, and where the matrices are.

use crate::fasttext::tables::CENTROIDS;
use crate::vectors::binary::{broken, BinaryError, Bytes, Reader};
use crate::vectors::fasttext_parts::{
    read_dictionary, read_flag, read_kept, read_matrix, read_settings, Entries, Settings, SUPERVISED,
};
use std::collections::HashMap;
use std::ops::Range;

const LONGEST_NGRAM: i32 = 1000;

/// A classifier in a file.
pub struct File {
    pub settings: Settings,
    pub entries: Entries,
    /// Kept buckets and their indices, if the model was pruned.
    pub kept: Option<HashMap<u32, u32>>,
    pub input: Place,
    pub output: Place,
}

/// Where a matrix is: ranges of bytes.
pub struct Place {
    pub rows: u64,
    pub form: Form,
}

pub enum Form {
    Dense(Range<u64>),
    Quantised { part: u64, codes: Range<u64>, centroids: Range<u64>, norms: Option<[Range<u64>; 2]> },
}

/// Read everything but the matrices, and check that the file is complete.
pub fn read<Source: Bytes>(source: &Source) -> Result<File, BinaryError> {
    let mut reader = Reader::new(source, 0);
    let settings = read_settings(&mut reader)?;
    if settings.model != SUPERVISED {
        let message = "the file has word vectors (cbow or skipgram), not a classifier; open it with WordVectors";
        return broken(0, message);
    }
    check_settings(&settings)?;
    let entries = read_dictionary(&mut reader, settings.flagged)?;
    if entries.labels.is_empty() {
        return broken(reader.position(), "a classifier must have labels, found none");
    }
    let kept = entries.kept.map(|size| read_kept(&mut reader, size, settings.buckets)).transpose()?;
    let words = entries.words.len() as u64;
    let rows = words + kept.as_ref().map_or(u64::from(settings.buckets), |kept| kept.len() as u64);
    let offset = reader.position();
    let input = read_place(&mut reader, &settings, "the word matrix", rows)?;
    let is_quantised = matches!(input.form, Form::Quantised { .. });
    if kept.is_some() && !is_quantised {
        return broken(offset, "the matrix of a pruned model must be quantised, as fastText requires");
    }
    let labels = entries.labels.len() as u64;
    let output = read_place(&mut reader, &settings, "the output matrix", labels)?;
    if reader.remaining() > 0 {
        let message = format!("expected the end of the file, found {} more bytes", reader.remaining());
        return broken(reader.position(), message);
    }
    Ok(File { settings, entries, kept, input, output })
}

fn check_settings(settings: &Settings) -> Result<(), BinaryError> {
    if !(1..=4).contains(&settings.loss) {
        let message = format!("the loss must be from 1 to 4, found {}; is it a fastText .bin file?", settings.loss);
        return broken(0, message);
    }
    if !(0..=LONGEST_NGRAM).contains(&settings.words) {
        return broken(0, format!("word n-grams must be from 0 to {LONGEST_NGRAM}, found {}", settings.words));
    }
    Ok(())
}

fn read_place<Source: Bytes>(
    reader: &mut Reader<Source>,
    settings: &Settings,
    what: &str,
    rows: u64,
) -> Result<Place, BinaryError> {
    let dimension = settings.dimension as u64;
    let form = if settings.flagged && read_flag(reader)? {
        read_quantised(reader, what, rows, dimension)?
    } else {
        let start = read_matrix(reader, what, Some(rows), settings.dimension)?;
        Form::Dense(start..start + 4 * rows * dimension)
    };
    Ok(Place { rows, form })
}

fn read_quantised<Source: Bytes>(
    reader: &mut Reader<Source>,
    what: &str,
    rows: u64,
    columns: u64,
) -> Result<Form, BinaryError> {
    let start = reader.position();
    let has_norms = reader.array::<1>("the flag of quantised norms")?[0] != 0;
    let (found_rows, found_columns) = (reader.size("rows")?, reader.size("columns")?);
    let size = reader.i32("the size of the codes")?;
    if (found_rows, found_columns) != (rows, columns) {
        let found = format!("found ({found_rows}, {found_columns})");
        return broken(start, format!("{what} must have the shape ({rows}, {columns}), {found}"));
    }
    let codes = read_range(reader, what, u64::from(size.max(0).unsigned_abs()))?;
    let (part, centroids) = read_quantizer(reader, what, columns)?;
    if codes.end - codes.start != rows * columns.div_ceil(part) {
        return broken(start, format!("{what} must have {} codes, found {size}", rows * columns.div_ceil(part)));
    }
    let norms = match has_norms {
        true => Some([read_range(reader, what, rows)?, read_quantizer(reader, what, 1)?.1]),
        false => None,
    };
    Ok(Form::Quantised { part, codes, centroids, norms })
}

/// Read a quantizer of vectors of some columns: the number of columns of a part, and where the centroids are.
fn read_quantizer<Source: Bytes>(
    reader: &mut Reader<Source>,
    what: &str,
    columns: u64,
) -> Result<(u64, Range<u64>), BinaryError> {
    let start = reader.position();
    let mut size = |name: &str| reader.i32(name).map(i64::from);
    let (width, parts) = (size("the dimension of a quantizer")?, size("its parts")?);
    let (part, last) = (size("the size of a part")?, size("the size of the last part")?);
    let is_whole = width == columns as i64 && parts >= 1 && part >= 1 && (1..=part).contains(&last);
    if !is_whole || (parts - 1) * part + last != width {
        let found = format!("found {width} of {parts} parts of {part} and {last}");
        return broken(start, format!("the quantizer of {what} must have {columns} columns, {found}"));
    }
    let centroids = read_range(reader, what, columns.saturating_mul(4 * CENTROIDS as u64))?;
    Ok((part.unsigned_abs(), centroids))
}

fn read_range<Source: Bytes>(reader: &mut Reader<Source>, what: &str, size: u64) -> Result<Range<u64>, BinaryError> {
    let start = reader.position();
    if size > reader.remaining() {
        let message = format!("expected {size} bytes of {what}, {} are left", reader.remaining());
        return broken(start, format!("{message}; the file may be cut short"));
    }
    reader.skip(size);
    Ok(start..start + size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::fasttext::tests::model;

    #[test]
    fn a_classifier_is_read_and_a_file_cut_at_any_byte_is_refused() {
        let bytes = model(Some(12), SUPERVISED);
        let file = read(&bytes).expect("a whole file");
        assert_eq!((file.entries.words.len(), file.entries.labels.len()), (2, 1));
        assert_eq!((file.input.rows, file.output.rows), (6, 1));
        let Form::Dense(range) = file.output.form else { panic!("not quantised") };
        assert_eq!(range.end, bytes.len() as u64);
        assert!((0..bytes.len()).all(|size| read(&bytes[..size].to_vec()).is_err()));
    }

    #[test]
    fn word_vectors_are_no_classifier() {
        let found = read(&model(Some(12), 1)).err();
        let Some(BinaryError::Format { message, .. }) = found else { panic!("not refused") };
        assert!(message.contains("not a classifier"), "{message}");
    }
}
