//! A proxy between clients and a real broker that knows the frames of the protocol: it holds, delays, drops or repeats single requests, so that
//! a test makes at will what a network does once in a year.

mod frame;
mod rules;

pub use rules::{Action, Api, Rule};

use std::collections::VecDeque;
use std::io::{BufReader, ErrorKind, Result};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use self::rules::Rules;
use super::super::cluster::ClusterConfig;

/// A proxy before one broker. Clients that begin with [`FrameProxy::cluster`] never see the broker's own address. Dropping it cuts every
/// connection.
#[derive(Debug)]
pub struct FrameProxy {
    cluster: ClusterConfig,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    host: String,
    broker: u16,
    port: u16,
    rules: Rules,
    open: Mutex<Vec<TcpStream>>,
}

/// What becomes of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Passed,
    /// It names brokers: they become the proxy.
    Readdressed,
    Lost,
}

/// The requests whose answers name brokers: Metadata, FindCoordinator and DescribeCluster.
const NAMING: [i16; 3] = [3, 10, 60];

/// The requests of a connection that the broker has not answered, by what their answers repeat.
type Awaited = Arc<Mutex<VecDeque<(i32, Fate)>>>;

impl FrameProxy {
    /// Starts one before the only broker of a cluster, on a port of its own or on the one given.
    ///
    /// # Errors
    /// When it cannot listen, or the cluster's address is not one `host:port`.
    pub fn start(cluster: &ClusterConfig, port: u16) -> Result<Self> {
        let address = cluster.bootstrap.rsplit_once(':');
        let address = address.and_then(|(host, broker)| Some((host, broker.parse().ok()?)));
        let (host, broker) = address.ok_or(ErrorKind::InvalidInput)?;
        let listener = TcpListener::bind((host, port))?;
        let port = listener.local_addr()?.port();
        let (rules, open) = (Rules::default(), Mutex::default());
        let shared = Arc::new(Shared { host: host.to_owned(), broker, port, rules, open });
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || of_thread.accept(&listener));
        let cluster = ClusterConfig { bootstrap: format!("{host}:{port}"), client: cluster.client.clone() };
        Ok(Self { cluster, shared })
    }

    /// The cluster behind the proxy.
    #[must_use]
    pub const fn cluster(&self) -> &ClusterConfig {
        &self.cluster
    }

    /// Sets what is done with requests from now on, in place of what was done before. What is held is decided anew.
    pub fn set(&self, rules: Vec<Rule>) {
        self.shared.rules.set(rules);
    }

    /// How many requests of a kind have come since the rules were set.
    #[must_use]
    pub fn seen(&self, api: Api) -> u64 {
        self.shared.rules.seen(api)
    }
}

impl Drop for FrameProxy {
    fn drop(&mut self) {
        self.shared.rules.close();
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            drop(stream.shutdown(Shutdown::Both));
        }
        // The thread that accepts sees that it is over.
        drop(TcpStream::connect((self.shared.host.as_str(), self.shared.port)));
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.rules.is_closed() {
                return;
            }
            // A broker that is not there refuses the client's connection, as without a proxy.
            if let Ok(client) = client {
                drop(self.connect(client));
            }
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) -> Result<()> {
        let broker = TcpStream::connect((self.host.as_str(), self.broker))?;
        client.set_nodelay(true)?;
        broker.set_nodelay(true)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.extend([client.try_clone()?, broker.try_clone()?]);
        drop(open);
        let awaited = Awaited::default();
        let (from_client, to_broker) = (client.try_clone()?, broker.try_clone()?);
        let (requests, answers) = (Arc::clone(self), Arc::clone(self));
        let of_answers = Arc::clone(&awaited);
        thread::spawn(move || {
            drop(requests.pass_requests(from_client, &to_broker, &awaited));
            // The broker still gets what it was sent.
            drop(to_broker.shutdown(Shutdown::Write));
        });
        thread::spawn(move || {
            drop(answers.pass_answers(broker, &client, &of_answers));
            drop(client.shutdown(Shutdown::Both));
        });
        Ok(())
    }

    fn pass_requests(&self, client: TcpStream, mut broker: &TcpStream, awaited: &Awaited) -> Result<()> {
        let mut client = BufReader::new(client);
        while let Some(request) = frame::read(&mut client)? {
            let Some(head) = frame::head(&request) else { return Ok(()) };
            let action = Api::of(head.api).and_then(|api| self.rules.of(api));
            let passed = if NAMING.contains(&head.api) { Fate::Readdressed } else { Fate::Passed };
            let await_answer = |fate| {
                awaited.lock().unwrap_or_else(PoisonError::into_inner).push_back((head.correlation, fate));
            };
            match action {
                Some(Action::Drop) => continue,
                Some(Action::Delay(time)) => {
                    thread::sleep(time);
                    await_answer(passed);
                }
                Some(Action::DropAnswer) => await_answer(Fate::Lost),
                Some(Action::Repeat) => {
                    await_answer(passed);
                    await_answer(Fate::Lost);
                    frame::write(&mut broker, &request)?;
                }
                None | Some(Action::Hold) => await_answer(passed),
            }
            frame::write(&mut broker, &request)?;
        }
        Ok(())
    }

    fn pass_answers(&self, broker: TcpStream, mut client: &TcpStream, awaited: &Awaited) -> Result<()> {
        let mut broker = BufReader::new(broker);
        while let Some(mut answer) = frame::read(&mut broker)? {
            let Some(correlation) = frame::correlation(&answer) else { return Ok(()) };
            let mut waiting = awaited.lock().unwrap_or_else(PoisonError::into_inner);
            let found = waiting.iter().position(|(awaited, _)| *awaited == correlation);
            let fate = found.and_then(|at| waiting.remove(at)).map_or(Fate::Passed, |(_, fate)| fate);
            drop(waiting);
            if fate == Fate::Readdressed {
                frame::readdress(&mut answer, &self.host, self.broker, self.port);
            }
            if fate != Fate::Lost {
                frame::write(&mut client, &answer)?;
            }
        }
        Ok(())
    }
}
