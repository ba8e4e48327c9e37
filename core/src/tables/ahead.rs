//! Items that are computed one ahead by a separate thread.

use crate::foundation::interrupts;
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Interval between interrupt checks while a thread waits for an item.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

type Make<Item> = Arc<Mutex<dyn FnMut() -> Option<Item> + Send>>;

/// Iterator with read-ahead.
pub enum Ahead<Item> {
    OnThread(Receiver<Item>),
    /// If the system has no more threads: each item is computed when it is requested.
    Here(Make<Item>),
}

impl<Item: Send + 'static> Ahead<Item> {
    /// Start to compute items; the thread ends after the last item, or when the iterator is dropped.
    pub fn new(make: impl FnMut() -> Option<Item> + Send + 'static) -> Ahead<Item> {
        let (sender, items) = sync_channel(1);
        let make: Make<Item> = Arc::new(Mutex::new(make));
        let here = make.clone();
        let started = thread::Builder::new().spawn(move || {
            while let Some(item) = made(&make) {
                if sender.send(item).is_err() {
                    return;
                }
            }
        });
        started.map_or(Ahead::Here(here), |_| Ahead::OnThread(items))
    }

    /// Return the next item. If the wait is interrupted, the item is returned next time.
    pub fn next_item(&self) -> Option<Item> {
        match self {
            Ahead::OnThread(items) => loop {
                match items.recv_timeout(CHECK_INTERVAL) {
                    Ok(item) => return Some(item),
                    Err(RecvTimeoutError::Disconnected) => return None,
                    Err(RecvTimeoutError::Timeout) => interrupts::check_now(),
                }
            },
            Ahead::Here(make) => made(make),
        }
    }
}

/// Compute the next item; `None` after a panic, as from a thread that has panicked.
fn made<Item>(make: &Make<Item>) -> Option<Item> {
    make.lock().ok().and_then(|mut make| make())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_and_may_be_left() {
        let mut numbers = 0..1_000_000;
        let ahead = Ahead::new(move || numbers.next());
        assert_eq!([ahead.next_item(), ahead.next_item()], [Some(0), Some(1)]);
        drop(ahead);
        assert_eq!(Ahead::new(|| None::<u8>).next_item(), None);
        let mut numbers = 0..2;
        let here = Ahead::Here(Arc::new(Mutex::new(move || numbers.next())));
        assert_eq!([here.next_item(), here.next_item(), here.next_item()], [Some(0), Some(1), None]);
    }
}
