//! Items that a thread of its own makes, one ahead of those that are used.

use std::io;
use std::sync::mpsc::{sync_channel, Receiver};
use std::thread;

/// Hands out items in order.
pub struct Ahead<Item> {
    items: Receiver<Item>,
}

impl<Item: Send + 'static> Ahead<Item> {
    /// Begin to make items, until there is none; the thread ends when nobody wants them any more. An error where the
    /// system gives no thread.
    pub fn new(mut make: impl FnMut() -> Option<Item> + Send + 'static) -> io::Result<Ahead<Item>> {
        let (sender, items) = sync_channel(1);
        thread::Builder::new().spawn(move || {
            while let Some(item) = make() {
                if sender.send(item).is_err() {
                    return;
                }
            }
        })?;
        Ok(Ahead { items })
    }

    /// The next item.
    pub fn next_item(&self) -> Option<Item> {
        self.items.recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_and_may_be_left() {
        let mut numbers = 0..1_000_000;
        let ahead = Ahead::new(move || numbers.next()).unwrap();
        assert_eq!([ahead.next_item(), ahead.next_item()], [Some(0), Some(1)]);
        drop(ahead);
        assert_eq!(Ahead::new(|| None::<u8>).unwrap().next_item(), None);
    }
}
