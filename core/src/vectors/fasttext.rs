//! fastText's model files (`.bin`) as word vectors: the dictionary is read, the rows of the matrix stay on disk.

use crate::counting::table::TokenTable;
use crate::vectors::binary::{broken, BinaryError, Bytes, Reader};
use crate::vectors::fasttext_parts::{read_dictionary, read_flag, read_kept, read_matrix, read_settings, Settings};
use crate::vectors::subwords::Subwords;

/// An opened model: its dictionary, and the offset of its rows.
pub struct FastText<Source> {
    pub(crate) source: Source,
    pub dimension: usize,
    /// Word number = row number.
    pub words: TokenTable,
    pub counts: Vec<i64>,
    pub subwords: Subwords,
    /// Offset of the rows.
    pub(crate) rows_start: u64,
}

impl<Source: Bytes> FastText<Source> {
    /// Read everything but the rows, and check that the file is complete.
    pub fn open(source: Source) -> Result<Self, BinaryError> {
        let mut reader = Reader::new(&source, 0);
        let settings = read_settings(&mut reader)?;
        let entries = read_dictionary(&mut reader, settings.flagged)?;
        let (words, counts) = (entries.words, entries.counts);
        let kept = entries.kept.map(|size| read_kept(&mut reader, size, settings.buckets)).transpose()?;
        let offset = reader.position();
        if settings.flagged && read_flag(&mut reader)? {
            let rule = "the matrix is quantised (.ftz), and only plain float32 is read";
            return broken(offset, format!("{rule}; use the .bin that it was made from"));
        }
        let rows = words.len() as u64 + kept.as_ref().map_or(u64::from(settings.buckets), |kept| kept.len() as u64);
        let rows_start = read_matrix(&mut reader, "the word matrix", Some(rows), settings.dimension)?;
        if settings.flagged {
            reader.array::<1>("the flag of a quantised output matrix")?;
        }
        read_matrix(&mut reader, "the output matrix", None, settings.dimension)?;
        if reader.remaining() > 0 {
            let message = format!("expected the end of the file, found {} more bytes", reader.remaining());
            return broken(reader.position(), message);
        }
        let Settings { dimension, shortest, longest, buckets, .. } = settings;
        let subwords = Subwords { shortest, longest, buckets, kept };
        Ok(Self { source, dimension, words, counts, subwords, rows_start })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::vectors::fasttext_parts::{MAGIC, SUPERVISED};

    /// A model with two words, one label and four buckets; the number in row r, column c is 10 r + c.
    pub fn model(version: Option<i32>, kind: i32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut add = |numbers: &[i32]| numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        add(version.map_or(vec![], |version| vec![MAGIC, version]).as_slice());
        add(&[2, 5, 5, 1, 5, 1, 2, kind, 4, 2, 2, 100, 0, 0, 3, 2, 1, 9, 0]);
        if version.is_some() {
            add(&[-1, -1]);
        }
        for (word, label) in [("cat", 0), ("</s>", 0), ("__label__a", 1)] {
            bytes.extend([word.as_bytes(), &[0], &7i64.to_le_bytes(), &[label]].concat());
        }
        for rows in [6, 1] {
            bytes.extend(version.map(|_| 0u8));
            bytes.extend([i64::from(rows).to_le_bytes(), 2i64.to_le_bytes()].concat());
            let numbers = (0..rows).flat_map(|row| [row * 10, row * 10 + 1]);
            bytes.extend(numbers.flat_map(|number| (number as f32).to_le_bytes()));
        }
        bytes
    }

    fn message(bytes: &[u8]) -> String {
        match FastText::open(bytes) {
            Err(BinaryError::Format { offset, message }) => format!("byte {offset}: {message}"),
            _ => panic!("not refused"),
        }
    }

    #[test]
    fn old_supervised_models_have_no_n_grams() {
        for (version, longest) in [(None, 0), (Some(11), 0), (Some(12), 2)] {
            let bytes = model(version, SUPERVISED);
            assert_eq!(FastText::open(bytes.as_slice()).unwrap().subwords.longest, longest);
        }
    }

    #[test]
    fn a_file_cut_at_any_byte_is_refused() {
        for version in [None, Some(12)] {
            let bytes = model(version, 1);
            assert!((0..bytes.len()).all(|size| FastText::open(&bytes[..size]).is_err()));
        }
        let bytes = model(Some(12), 1);
        assert_eq!(message(&bytes[..30]), "byte 28: expected word n-grams, the file ends; it may be cut short");
        assert!(message(&bytes[..bytes.len() - 1]).contains("1 rows of 2 numbers in the output matrix, 7 bytes"));
    }

    #[test]
    fn sizes_that_lie_are_refused_before_anything_is_taken() {
        let bytes = model(Some(12), 1);
        let lying = |offset: usize, value: i32| {
            let mut lying = bytes.clone();
            lying[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
            message(&lying)
        };
        assert!(lying(8, i32::MAX).contains("must have 2147483647 columns"));
        assert!(lying(40, i32::MAX).contains("a row for every word and bucket, 2147483649, found 6"));
        assert!(lying(64, i32::MAX).contains("found 2147483647 entries"));
        assert!(lying(88, i32::MAX)
            .ends_with("expected 9223372036854775807 kept buckets, the file ends; it may be cut short"));
    }
}
