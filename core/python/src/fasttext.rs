//! The binding of fastText's classifiers: counting words, training, predicting, quantising.

use crate::arguments::{check, check_room};
use crate::arrays::{shaped, Array1, Array2, Input};
use crate::fasttext_tables::FastTextTable;
use crate::interrupts::{interruptible, Whole};
use crate::texts::{OneText, Run, Texts};
use malmoi_core::counting::table::TokenTable;
use malmoi_core::fasttext::dictionary::{BucketRows, Dictionary, Features};
use malmoi_core::fasttext::kept::KeptRows;
use malmoi_core::fasttext::model::{Model, Predictions};
use malmoi_core::fasttext::outputs::{Outputs, Transposed, Tree};
use malmoi_core::fasttext::quantisation::quantised;
use malmoi_core::fasttext::vocabulary::Vocabulary;
use numpy::ndarray::Ix2;
use numpy::IntoPyArray;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;
use std::sync::{Arc, Mutex, PoisonError};

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FastTextVocabulary>()?;
    module.add_class::<FastTextDictionary>()?;
    module.add_class::<FastTextModel>()?;
    module.add_function(wrap_pyfunction!(product_quantised, module)?)
}

/// Counts of the words of training texts.
#[pyclass(frozen)]
#[derive(Default)]
struct FastTextVocabulary(Mutex<(Vocabulary, Whole)>);

/// The bytes of words, the end of each, and counts.
type WordCounts<'py> = (Bound<'py, PyByteArray>, Array1<'py, i64>, Array1<'py, i64>);

#[pymethods]
impl FastTextVocabulary {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn add(&self, py: Python<'_>, texts: Texts, threads: usize) -> PyResult<()> {
        let mut own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (vocabulary, whole) = &mut *own;
        whole.change(py, || texts.each_run(Run::OfEncoded, |_, texts| vocabulary.add(texts, threads)))?
    }

    /// Words with at least `min_count` occurrences, most frequent first.
    fn words<'py>(&self, py: Python<'py>, min_count: u64, threads: usize) -> PyResult<WordCounts<'py>> {
        let own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        own.1.check()?;
        let (bytes, ends, counts) = interruptible(py, || {
            let (mut bytes, mut ends, mut counts) = (Vec::new(), Vec::new(), Vec::new());
            for (word, count) in own.0.words(min_count, threads) {
                bytes.extend_from_slice(word);
                ends.push(bytes.len() as i64);
                counts.push(i64::try_from(count).unwrap_or(i64::MAX));
            }
            (bytes, ends, counts)
        })?;
        Ok((PyByteArray::new(py, &bytes), ends.into_pyarray(py), counts.into_pyarray(py)))
    }

    /// Numbers of texts, of tokens, and of the count up to which words were dropped to bound the memory.
    fn totals(&self) -> (u64, u64, u64) {
        let own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (own.0.texts, own.0.tokens, own.0.dropped_up_to)
    }
}

/// Words, labels, and which buckets have rows.
#[pyclass(frozen)]
pub struct FastTextDictionary(pub Arc<Dictionary>);

#[pymethods]
impl FastTextDictionary {
    /// `entries` are the bytes of words and labels, `ends` the end of each, `words` the number of words. `kept` are the
    /// buckets with rows, in their order; `None`: all have one. Others are zero vectors with `zeros`, else ignored.
    #[new]
    #[pyo3(signature = (entries, ends, words, *, shortest, longest, ngrams, buckets, kept, zeros))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn new(
        py: Python<'_>,
        entries: Input<'_, u8>,
        ends: Input<'_, i64>,
        words: u32,
        shortest: u32,
        longest: u32,
        ngrams: u32,
        buckets: u32,
        kept: Option<Input<'_, u32>>,
        zeros: bool,
    ) -> PyResult<Self> {
        let features = Features { shortest, longest, words: ngrams, buckets };
        check(words as usize <= ends.len(), || format!("words must be at most {}, got {words}", ends.len()))?;
        check(i64::from(words) + i64::from(buckets) < i64::from(u32::MAX), || {
            format!("words and buckets must be fewer than 2**32 together, got {words} and {buckets}")
        })?;
        let (entries, ends, kept) = (entries.to_vec(), ends.to_vec(), kept.map(|kept| kept.to_vec()));
        let made = interruptible(py, || {
            let table = table_of(&entries, &ends)?;
            let rows = match kept {
                None => BucketRows::All,
                Some(kept) => {
                    let rows = KeptRows::new(&kept, buckets, words).ok_or("kept must be distinct, below buckets")?;
                    BucketRows::Some { rows, zeros }
                }
            };
            Ok::<_, String>(Dictionary::new(table, words, features, rows))
        })?;
        Ok(Self(Arc::new(made.map_err(PyValueError::new_err)?)))
    }
}

fn table_of(entries: &[u8], ends: &[i64]) -> Result<TokenTable, String> {
    let (mut table, mut start) = (TokenTable::default(), 0);
    for (number, &end) in ends.iter().enumerate() {
        malmoi_core::foundation::interrupts::check(64);
        let entry = usize::try_from(end).ok().and_then(|end| entries.get(start..end));
        let entry = entry.ok_or("ends must be in ascending order, and within the entries")?;
        if table.insert(entry) as usize != number {
            return Err(format!("words and labels must be distinct, found {:?} again", String::from_utf8_lossy(entry)));
        }
        start += entry.len();
    }
    Ok(table)
}

/// A classifier that predicts.
#[pyclass(frozen)]
struct FastTextModel {
    dictionary: Arc<Dictionary>,
    outputs: Outputs,
    input: Py<FastTextTable>,
    output: Transposed,
    labels: usize,
}

/// Rows of features, their spans (features, 3) as kind, start and end in bytes, and the number of features that count.
type TextFeatures<'py> = (Array1<'py, u32>, Array2<'py, i64>, usize);

#[pymethods]
impl FastTextModel {
    /// With `counts`, the outputs are those of a Huffman tree for labels with these counts.
    #[new]
    #[pyo3(signature = (dictionary, embeddings, outputs, *, labels, counts))]
    fn new(
        py: Python<'_>,
        dictionary: &FastTextDictionary,
        embeddings: Bound<'_, FastTextTable>,
        outputs: Bound<'_, FastTextTable>,
        labels: usize,
        counts: Option<Vec<i64>>,
    ) -> PyResult<Self> {
        let (rows, columns) = embeddings.get().shape();
        let expected = match &dictionary.0.buckets {
            BucketRows::All => dictionary.0.words() as usize + dictionary.0.features.buckets as usize,
            BucketRows::Some { rows, .. } => dictionary.0.words() as usize + rows.len(),
        };
        check(rows == expected, || format!("the embeddings must have {expected} rows, got {rows}"))?;
        let wanted = (labels, columns);
        check(outputs.get().shape() == wanted, || {
            format!("the outputs must have the shape {wanted:?}, got {:?}", outputs.get().shape())
        })?;
        let kind = match counts {
            None => Outputs::Scores,
            Some(counts) => {
                let tree = if counts.len() == labels { Tree::new(&counts) } else { None };
                Outputs::Tree(tree.ok_or_else(|| PyValueError::new_err("counts must be 0 or more, one per label"))?)
            }
        };
        let borrowed = outputs.get().borrowed(py)?;
        let table = borrowed.table();
        let output = interruptible(py, || Transposed::new(&table))?;
        let (dictionary, input) = (Arc::clone(&dictionary.0), embeddings.unbind());
        Ok(Self { dictionary, outputs: kind, input, output, labels })
    }

    /// Outputs (texts, labels): scores, or logarithms of probabilities; and whether a word of each text is known.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        texts: Texts,
        threads: usize,
    ) -> PyResult<(Array2<'py, f32>, Array1<'py, u8>)> {
        check_room::<f32>(&[texts.len(), self.labels])?;
        let mut found = Predictions::default();
        self.borrowed(py, |model| {
            interruptible(py, || {
                texts.each_run(Run::OfEncoded, |_, texts| {
                    let part = model.predict(texts, threads);
                    found.outputs.extend(part.outputs);
                    found.known.extend(part.known);
                })
            })?
        })?;
        let outputs = shaped(py, found.outputs, [texts.len(), self.labels])?;
        Ok((outputs, found.known.into_pyarray(py)))
    }

    /// The features of a text that have rows.
    fn features<'py>(&self, py: Python<'py>, text: OneText) -> PyResult<TextFeatures<'py>> {
        let text = text.utf8()?;
        let (features, count) = self.borrowed(py, |model| interruptible(py, || model.features(text)))?;
        let rows: Vec<u32> = features.iter().map(|(row, _)| *row).collect();
        let spans = features.iter().flat_map(|(_, span)| [span.kind as i64, span.start as i64, span.end as i64]);
        let spans = shaped(py, spans.collect(), [rows.len(), 3])?;
        Ok((rows.into_pyarray(py), spans, count))
    }

    /// Inner products (rows, labels) of rows of the input and the outputs.
    fn contributions<'py>(&self, py: Python<'py>, rows: Input<'py, u32>) -> PyResult<Array2<'py, f32>> {
        let (rows, most) = (rows.to_vec(), self.input.get().shape().0);
        check(rows.iter().all(|&row| (row as usize) < most), || format!("rows must be below {most}"))?;
        let found = self.borrowed(py, |model| interruptible(py, || model.contributions(&rows)))?;
        shaped(py, found, [rows.len(), self.labels])
    }

    /// Number of words of texts, and of those that are not in the dictionary.
    fn unknown_words(&self, py: Python<'_>, texts: Texts) -> PyResult<(u64, u64)> {
        let mut totals = (0, 0);
        self.borrowed(py, |model| {
            interruptible(py, || {
                texts.each_run(Run::OfEncoded, |_, texts| {
                    let (words, unknown) = model.unknown_words(texts);
                    totals = (totals.0 + words, totals.1 + unknown);
                })
            })?
        })?;
        Ok(totals)
    }
}

impl FastTextModel {
    /// Borrow the matrices for a call.
    fn borrowed<Value>(&self, py: Python<'_>, work: impl FnOnce(&Model) -> PyResult<Value>) -> PyResult<Value> {
        let input = self.input.get().borrowed(py)?;
        work(&Model {
            dictionary: &self.dictionary,
            outputs: &self.outputs,
            input: input.table(),
            output: &self.output,
        })
    }
}

/// Codes (rows, parts) and centroids of a matrix.
#[pyfunction]
#[pyo3(signature = (values, *, part, seed, threads))]
fn product_quantised<'py>(
    py: Python<'py>,
    values: Input<'py, f32, Ix2>,
    part: usize,
    seed: u64,
    threads: usize,
) -> PyResult<(Array2<'py, u8>, Array1<'py, f32>)> {
    let (rows, columns) = (values.shape()[0], values.shape()[1]);
    check((1..=columns).contains(&part), || format!("part must be from 1 to {columns}, got {part}"))?;
    let numbers: &[f32] = &values;
    let found = interruptible(py, || quantised(numbers, columns, part, seed, threads))?;
    Ok((shaped(py, found.codes, [rows, columns.div_ceil(part)])?, found.centroids.into_pyarray(py)))
}
