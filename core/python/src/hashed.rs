//! The binding of hashed n-grams.

use crate::arguments::check;
use crate::arrays::{Array1, Array2};
use crate::bags::{self, check_orders, run_rows, run_sequences, GramTally, Rows};
use crate::conversions::id_rows;
use crate::interrupts::interruptible;
use crate::texts::{Run, Texts};
use crate::tokens::Splitter;
use malmoi_core::counting::padding::Padding;
use malmoi_core::counting::table::TokenTable;
use malmoi_core::ngrams::grams::Gram;
use malmoi_core::ngrams::hashed::Hashing;
use numpy::IntoPyArray;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Number of n-grams, of distinct ones, of buckets used, of distinct ones that share a bucket; examples.
type Shared = (u64, u64, u64, u64, Vec<Vec<String>>);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<GramHasher>()
}

#[pyclass(frozen)]
struct GramHasher(Hashing);

#[pymethods]
impl GramHasher {
    #[new]
    #[pyo3(signature = (*, seed, buckets, signed, shortest, longest, stop_words))]
    fn new(
        seed: u64,
        buckets: u32,
        signed: bool,
        shortest: usize,
        longest: usize,
        stop_words: Texts,
    ) -> PyResult<Self> {
        if buckets == 0 || buckets >= 1 << 31 {
            return Err(PyValueError::new_err(format!("buckets must be from 1 to 2**31 - 1, got {buckets}")));
        }
        check_orders(shortest, longest)?;
        let mut table = TokenTable::default();
        for word in stop_words.utf8()? {
            table.insert(word.as_bytes());
        }
        Ok(Self(Hashing { seed, buckets, signed, shortest, longest, stop_words: table }))
    }

    #[pyo3(signature = (texts, splitter, *, local, norm, threads))]
    fn rows<'py>(
        &self,
        py: Python<'py>,
        texts: Texts,
        splitter: &Splitter,
        local: &str,
        norm: Option<&str>,
        threads: usize,
    ) -> PyResult<Rows<'py>> {
        let (local, norm) = (bags::local(local)?, bags::norm(norm)?);
        run_rows(py, &texts, |matrix, texts| self.0.add_rows(matrix, texts, &splitter.0, local, norm, threads))
    }

    /// Buckets int32 of all tokens, concatenated; int64 (samples,) end of each text.
    fn sequences<'py>(
        &self,
        py: Python<'py>,
        texts: Texts,
        splitter: &Splitter,
        threads: usize,
    ) -> PyResult<(Array1<'py, i32>, Array1<'py, i64>)> {
        let (ids, ends) = run_sequences(py, &texts, |texts| self.0.sequences(texts, &splitter.0, threads))?;
        Ok((ids.into_pyarray(py), ends.into_pyarray(py)))
    }

    /// Buckets int32 (samples, length x sizes) of n-grams, counted from 1, padded with 0; int64 (samples,) number of
    /// tokens of each text.
    #[pyo3(signature = (texts, splitter, *, length, pad_left, keep_last, threads))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn padded<'py>(
        &self,
        py: Python<'py>,
        texts: Texts,
        splitter: &Splitter,
        length: usize,
        pad_left: bool,
        keep_last: bool,
        threads: usize,
    ) -> PyResult<(Array2<'py, i32>, Array1<'py, i64>)> {
        let padding = Padding { length, pad_left, keep_last };
        check(length > 0, || format!("length must be 1 or more, got {length}"))?;
        let width = length.saturating_mul(self.0.sizes());
        let write = |rows: &mut [i32]| {
            let mut lengths = Vec::new();
            let runs = texts.each_run(Run::OfEncoded, |run, texts| {
                let rows = &mut rows[run.start * width..run.end * width];
                lengths.extend(self.0.padded(texts, &splitter.0, padding, threads, rows));
            });
            runs.map(|()| lengths)
        };
        let (rows, lengths) = id_rows(py, texts.len(), width, write)?;
        Ok((rows, lengths?.into_pyarray(py)))
    }

    /// Bucket and sign of an n-gram.
    fn place(&self, tokens: Vec<String>) -> PyResult<(u32, i8)> {
        self.0
            .place(tokens.iter().map(String::as_bytes))
            .ok_or_else(|| PyValueError::new_err("tokens must be 1 or more"))
    }

    /// Number of n-grams, of distinct ones, of buckets used, of distinct ones that share a bucket; examples.
    fn collisions(&self, py: Python<'_>, tally: &GramTally, joiner: &str, most_examples: usize) -> PyResult<Shared> {
        tally.whole.check()?;
        let found = interruptible(py, || self.0.collisions(&tally.grams, most_examples))?;
        let names = |grams: &Vec<Gram>| grams.iter().map(|&gram| tally.name(gram, joiner)).collect();
        Ok((found.seen, found.distinct, found.used, found.sharing, found.examples.iter().map(names).collect()))
    }
}
