//! An allocator that aborts the process if more bytes are allocated than a target may use.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes allowed for any input.
const ALWAYS_ALLOWED: usize = 64 << 20;
/// Additional bytes allowed per byte of the input.
const ALLOWED_PER_BYTE: usize = 10;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(usize::MAX);

/// The system's allocator with a count of live bytes.
pub struct Counting;

fn taken(size: usize) {
    let live = LIVE.fetch_add(size, Ordering::Relaxed) + size;
    if live > MOST.load(Ordering::Relaxed) {
        MOST.store(usize::MAX, Ordering::Relaxed);
        eprintln!("more than 10 times the input and 64 MiB are allocated: {live} bytes, the last time {size}");
        std::process::abort();
    }
}

fn given_back(size: usize) {
    LIVE.fetch_sub(size, Ordering::Relaxed);
}

// Safety: every call is forwarded to the system allocator; only sizes are added up.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        System.alloc(layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        System.alloc_zeroed(layout)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        given_back(layout.size());
        System.dealloc(pointer, layout);
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        taken(size);
        given_back(layout.size());
        System.realloc(pointer, layout, size)
    }
}

/// Run a target; abort if more than 10 times the input and 64 MiB are allocated at once.
pub fn limited(target: fn(&[u8]), input: &[u8]) {
    let most = LIVE.load(Ordering::Relaxed) + ALLOWED_PER_BYTE * input.len() + ALWAYS_ALLOWED;
    MOST.store(most, Ordering::Relaxed);
    target(input);
    MOST.store(usize::MAX, Ordering::Relaxed);
}
