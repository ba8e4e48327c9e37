//! The binding of GloVe: texts are counted, then words are factorized.

use super::tokens::Splitter;
use super::{as_utf8, little_endian, lossy, raise};
use crate::checkpoint::{load, save, CheckpointError, Owner};
use crate::cooccurrence::{CountError, Places, Scratch, Weighting};
use crate::factorization::{EpochError, Model};
use crate::tally::{Runs, Tally};
use crate::tiles::{Grid, Limits, Tiles};
use pyo3::exceptions::{PyMemoryError, PyOSError, PyOverflowError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyString};
use std::io;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// Vectors float32 (words, dimension), the cost of every epoch, pairs that were counted, bytes that were in a file.
type Trained<'py> = (Bound<'py, PyByteArray>, Vec<f64>, u64, u64);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<GloveTexts>()
}

#[pyclass]
struct GloveTexts {
    tally: Tally,
    threads: usize,
}

/// Settings of `malmoi.glove`, by their names there.
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
    memory_bytes: usize,
    folder: PathBuf,
    checkpoint: Option<PathBuf>,
    checkpoint_every: usize,
}

#[pymethods]
impl GloveTexts {
    #[new]
    fn new(splitter: &Splitter, threads: usize) -> Self {
        Self { tally: Tally::new(splitter.0.clone(), threads, true), threads }
    }

    fn add(&mut self, py: Python<'_>, texts: Vec<Bound<'_, PyString>>) -> PyResult<()> {
        let texts = as_utf8(&texts)?;
        py.detach(|| self.tally.add(&texts));
        if self.tally.tokens() > u64::from(u32::MAX) {
            return Err(PyOverflowError::new_err(
                "there must be fewer than 2**32 tokens; train on a part of the texts",
            ));
        }
        Ok(())
    }

    /// Words and their counts, most frequent first.
    fn words(&self, min_count: u64, max_tokens: Option<usize>) -> (Vec<String>, Vec<u64>) {
        let table = self.tally.table();
        let ranked = self.ranked(min_count, max_tokens);
        ranked.into_iter().map(|number| (lossy(table.token(number)), table.count(number))).unzip()
    }

    /// Ranks uint32 of words and of their neighbours, sums uint64 in units of 2**-24. The texts are forgotten.
    #[allow(clippy::type_complexity)] // three arrays
    fn pairs<'py>(
        &mut self,
        py: Python<'py>,
        settings: Settings,
    ) -> PyResult<(Bound<'py, PyByteArray>, Bound<'py, PyByteArray>, Bound<'py, PyByteArray>)> {
        let places = self.places(&settings);
        let mut ranks = vec![0; places.grid.places()];
        (0..places.grid.words).for_each(|rank| ranks[places.grid.place(rank)] = rank as u32);
        let (mut rows, mut columns, mut sums) = (Vec::new(), Vec::new(), Vec::new());
        let mut scratch = Scratch::default();
        for place in 0..places.grid.places() {
            places.count_row(place, &mut scratch);
            for &(near, sum) in &scratch.row {
                rows.push(ranks[place].to_le_bytes());
                columns.push(ranks[near as usize].to_le_bytes());
                sums.push(sum.to_le_bytes());
            }
        }
        let rows = little_endian(py, rows.into_iter())?;
        Ok((rows, little_endian(py, columns.into_iter())?, little_endian(py, sums.into_iter())?))
    }

    /// Train vectors of the words; the texts are forgotten. `progress` hears a step's name, what is done, and of what.
    fn train<'py>(&mut self, py: Python<'py>, settings: Settings, progress: Py<PyAny>) -> PyResult<Trained<'py>> {
        let mut listener = Listener { progress, failed: None };
        let trained = py.detach(|| self.trained(&settings, &mut listener));
        let (model, costs, total, spilled) = match (listener.failed, trained) {
            (Some(error), _) => return Err(error),
            (None, Err(failure)) => return Err(failure.raised(py, &settings)),
            (None, Ok(trained)) => trained,
        };
        let numbers = model.vectors().map(f32::to_le_bytes);
        Ok((little_endian(py, numbers)?, costs, total, spilled))
    }
}

/// Tells Python what is done, and remembers what it answered.
struct Listener {
    progress: Py<PyAny>,
    failed: Option<PyErr>,
}

impl Listener {
    fn hear(&mut self, said: Option<(&str, usize, usize)>) -> bool {
        let heard = Python::attach(|py| {
            py.check_signals()?;
            said.map_or(Ok(()), |said| self.progress.call1(py, said).map(drop))
        });
        heard.map_err(|error| self.failed = Some(error)).is_ok()
    }
}

enum Failure {
    Counts(io::Error),
    Checkpoint(CheckpointError),
    Memory,
    Stopped,
    /// The epoch whose cost is no number.
    Diverged(usize),
    /// Epochs of the checkpoint.
    Beyond(usize),
}

impl GloveTexts {
    fn ranked(&self, min_count: u64, max_tokens: Option<usize>) -> Vec<u32> {
        let table = self.tally.table();
        let mut ranked = table.by_count();
        ranked.truncate(ranked.partition_point(|&number| table.count(number) >= min_count));
        ranked.truncate(max_tokens.unwrap_or(usize::MAX));
        ranked
    }

    fn places(&mut self, settings: &Settings) -> Places {
        let ranked = self.ranked(settings.min_count, settings.max_tokens);
        let mut ranks = vec![u32::MAX; self.tally.table().len()];
        ranked.iter().zip(0..).for_each(|(&number, rank)| ranks[number as usize] = rank);
        let runs: Runs = self.tally.take_runs().unwrap_or_default();
        Places::new(runs, &ranks, Grid::new(ranked.len()), settings.window, settings.symmetric)
    }

    fn trained(
        &mut self,
        settings: &Settings,
        listener: &mut Listener,
    ) -> Result<(Model, Vec<f64>, u64, u64), Failure> {
        let weighting = Weighting { x_max: settings.x_max, alpha: settings.alpha, seed: settings.seed };
        let limits = Limits { memory_bytes: settings.memory_bytes, folder: &settings.folder };
        let places = self.places(settings);
        let heard = |done, total| listener.hear(Some(("counting pairs", done, total)));
        let tiles = places.count(weighting, self.threads, limits, heard).map_err(|error| match error {
            CountError::Io(error) => Failure::Counts(error),
            CountError::Stopped => Failure::Stopped,
        })?;
        drop(places);
        let mut model = Model::new(tiles.grid, settings.dimension, settings.seed).ok_or(Failure::Memory)?;
        let owner = self.owner(settings, &tiles);
        let mut costs = resumed(settings.checkpoint.as_deref(), owner, &mut model)?;
        if costs.len() > settings.epochs {
            return Err(Failure::Beyond(costs.len()));
        }
        while costs.len() < settings.epochs {
            let rate = settings.learning_rate as f32;
            let heard = || listener.hear(None);
            let cost = model.epoch(&tiles, rate, self.threads, heard).map_err(|error| match error {
                EpochError::Io(error) => Failure::Counts(error),
                EpochError::Stopped => Failure::Stopped,
            })?;
            costs.push(cost);
            if !cost.is_finite() {
                return Err(Failure::Diverged(costs.len()));
            }
            if let Some(path) = &settings.checkpoint {
                if costs.len() % settings.checkpoint_every == 0 || costs.len() == settings.epochs {
                    let saved = save(path, owner, &costs, &model.words, &model.contexts);
                    saved.map_err(|error| Failure::Checkpoint(CheckpointError::Io(error)))?;
                }
            }
            let step = format!("training vectors, cost {cost:.4}");
            if !listener.hear(Some((&step, costs.len(), settings.epochs))) {
                return Err(Failure::Stopped);
            }
        }
        Ok((model, costs, tiles.total, tiles.spilled_bytes()))
    }

    /// What a checkpoint belongs to: all but the number of epochs, which may grow.
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
        Owner { settings: xxh3_64(&bytes), counts: xxh3_64(&words) }
    }
}

/// The costs of the epochs that a checkpoint has; none where there is no file.
fn resumed(path: Option<&Path>, owner: Owner, model: &mut Model) -> Result<Vec<f64>, Failure> {
    let Some(path) = path else { return Ok(Vec::new()) };
    match load(path, owner, &mut model.words, &mut model.contexts) {
        Err(CheckpointError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        loaded => loaded.map_err(Failure::Checkpoint),
    }
}

impl Failure {
    fn raised(self, py: Python<'_>, settings: &Settings) -> PyErr {
        let name = settings.checkpoint.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
        match self {
            Self::Counts(error) => {
                let cure = "give more memory_mb, or another folder";
                let rule = format!("the counts beyond memory_mb cannot be kept in a file: {error}; {cure}");
                system(&error, rule, settings.folder.display().to_string())
            }
            Self::Checkpoint(CheckpointError::Io(error)) => {
                system(&error, format!("the checkpoint cannot be used: {error}; give another file"), name)
            }
            Self::Checkpoint(CheckpointError::Format(what)) => {
                raise(py, "FormatError", format!("{name} cannot be resumed: {what}; delete it, or give another file"))
            }
            Self::Checkpoint(CheckpointError::Other(what)) => {
                let rule = format!("{name} is the checkpoint of a training with other {what}");
                raise(py, "DataError", format!("{rule}; delete it, or give another file"))
            }
            Self::Memory => {
                PyMemoryError::new_err(format!("vectors of dimension {} do not fit into memory", settings.dimension))
            }
            Self::Stopped => PyRuntimeError::new_err("the training was stopped"),
            Self::Diverged(epoch) => PyValueError::new_err(format!(
                "learning_rate must be smaller, got {}; the cost of epoch {epoch} is no finite number",
                settings.learning_rate
            )),
            Self::Beyond(done) => PyValueError::new_err(format!(
                "epochs must be {done} or more, got {}; {name} has {done} already",
                settings.epochs
            )),
        }
    }
}

fn system(error: &io::Error, message: String, path: String) -> PyErr {
    match error.raw_os_error() {
        Some(number) => PyOSError::new_err((number, message, path)),
        None => PyOSError::new_err(format!("{path}: {message}")),
    }
}
