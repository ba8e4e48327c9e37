//! The binding of the training of fastText's classifiers.

use crate::arguments::{check, check_room};
use crate::arrays::{shaped, Array1, Array2, Input};
use crate::fasttext::FastTextDictionary;
use crate::interrupts::interruptible;
use crate::texts::{Run, Texts};
use malmoi_core::fasttext::dictionary::Dictionary;
use malmoi_core::fasttext::documents::{Documents, Targets};
use malmoi_core::fasttext::head::Loss;
use malmoi_core::fasttext::training::{Settings, Start, Trainer};
use malmoi_core::foundation::random::Random;
use numpy::ndarray::Ix2;
use numpy::IntoPyArray;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FastTextTrainer>()
}

/// Streams of random numbers that shuffle texts.
const ORDERS: u64 = 1 << 62;

/// Rows and outputs in training, and the texts to train on.
#[pyclass(frozen)]
struct FastTextTrainer {
    dictionary: Arc<Dictionary>,
    settings: Settings,
    /// `None` while the core works, and after work that ended early.
    state: Mutex<Option<State>>,
}

struct State {
    trainer: Trainer,
    documents: Documents,
    /// The order of the texts, with the number from which it was made; `None` after a change of the texts.
    order: Option<(u64, Vec<u32>)>,
}

/// Rows (words and buckets, dimension), buckets, outputs (labels, dimension).
type TrainedArrays<'py> = (Array2<'py, f32>, Array1<'py, u32>, Array2<'py, f32>);

#[pymethods]
impl FastTextTrainer {
    /// Training starts from `rows` of the first words and of `start_buckets`, and from `output`.
    #[new]
    #[pyo3(signature = (dictionary, *, dimension, labels, loss, seed, threads, rows, start_buckets, output))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn new(
        py: Python<'_>,
        dictionary: &FastTextDictionary,
        dimension: usize,
        labels: usize,
        loss: &str,
        seed: u64,
        threads: usize,
        rows: Input<'_, f32, Ix2>,
        start_buckets: Input<'_, u32>,
        output: Input<'_, f32, Ix2>,
    ) -> PyResult<Self> {
        let loss = match loss {
            "softmax" => Loss::Softmax,
            "one-vs-all" => Loss::OneVsAll,
            _ => return Err(PyValueError::new_err(format!("loss must be softmax or one-vs-all, got {loss}"))),
        };
        check(dimension > 0, || "dimension must be 1 or more, got 0".into())?;
        let words = rows.shape()[0].checked_sub(start_buckets.len());
        let known = dictionary.0.words() as usize;
        let buckets = start_buckets.to_vec();
        let fits = words.is_some_and(|words| words <= known)
            && (rows.shape()[1] == dimension && output.shape()[1] == dimension && output.shape()[0] <= labels)
            && buckets.iter().all(|&bucket| bucket < dictionary.0.features.buckets);
        check(fits, || "rows, buckets and output must fit the dictionary, the dimension and the labels".into())?;
        check_room::<f32>(&[known, dimension])?;
        let settings = Settings { dimension, labels, loss, seed, threads };
        let (rows, output): (&[f32], &[f32]) = (&rows, &output);
        let start = Start { rows, buckets: &buckets, output, words: words.unwrap_or(0) };
        let dictionary = Arc::clone(&dictionary.0);
        let trainer = interruptible(py, || Trainer::new(Arc::clone(&dictionary), settings, start))?;
        let state = State { trainer, documents: Documents::default(), order: None };
        Ok(Self { dictionary, settings, state: Mutex::new(Some(state)) })
    }

    /// Add texts with the indices of their labels, the end of those of each text, and weights.
    fn add(
        &self,
        py: Python<'_>,
        texts: Texts,
        labels: Input<'_, u32>,
        ends: Input<'_, i64>,
        weights: Input<'_, f32>,
    ) -> PyResult<()> {
        let labels = labels.to_vec();
        let ends: Vec<usize> = ends.iter().map(|&end| usize::try_from(end).unwrap_or(usize::MAX)).collect();
        let (count, weights) = (texts.len(), weights.to_vec());
        let fits = [ends.len(), weights.len()] == [count; 2]
            && ends.is_sorted()
            && ends.last().copied().unwrap_or(0) == labels.len()
            && labels.iter().all(|&label| (label as usize) < self.settings.labels);
        check(fits, || "labels, ends and weights must fit the texts".into())?;
        self.change(py, |state| {
            state.order = None;
            texts.each_run(Run::OfEncoded, |range, texts| {
                let first = if range.start == 0 { 0 } else { ends[range.start - 1] };
                let last = if range.end == 0 { 0 } else { ends[range.end - 1] };
                let own: Vec<usize> = ends[range.clone()].iter().map(|end| end - first).collect();
                let targets = Targets { labels: &labels[first..last], ends: &own, weights: &weights[range] };
                state.documents.add(&self.dictionary, texts, targets, self.settings.threads);
            })
        })?
    }

    /// Forget the texts, but not what was learned.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        self.change(py, |state| (state.documents, state.order) = (Documents::default(), None))
    }

    /// Pass over the texts, shuffled by the seed and a number; return the mean loss.
    fn train(&self, py: Python<'_>, shuffle: u64, first_rate: f32, last_rate: f32) -> PyResult<f64> {
        let seed = self.settings.seed;
        self.change(py, |state| {
            let again = state.order.as_ref().is_some_and(|&(number, _)| number == shuffle);
            if !again {
                let mut order: Vec<u32> = (0..state.documents.len() as u32).collect();
                Random::new(seed, ORDERS | shuffle).shuffle(&mut order);
                state.order = Some((shuffle, order));
            }
            let order = state.order.as_ref().map_or([].as_slice(), |(_, order)| order);
            state.trainer.train(&state.documents, order, [first_rate, last_rate], again)
        })
    }

    /// Copies of what was learned.
    fn trained<'py>(&self, py: Python<'py>) -> PyResult<TrainedArrays<'py>> {
        let found = self.change(py, |state| state.trainer.trained())?;
        let dimension = self.settings.dimension;
        let rows = found.rows.len() / dimension;
        Ok((
            shaped(py, found.rows, [rows, dimension])?,
            found.buckets.into_pyarray(py),
            shaped(py, found.output, [self.settings.labels, dimension])?,
        ))
    }
}

impl FastTextTrainer {
    fn change<Value: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut State) -> Value + Send) -> PyResult<Value> {
        let taken = self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut state) = taken else {
            return Err(PyRuntimeError::new_err("training ended early, or another thread trains; fit again"));
        };
        let (state, value) = interruptible(py, || {
            let value = work(&mut state);
            (state, value)
        })?;
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
        Ok(value)
    }
}
