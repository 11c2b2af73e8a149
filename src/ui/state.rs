//! What every screen shares: the line to the store, who is in, how the sync stands, and asking again when data changed.

use std::rc::Rc;

use dioxus::prelude::*;
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::background;
use crate::domain::{User, care, json, person::Permission};
use crate::platform::host::{client::Client, page};
use crate::store::api::{
    AppStatus, Bytes, CooperativeQuery, InboxQuery, Notice, Reply, Request, StoreError, SyncStatus,
    Topic, Trouble,
};

/// Shared by every screen. Cheap to copy; reading a signal of it while drawing subscribes to that signal alone.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Shell {
    client: CopyValue<Client>,
    /// What the app is: closed, open, ...
    pub(crate) status: Signal<AppStatus>,
    /// How the sync stands.
    pub(crate) sync: Signal<SyncStatus>,
    /// Whether the browser sees a network.
    pub(crate) online: Signal<bool>,
    /// Whether the app starts without a network; nothing where no browser keeps it.
    pub(crate) ready: Signal<Option<bool>>,
    /// Whether a new version waits.
    pub(crate) update: Signal<bool>,
    /// Whether the files are gone from the device.
    pub(crate) gone: Signal<bool>,
    /// Whether the screens behind the first ones are here; nothing while they come.
    pub(crate) followed: Signal<Option<bool>>,
    /// Whether the browser promised to keep the data.
    pub(crate) kept: Signal<Option<bool>>,
    /// Megabytes of storage left, when they are few.
    pub(crate) little_room: Signal<Option<u64>>,
    /// What was searched for last, so that coming back finds it again.
    pub(crate) search: Signal<CooperativeQuery>,
    /// What the inbox shows.
    pub(crate) inbox: Signal<InboxQuery>,
    cooperatives: Signal<u32>,
    visits: Signal<u32>,
    queue: Signal<u32>,
}

/// What the browser says by itself. It comes through a channel, because its callbacks run outside of the runtime.
enum Happening {
    Network(bool),
    Wifi(Option<bool>),
    Active,
    Returned,
    Install(page::Install),
}

impl Shell {
    /// Starts the line to the store and listens to it and to the browser. To be called once, in the root component.
    pub(crate) fn start() -> Self {
        let (client, notices) = Client::start();
        let shell = Self {
            client: CopyValue::new(client),
            status: Signal::new(AppStatus::Starting),
            sync: Signal::new(SyncStatus::default()),
            online: Signal::new(page::online()),
            ready: Signal::new(None),
            update: Signal::new(false),
            gone: Signal::new(false),
            followed: Signal::new(None),
            kept: Signal::new(None),
            little_room: Signal::new(None),
            search: Signal::new(CooperativeQuery::default()),
            inbox: Signal::new(InboxQuery::default()),
            cooperatives: Signal::new(0),
            visits: Signal::new(0),
            queue: Signal::new(0),
        };
        let (happened, happenings) = unbounded();
        let network = happened.clone();
        page::on_network(move |online| drop(network.unbounded_send(Happening::Network(online))));
        let wifi = happened.clone();
        page::on_wifi(move |is| drop(wifi.unbounded_send(Happening::Wifi(is))));
        let active = happened.clone();
        page::on_activity(move || drop(active.unbounded_send(Happening::Active)));
        let returned = happened.clone();
        page::on_return(move || drop(returned.unbounded_send(Happening::Returned)));
        page::install(move |stands| drop(happened.unbounded_send(Happening::Install(stands))));
        spawn(shell.listen(notices));
        spawn(shell.watch(happenings));
        spawn(async move {
            let mut kept = shell.kept;
            kept.set(page::persist().await);
        });
        spawn(shell.watch_room());
        spawn(shell.bring_following());
        shell
    }

    /// Brings the screens behind the first ones.
    pub(crate) async fn bring_following(mut self) {
        self.followed.set(None);
        self.followed.set(Some(page::follow().await));
    }

    /// Asks the store.
    pub(crate) async fn ask(self, request: Request) -> Result<Reply, StoreError> {
        let client = self.client.read().clone();
        client.ask(request).await
    }

    /// Sends an order whose reply is a status, and shows that status.
    pub(crate) async fn enter(mut self, request: Request) -> Result<(), StoreError> {
        if let Reply::Status(status) = self.ask(request).await? {
            self.show(status);
        }
        Ok(())
    }

    /// Asks the server for what no device keeps, or sends it something.
    pub(crate) async fn fetch(
        self,
        path: String,
        body: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, StoreError> {
        let body = body.map(Bytes);
        match self.ask(Request::AskServer { path, body }).await? {
            Reply::Bytes(Bytes(bytes)) => Ok(bytes),
            _ => Ok(Vec::new()),
        }
    }

    /// The same, read. What cannot be read is no answer of our server.
    pub(crate) async fn fetch_as<T: DeserializeOwned>(self, path: String) -> Result<T, StoreError> {
        let bytes = self.fetch(path, None).await?;
        json::read_bytes(&bytes).map_err(|_| StoreError::Server(Trouble::NotUnderstood))
    }

    /// Takes the database over from another tab.
    pub(crate) fn take_over(self) {
        self.client.read().take_over();
    }

    /// Who is in, while the app is open.
    pub(crate) fn user(self) -> Option<User> {
        match &*self.status.read() {
            AppStatus::Open { user, .. } => Some(user.clone()),
            _ => None,
        }
    }

    /// Whether the person who is in may do that.
    pub(crate) fn may(self, what: Permission) -> bool {
        matches!(&*self.status.read(), AppStatus::Open { user, .. } if user.role.may(what))
    }

    /// Whether the person who is in only reads: the head of the office, the admin.
    pub(crate) fn only_reads(self) -> bool {
        !self.may(Permission::Visit) && !self.may(Permission::Review)
    }

    fn show(&mut self, status: AppStatus) {
        if *self.status.peek() == status {
            return;
        }
        if matches!(status, AppStatus::Open { .. }) {
            let shell = *self;
            // The screen that asked for the PIN goes now.
            background::run(async move { drop(shell.ask(Request::Wifi(page::wifi())).await) });
        } else {
            self.search.set(CooperativeQuery::default());
            self.inbox.set(InboxQuery::default());
        }
        self.status.set(status);
    }

    /// Subscribes whoever draws or asks to changes of these topics.
    pub(crate) fn follow(self, topics: &[Topic]) {
        for topic in topics {
            let _ = self.counter(*topic).read();
        }
    }

    fn counter(self, topic: Topic) -> Signal<u32> {
        match topic {
            Topic::Cooperatives => self.cooperatives,
            Topic::Visits => self.visits,
            Topic::Queue => self.queue,
        }
    }

    async fn listen(mut self, mut notices: UnboundedReceiver<Notice>) {
        while let Some(notice) = notices.next().await {
            match notice {
                Notice::Status(status) => self.show(status),
                Notice::Sync(sync) => {
                    // Where unsent data is depends on how the sync stands: "sending" must become "failed" on the screen.
                    let moved = {
                        let before = self.sync.peek();
                        before.phase != sync.phase
                            || before.trouble != sync.trouble
                            || before.photos != sync.photos
                    };
                    let unsent = sync.unsent > 0 || sync.photos.waiting > 0;
                    self.sync.set(sync);
                    if moved && unsent {
                        *self.queue.write() += 1;
                    }
                }
                Notice::Gone => {
                    self.gone.set(true);
                    self.ready.set(Some(false));
                }
                Notice::Changed(topics) => {
                    for topic in topics {
                        *self.counter(topic).write() += 1;
                    }
                }
            }
        }
    }

    async fn watch(mut self, mut happenings: UnboundedReceiver<Happening>) {
        while let Some(happening) = happenings.next().await {
            match happening {
                Happening::Network(online) => {
                    self.online.set(online);
                    if online && *self.followed.peek() == Some(false) {
                        spawn(self.bring_following());
                    }
                    let _ = self.ask(Request::Network { online }).await;
                }
                Happening::Wifi(wifi) => drop(self.ask(Request::Wifi(wifi)).await),
                Happening::Active => drop(self.ask(Request::Active).await),
                Happening::Returned => drop(spawn(self.come_back())),
                Happening::Install(page::Install::UpdateWaits) => self.update.set(true),
                Happening::Install(stands) => {
                    self.ready.set(Some(stands == page::Install::Ready));
                }
            }
        }
    }

    /// Asks what the app is now, and shows that before the page is uncovered: while nobody looked it may have locked itself.
    async fn come_back(self) {
        // A worker that is gone says so by its own notice.
        let _ = self.enter(Request::Status).await;
        page::drawn().await;
        page::uncover();
    }

    /// Looks at the storage now and every minute.
    async fn watch_room(mut self) {
        loop {
            let said = page::room().await;
            let left = match said.and_then(|(used, allowed)| care::little_room(used, allowed)) {
                None => tried_room().await,
                said => said,
            };
            if *self.little_room.peek() != left {
                self.little_room.set(left);
            }
            page::sleep(60_000).await;
            // The worker looks for its files then.
            let _ = self.enter(Request::Status).await;
        }
    }

    /// Closes the store until the PIN is given again.
    pub(crate) async fn lock(self) {
        let _ = self.enter(Request::Lock).await;
    }
}

/// The megabytes that are left at least, when they are few.
async fn tried_room() -> Option<u64> {
    for (at, megabytes) in care::TRIED.into_iter().enumerate() {
        if page::fits(megabytes * 1_000_000).await? {
            return (at > 0).then_some(megabytes);
        }
    }
    Some(0)
}

/// The shared state, in a component or a handler.
pub(crate) fn shell() -> Shell {
    consume_context()
}

/// What a screen asked for: nothing yet, the reply, or why there is none.
pub(crate) type Asked = Resource<Result<Rc<Reply>, StoreError>>;

/// Asks the store, and again whenever one of the topics changes or `make` reads something that changed.
pub(crate) fn use_reply(topics: &'static [Topic], make: impl Fn() -> Request + 'static) -> Asked {
    let shell = use_hook(shell);
    let make: Rc<dyn Fn() -> Request> = use_hook(|| Rc::new(make));
    use_resource(move || {
        shell.follow(topics);
        let request = make();
        async move { shell.ask(request).await.map(Rc::new) }
    })
}
