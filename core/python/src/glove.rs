//! The binding of GloVe: counting and training.

use crate::arguments::check;
use crate::arrays::{written, Array1, Array2};
use crate::conversions::{lossy, raise};
use crate::interrupts::{interruptible, list, Whole};
use crate::texts::{Run, Texts};
use crate::tokens::Splitter;
use malmoi_core::counting::tally::Tally;
use malmoi_core::foundation::hashing::stable_hash;
use malmoi_core::glove::checkpoint::{load, save, CheckpointError, Owner};
use malmoi_core::glove::cooccurrence::Window;
use malmoi_core::glove::factorization::{EpochError, Model, Pass};
use malmoi_core::glove::pairs::{Count, CountError, Texts as NumberedTexts, Weighting};
use malmoi_core::glove::spill::Storage;
use malmoi_core::glove::tiles::{Grid, Tiles};
use numpy::PyArray1;
use pyo3::exceptions::{PyMemoryError, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::io;
use std::path::{Path, PathBuf};

/// Vectors float32 (words, dimension), the cost of every epoch, number of pairs, bytes in files.
type Trained<'py> = (Array2<'py, f32>, Vec<f64>, u64, u64);
/// Ranks uint32 of words and of contexts, sums uint64 in units of 2^-24.
type Pairs<'py> = (Array1<'py, u32>, Array1<'py, u32>, Array1<'py, u64>);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<GloveTexts>()
}

#[pyclass]
struct GloveTexts {
    tally: Tally,
    threads: usize,
    texts: NumberedTexts,
    storage: Storage,
    whole: Whole,
}

const TRAINING: &str = "training vectors";

/// Settings of `malmoi.wordvectors.glove`, with the same names.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    min_count: u64,
    max_tokens: Option<usize>,
    window: usize,
    symmetric: bool,
    dimension: usize,
    epochs: usize,
    x_max: f64,
    alpha: f64,
    learning_rate: f64,
    seed: u64,
    checkpoint: Option<PathBuf>,
    checkpoint_every: usize,
}

/// Upper limit of the window and of the dimension.
const MOST: usize = 1 << 20;

impl Settings {
    fn check(&self) -> PyResult<()> {
        let in_range = |size| (1..=MOST).contains(&size);
        check(in_range(self.window), || format!("window must be from 1 to {MOST}, got {}", self.window))?;
        check(in_range(self.dimension), || format!("dimension must be from 1 to {MOST}, got {}", self.dimension))?;
        check(self.checkpoint_every > 0, || "checkpoint_every must be 1 or more, got 0".to_owned())
    }
}

#[pymethods]
impl GloveTexts {
    #[new]
    fn new(splitter: &Splitter, threads: usize, memory_bytes: usize, folder: PathBuf) -> Self {
        let storage = Storage { memory_bytes, folder };
        let texts = NumberedTexts::new(storage.clone());
        Self { tally: Tally::new(splitter.0.clone(), threads, true), threads, texts, storage, whole: Whole::default() }
    }

    #[getter]
    fn tokens(&self) -> u64 {
        self.tally.tokens()
    }

    fn add(&mut self, py: Python<'_>, texts: Texts) -> PyResult<()> {
        let mut added = Ok(());
        let counted = self.whole.change(py, || {
            texts.each_run(Run::OfEncoded, |_, texts| {
                self.tally.add(texts);
                let runs = self.tally.take_runs();
                if let (Ok(()), Some(runs)) = (&added, runs) {
                    added = self.texts.add(runs);
                }
            })
        })?;
        if counted.is_err() || added.is_err() {
            self.whole.lose();
        }
        counted.and_then(|()| added.map_err(|error| spill_error(&error, &self.storage)))
    }

    /// Words and their counts, most frequent first.
    fn words<'py>(
        &self,
        py: Python<'py>,
        min_count: u64,
        max_tokens: Option<usize>,
    ) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
        self.whole.check()?;
        let table = self.tally.table();
        let ranked = interruptible(py, || self.ranked(min_count, max_tokens))?;
        let words = list(py, ranked.iter().map(|&number| lossy(table.token(number))))?;
        Ok((words, list(py, ranked.iter().map(|&number| table.count(number)))?))
    }

    /// Return the counts; half of a symmetric matrix. The texts are forgotten.
    fn pairs<'py>(&mut self, py: Python<'py>, settings: Settings) -> PyResult<Pairs<'py>> {
        settings.check()?;
        self.whole.check()?;
        self.whole.lose();
        let pairs = interruptible(py, || {
            let (count, texts, ranks) = self.count(&settings);
            count.pairs(texts, &ranks)
        })?;
        self.whole = Whole::default();
        let pairs = pairs.map_err(|error| Failure::from(error).raised(py, &settings, &self.storage))?;
        let ranks = |rank: fn(&(u32, u32, u64)) -> u32| PyArray1::from_iter(py, pairs.iter().map(rank));
        Ok((ranks(|pair| pair.0), ranks(|pair| pair.1), PyArray1::from_iter(py, pairs.iter().map(|pair| pair.2))))
    }

    /// Train vectors of the words; the texts are forgotten. `progress` is called with the step's name, the number done,
    /// the total, and the cost after an epoch.
    fn train<'py>(&mut self, py: Python<'py>, settings: Settings, progress: Py<PyAny>) -> PyResult<Trained<'py>> {
        settings.check()?;
        let mut callback = ProgressCallback { progress, failed: None };
        self.whole.check()?;
        self.whole.lose();
        let trained = interruptible(py, || self.trained(&settings, &mut callback))?;
        let (model, costs, total, spilled) = match (callback.failed, trained) {
            (Some(error), _) => return Err(error),
            (None, Err(failure)) => return Err(failure.raised(py, &settings, &self.storage)),
            (None, Ok(trained)) => trained,
        };
        self.whole = Whole::default();
        let shape = [model.vectors().len() / settings.dimension, settings.dimension];
        let (vectors, ()) = written(py, shape, |target| {
            target.iter_mut().zip(model.vectors()).for_each(|(target, number)| *target = number);
        })?;
        Ok((vectors, costs, total, spilled))
    }
}

/// Progress callback of Python, with its error.
struct ProgressCallback {
    progress: Py<PyAny>,
    failed: Option<PyErr>,
}

impl ProgressCallback {
    fn report(&mut self, step: &str, done: usize, total: usize, cost: Option<f64>) -> bool {
        let reported = Python::attach(|py| {
            py.check_signals()?;
            self.progress.call1(py, (step, done, total, cost)).map(drop)
        });
        reported.map_err(|error| self.failed = Some(error)).is_ok()
    }
}

enum Failure {
    Storage(io::Error),
    Checkpoint(CheckpointError),
    Memory,
    Stopped,
    /// The epoch whose cost is not finite.
    Diverged(usize),
    /// Epochs of the checkpoint.
    Beyond(usize),
}

impl GloveTexts {
    fn ranked(&self, min_count: u64, max_tokens: Option<usize>) -> Vec<u32> {
        let table = self.tally.table();
        let mut ranked = table.by_count(self.threads);
        ranked.truncate(ranked.partition_point(|&number| table.count(number) >= min_count));
        ranked.truncate(max_tokens.unwrap_or(usize::MAX));
        ranked
    }

    /// Texts and settings for counting, and the rank of every token. The texts are forgotten.
    fn count(&mut self, settings: &Settings) -> (Count, NumberedTexts, Vec<u32>) {
        let ranked = self.ranked(settings.min_count, settings.max_tokens);
        let mut ranks = vec![u32::MAX; self.tally.table().len()];
        ranked.iter().zip(0..).for_each(|(&number, rank)| ranks[number as usize] = rank);
        let Settings { window: size, symmetric, x_max, alpha, seed, dimension, .. } = *settings;
        let count = Count {
            grid: Grid::new(ranked.len(), Model::row_bytes(dimension), seed),
            window: Window { size, symmetric },
            weighting: Weighting { x_max, alpha, seed },
            threads: self.threads,
        };
        (count, std::mem::replace(&mut self.texts, NumberedTexts::new(self.storage.clone())), ranks)
    }

    fn trained(
        &mut self,
        settings: &Settings,
        callback: &mut ProgressCallback,
    ) -> Result<(Model, Vec<f64>, u64, u64), Failure> {
        let (count, texts, ranks) = self.count(settings);
        let mut progress = |done, total| callback.report("counting pairs", done, total, None);
        let tiles = count.tiles(texts, &ranks, &mut progress)?;
        let Settings { seed, epochs, .. } = *settings;
        let mut model = Model::new(tiles.grid.clone(), settings.dimension, seed).ok_or(Failure::Memory)?;
        let owner = self.owner(settings, &tiles);
        let mut costs = resumed(settings.checkpoint.as_deref(), owner, &mut model)?;
        if costs.len() > epochs {
            return Err(Failure::Beyond(costs.len()));
        }
        let groups = tiles.grid.groups;
        while costs.len() < epochs {
            let epoch = costs.len();
            let pass = Pass { rate: settings.learning_rate as f32, threads: self.threads, seed, epoch };
            let mut progress = |rounds| callback.report(TRAINING, epoch * groups + rounds, epochs * groups, None);
            let cost = model.epoch(&tiles, pass, &mut progress)?;
            costs.push(cost);
            if !cost.is_finite() {
                return Err(Failure::Diverged(costs.len()));
            }
            if let Some(path) = &settings.checkpoint {
                if costs.len() % settings.checkpoint_every == 0 || costs.len() == epochs {
                    let saved = save(path, owner, &costs, &model.words, &model.contexts);
                    saved.map_err(|error| Failure::Checkpoint(CheckpointError::Io(error)))?;
                }
            }
            if !callback.report(TRAINING, costs.len() * groups, epochs * groups, Some(cost)) {
                return Err(Failure::Stopped);
            }
        }
        Ok((model, costs, tiles.total, tiles.spilled_bytes()))
    }

    /// Owner of a checkpoint: all settings but the number of epochs, which may grow.
    fn owner(&self, settings: &Settings, tiles: &Tiles) -> Owner {
        let floats = [settings.x_max, settings.alpha, f64::from(settings.learning_rate as f32)];
        let sizes = [settings.dimension, settings.window, usize::from(settings.symmetric)];
        let mut bytes: Vec<u8> = floats.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.extend(sizes.iter().flat_map(|&number| (number as u64).to_le_bytes()));
        bytes.extend(settings.seed.to_le_bytes());
        let mut words = tiles.fingerprint().to_le_bytes().to_vec();
        let table = self.tally.table();
        for number in self.ranked(settings.min_count, settings.max_tokens) {
            words.extend((table.token(number).len() as u64).to_le_bytes());
            words.extend(table.token(number));
            words.extend(table.count(number).to_le_bytes());
        }
        Owner { settings: stable_hash(&bytes), counts: stable_hash(&words) }
    }
}

/// Costs of the epochs in a checkpoint; empty if there is no file.
fn resumed(path: Option<&Path>, owner: Owner, model: &mut Model) -> Result<Vec<f64>, Failure> {
    let Some(path) = path else { return Ok(Vec::new()) };
    match load(path, owner, &mut model.words, &mut model.contexts) {
        Err(CheckpointError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        loaded => loaded.map_err(Failure::Checkpoint),
    }
}

impl From<CountError> for Failure {
    fn from(error: CountError) -> Self {
        match error {
            CountError::Io(error) => Self::Storage(error),
            CountError::Stopped => Self::Stopped,
        }
    }
}

impl From<EpochError> for Failure {
    fn from(error: EpochError) -> Self {
        match error {
            EpochError::Io(error) => Self::Storage(error),
            EpochError::Stopped => Self::Stopped,
        }
    }
}

impl Failure {
    fn raised(self, py: Python<'_>, settings: &Settings, storage: &Storage) -> PyErr {
        let name = settings.checkpoint.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
        match self {
            Self::Storage(error) => spill_error(&error, storage),
            Self::Checkpoint(CheckpointError::Io(error)) => {
                system(&error, format!("the checkpoint cannot be used: {error}; use another file"), name)
            }
            Self::Checkpoint(CheckpointError::Format(what)) => {
                raise(py, "FormatError", format!("{name} cannot be resumed: {what}; delete it, or use another file"))
            }
            Self::Checkpoint(CheckpointError::Other(what)) => {
                let rule = format!("{name} is the checkpoint of a training with different {what}");
                raise(py, "DataError", format!("{rule}; delete it, or use another file"))
            }
            Self::Memory => {
                PyMemoryError::new_err(format!("vectors of dimension {} do not fit into memory", settings.dimension))
            }
            Self::Stopped => PyRuntimeError::new_err("the training was stopped"),
            Self::Diverged(epoch) => PyValueError::new_err(format!(
                "learning_rate must be smaller, got {}; the cost of epoch {epoch} is not finite",
                settings.learning_rate
            )),
            Self::Beyond(done) => PyValueError::new_err(format!(
                "epochs must be {done} or more, got {}; {name} has {done} already",
                settings.epochs
            )),
        }
    }
}

/// Error: data that did not fit in memory could not be written to a file.
fn spill_error(error: &io::Error, storage: &Storage) -> PyErr {
    let cure = "increase memory_mb, or use another folder";
    let rule = format!("data beyond memory_mb cannot be written to a file: {error}; {cure}");
    system(error, rule, storage.folder.display().to_string())
}

fn system(error: &io::Error, message: String, path: String) -> PyErr {
    match error.raw_os_error() {
        Some(number) => PyOSError::new_err((number, message, path)),
        None => PyOSError::new_err(format!("{path}: {message}")),
    }
}
