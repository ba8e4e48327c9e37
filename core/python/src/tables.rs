//! Tables of text: the bytes of a file in blocks, and rows of delimited text as lists of str.

use crate::arguments::check_room;
use crate::interrupts::interruptible;
use malmoi_core::foundation::compression::Compression;
use malmoi_core::tables::ahead::Ahead;
use malmoi_core::tables::delimited::{self, Dialect, Rest};
use malmoi_core::tables::feed::{Feed, FeedError};
use malmoi_core::tables::rows::{BadRow, Fault, Place};
use pyo3::exceptions::{PyBufferError, PyEOFError, PyIndexError, PyOverflowError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};
use std::path::PathBuf;
use std::process;
use std::sync::{Mutex, MutexGuard, TryLockError};

/// A malformed row: its first byte, the byte after its last one, the lines before it, the fault and its number.
pub type Bad = (usize, usize, usize, &'static str, usize);

pub fn bad_rows(rows: &[BadRow]) -> Vec<Bad> {
    rows.iter()
        .map(|BadRow { place, fault }| {
            let (name, number) = match *fault {
                Fault::TextAfterQuote => ("text after quote", 0),
                Fault::Unclosed => ("unclosed quote", 0),
                Fault::Width(fields) => ("width", fields),
                Fault::HoldsRows(lines) => ("holds rows", lines),
                Fault::Nul => ("nul", 0),
                Fault::NotUtf8(byte) => ("not utf-8", byte),
                Fault::NotJson => ("not json", 0),
            };
            (place.start, place.end, place.line, name, number)
        })
        .collect()
}

/// The number of lines before every row; `None` if rows are lines.
pub fn line_numbers(places: &[Place]) -> Option<Vec<usize>> {
    let first = places.first().map_or(0, |place| place.line);
    let is_plain = places.iter().enumerate().all(|(row, place)| place.line == first + row);
    (!is_plain).then(|| places.iter().map(|place| place.line).collect())
}

/// The bytes of a file in blocks.
#[pyclass(frozen)]
pub struct ByteFeed {
    feed: Mutex<Option<Feed>>,
    /// A forked child has neither the read-ahead thread nor its locks.
    process: u32,
}

#[pymethods]
impl ByteFeed {
    /// Read a file from an offset on, decompressed ("", "gzip", "zstandard") to at most `allowed` bytes; without a path
    /// bytes are pushed.
    #[new]
    #[pyo3(signature = (path=None, compression="", offset=0, allowed=u64::MAX))]
    fn new(path: Option<PathBuf>, compression: &str, offset: u64, allowed: u64) -> PyResult<Self> {
        let compression = Compression::named(compression)
            .ok_or_else(|| PyValueError::new_err("compression must be empty, gzip or zstandard"))?;
        let feed = match path {
            Some(path) => Feed::open(&path, compression, offset, allowed)?,
            None => Feed::pushed(),
        };
        Ok(ByteFeed { feed: Mutex::new(Some(feed)), process: process::id() })
    }

    fn push(&self, block: &[u8], last: bool) -> PyResult<()> {
        if let Some(feed) = self.locked()?.as_mut() {
            feed.push(block, last);
        }
        Ok(())
    }
}

impl ByteFeed {
    /// The feed, if it belongs to this process and no other thread uses it.
    fn locked(&self) -> PyResult<MutexGuard<'_, Option<Feed>>> {
        self.check_process()?;
        locked(&self.feed)
    }

    fn check_process(&self) -> PyResult<()> {
        if self.process == process::id() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err("a file must be read by the process that opened it; open it again"))
    }

    /// Rows of its blocks: of a file by a separate thread, of pushed bytes on demand.
    pub fn rows<Block: Send + 'static>(
        &self,
        make: impl Fn(&mut Feed) -> Result<Block, FeedError> + Send + Sync + 'static,
        is_last: fn(&Block) -> bool,
    ) -> PyResult<Blocks<Block>> {
        let mut own = self.locked()?;
        let Some(mut feed) = own.take() else {
            return Err(PyValueError::new_err("a feed can be used only once"));
        };
        if feed.is_pushed() {
            *own = Some(feed);
            return Ok(Blocks::Pushed(Box::new(make)));
        }
        let mut ended = false;
        Ok(Blocks::Ahead(Mutex::new(Ahead::new(move || {
            let block = (!ended).then(|| make(&mut feed));
            ended = block.as_ref().is_some_and(|found| found.as_ref().map_or(true, is_last));
            block
        }))))
    }
}

/// A lock that no other thread holds; never waits, which could take long, or forever in a signal handler.
fn locked<Value>(mutex: &Mutex<Value>) -> PyResult<MutexGuard<'_, Value>> {
    match mutex.try_lock() {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(guard)) => Ok(guard.into_inner()),
        Err(TryLockError::WouldBlock) => Err(PyRuntimeError::new_err("a file must be read by one thread at a time")),
    }
}

pub type Make<Block> = Box<dyn Fn(&mut Feed) -> Result<Block, FeedError> + Send + Sync>;

/// Iterator over blocks with their rows.
pub enum Blocks<Block> {
    Ahead(Mutex<Ahead<Result<Block, FeedError>>>),
    Pushed(Make<Block>),
}

impl<Block: Send + 'static> Blocks<Block> {
    pub fn next_block(&self, py: Python<'_>, feed: &ByteFeed) -> PyResult<Block> {
        feed.check_process()?;
        let found = match self {
            Blocks::Ahead(items) => {
                let mut items = locked(items)?;
                let items = &mut *items; // the guard's content is moved, its lock is not
                interruptible(py, move || items.next_item())?
            }
            Blocks::Pushed(make) => {
                let mut feed = feed.locked()?;
                let feed = &mut *feed;
                py.detach(move || feed.as_mut().map(make))
            }
        };
        match found {
            Some(Ok(block)) => Ok(block),
            Some(Err(FeedError::Io(error))) => Err(error.into()),
            Some(Err(FeedError::Damaged(reason))) => Err(PyEOFError::new_err(reason)),
            Some(Err(FeedError::LongRow)) => Err(PyBufferError::new_err("a row has no end")),
            Some(Err(FeedError::TooLarge)) => Err(PyOverflowError::new_err("too many bytes were inflated")),
            None => Err(PyValueError::new_err("there is no block left")),
        }
    }
}

/// A block, and whether it is the last.
pub struct Taken {
    pub bytes: Vec<u8>,
    pub is_last: bool,
    pub position: u64,
}

impl Taken {
    pub fn from(feed: &mut Feed) -> Result<Taken, FeedError> {
        let (bytes, is_last) = feed.take()?;
        Ok(Taken { bytes, is_last, position: feed.position() })
    }

    pub fn part<'py>(&self, py: Python<'py>, start: usize, end: usize) -> Bound<'py, PyBytes> {
        let end = end.min(self.bytes.len());
        PyBytes::new(py, &self.bytes[start.min(end)..end])
    }
}

/// Iterator over blocks of delimited rows.
#[pyclass(frozen)]
struct DelimitedRows {
    feed: Py<ByteFeed>,
    blocks: Blocks<DelimitedBlock>,
}

#[pymethods]
impl DelimitedRows {
    /// `dialect` is the delimiter, the quote and the minimum number of suspicious lines.
    #[new]
    fn new(feed: Py<ByteFeed>, dialect: (u8, Option<u8>, usize), width: usize, wanted: Vec<usize>) -> PyResult<Self> {
        if wanted.iter().any(|&field| field >= width) {
            return Err(PyIndexError::new_err("wanted must be below width"));
        }
        check_room::<usize>(&[width])?;
        let (delimiter, quote, suspicious_lines) = dialect;
        let dialect = Dialect { delimiter, quote, suspicious_lines };
        let make = move |feed: &mut Feed| {
            let block = Taken::from(feed)?;
            let rest = Rest::after(block.bytes.len(), block.is_last);
            let rows = delimited::rows(&block.bytes, rest, &dialect, width, &wanted);
            feed.leave(&block.bytes[rows.consumed..])?;
            Ok(DelimitedBlock { block, rows, columns: wanted.len(), quote })
        };
        let blocks = feed.get().rows(make, |block| block.block.is_last)?;
        Ok(DelimitedRows { feed, blocks })
    }

    fn next_block(&self, py: Python<'_>) -> PyResult<DelimitedBlock> {
        self.blocks.next_block(py, self.feed.get())
    }
}

/// Rows of delimited text in a block.
#[pyclass(frozen)]
struct DelimitedBlock {
    block: Taken,
    rows: delimited::Rows,
    columns: usize,
    quote: Option<u8>,
}

#[pymethods]
impl DelimitedBlock {
    /// A slice of the block.
    fn part<'py>(&self, py: Python<'py>, start: usize, end: usize) -> Bound<'py, PyBytes> {
        self.block.part(py, start, end)
    }

    #[getter]
    fn is_last(&self) -> bool {
        self.block.is_last
    }

    #[getter]
    fn position(&self) -> u64 {
        self.block.position
    }

    /// A list of str for every wanted column.
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyList>>> {
        let block = &self.block.bytes;
        (0..self.columns)
            .map(|column| {
                let rows = 0..self.rows.places.len();
                PyList::new(py, rows.map(|row| PyString::new(py, &self.rows.text(block, row, column, self.quote))))
            })
            .collect()
    }

    #[getter]
    fn bad(&self) -> Vec<Bad> {
        bad_rows(&self.rows.bad)
    }

    #[getter]
    fn line_numbers(&self) -> Option<Vec<usize>> {
        line_numbers(&self.rows.places)
    }

    #[getter]
    fn first_line(&self) -> usize {
        self.rows.places.first().map_or(0, |place| place.line)
    }

    #[getter]
    fn size(&self) -> usize {
        self.rows.places.len()
    }

    #[getter]
    fn consumed(&self) -> usize {
        self.rows.consumed
    }

    #[getter]
    fn lines(&self) -> usize {
        self.rows.lines
    }
}

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<ByteFeed>()?;
    module.add_class::<DelimitedRows>()?;
    module.add_class::<DelimitedBlock>()
}
