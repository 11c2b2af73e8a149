//! The page's end of the line to the worker that holds the database.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_channel::oneshot;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use super::bridge::{ToPage, ToWorker, handed_on, pack, unpack};
use crate::store::api::{AppStatus, Notice, Reply, Request, StoreError};

/// A line to the device's store. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    line: Rc<RefCell<Line>>,
}

struct Line {
    worker: Option<Worker>,
    /// Messages posted before the worker listens would be lost.
    before_ready: Option<Vec<Uint8Array>>,
    next: u32,
    waiting: Vec<(u32, oneshot::Sender<Result<Reply, StoreError>>)>,
    notices: UnboundedSender<Notice>,
}

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.line, &other.line)
    }
}

impl Client {
    /// Starts the worker; notices come through the receiver, from the first status on.
    #[must_use]
    pub fn start() -> (Self, UnboundedReceiver<Notice>) {
        let (notices, receiver) = unbounded();
        let line = Line {
            worker: None,
            before_ready: Some(Vec::new()),
            next: 0,
            waiting: Vec::new(),
            notices,
        };
        let client = Self {
            line: Rc::new(RefCell::new(line)),
        };
        client.tell(Notice::Status(AppStatus::Starting));
        match start_worker() {
            Ok(worker) => client.listen(worker),
            Err(error) => client.broken(&error),
        }
        (client, receiver)
    }

    /// Asks the store. Requests are answered in order.
    ///
    /// # Errors
    /// [`StoreError`] says what was not done; what was saved before is still there.
    pub async fn ask(&self, request: Request) -> Result<Reply, StoreError> {
        let (answer, answered) = oneshot::channel();
        let number = {
            let mut line = self.line.borrow_mut();
            line.next = line.next.wrapping_add(1);
            let number = line.next;
            line.waiting.push((number, answer));
            number
        };
        self.post(&ToWorker::Ask(number, request));
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Worker("the store does not answer".to_owned())))
    }

    /// Takes the database over from another tab ([`AppStatus::OtherTab`]).
    pub fn take_over(&self) {
        self.post(&ToWorker::TakeOver);
    }

    fn post(&self, message: &ToWorker) {
        let Some(packed) = pack(message) else {
            return;
        };
        let line = &mut *self.line.borrow_mut();
        match (&mut line.before_ready, &line.worker) {
            (Some(queue), _) => queue.push(packed),
            (None, Some(worker)) => {
                // A worker that is gone has said so by its error event.
                let _gone = worker.post_message_with_transfer(&packed, &handed_on(&packed));
            }
            (None, None) => {}
        }
    }

    fn listen(&self, worker: Worker) {
        let client = self.clone();
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(message) = unpack(event.data()) {
                client.heard(message);
            }
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();
        let client = self.clone();
        let failed = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            let message = Reflect::get(&event, &"message".into())
                .ok()
                .and_then(|text| text.as_string());
            client.broken(&message.unwrap_or_else(|| "the worker stopped".to_owned()));
        });
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        failed.forget();
        // Its lock and its files are free then.
        let ended = worker.clone();
        super::page::on_put_away(move || ended.terminate());
        self.line.borrow_mut().worker = Some(worker);
    }

    fn heard(&self, message: ToPage) {
        match message {
            ToPage::Ready(status) => {
                let queue = self
                    .line
                    .borrow_mut()
                    .before_ready
                    .take()
                    .unwrap_or_default();
                {
                    let line = self.line.borrow();
                    for packed in queue {
                        if let Some(worker) = &line.worker {
                            let _gone =
                                worker.post_message_with_transfer(&packed, &handed_on(&packed));
                        }
                    }
                }
                self.tell(Notice::Status(status));
            }
            ToPage::Answer(number, answer) => {
                let asker = {
                    let waiting = &mut self.line.borrow_mut().waiting;
                    let at = waiting.iter().position(|(asked, _)| *asked == number);
                    at.map(|at| waiting.remove(at))
                };
                if let Some((_, asker)) = asker {
                    let _screen_gone = asker.send(answer);
                }
            }
            ToPage::Notice(notice) => self.tell(notice),
        }
    }

    /// The worker is gone: every open question is answered, and the app says so.
    fn broken(&self, reason: &str) {
        self.line.borrow_mut().waiting.clear();
        self.tell(Notice::Status(AppStatus::NoStorage {
            reason: reason.to_owned(),
        }));
    }

    fn tell(&self, notice: Notice) {
        let _app_gone = self.line.borrow().notices.unbounded_send(notice);
    }
}

/// The worker runs the very script that runs this page, named by the element with id `boot`.
fn start_worker() -> Result<Worker, String> {
    let document = web_sys::window()
        .and_then(|window| window.document())
        .ok_or("no document")?;
    let script = document
        .get_element_by_id("boot")
        .or_else(|| {
            document
                .query_selector("script[type=module]")
                .ok()
                .flatten()
        })
        .ok_or("no script")?;
    let url = Reflect::get(&script, &"src".into())
        .ok()
        .and_then(|src| src.as_string())
        .ok_or("no script address")?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name("store");
    Worker::new_with_options(&url, &options).map_err(|error| super::words(&error))
}
